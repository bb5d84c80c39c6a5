"""The tables of a review file, and how files of earlier formats become this one."""

from __future__ import annotations

import sqlite3

from viewer.transaction import transaction

APPLICATION_ID = 0x464C5256
"""Written into the file's header: "FLRV"."""
FORMAT = 1

_TABLES = """
CREATE TABLE datasets (id INTEGER PRIMARY KEY, path TEXT NOT NULL UNIQUE);
CREATE TABLE verdicts (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    dataset INTEGER NOT NULL REFERENCES datasets (id),
    stem TEXT NOT NULL,
    motion_hash TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    verdict TEXT NOT NULL CHECK (verdict IN ('good', 'bad', 'unsure')),
    reason TEXT NOT NULL,
    note TEXT NOT NULL,
    time REAL,
    reviewer TEXT NOT NULL,
    at TEXT NOT NULL,
    withdrawn TEXT
);
CREATE INDEX by_clip ON verdicts (dataset, stem, id);
"""

MIGRATIONS: dict[int, tuple[str, ...]] = {}
"""Statements that turn format n into n + 1, by n."""


def create(connection: sqlite3.Connection) -> None:
    """Make the tables, unless another process was faster. Raises sqlite3.Error."""
    with transaction(connection, "IMMEDIATE"):
        if not is_empty(connection):
            return
        for statement in _TABLES.strip().removesuffix(";").split(";\n"):
            connection.execute(statement)
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version = {FORMAT}")


def migrate(connection: sqlite3.Connection, version: int) -> None:
    """Bring the tables from an earlier format to this one, within the caller's transaction. Raises sqlite3.Error."""
    for step in range(version, FORMAT):
        for statement in MIGRATIONS[step]:
            connection.execute(statement)
    connection.execute(f"PRAGMA user_version = {FORMAT}")


def is_empty(connection: sqlite3.Connection) -> bool:
    return connection.execute("SELECT 1 FROM sqlite_master").fetchone() is None


def is_review_file(connection: sqlite3.Connection) -> bool:
    return bool(connection.execute("PRAGMA application_id").fetchone()[0] == APPLICATION_ID)


def format_of(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])
