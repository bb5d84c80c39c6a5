"""The page of a comparison film: where pictures, labels, legend and remarks stand, and how they are written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import cv2
import numpy as np
from jaxtyping import UInt8

from viewer import heat
from viewer.errors import UsageError
from viewer.terminal import printable
from viewer.video.captions import SpokenLines, write_remark
from viewer.video.text import RGB, Pen, tinted

Layout = Literal["auto", "row", "grid"]
LAYOUTS: tuple[Layout, ...] = ("auto", "row", "grid")
LARGEST_SIDE = 4096
"""Pixels; more than that few players decode."""
_REMARK_LINES = 4
_FADED = 0.6
"""How much of a picture that shows no data of its frame is background."""
_NOT_MEASURED = "head pose and identity left out"


@dataclass(frozen=True)
class Ink:
    """Colours of text on a page."""

    text: RGB
    dim: RGB
    remark: RGB

    @classmethod
    def on(cls, background: RGB) -> Ink:
        red, green, blue = background
        if 0.299 * red + 0.587 * green + 0.114 * blue > 127:
            return cls((28, 30, 34), (92, 98, 108), (146, 78, 0))
        return cls((240, 242, 245), (168, 174, 184), (255, 198, 112))


@dataclass(frozen=True)
class Panel:
    """A picture on the page."""

    x: int
    y: int
    """Upper left corner of the picture; its label is above."""
    label: str
    remarks: str = ""


class Page:
    """One frame of a comparison film after the other.

    In a row: reference, predictions, their heat maps. As a grid: reference and predictions, and under each prediction
    its heat map. `auto` takes the row for one prediction.
    """

    def __init__(
        self,
        *,
        labels: Sequence[str],
        remarks: Sequence[str],
        cell: tuple[int, int],
        background: RGB,
        stem: str,
        n_frames: int,
        fps: float,
        layout: Layout = "auto",
        top_mm: float = heat.TOP_MM,
        words: SpokenLines | None = None,
        aside: str = "",
    ) -> None:
        """labels, remarks: of each prediction; cell: (width, height) of a picture; words: spoken, shown in a line.

        Raises UsageError for a page that is larger than films can be, or a layout that does not exist.
        """
        if layout not in LAYOUTS:
            raise UsageError(f"there is no layout {layout!r}; choose one of: {', '.join(LAYOUTS)}")
        self._cell = cell
        self._background = background
        self._ink = Ink.on(background)
        self._stem, self._fps, self._n_frames, self._aside = printable(stem), fps, n_frames, aside
        self._top_mm = top_mm
        self._words = words
        self._in_rows = layout == "grid" or (layout == "auto" and len(labels) > 1)
        self._title, self._small = pens(cell)
        self._pad = max(cell[1] // 40, 4)
        self._place([printable(label) for label in labels], [printable(text) for text in remarks])
        self._check_size()

    def draw(
        self,
        frame: int,
        pictures: Sequence[UInt8[np.ndarray, "h w 3"]],
        heats: Sequence[UInt8[np.ndarray, "h w 3"]],
        *,
        largest_mm: Sequence[float],
        notes: Sequence[str | None],
    ) -> UInt8[np.ndarray, "H W 3"]:
        """pictures: the reference, then predictions; heats, largest_mm: of predictions, NaN where nothing is known;
        notes: on pictures that show another frame than this, None for others.
        """
        page = self._paper.copy()
        for panel, picture, note in zip(self._pictures, pictures, notes, strict=True):
            self._paste(page, panel, picture, note)
        for panel, picture, largest in zip(self._heats, heats, largest_mm, strict=True):
            unknown = bool(np.isnan(largest))
            at = self._paste(page, panel, picture, "nothing to compare" if unknown else None)
            if not unknown:
                text = f"max {largest:.2f} mm"
                x = self._cell[0] - self._pad - self._small.width(text)
                self._small.write(at, text, x, round(1.2 * self._small.pixels), self._ink.dim)
        seconds = frame / self._fps
        time = f"{seconds:.2f} / {self._n_frames / self._fps:.2f} s · frame {frame}"
        text = f"{time} · {self._aside}" if self._aside else time
        self._small.write(page, text, self._pad, self._footer + round(2.8 * self._small.pixels), self._ink.dim)
        if self._words is not None and (line := self._words.at(seconds)):
            baseline = self._footer - round(0.5 * self._title.pixels)
            self._title.write(page, line, (self.size[0] - self._title.width(line)) // 2, baseline, self._ink.text)
        return page

    def _place(self, labels: list[str], remarks: list[str]) -> None:
        """Find out where everything stands."""
        width, height = self._cell
        room = width - 2 * self._pad
        self._remark_lines = max(len(self._small.wrapped(text, room, _REMARK_LINES)) for text in remarks)
        line = round(1.35 * self._small.pixels)
        head = self._pad + round(1.7 * self._title.pixels) + self._remark_lines * line
        n = len(labels)
        self._pictures = [Panel(0, head, "Reference")]
        self._pictures += [
            Panel((1 + i) * width, head, label, remark)
            for i, (label, remark) in enumerate(zip(labels, remarks, strict=True))
        ]
        if self._in_rows:
            y = head + height + round(1.9 * self._title.pixels)
            self._heats = [Panel(panel.x, y, "Error") for panel in self._pictures[1:]]
            self._legend = (2 * self._pad, y + height // 2 - 3 * self._small.pixels, width - 4 * self._pad)
            columns, bottom = 1 + n, y + height
        else:
            names = ["Error"] if n == 1 else [f"Error of {label}" for label in labels]
            self._heats = [Panel((1 + n + i) * width, head, name) for i, name in enumerate(names)]
            columns, bottom = 1 + 2 * n, head + height
        self._footer = bottom + (round(2.2 * self._title.pixels) if self._words else self._pad)
        if not self._in_rows:
            self._legend = (self._heats[0].x + self._pad, self._footer, width - 2 * self._pad)
        foot = round((3.6 if self._in_rows else 6.3) * self._small.pixels)
        total = self._footer + foot
        self.size = (columns * width, total + total % 2)
        """Width and height of the page in pixels, even."""

    def _check_size(self) -> None:
        largest = max(self.size)
        if largest > LARGEST_SIDE:
            share = LARGEST_SIDE / largest
            width, height = (int(side * share) // 2 * 2 for side in self._cell)
            fits = f"{width}" if width == height else f"{width}x{height}"
            raise UsageError(
                f"the film would be {self.size[0]}×{self.size[1]} pixels; players take at most {LARGEST_SIDE} a side. "
                f"Make each picture smaller: --size {fits}" + ("" if self._in_rows else ", or use --layout grid")
            )

    @cached_property
    def _paper(self) -> UInt8[np.ndarray, "H W 3"]:
        """What is the same in all frames."""
        width, height = self.size
        page = np.full((height, width, 3), self._background, np.uint8)
        for panel in (*self._pictures, *self._heats):
            self._write_label(page, panel)
        room = self._cell[0] - 2 * self._pad
        stem = self._small.shortened(self._stem, room)
        self._small.write(page, stem, self._pad, self._footer + round(1.3 * self._small.pixels), self._ink.text)
        self._write_legend(page)
        return page

    def _write_label(self, page: np.ndarray, panel: Panel) -> None:
        room = self._cell[0] - 2 * self._pad
        line = round(1.35 * self._small.pixels)
        lines = self._small.wrapped(panel.remarks, room, _REMARK_LINES)
        has_remarks = panel.y == self._pictures[0].y
        y = panel.y - (self._remark_lines * line if has_remarks else 0) - round(0.55 * self._title.pixels)
        label = self._title.shortened(panel.label, room)
        self._centred(page, self._title, label, panel, y, self._ink.text)
        for text in lines:
            y += line
            self._centred(page, self._small, text, panel, y, self._ink.remark)

    def _centred(self, page: np.ndarray, pen: Pen, text: str, panel: Panel, baseline: int, colour: RGB) -> None:
        pen.write(page, text, panel.x + (self._cell[0] - pen.width(text)) // 2, baseline, colour)

    def _write_legend(self, page: np.ndarray) -> None:
        x, y, width = self._legend
        pen, size = self._small, self._small.pixels
        pen.write(page, pen.shortened("Distance to the reference, mm", width), x, y + round(1.2 * size), self._ink.text)
        bar = page[y + round(1.8 * size) : y + round(2.6 * size), x : x + width]
        bar[:] = cv2.resize(heat.table()[None], (width, 1), interpolation=cv2.INTER_LINEAR)
        baseline = y + round(3.9 * size)
        for share, text in (
            (0.0, "0"),
            (0.5, f"{self._top_mm / 2:g}"),
            (1.0, f"≥ {self._top_mm:g}"),
        ):
            left = x + round(share * width) - round(share * pen.width(text))
            pen.write(page, text, left, baseline, self._ink.dim)
        note = pen.shortened(_NOT_MEASURED, width)
        pen.write(page, note, x, y + round(5.5 * size), self._ink.dim)

    def _paste(self, page: np.ndarray, panel: Panel, picture: np.ndarray, note: str | None) -> np.ndarray:
        """Put a picture into its place; returns that part of the page."""
        width, height = self._cell
        at = page[panel.y : panel.y + height, panel.x : panel.x + width]
        at[:] = picture
        if note is not None:
            tinted(at, self._background, _FADED)
            write_remark(at, note, self._small, self._pad)
        return at


def pens(cell: tuple[int, int]) -> tuple[Pen, Pen]:
    """For titles and for everything else on a page with pictures of that size."""
    side = min(cell)
    return Pen(min(max(round(side / 22), 12), 30), bold=True), Pen(min(max(round(side / 32), 10), 22))
