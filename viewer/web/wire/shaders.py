"""The renderer's own shaders, in the dialect that browsers speak."""

from __future__ import annotations

import re
from pathlib import Path

_FOLDER = Path(__file__).resolve().parents[2] / "render" / "shaders"
_HEADER = "#version 300 es\nprecision highp float;\n"
ATTRIBUTES = {"position": 0, "normal": 1, "color_0": 2}
"""Locations of the vertex attributes."""


def browser_shaders() -> dict[str, str]:
    """GLSL ES 3.00 sources of the `vertex` and `fragment` shader."""
    return {"vertex": _translated("mesh.vert"), "fragment": _translated("mesh.frag")}


def _translated(name: str) -> str:
    source = (_FOLDER / name).read_text("utf-8")
    for attribute, location in ATTRIBUTES.items():
        source = re.sub(rf"{attribute.upper()}_LOC\b", str(location), source)
    version, _, body = source.partition("\n")
    if not version.startswith("#version 3"):
        raise ValueError(f"{name} begins with {version!r}; expected a #version line that is replaced for browsers")
    return _HEADER + body
