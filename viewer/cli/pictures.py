"""The picture that `info --regions-picture` writes: a head in the colours of its regions, with a legend."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
from jaxtyping import UInt8
from PIL import Image, ImageDraw, ImageFont

from viewer import looks
from viewer.flame import FlameModel
from viewer.flame.regions import Regions, regions
from viewer.render import Renderer
from viewer.render.png import save_png

_SIZE = 768
_LINE = 30
_MARGIN = 24
_INK = (30, 30, 34)
# Light without tint and highlights, so that the colours are those of the legend.
_LOOK = dataclasses.replace(
    looks.LOOKS["skin"], name="regions", background=(255, 255, 255), wrap=(0.3,) * 3, specular=0.0
)


def save_regions_picture(path: Path, *, model: FlameModel, renderer: Renderer) -> None:
    """Write a PNG of the head from the front and from three quarters, its regions in colours, and what they are.

    Raises RenderError where the file cannot be written.
    """
    found = regions(model)
    views = [_view(model, found, camera, renderer) for camera in ("front", "three-quarter")]
    save_png(path, np.concatenate([*views, _legend(found)], axis=1))


def _view(model: FlameModel, found: Regions, camera: str, renderer: Renderer) -> UInt8[np.ndarray, "H W 3"]:
    (picture,) = renderer.frames(
        [model.v_template[None]],
        faces=model.faces,
        v_template=model.v_template,
        colors=found.colors(),
        look=_LOOK,
        camera=camera,
        size=_SIZE,
    )
    return picture


def _legend(found: Regions) -> UInt8[np.ndarray, "H W 3"]:
    picture = Image.new("RGB", (_SIZE * 5 // 12, _SIZE), _LOOK.background)
    draw = ImageDraw.Draw(picture)
    font = ImageFont.load_default(18)
    y = _MARGIN
    for name, color in found.legend().items():
        draw.rounded_rectangle((0, y, 20, y + 20), 4, fill=color)
        draw.text((32, y - 1), name.replace("_", " "), fill=_INK, font=font)
        y += _LINE
    return np.asarray(picture)
