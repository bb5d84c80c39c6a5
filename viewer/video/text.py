"""Text in pictures, drawn by OpenCV, whose built-in fonts cover Latin, Greek, Cyrillic, Arabic and CJK letters."""

from __future__ import annotations

from bisect import bisect_right

import cv2
import numpy as np
from jaxtyping import UInt8

LONGEST_LINE = 1000
"""Letters beyond this are never in one line; keeps the search for its end short."""
_REGULAR, _BOLD = 400, 700

RGB = tuple[int, int, int]


class Pen:
    """One size of OpenCV's built-in sans font."""

    def __init__(self, pixels: int, *, bold: bool = False) -> None:
        """pixels: height of the font."""
        self.pixels = pixels
        self._face = cv2.FontFace("sans")
        self._weight = _BOLD if bold else _REGULAR

    def width(self, text: str) -> int:
        """Pixels that `text` takes in a line."""
        return cv2.getTextSize((0, 0), text, (0, 0), self._face, self.pixels, self._weight)[2]

    def write(self, image: UInt8[np.ndarray, "H W C"], text: str, x: int, baseline: int, colour: RGB) -> None:
        """Draw `text` into `image`, from `x` to the right."""
        cv2.putText(image, text, (x, baseline), colour, self._face, self.pixels, self._weight)

    def fitting(self, text: str, room: float) -> int:
        """How many letters of `text` fit into `room` pixels, at least one."""
        return max(bisect_right(range(1, len(text) + 1), room, key=lambda letters: self.width(text[:letters])), 1)

    def shortened(self, text: str, room: float) -> str:
        """The text itself, or as much of it as fits before an ellipsis."""
        fits = self.fitting(text[:LONGEST_LINE], room)
        return text if fits == len(text) else text[: self.fitting(text[:fits], room - self.width("…"))] + "…"

    def wrapped(self, text: str, room: float, lines: int) -> list[str]:
        """The text in at most that many lines, broken between words; the last one shortened."""
        found: list[str] = []
        rest = text.split()
        while rest and len(found) < lines:
            n = 1
            while n < len(rest) and self.width(" ".join(rest[: n + 1])) <= room:
                n += 1
            n = len(rest) if len(found) == lines - 1 else n
            found.append(self.shortened(" ".join(rest[:n]), room))
            rest = rest[n:]
        return found


def tinted(part: UInt8[np.ndarray, "h W 3"], colour: RGB, opacity: float) -> UInt8[np.ndarray, "h W 3"]:
    """A part of a picture, changed in place: now so much in one colour."""
    part[:] = np.rint(part * (1 - opacity) + np.array(colour) * opacity)
    return part
