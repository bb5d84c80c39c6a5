"""The tables of the catalogue."""

from __future__ import annotations

import sqlite3
import time
import unicodedata

from viewer._version import VERSION
from viewer.dataset.catalogue.columns import COLUMNS, DETAILS
from viewer.transaction import transaction

FORMAT = f"6 of viewer {VERSION}, Unicode {unicodedata.unidata_version}"
"""What a catalogue file must have been made by: another reads clips, or cuts texts into words, in another way."""

_COLUMNS = tuple(column.name for column in COLUMNS if column.name not in DETAILS)

_TABLES = f"""
CREATE TABLE about (format TEXT NOT NULL, version INTEGER NOT NULL, complete INTEGER NOT NULL, clips INTEGER NOT NULL);
CREATE TABLE clips (
    id INTEGER PRIMARY KEY,
    {", ".join(_COLUMNS)},
    fingerprint NOT NULL
);
CREATE UNIQUE INDEX by_stem ON clips (stem);
CREATE TRIGGER counted AFTER INSERT ON clips BEGIN UPDATE about SET clips = clips + 1; END;
CREATE TRIGGER uncounted AFTER DELETE ON clips BEGIN UPDATE about SET clips = clips - 1; END;
CREATE TABLE details (id INTEGER PRIMARY KEY, {", ".join(DETAILS)}, transcript);
CREATE VIRTUAL TABLE found USING fts5 (words, stem, content='', columnsize=0, tokenize='ascii');
"""


def create(connection: sqlite3.Connection) -> None:
    """Make the tables, unless another process was faster. Raises sqlite3.Error."""
    with transaction(connection, "IMMEDIATE"):
        if not is_empty(connection):
            return
        for statement in _TABLES.split(";\n"):
            connection.execute(statement)
        # Versions begin at the clock, so that they grow also from one file to the one that replaces it.
        connection.execute("INSERT INTO about VALUES (?, ?, 0, 0)", (FORMAT, time.time_ns() // 1_000_000))


def create_indexes(connection: sqlite3.Connection) -> None:
    """Make the indexes that sorting uses; done after the first rows are in, which is faster than growing them."""
    cache = connection.execute("PRAGMA cache_size").fetchone()[0]
    connection.execute("PRAGMA cache_size = -2048")  # bounds what is sorted in memory
    for name in _COLUMNS:
        connection.execute(f"CREATE INDEX IF NOT EXISTS by_{name} ON clips ({name}, stem)")
    # All that filters look at, so that they can be tried on many clips without reading the clips.
    for name in ("seconds, splits", "splits, seconds"):
        index = f"filter_{name.split(',')[0]}"
        connection.execute(f"CREATE INDEX IF NOT EXISTS {index} ON clips ({name}, modalities, flags, session)")
    connection.execute(f"PRAGMA cache_size = {cache}")


def is_empty(connection: sqlite3.Connection) -> bool:
    return connection.execute("SELECT 1 FROM sqlite_master").fetchone() is None


def format_of(connection: sqlite3.Connection) -> str:
    """The format that the file says it has. Raises sqlite3.Error where it is no catalogue."""
    found = connection.execute("SELECT format FROM about").fetchone()
    return "" if found is None else str(found[0])
