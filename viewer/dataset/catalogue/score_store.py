"""Scores as a table beside the catalogue's own, in a temporary database that connections attach."""

from __future__ import annotations

import os
import sqlite3
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from viewer.dataset.catalogue.columns import Column, Kind, Value
from viewer.dataset.catalogue.scores import Scores


@dataclass(frozen=True)
class LoadedScores:
    """Scores in a database of their own, which lasts as long as this object."""

    folder: tempfile.TemporaryDirectory[str]
    columns: tuple[Column, ...]

    @property
    def kinds(self) -> dict[str, Kind]:
        """Kinds of the columns by name, in their order."""
        return {column.name: column.kind for column in self.columns}

    @property
    def file(self) -> str:
        return os.path.join(self.folder.name, "scores.sqlite")  # noqa: PTH118 (SQLite compares texts)


def attach(connection: sqlite3.Connection, loaded: LoadedScores | None) -> None:
    """Make the scores visible as `own.scores`."""
    attached = {name: file for _, name, file in connection.execute("PRAGMA database_list")}
    if loaded is not None and attached.get("own") == os.path.realpath(loaded.file):
        return
    if "own" in attached:
        connection.execute("DETACH own")
    if loaded is not None:
        connection.execute("ATTACH ? AS own", (loaded.file,))


def load(tables: Iterable[Scores]) -> LoadedScores | None:
    """Write tables, whose columns have different names, side by side into a temporary database; None without columns.

    Raises OSError, sqlite3.Error.
    """
    tables = list(tables)
    columns = tuple(column for table in tables for column in table.columns)
    if not columns:
        return None
    loaded = LoadedScores(tempfile.TemporaryDirectory(prefix="flame-viewer-scores-"), columns)
    numbers = range(len(columns))
    connection = sqlite3.connect(loaded.file, isolation_level=None)
    try:
        connection.execute("PRAGMA journal_mode = OFF")
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute("BEGIN")
        connection.execute(f"CREATE TABLE scores (stem TEXT PRIMARY KEY, {', '.join(f'score_{i}' for i in numbers)})")
        connection.executemany(
            f"INSERT INTO scores VALUES (?, {', '.join('?' for _ in numbers)})",
            ((stem, *values) for stem, values in _side_by_side(tables)),
        )
        for i in numbers:
            connection.execute(f"CREATE INDEX by_score_{i} ON scores (score_{i}, stem)")
        connection.execute("COMMIT")
    finally:
        connection.close()
    return loaded


def _side_by_side(tables: list[Scores]) -> Iterator[tuple[str, list[Value]]]:
    """Each stem of any table with its values in all of them."""
    nothing = [[None] * len(table.columns) for table in tables]
    for stem in dict.fromkeys(stem for table in tables for stem in table.rows):
        values: list[Value] = []
        for table, empty in zip(tables, nothing, strict=True):
            values += table.rows.get(stem, empty)
        yield stem, values
