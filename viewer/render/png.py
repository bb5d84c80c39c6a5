"""A picture as a PNG file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from jaxtyping import UInt8

from viewer.errors import RenderError
from viewer.paths import user_path, whole_file


def save_png(path: str | Path, frame: UInt8[np.ndarray, "H W C"]) -> None:
    """Write an sRGB picture as `Renderer.frames` yields them, with straight alpha if it has four channels.

    Raises RenderError when the file cannot be written.
    """
    from PIL import Image

    if frame.dtype != np.uint8 or frame.ndim != 3 or frame.shape[2] not in (3, 4):
        raise RenderError(f"The picture is {frame.dtype} {frame.shape}; expected uint8 (height, width, 3 or 4)")
    with whole_file(user_path(path), error=RenderError) as part:
        Image.fromarray(frame).save(part, format="PNG")
