"""How clips are shown unless the URL says otherwise."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class View:
    """Names of a look and a camera; side of the square picture in pixels."""

    look: str
    camera: str
    size: int
