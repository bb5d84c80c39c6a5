"""Copies of a review file before it is changed in its form, and what can be saved of a damaged one."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from viewer.errors import ReviewError, UsageError
from viewer.review.verdict import Verdict

_STEP = 64


def back_up(file: Path, *, label: str) -> Path:
    """Copy the verdicts as they are now to a new file beside `file`, checked and on the disk when this returns.

    The caller holds the file's write lock. Raises sqlite3.Error or OSError, ReviewError where the copy is not sound.
    """
    stamp = datetime.now(UTC).strftime("%Y%m%d-%H%M%S-%f")
    copy = file.with_name(f"{file.name}.{label}-{stamp}.bak")
    with (
        closing(sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True)) as source,
        closing(sqlite3.connect(copy)) as target,
    ):
        source.backup(target)
        sound = target.execute("PRAGMA quick_check").fetchall() == [("ok",)]
    copy.chmod(0o600)
    descriptor = os.open(copy, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    if not sound:
        raise ReviewError(f"the copy {copy} of the review file {file} is not sound; nothing was changed")
    return copy


def rescue(file: Path) -> dict[str, list[Verdict]]:
    """Verdicts that stand and can still be read, by the path of their data set, of a file that may be damaged.

    Rows are read in small ranges and around those that fail; the path is "" where it cannot be read. Raises ReviewError
    where nothing can be read.
    """
    if not file.is_file():
        raise UsageError(f"there is no file {file}")
    found: dict[str, list[Verdict]] = {}
    try:
        with closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            paths = _paths(connection)
            for first in range(1, _last(connection) + 1, _STEP):
                for dataset, verdict in _readable(connection, first, first + _STEP):
                    found.setdefault(paths.get(dataset, ""), []).append(verdict)
    except sqlite3.Error as error:
        raise ReviewError(
            f"nothing of {file} can be read ({error}); look for {file.name}.*.bak beside it, copies that were made "
            "before the file was last changed in its form"
        ) from error
    return found


def _paths(connection: sqlite3.Connection) -> dict[int, str]:
    try:
        return dict(connection.execute("SELECT id, path FROM datasets NOT INDEXED").fetchall())
    except sqlite3.Error:  # the verdicts themselves may be whole
        return {}


def _last(connection: sqlite3.Connection) -> int:
    """Number of the last verdict that was given, as far as that can be read; 0 where there is none."""
    try:
        found = connection.execute("SELECT seq FROM sqlite_sequence WHERE name = 'verdicts'").fetchone()
    except sqlite3.Error:
        found = connection.execute("SELECT coalesce(max(id), 0) FROM verdicts NOT INDEXED").fetchone()
    return int(found[0]) if found else 0


def _readable(connection: sqlite3.Connection, first: int, stop: int) -> list[tuple[int, Verdict]]:
    """Verdicts numbered `first` to before `stop`, without those that cannot be read."""
    asked = (
        "SELECT dataset, stem, motion_hash, verdict, reason, note, time, reviewer, at FROM verdicts NOT INDEXED "
        "WHERE id >= ? AND id < ? AND withdrawn IS NULL ORDER BY id"
    )
    names = ("stem", "motion_hash", "verdict", "reason", "note", "time", "reviewer", "at")
    try:
        rows = connection.execute(asked, (first, stop)).fetchall()
        return [(dataset, Verdict(**dict(zip(names, values, strict=True)))) for dataset, *values in rows]
    except (sqlite3.Error, UsageError, TypeError):
        if stop - first == 1:
            return []
        middle = (first + stop) // 2
        return [*_readable(connection, first, middle), *_readable(connection, middle, stop)]
