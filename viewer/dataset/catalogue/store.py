"""Where the catalogue is kept: a file in the cache folder, or memory where that cannot be.

The file is disposable. One that is damaged is not repaired and not replaced under its own name, because another process
may have it open and SQLite's journal belongs to the name: its successor gets the next number.
"""

from __future__ import annotations

import os
import re
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, closing, contextmanager, suppress
from pathlib import Path
from typing import Protocol

from viewer.dataset.catalogue import schema
from viewer.paths import why_not_written

WAIT_SECONDS = 10.0
"""How long to wait for another process's lock. Writers hold it for milliseconds."""
_PAGES_KIB = 8192
_UNUSED_SECONDS = 60 * 24 * 3600
_MAX_GENERATIONS = 3
_NAME = re.compile(r"([0-9a-f]{24})-(\d{1,9})\.sqlite")


class Store(Protocol):
    """Hands out connections to one database."""

    @property
    def path(self) -> Path | None:
        """The file; None in memory."""

    def connection(self) -> AbstractContextManager[sqlite3.Connection]:
        """A connection that nobody else uses during the block. Raises sqlite3.Error."""

    def close(self) -> None:
        """Close the connections that are not in use; those in use close when their block ends."""


class FileStore:
    """A database file. Connections are made as needed and used again; any number of threads may have one."""

    def __init__(self, path: Path) -> None:
        """Raises sqlite3.Error where the file is no catalogue of this format or cannot be opened."""
        self.path: Path | None = path
        self._file = path
        self._idle: list[sqlite3.Connection] = []
        self._closed = False
        self._idle.append(self._connect("rwc"))
        with self.connection() as connection:
            if schema.is_empty(connection):
                schema.create(connection)
            if schema.format_of(connection) != schema.FORMAT:
                raise sqlite3.DatabaseError(f"{path} is of another format")

    @contextmanager
    def connection(self) -> Iterator[sqlite3.Connection]:
        try:
            connection = self._idle.pop()  # atomic, as append is
        except IndexError:
            connection = self._connect("rw")  # where the file was deleted meanwhile, no empty one is to appear
        try:
            yield connection
        except sqlite3.Error:
            connection.close()
            raise
        except BaseException:
            self._put_back(connection)
            raise
        self._put_back(connection)

    def close(self) -> None:
        self._closed = True
        while self._idle:
            with suppress(IndexError):
                self._idle.pop().close()

    def _put_back(self, connection: sqlite3.Connection) -> None:
        if self._closed:
            connection.close()
        else:
            self._idle.append(connection)

    def _connect(self, mode: str) -> sqlite3.Connection:
        connection = sqlite3.connect(
            f"{self._file.as_uri()}?mode={mode}",
            uri=True,
            timeout=WAIT_SECONDS,
            isolation_level=None,
            check_same_thread=False,
            cached_statements=256,
        )
        # A rollback journal, because the write-ahead log fails on NFS, where homes lie; and no memory map, because an
        # I/O error there is a signal that ends the process.
        connection.execute("PRAGMA journal_mode = TRUNCATE")
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute("PRAGMA mmap_size = 0")
        connection.execute(f"PRAGMA cache_size = -{_PAGES_KIB}")
        return connection


class MemoryStore:
    """A database in memory, gone with the process. Threads take turns."""

    path: Path | None = None

    def __init__(self, source: sqlite3.Connection | None = None) -> None:
        """source: what to begin with. Raises sqlite3.Error where it cannot be read at once."""
        self._connection = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
        self._turn = threading.RLock()
        if source is None:
            schema.create(self._connection)
        else:
            source.backup(self._connection, pages=1000, progress=_do_not_wait)

    @contextmanager
    def connection(self) -> Iterator[sqlite3.Connection]:
        with self._turn:
            yield self._connection

    def close(self) -> None:
        with self._turn:
            self._connection.close()


