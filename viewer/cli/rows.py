"""Rows of the catalogue as lines of text: a table for people, CSV for spreadsheets, JSON for programs."""

from __future__ import annotations

import json
import shutil
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain, islice
from typing import Any

from viewer.dataset.catalogue import Column
from viewer.spreadsheets import csv_line, harmless
from viewer.terminal import printable

Row = dict[str, Any]

_LOOKED_AT = 500
"""Rows that the widths of a table's columns are taken from."""
_WIDEST = 40
_GAP = "  "


def table(rows: Iterable[Row], columns: Sequence[Column]) -> Iterator[str]:
    """Aligned columns under their names, cut to the width of the terminal."""
    rows = iter(rows)
    first = [[_shown(row, column) for column in columns] for row in islice(rows, _LOOKED_AT)]
    if not first:
        return
    rest = ([_shown(row, column) for column in columns] for row in rows)
    header = [column.name for column in columns]
    widths = [min(max(map(_width, cells)), _WIDEST) for cells in zip(header, *first, strict=True)]
    room = max(shutil.get_terminal_size().columns, 60)
    for cells in chain([header], first, rest):
        padded = [
            _padded(cell, width, right=column.kind == "number")
            for cell, width, column in zip(cells, widths, columns, strict=True)
        ]
        yield _cut(_GAP.join(padded).rstrip(), room)


def comma_separated(rows: Iterable[Row], columns: Sequence[Column]) -> Iterator[str]:
    """RFC 4180 with a header; text that a spreadsheet would take for a formula begins with an apostrophe."""
    yield csv_line(column.name for column in columns)
    for row in rows:
        yield csv_line(harmless(_plain(row[column.name])) for column in columns)


def json_list(rows: Iterable[Row], columns: Sequence[Column]) -> Iterator[str]:
    """One list, an object a line."""
    last = "["
    for row in rows:
        yield last if last == "[" else f"{last},"
        found = {column.name: row[column.name] for column in columns}
        last = json.dumps(found, ensure_ascii=False, allow_nan=False)
    yield last
    yield "]"


FORMATS: dict[str, Callable[[Iterable[Row], Sequence[Column]], Iterator[str]]] = {
    "table": table,
    "csv": comma_separated,
    "json": json_list,
}


def _plain(value: Any) -> str | int | float:
    """A value in one cell: names in lists are separated by spaces, flags are their codes."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return " ".join(item["code"] if isinstance(item, dict) else str(item) for item in value)
    plain: str | int | float = value
    return plain


def _shown(row: Row, column: Column) -> str:
    value = _plain(row[column.name])
    if isinstance(value, float):
        return f"{value:.2f}" if column.unit == "s" else f"{value:.6g}"
    return printable(str(value))


def _width(text: str) -> int:
    """Cells of the terminal that a text takes: letters of East Asian scripts take two, accents of their own none."""
    return sum(_letter_width(letter) for letter in text)


def _letter_width(letter: str) -> int:
    if unicodedata.combining(letter):
        return 0
    return 2 if unicodedata.east_asian_width(letter) in "WF" else 1


def _padded(text: str, width: int, *, right: bool) -> str:
    """Never cut: a stem that is longer than others stays whole."""
    space = " " * max(width - _width(text), 0)
    return space + text if right else text + space


def _cut(line: str, room: int) -> str:
    if _width(line) <= room:
        return line
    used, kept = 1, []
    for letter in line:
        used += _letter_width(letter)
        if used > room:
            break
        kept.append(letter)
    return "".join(kept) + "…"
