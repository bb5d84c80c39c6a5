"""Captions burned into frames: stem, time and spoken words in a band at the bottom, remarks in one on top."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np
from jaxtyping import UInt8

from viewer import clock
from viewer.speech import SpokenWord
from viewer.video.text import LONGEST_LINE, Pen, tinted
from viewer.words import Word

_BAND_RGB = (18, 20, 24)
_TEXT_RGB = (240, 242, 245)
_DIM_RGB = (168, 174, 184)
_BAND_OPACITY = 0.72
_REMARK_BAND_RGB = (122, 74, 0)


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
        aside: str = "",
    ) -> None:
        """size: (width, height) of the frames; remark: what to say about a frame by its number, if anything; aside:
        what is said of the whole film, beside the time.
        """
        self._width, self._height = size
        self._fps = fps
        self._seconds = clock.duration(n_frames, fps)
        self._remark = remark
        self._aside = f"{aside} · " if aside else ""
        self._text = Pen(max(round(self._height / 26), 9))
        self._small = Pen(max(round(self._height / 36), 8))
        self._margin = self._text.pixels
        room = self._width - 2 * self._margin
        self._lines = SpokenLines(words, self._text, room)
        self._stem = self._small.shortened(stem, room - self._small.width(f"{self._aside}0000.00 / 0000.00 s"))
        self._band = round(self._small.pixels * 2.2 + (self._text.pixels * 1.7 if self._lines else 0))

    def draw(self, frame: UInt8[np.ndarray, "H W 3"], index: int) -> UInt8[np.ndarray, "H W 3"]:
        """Copy of `frame` number `index` with its captions."""
        frame = frame.copy()
        seconds = clock.frame_start(index, self._fps)
        band = tinted(frame[-self._band :], _BAND_RGB, _BAND_OPACITY)
        if line := self._lines.at(seconds):
            x = (self._width - self._text.width(line)) // 2
            self._text.write(band, line, x, round(self._text.pixels * 1.5), _TEXT_RGB)
        baseline = self._band - round(self._small.pixels * 0.8)
        time = f"{self._aside}{seconds:.2f} / {self._seconds:.2f} s"
        self._small.write(band, time, self._width - self._margin - self._small.width(time), baseline, _DIM_RGB)
        self._small.write(band, self._stem, self._margin, baseline, _DIM_RGB)
        if remark := self._remark(index):
            write_remark(frame, remark, self._small, self._margin)
        return frame


def write_remark(picture: UInt8[np.ndarray, "H W 3"], remark: str, pen: Pen, margin: int) -> None:
    """Write a remark about a frame into a band on top of its picture, in place."""
    band = tinted(picture[: round(pen.pixels * 2)], _REMARK_BAND_RGB, _BAND_OPACITY)
    text = pen.shortened(remark, picture.shape[1] - 2 * margin)
    pen.write(band, text, margin, round(pen.pixels * 1.4), _TEXT_RGB)


class SpokenLines:
    """The words of a clip in lines that fit; a line stays until its last word has been spoken."""

    def __init__(self, words: Sequence[Word] | Sequence[SpokenWord], pen: Pen, room: float) -> None:
        self._lines = _lines(words, pen, room)

    def __bool__(self) -> bool:
        return bool(self._lines)

    def at(self, seconds: float) -> str:
        """The line of that time; "" where there are no words."""
        for end, line in self._lines:
            if seconds < end:
                return line
        return self._lines[-1][1] if self._lines else ""


def _pieces(word: Word | SpokenWord, pen: Pen, room: float) -> Iterator[Word]:
    """The word, cut where a line ends: a sentence of a script without spaces is one word here."""
    text, start = word.text, word.start
    per_letter = (word.end - word.start) / max(len(text), 1)
    while text:
        fits = pen.fitting(text[:LONGEST_LINE], room)
        yield Word(text[:fits], start, start + fits * per_letter)
        text, start = text[fits:], start + fits * per_letter


def _lines(words: Sequence[Word] | Sequence[SpokenWord], pen: Pen, room: float) -> list[tuple[float, str]]:
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
