"""Picture of the demo head from three sides with its jaw, expressions, gaze and identities: `docs/demo_head.png`.

python flame_assets/build/contact_sheet.py [--head FILE] [--out FILE]
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))  # the viewer need not be installed

from viewer.flame import FlameModel  # noqa: E402
from viewer.render import Renderer  # noqa: E402

CELL = 240
CAPTION = 18
BACKGROUND = (237, 238, 240)
HEAD = (0.09, 0.01, 0.91, 0.83)
MOUTH = (0.37, 0.50, 0.63, 0.76)
EYES = (0.34, 0.26, 0.66, 0.58)
"""Left, top, right, bottom of the picture, as shares of its side."""


@dataclass(frozen=True)
class Cell:
    """One picture of the sheet."""

    caption: str
    units: dict[str, float] = field(default_factory=dict)
    """ARKit units; a name without side stands for both sides."""
    jaw: tuple[float, float, float] = (0.0, 0.0, 0.0)
    neck: tuple[float, float, float] = (0.0, 0.0, 0.0)
    eyes: tuple[float, float, float] = (0.0, 0.0, 0.0)
    identity: dict[int, float] = field(default_factory=dict)
    camera: str = "front"
    look: str = "skin"
    crop: tuple[float, float, float, float] = HEAD


def jaws(camera: str) -> list[Cell]:
    return [Cell(f"{camera}, jaw {angle:g} rad", jaw=(angle, 0, 0), camera=camera) for angle in (0, 0.05, 0.1, 0.25)]


def faces(camera: str) -> list[Cell]:
    units = (("smile", "mouthSmile"), ("funnel", "mouthFunnel"), ("pucker", "mouthPucker"), ("blink", "eyeBlink"))
    return [Cell(f"{caption}", {unit: 1.0}, camera=camera) for caption, unit in units]


ROWS = [
    [*jaws("front"), *jaws("three-quarter")],
    [*jaws("profile"), *faces("front")],
    [
        *faces("three-quarter"),
        Cell("jaw sideways", jaw=(0.08, 0.09, 0)),
        Cell("neck joint, nod", neck=(0.3, 0, 0), camera="three-quarter"),
        Cell("neck joint, turn", neck=(0, 0.5, 0)),
        Cell("look artalk", jaw=(0.1, 0, 0), look="artalk"),
    ],
    [Cell(f"identity {i}: {value:+g} SD", identity={i: value}) for i in range(4) for value in (-2.0, 2.0)],
    [
        Cell("jaw 0", crop=MOUTH),
        Cell("jaw 0.05", jaw=(0.05, 0, 0), crop=MOUTH),
        Cell("jaw 0.1", jaw=(0.1, 0, 0), crop=MOUTH),
        Cell("jaw 0.25", jaw=(0.25, 0, 0), crop=MOUTH),
        Cell("smile, jaw 0.08", {"mouthSmile": 0.7}, jaw=(0.08, 0, 0), crop=MOUTH),
        Cell("funnel", {"mouthFunnel": 0.8}, jaw=(0.04, 0, 0), crop=MOUTH),
        Cell("lower lip to teeth (f, v)", {"mouthRollLower": 0.5, "mouthUpperUp": 0.25}, jaw=(0.03, 0, 0), crop=MOUTH),
        Cell("press", {"mouthPress": 0.6}, crop=MOUTH),
    ],
    [
        Cell("at rest", crop=EYES),
        Cell("blink 0.5", {"eyeBlink": 0.5}, crop=EYES),
        Cell("blink 1", {"eyeBlink": 1.0}, crop=EYES),
        Cell("gaze to the left", eyes=(0, 0.35, 0), crop=EYES),
        Cell("gaze to the right", eyes=(0, -0.35, 0), crop=EYES),
        Cell("gaze up", eyes=(-0.3, 0, 0), crop=EYES),
        Cell("gaze down", eyes=(0.3, 0, 0), crop=EYES),
        Cell("brows up", {"browInnerUp": 1.0, "browOuterUp": 1.0}, crop=EYES),
    ],
]


def vertices(model: FlameModel, cell: Cell) -> np.ndarray:
    """(1, V, 3) metres."""
    exp = np.zeros(model.n_exp)
    for unit, amount in cell.units.items():
        for i, name in enumerate(model.expression_names):
            if name in (unit, f"{unit}_L", f"{unit}_R"):
                exp[i] = amount
    shape = np.zeros(max(cell.identity, default=0) + 1)
    for i, value in cell.identity.items():
        shape[i] = value
    return model.vertices(
        exp=exp, shape=shape, pose=[[0, 0, 0, *cell.jaw]], neck=[cell.neck], eyes=[[*cell.eyes, *cell.eyes]]
    )


def picture(renderer: Renderer, model: FlameModel, cell: Cell) -> Image.Image:
    """The cell's picture, CELL pixels a side."""
    size = 2 * round(CELL / (cell.crop[2] - cell.crop[0]))  # drawn at twice the size that is shown
    (frame,) = renderer.frames(
        [vertices(model, cell)],
        faces=model.faces,
        v_template=model.v_template,
        colors=model.vertex_colors,
        look=cell.look,
        camera=cell.camera,
        size=size,
        background=BACKGROUND,
    )
    left, top, right, bottom = (round(share * size) for share in cell.crop)
    return Image.fromarray(frame).crop((left, top, right, bottom)).resize((CELL, CELL), Image.Resampling.LANCZOS)


def main() -> None:
    parser = argparse.ArgumentParser(description="Draw the demo head's contact sheet.")
    parser.add_argument("--head", type=Path, default=ROOT / "flame_assets/demo_head.npz")
    parser.add_argument("--out", type=Path, default=ROOT / "docs/demo_head.png")
    args = parser.parse_args()
    model = FlameModel.load(args.head)
    sheet = Image.new("RGB", (CELL * max(map(len, ROWS)), (CELL + CAPTION) * len(ROWS)), BACKGROUND)
    draw, font = ImageDraw.Draw(sheet), ImageFont.load_default(12)
    with Renderer() as renderer:
        for row, cells in enumerate(ROWS):
            for column, cell in enumerate(cells):
                x, y = column * CELL, row * (CELL + CAPTION)
                sheet.paste(picture(renderer, model, cell), (x, y))
                draw.text((x + CELL / 2, y + CELL + 2), cell.caption, fill=(70, 72, 76), font=font, anchor="ma")
    sheet.save(args.out, optimize=True)
    print(f"{args.out}: {args.out.stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
