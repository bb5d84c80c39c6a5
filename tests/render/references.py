"""Reference pictures. Look at them after `python -m tests.render.references`, which draws them anew."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.render import heads
from viewer.render import Renderer
from viewer.render.png import save_png

FOLDER = Path(__file__).with_name("references")
SIZE = 128
SHOTS: dict[str, dict[str, Any]] = {
    "artalk-front": {"look": "artalk", "camera": "front"},
    "artalk-three-quarter-open": {"look": "artalk", "camera": "three-quarter", "jaw": 1.0},
    "voca-front-open": {"look": "voca", "camera": "front", "jaw": 1.0},
    "grey-profile": {"look": "grey", "camera": "profile"},
    "skin-front-colors": {"look": "skin", "camera": "front", "colors": heads.colors()},
    "artalk-front-dark": {"look": "artalk", "camera": "front", "background": (18, 18, 22)},
}


def draw(renderer: Renderer, name: str) -> Any:
    options = dict(SHOTS[name])
    vertices = heads.head(options.pop("jaw", 0.0))
    (frame,) = renderer.frames([vertices[None]], faces=heads.faces(), v_template=heads.head(), size=SIZE, **options)
    return frame


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    with Renderer(gl="software") as software:
        for shot in SHOTS:
            save_png(FOLDER / f"{shot}.png", draw(software, shot))
