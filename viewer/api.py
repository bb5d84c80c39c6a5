"""`viewer.export` and `viewer.show`: one call each, for scripts and notebooks."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from viewer import looks
from viewer.clip import Clip
from viewer.dataset import Dataset
from viewer.errors import UsageError
from viewer.flame import choose_head
from viewer.paths import user_path
from viewer.render import shared_renderer
from viewer.video import ExportSettings, Receipt, export_clip

Gl = int | str
"""Which OpenGL device renders: "auto", "software", or the number of a device as `python -m viewer info` lists them."""


def export(
    clip: Clip | str,
    path: str | Path,
    *,
    data: str | Path | None = None,
    model: str | Path = "auto",
    flame_layer: str = "numpy",
    gl: Gl = "auto",
    look: str = looks.DEFAULT_LOOK,
    camera: str = looks.DEFAULT_CAMERA,
    size: int | tuple[int, int] = looks.DEFAULT_SIZE,
    crf: int = 20,
    captions: bool = False,
    background: Sequence[int] | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Receipt:
    """Write a clip as an mp4 with its sound; returns what it was made from.

    clip: a Clip, or a stem in the data set `data` (by default the demo data); model: a FLAME file, or "auto" for the
    installed head that matches the clip; size: pixels, a side or (width, height), even; background: sRGB, three numbers
    0..255; crf: 0 is lossless, 51 the smallest file; progress: called with (frames done, frames in all).

    Raises a ViewerError: ClipError, DatasetError, ModelFileError, RenderError, VideoError or UsageError.
    """
    if isinstance(clip, str):
        clip = (Dataset.demo() if data is None else Dataset.open(data))[clip]
    elif not isinstance(clip, Clip):
        raise UsageError(f"{clip!r:.200} is no clip; expected a Clip or a stem")
    elif data is not None:
        raise UsageError("data names the data set of a stem; a Clip needs none")
    target = user_path(path)
    settings = ExportSettings(
        look=look,
        camera=camera,
        size=looks.picture_size(size),
        crf=crf,
        captions=captions,
        background=None if background is None else looks.rgb(background),
    )
    head = choose_head(model, expression_space=clip.expression_space, layer=flame_layer)
    return export_clip(clip, target, head=head, settings=settings, renderer=shared_renderer(gl), progress=progress)


def show(clip: Clip | str, **options: Any) -> Any:
    """The clip as a video in a notebook: an IPython.display.Video that holds the mp4. Options are those of `export`.

    Raises UsageError where IPython is not installed, otherwise as `export`.
    """
    try:
        from IPython.display import Video
    except ImportError:
        raise UsageError(
            "viewer.show needs a notebook (IPython is not installed): pip install jupyterlab, or use viewer.export"
        ) from None
    with tempfile.TemporaryDirectory(prefix="flame-viewer-") as folder:
        path = Path(folder) / "clip.mp4"
        receipt = export(clip, path, **options)
        width, height = receipt.size
        return Video(data=path.read_bytes(), embed=True, mimetype="video/mp4", width=width, height=height)
