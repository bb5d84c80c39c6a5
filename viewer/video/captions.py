"""Captions burned into frames: stem, time and the words being spoken, in a band at the bottom."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from jaxtyping import UInt8
from PIL import Image, ImageDraw, ImageFont

from viewer import clock
from viewer.words import Word

_BAND_RGB = (18, 20, 24)
_TEXT_RGB = (240, 242, 245)
_DIM_RGB = (150, 156, 166)
_BAND_OPACITY = 0.72


class Captions:
    """Draws the captions of one clip.

    Words appear in lines that fit the picture, and change when their last word has been spoken.
    """

    def __init__(self, *, stem: str, words: Sequence[Word], fps: float, n_frames: int, size: tuple[int, int]) -> None:
        """size: (width, height) of the frames."""
        self._width, self._height = size
        self._stem = stem
        self._fps = fps
        self._seconds = clock.duration(n_frames, fps)
        self._text_px = max(round(self._height / 28), 9)
        self._margin = self._text_px
        self._font = _font(self._text_px)
        self._small = _font(max(round(self._text_px * 0.72), 8))
        self._lines = _lines(words, self._font, self._width - 2 * self._margin)
        self._band = round(self._text_px * (3.4 if self._lines else 2))

    def missing_glyphs(self) -> str:
        """Characters that the built-in font cannot draw."""
        text = self._stem + "".join(line for _, line in self._lines)
        return "".join(sorted({character for character in text if not _has_glyph(character)}))

    def draw(self, frame: UInt8[np.ndarray, "H W 3"], index: int) -> UInt8[np.ndarray, "H W 3"]:
        """Copy of `frame` number `index` with its captions."""
        frame = frame.copy()
        seconds = clock.frame_start(index, self._fps)
        band = frame[-self._band :]
        band[:] = np.rint(band * (1 - _BAND_OPACITY) + np.array(_BAND_RGB) * _BAND_OPACITY)
        picture = Image.fromarray(band)
        drawing = ImageDraw.Draw(picture)
        y_small = self._band - self._text_px * 0.55
        line = self._line_at(seconds)
        if line:
            drawing.text((self._width / 2, self._text_px * 1.15), line, _TEXT_RGB, self._font, anchor="mm")
        time = f"{seconds:5.2f} / {self._seconds:.2f} s"
        time_px = drawing.textlength(time, self._small)
        drawing.text((self._width - self._margin, y_small), time, _DIM_RGB, self._small, anchor="rs")
        stem = _shorten(self._stem, self._small, self._width - 3 * self._margin - time_px)
        drawing.text((self._margin, y_small), stem, _DIM_RGB, self._small, anchor="ls")
        frame[-self._band :] = np.asarray(picture)
        return frame

    def _line_at(self, seconds: float) -> str:
        for end, line in self._lines:
            if seconds < end:
                return line
        return self._lines[-1][1] if self._lines else ""


def _lines(words: Sequence[Word], font: ImageFont.FreeTypeFont, width: float) -> list[tuple[float, str]]:
    """(end in seconds, text) of each line."""
    lines: list[tuple[float, str]] = []
    for word in words:
        text = _shorten(word.text, font, width)
        longer = f"{lines[-1][1]} {text}" if lines else text
        if lines and font.getlength(longer) <= width:
            lines[-1] = (word.end, longer)
        else:
            lines.append((word.end, text))
    return lines


def _shorten(text: str, font: ImageFont.FreeTypeFont, width: float) -> str:
    if font.getlength(text) <= width:
        return text
    while text and font.getlength(text + "…") > width:
        text = text[:-1]
    return text + "…"


@lru_cache(maxsize=16)
def _font(pixels: int) -> ImageFont.FreeTypeFont:
    font = ImageFont.load_default(pixels)
    assert isinstance(font, ImageFont.FreeTypeFont)  # given a size, Pillow loads its built-in outline font
    return font


def _has_glyph(character: str) -> bool:
    if character.isspace():
        return True
    font = _font(24)
    missing = font.getmask("\uffff")
    mask = font.getmask(character)
    return mask.size != missing.size or bytes(mask) != bytes(missing)