def open_store(folder: Path, key: str, *, damaged: Path | None = None) -> tuple[Store, str | None]:
    """The catalogue `key` in `folder`, made if need be; with a warning where it has to be in memory.

    damaged: a file to pass over.
    """
    folder = folder.absolute()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        generation = _newest(folder, key)
    except OSError as error:
        return MemoryStore(), f"the catalogue cannot be kept in {folder}: {why_not_written(error)}"
    failure: Exception | None = None
    for number in range(generation, generation + _MAX_GENERATIONS):
        path = folder / f"{key}-{number}.sqlite"
        if path == damaged:
            continue
        try:
            store = FileStore(path)
        except sqlite3.Error as error:
            failure = error
            if not is_damage(error):
                break
        else:
            _tidy(folder, path, key, number)
            return store, None
    return MemoryStore(), memory_warning(folder, failure)


def successor(failed: Path, key: str, error: sqlite3.Error) -> tuple[Store, str | None]:
    """What takes the place of a file that failed in use: a new file, or memory where no file can do better."""
    if is_damage(error) or _code(error) == sqlite3.SQLITE_CANTOPEN or not failed.exists():
        return open_store(failed.parent, key, damaged=failed if failed.exists() else None)
    return _copied(failed), memory_warning(failed.parent, error)


def _copied(path: Path) -> MemoryStore:
    """A store in memory that begins with what can be read of a file, so that it need not be built anew."""
    try:
        with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True, timeout=0)) as source:
            return MemoryStore(source)
    except sqlite3.Error:
        return MemoryStore()


def _do_not_wait(status: int, *_: int) -> None:
    """Ends a copy of a locked file, for which Python would wait without end."""
    if status in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        raise sqlite3.OperationalError("the file is locked")


def is_of_the_file(error: sqlite3.Error) -> bool:
    """Whether an error comes from the file or the disk and not from a mistake in a statement."""
    return isinstance(error, sqlite3.DatabaseError) and _code(error) not in (
        sqlite3.SQLITE_ERROR,
        sqlite3.SQLITE_MISUSE,
        sqlite3.SQLITE_CONSTRAINT,
    )


def is_damage(error: sqlite3.Error) -> bool:
    """Whether an error while opening says that the file is no catalogue: no database, damaged, or with other tables."""
    return _code(error) in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR)


def _code(error: Exception | None) -> int:
    """SQLite's primary result code."""
    return (getattr(error, "sqlite_errorcode", None) or sqlite3.SQLITE_ERROR) & 0xFF


def memory_warning(folder: Path, error: Exception | None) -> str:
    """Why the catalogue is in memory, and what the user can do."""
    why = {
        sqlite3.SQLITE_BUSY: "another program keeps it locked",
        sqlite3.SQLITE_FULL: "the disk is full",
        sqlite3.SQLITE_READONLY: "it is read-only",
        sqlite3.SQLITE_CANTOPEN: "it cannot be opened or created",
        sqlite3.SQLITE_PROTOCOL: "its file system cannot lock files",
    }.get(_code(error), str(error))
    return (
        f"the catalogue is not kept in {folder} ({why}): it is built in memory, anew at every start; "
        "name another folder with --cache DIR"
    )


def _newest(folder: Path, key: str) -> int:
    """Number of the newest file of this catalogue, 1 if there is none."""
    found = (_NAME.fullmatch(entry.name) for entry in os.scandir(folder))
    return max((int(match[2]) for match in found if match and match[1] == key), default=1)


def _tidy(folder: Path, used: Path, key: str, number: int) -> None:
    """Note that a file is in use; delete its damaged predecessors, and files that nobody has opened for long."""
    with suppress(OSError):
        os.utime(used)
    for entry in os.scandir(folder):
        match = _NAME.fullmatch(entry.name)
        if match is None:
            continue
        with suppress(OSError):  # another process deletes too
            predecessor = match[1] == key and int(match[2]) < number
            if predecessor or entry.stat().st_mtime < time.time() - _UNUSED_SECONDS:
                Path(entry).unlink()
                Path(f"{entry.path}-journal").unlink(missing_ok=True)
