"""The page of a figure: pictures in rows and columns with labels and a scale, written by matplotlib.

Text in a PDF stays text: it can be searched, and edited by whoever lays out the paper.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import UInt8

from viewer import clock, heat
from viewer._version import VERSION
from viewer.errors import UsageError, VideoError
from viewer.figures.fonts import families
from viewer.figures.moments import Moment
from viewer.figures.settings import FigureSettings
from viewer.paths import whole_file
from viewer.terminal import printable

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from matplotlib.text import Text

_NARROWEST_TILE = 32
_LONGEST_LABEL = 200
_NO_DATA = "no data"
# Distances in heights of the font.
_LINE, _GAP, _LABEL = 1.45, 0.3, 2.0
_SCALE_GAP, _SCALE, _SCALE_ROOM = 1.2, 0.8, 6.4
_TALLEST_SCALE = 1.6
"""In heights of a picture."""


@dataclass(frozen=True)
class Row:
    """Pictures beside each other."""

    label: str
    is_error: bool = False


class Page:
    """Where everything stands, in pixels from the upper left corner."""

    def __init__(
        self, rows: Sequence[Row], moments: Sequence[Moment], *, fps: float, settings: FigureSettings, tall: float
    ) -> None:
        """tall: height of a picture over its width. Raises UsageError where there is no room for the columns."""
        self.rows = tuple(rows)
        self._moments = tuple(moments)
        self._fps = fps
        self._settings = settings
        em = settings.font_points * settings.dpi / 72
        self._em = em
        self._left = round(_LABEL * em) if any(row.label for row in rows) else 0
        self._top = round(_LINE * em * (2 if any(moment.title for moment in moments) else 1) + 0.3 * em)
        self._gap = max(round(_GAP * em), 1)
        right = round(_SCALE_ROOM * em) if any(row.is_error for row in rows) else 0
        n = len(moments)
        width = int((settings.width - self._left - right - (n - 1) * self._gap) / n) // 2 * 2
        if width < _NARROWEST_TILE:
            raise UsageError(
                f"{n} frames beside each other in {settings.width} pixels leave {max(width, 0)} for each; make the "
                f"figure wider (--width), or name fewer frames"
            )
        self.tile = width, round(width * tall) // 2 * 2
        """Width and height of a picture."""
        height = self._top + len(rows) * self.tile[1] + (len(rows) - 1) * self._gap
        self.size = settings.width, height
        """Width and height of the figure."""

    def save(
        self,
        path: Path,
        pictures: Sequence[Sequence[UInt8[np.ndarray, "h w 4"] | None]],
        *,
        title: str,
        receipt: str,
    ) -> None:
        """Write the figure as the suffix of `path` says. pictures: of each row; None where there is no data.

        Raises VideoError where the file cannot be written, UsageError for letters that no installed font has.
        """
        import matplotlib as mpl  # half a second
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure

        texts = [title, *(row.label for row in self.rows), *(moment.title for moment in self._moments)]
        # Fonts are embedded as TrueType outlines, which journals ask for.
        style: Any = {"font.family": families("".join(texts[1:])), "pdf.fonttype": 42, "axes.linewidth": 0.4}
        is_pdf = path.suffix.lower() == ".pdf"
        note = receipt.encode(errors="backslashreplace").decode()
        facts = {"Title": printable(title)}
        facts |= {"Subject": note, "Creator": f"flame-viewer {VERSION}"} if is_pdf else {"Comment": note}
        # A font that has no bold letters is said, and is good enough.
        logging.getLogger("matplotlib.font_manager").setLevel(logging.ERROR)
        with mpl.rc_context(style), whole_file(path, error=VideoError) as part:
            dpi = self._settings.dpi
            # A hair more than whole pixels, which matplotlib cuts off.
            figure = Figure(figsize=((self.size[0] + 1e-3) / dpi, (self.size[1] + 1e-3) / dpi), dpi=dpi)
            FigureCanvasAgg(figure)
            self._fill(figure, pictures)
            metadata = {**facts, "CreationDate": None} if is_pdf else facts
            figure.savefig(part, format=path.suffix[1:].lower(), dpi=dpi, transparent=True, metadata=metadata)

    def _fill(self, figure: Figure, pictures: Sequence[Sequence[np.ndarray | None]]) -> None:
        width, height = self.tile
        for column, moment in enumerate(self._moments):
            x = self._left + column * (width + self._gap) + width / 2
            time = f"{clock.frame_start(moment.frame, self._fps):.2f} s"
            self._write(figure, time, x, self._top - 0.55 * self._em, room=width)
            if moment.title:
                at = self._top - (0.55 + _LINE) * self._em
                self._write(figure, moment.title, x, at, room=width, weight="bold")
        for number, (row, of_row) in enumerate(zip(self.rows, pictures, strict=True)):
            y = self._top + number * (height + self._gap)
            if row.label:
                self._write(figure, row.label, 0.95 * self._em, y + height / 2, room=height, rotation=90, va="center")
            for column, picture in enumerate(of_row):
                x = self._left + column * (width + self._gap)
                if picture is None:
                    self._write(figure, _NO_DATA, x + width / 2, y + height / 2, room=width, alpha=0.6, va="center")
                else:
                    axes = figure.add_axes(self._box(x, y, width, height))
                    axes.imshow(picture, interpolation="none", aspect="auto")
                    axes.set_axis_off()
        if any(row.is_error for row in self.rows):
            self._add_scale(figure)

    def _add_scale(self, figure: Figure) -> None:
        """Beside the rows of errors."""
        width, height = self.tile
        first = next(number for number, row in enumerate(self.rows) if row.is_error)
        n = len(self.rows) - first
        y = self._top + first * (height + self._gap)
        x = self._left + len(self._moments) * (width + self._gap) - self._gap + round(_SCALE_GAP * self._em)
        all_rows = n * height + (n - 1) * self._gap
        tall = round(min(0.9 * all_rows, _TALLEST_SCALE * height))
        y += (all_rows - tall) // 2
        axes = figure.add_axes(self._box(x, y, round(_SCALE * self._em), tall))
        top, ink = self._settings.heat_top_mm, self._ink
        axes.imshow(heat.table()[::-1, None], extent=(0, 1, 0, top), interpolation="none", aspect="auto")
        axes.set_xticks([])
        axes.yaxis.tick_right()
        axes.set_yticks([0, top / 2, top], ["0", f"{top / 2:g}", f"≥ {top:g}"])
        axes.tick_params(
            labelsize=self._settings.font_points * 0.9, labelcolor=ink, color=ink, width=0.4, length=2, pad=2
        )
        for side in axes.spines.values():
            side.set_edgecolor(ink)
        at = self.size[0] - 0.7 * self._em
        self._write(figure, "error (mm)", at, y + tall / 2, room=tall, rotation=90, va="center")

    @property
    def _ink(self) -> tuple[float, float, float]:
        red, green, blue = self._settings.ink
        return red / 255, green / 255, blue / 255

    def _box(self, x: float, y: float, width: float, height: float) -> tuple[float, float, float, float]:
        """Left, bottom, width and height as shares of the figure."""
        across, down = self.size
        return x / across, 1 - (y + height) / down, width / across, height / down

    def _write(
        self, figure: Figure, text: str, x: float, y: float, *, room: float, va: str = "baseline", **style: Any
    ) -> None:
        """Text with its middle at x and its baseline at y, shortened to its room."""
        left, bottom, _, _ = self._box(x, y, 0, 0)
        label = printable(text)[:_LONGEST_LABEL]
        written = figure.text(
            left, bottom, label, ha="center", va=va, size=self._settings.font_points, color=self._ink, **style
        )
        written.set_parse_math(False)  # names with dollar signs are names
        along = 1 if style.get("rotation") else 0
        while _extent(figure, written, along) > room and len(label) > 1:
            label = label[:-1]
            written.set_text(label + "…")


def _extent(figure: Figure, text: Text, along: int) -> float:
    """Pixels across (0) or down (1) that a text takes."""
    box = text.get_window_extent(figure.canvas.get_renderer())  # type: ignore[attr-defined]  # Agg has one
    return float(box.height if along else box.width)
