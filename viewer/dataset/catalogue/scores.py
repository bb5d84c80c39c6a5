"""Scores of clips from a CSV file: each of its columns becomes a column of the catalogue."""

from __future__ import annotations

import csv
import io
import math
import re
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from viewer.dataset.catalogue.columns import BADNESS, CHECK_PREFIX, ISSUES, NAMES, VERDICT, WORST, Column, Kind, Value
from viewer.dataset.files import open_regular
from viewer.dataset.text import clean_text
from viewer.errors import ClipError, UsageError

MAX_BYTES = 1 << 28
MAX_COLUMNS = 200
_STEM_HEADERS = ("stem", "clip", "clip_id", "id", "name", "file", "filename", "path", "utterance")
_DELIMITERS = ",;\t|"
_EMPTY = frozenset(("", "nan", "na", "n/a", "null", "none", "-", "–"))
_SUFFIX = re.compile(r"\.(npz|npy|wav|txt|pt|mp4|flac|mp3|json)$", re.IGNORECASE)


@dataclass(frozen=True)
class Scores:
    """Further columns of clips, such as a scores file holds."""

    columns: tuple[Column, ...]
    rows: dict[str, list[Value]]
    """Values of the columns by stem; None where a cell is empty or no number."""
    warnings: tuple[str, ...] = ()
    """What was left out, one sentence each."""


def read_scores(path: Path, *, is_known: Callable[[str], bool], complete: bool = True) -> Scores:
    """Read a CSV file with a header line and one line a clip.

    Separated by comma, semicolon, tab or bar; UTF-8 or UTF-16, byte order mark or not. The stems are in the column
    named stem, clip, file …, otherwise in the first one; folders and suffixes of file names are ignored.
    is_known: whether a stem is one that the table may be about; others are kept, since it may come to be, and counted
    in a warning once the list of stems is `complete`. Raises UsageError where the file is no table with stems and
    scores, or where none of its stems is known.
    """
    try:
        with open_regular(path, max_bytes=MAX_BYTES) as file:
            text = clean_text(file.read(), max_bytes=MAX_BYTES).text
    except ClipError as error:
        raise UsageError(f"--scores: {error}") from error
    delimiter = _delimiter(text)
    lines = csv.reader(io.StringIO(text), delimiter=delimiter, skipinitialspace=True)
    try:
        header = next(lines, [])
        table = [line for line in lines if any(cell.strip() for cell in line)]
    except csv.Error as error:
        raise UsageError(f"--scores {path}: line {lines.line_num} is no CSV: {error}") from error
    if not 2 <= len(header) <= MAX_COLUMNS:
        raise UsageError(
            f"--scores {path}: its first line has {len(header)} columns; expected a header such as stem,lve,fdd with "
            f"at most {MAX_COLUMNS}"
        )
    key = _stem_column(header)
    others = [i for i in range(len(header)) if i != key]
    warnings: list[str] = []
    cells = _by_stem(table, key, len(header), is_known, warnings)
    if not cells:
        raise UsageError(f"--scores {path}: no line has a stem in the column {header[key]!r:.80}; expected one a clip")
    unknown = [stem for stem in cells if complete and not is_known(stem)]
    if len(unknown) == len(cells):
        raise UsageError(
            f"--scores {path}: none of its {len(cells):,} clips is in this data set; column {header[key]!r:.80} was "
            f"taken for the stems and begins with {unknown[0]!r:.80}"
        )
    if unknown:
        some = ", ".join(stem[:80] for stem in unknown[:3])
        warnings.append(f"{len(unknown):,} of {len(cells):,} clips are not in this data set: {some}")
    names = _names([header[i] for i in others])
    columns = []
    rows: dict[str, list[Value]] = {stem: [None] * len(others) for stem in cells}
    for position, (index, name) in enumerate(zip(others, names, strict=True)):
        title = " ".join(header[index].split())[:60] or f"column {index + 1}"
        values, kind = _values([line[index].strip() for line in cells.values()], delimiter, title, warnings)
        columns.append(Column(name, title, kind))
        for row, value in zip(rows.values(), values, strict=True):
            row[position] = value
    return Scores(tuple(columns), rows, tuple(f"{path.name}: {warning}" for warning in warnings))


def _delimiter(text: str) -> str:
    header = text.split("\n", 1)[0]
    return max(_DELIMITERS, key=lambda delimiter: len(next(csv.reader([header], delimiter=delimiter), [])))


def _stem_column(header: list[str]) -> int:
    names = [name.strip().lower() for name in header]
    return next((names.index(name) for name in _STEM_HEADERS if name in names), 0)


def _by_stem(
    table: Iterable[list[str]], key: int, width: int, is_known: Callable[[str], bool], warnings: list[str]
) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    repeated, ragged = 0, 0
    for line in table:
        ragged += len(line) != width
        line = (line + [""] * width)[:width]
        stem = unicodedata.normalize("NFC", line[key].strip())
        if not is_known(stem):
            stem = _SUFFIX.sub("", PurePosixPath(stem.replace("\\", "/")).name)
        if stem:
            repeated += stem in found
            found[stem] = line
    if repeated:
        warnings.append(f"{repeated:,} clips stand in it more than once: the last line counts")
    if ragged:
        warnings.append(f"{ragged:,} lines do not have {width} columns: missing cells are empty, others left out")
    return found


def _names(titles: list[str]) -> list[str]:
    """Keys for columns: letters, digits and underscores, none twice, none that the catalogue or checks have."""
    taken = {*NAMES, WORST, ISSUES, BADNESS, VERDICT}
    names = []
    for number, title in enumerate(titles, start=1):
        base = re.sub(r"[^a-z0-9]+", "_", title.strip().lower()).strip("_")[:40] or f"score_{number}"
        if base.startswith(CHECK_PREFIX):
            base = f"score_{base}"
        name, copy = base, 2
        while name in taken:
            name, copy = f"{base}_{copy}", copy + 1
        taken.add(name)
        names.append(name)
    return names


def _values(cells: list[str], delimiter: str, title: str, warnings: list[str]) -> tuple[list[Value], Kind]:
    """Numbers where at least half of the cells that are not empty are numbers, else texts; with their kind."""
    filled = [cell for cell in cells if cell.lower() not in _EMPTY]
    numbers = {cell: _number(cell, decimal_comma=delimiter != ",") for cell in set(filled)}
    good = sum(numbers[cell] is not None for cell in filled)
    if 2 * good < len(filled):
        return [cell if cell.lower() not in _EMPTY else None for cell in cells], "text"
    if good < len(filled):
        example = next(cell for cell in filled if numbers[cell] is None)
        warnings.append(
            f"{len(filled) - good:,} cells of {title} hold no finite number and are left empty: {example:.40}"
        )
    return [numbers.get(cell) for cell in cells], "number"


def _number(cell: str, *, decimal_comma: bool) -> float | None:
    if decimal_comma and cell.count(",") == 1 and "." not in cell:
        cell = cell.replace(",", ".")
    try:
        value = float(cell)
    except ValueError:
        return None
    return value if math.isfinite(value) else None
