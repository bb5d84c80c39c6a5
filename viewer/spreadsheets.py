"""Lines of CSV that spreadsheets take as they are meant."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable

# What a spreadsheet takes for a formula. A stem such as -abc_0001 can do nothing there, and stays as it is.
_FORMULA = re.compile(r"[=+@\t\r]|-(?![\w-]*$)")

Cell = str | int | float


def harmless(cell: Cell) -> Cell:
    """The cell; a text that a spreadsheet would take for a formula begins with an apostrophe."""
    return f"'{cell}" if isinstance(cell, str) and _FORMULA.match(cell) else cell


def csv_line(cells: Iterable[Cell]) -> str:
    """One line as in RFC 4180, without its end; cells as they are."""
    text = io.StringIO()
    csv.writer(text, lineterminator="").writerow(cells)
    return text.getvalue()
