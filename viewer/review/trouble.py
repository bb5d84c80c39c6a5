"""What SQLite says of a review file, in words for its owner."""

from __future__ import annotations

import shlex
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from viewer.errors import ReviewError


@contextmanager
def explained(file: Path) -> Iterator[None]:
    """Errors of SQLite and the disk become a ReviewError that names the file and what to do."""
    try:
        yield
    except sqlite3.Error as error:
        raise ReviewError(f"the review file {file} {_what(file, error)}") from error
    except OSError as error:
        raise ReviewError(f"the review file {file} cannot be used: {error.strerror or error}") from error


def _what(file: Path, error: sqlite3.Error) -> str:
    code = (getattr(error, "sqlite_errorcode", None) or sqlite3.SQLITE_CORRUPT) & 0xFF
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_PROTOCOL):
        return "is locked by another program; nothing was written. Close that program, or try again in a moment"
    if code == sqlite3.SQLITE_FULL:
        return (
            "cannot grow: the disk is full; the last verdict was not kept. Free some space, then judge the clip again"
        )
    if code == sqlite3.SQLITE_READONLY:
        return (
            "is read-only: its verdicts can be seen, and new ones not kept. Make it and its folder writable, or name "
            "another file with --reviews FILE"
        )
    if code == sqlite3.SQLITE_CANTOPEN:
        return "cannot be opened: look at the permissions of it and its folder, or name another with --reviews FILE"
    if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
        return (
            f"is damaged ({error}) and was left as it is. Save what can be read of it: "
            f"python -m viewer review rescue {shlex.quote(str(file))} --out verdicts.json; then name another file with "
            "--reviews FILE and bring them in: python -m viewer review import verdicts.json"
        )
    return f"cannot be used: {error}; nothing was changed. Name another with --reviews FILE"
