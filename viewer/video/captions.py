"""Captions burned into frames: stem, time and the words being spoken, in a band at the bottom; remarks in one on top.

Text is drawn by OpenCV, whose built-in fonts cover Latin, Greek, Cyrillic, Arabic and CJK letters.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence

import cv2
import numpy as np
from jaxtyping import UInt8

from viewer import clock
from viewer.speech import SpokenWord
from viewer.words import Word

_BAND_RGB = (18, 20, 24)
_TEXT_RGB = (240, 242, 245)
_DIM_RGB = (168, 174, 184)
_BAND_OPACITY = 0.72
_REMARK_BAND_RGB = (122, 74, 0)
_LONGEST_LINE = 1000
"""Letters beyond this are never in one line; keeps the search for its end short."""


class Captions:
    """Draws the captions of one clip.

    Words appear in lines that fit the picture, and change when their last word has been spoken.
    """

    def __init__(
        self,
        *,
        stem: str,
        words: Sequence[Word] | Sequence[SpokenWord],
        fps: float,
        n_frames: int,
        size: tuple[int, int],
        remark: Callable[[int], str | None] = lambda _frame: None,
    ) -> None:
        """size: (width, height) of the frames; remark: what to say about a frame by its number, if anything."""
        self._width, self._height = size
        self._fps = fps
        self._seconds = clock.duration(n_frames, fps)
        self._remark = remark
        self._text = _Pen(max(round(self._height / 26), 9))
        self._small = _Pen(max(round(self._height / 36), 8))
        self._margin = self._text.pixels
        room = self._width - 2 * self._margin
        self._lines = _lines(words, self._text, room)
        self._stem = self._small.shortened(stem, room - self._small.width("0000.00 / 0000.00 s"))
        self._band = round(self._small.pixels * 2.2 + (self._text.pixels * 1.7 if self._lines else 0))

    def draw(self, frame: UInt8[np.ndarray, "H W 3"], index: int) -> UInt8[np.ndarray, "H W 3"]:
        """Copy of `frame` number `index` with its captions."""
        frame = frame.copy()
        seconds = clock.frame_start(index, self._fps)
        band = _tinted(frame[-self._band :], _BAND_RGB)
        if line := self._line_at(seconds):
            x = (self._width - self._text.width(line)) // 2
            self._text.write(band, line, x, round(self._text.pixels * 1.5), _TEXT_RGB)
        baseline = self._band - round(self._small.pixels * 0.8)
        time = f"{seconds:.2f} / {self._seconds:.2f} s"
        self._small.write(band, time, self._width - self._margin - self._small.width(time), baseline, _DIM_RGB)
        self._small.write(band, self._stem, self._margin, baseline, _DIM_RGB)
        if remark := self._remark(index):
            band = _tinted(frame[: round(self._small.pixels * 2)], _REMARK_BAND_RGB)
            text = self._small.shortened(remark, self._width - 2 * self._margin)
            self._small.write(band, text, self._margin, round(self._small.pixels * 1.4), _TEXT_RGB)
        return frame

    def _line_at(self, seconds: float) -> str:
        for end, line in self._lines:
            if seconds < end:
                return line
        return self._lines[-1][1] if self._lines else ""


def _tinted(part: UInt8[np.ndarray, "h W 3"], colour: tuple[int, int, int]) -> UInt8[np.ndarray, "h W 3"]:
    """A part of a frame, now mostly in one colour."""
    part[:] = np.rint(part * (1 - _BAND_OPACITY) + np.array(colour) * _BAND_OPACITY)
    return part


class _Pen:
    """One size of OpenCV's built-in sans font."""

    def __init__(self, pixels: int) -> None:
        self.pixels = pixels
        self._face = cv2.FontFace("sans")

    def width(self, text: str) -> int:
        return cv2.getTextSize((0, 0), text, (0, 0), self._face, self.pixels, 400)[2]

    def write(self, image: np.ndarray, text: str, x: int, baseline: int, colour: tuple[int, int, int]) -> None:
        cv2.putText(image, text, (x, baseline), colour, self._face, self.pixels, 400)

    def fitting(self, text: str, room: float) -> int:
        """How many letters of `text` fit into `room` pixels, at least one."""
        return max(bisect_right(range(1, len(text) + 1), room, key=lambda letters: self.width(text[:letters])), 1)

    def shortened(self, text: str, room: float) -> str:
        """The text itself, or as much of it as fits before an ellipsis."""
        fits = self.fitting(text[:_LONGEST_LINE], room)
        return text if fits == len(text) else text[: self.fitting(text[:fits], room - self.width("…"))] + "…"


def _pieces(word: Word | SpokenWord, pen: _Pen, room: float) -> Iterator[Word]:
    """The word, cut where a line ends: a sentence of a script without spaces is one word here."""
    text, start = word.text, word.start
    per_letter = (word.end - word.start) / max(len(text), 1)
    while text:
        fits = pen.fitting(text[:_LONGEST_LINE], room)
        yield Word(text[:fits], start, start + fits * per_letter)
        text, start = text[fits:], start + fits * per_letter


def _lines(words: Sequence[Word] | Sequence[SpokenWord], pen: _Pen, room: float) -> list[tuple[float, str]]:
    """(end in seconds, text) of each line."""
    lines: list[tuple[float, str]] = []
    for word in words:
        for piece in _pieces(word, pen, room):
            longer = f"{lines[-1][1]} {piece.text}" if lines else piece.text
            if lines and pen.width(longer) <= room:
                lines[-1] = (piece.end, longer)
            else:
                lines.append((piece.end, piece.text))
    return lines
