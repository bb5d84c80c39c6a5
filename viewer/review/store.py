"""Where verdicts are kept: one SQLite file of the user's, for all data sets.

Verdicts cannot be made again, so the file is never repaired, replaced or begun anew: what is wrong with it is an error
that names it. Rows are only ever added; one that is taken back is marked and stays. Each operation opens the file for
itself, in its own transaction with a rollback journal (the write-ahead log fails on NFS, where homes lie), so that any
number of threads and processes can share it.
"""

from __future__ import annotations

import os
import sqlite3
import stat
import threading
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from viewer.errors import ReviewError, UsageError
from viewer.paths import default_data_folder, why_not_written
from viewer.review import schema, trouble
from viewer.review.backup import back_up
from viewer.review.verdict import Verdict, now
from viewer.transaction import transaction

WAIT_SECONDS = 10.0
"""How long to wait for another process's lock. Writers hold it for milliseconds."""

_VERDICT = ("stem", "motion_hash", "verdict", "reason", "note", "time", "reviewer", "at")
_COLUMNS = f"v.id, v.fingerprint, v.withdrawn, {', '.join(f'v.{name}' for name in _VERDICT)}"


def default_file() -> Path:
    """The user's own, such as ~/.local/share/flame-viewer/reviews.sqlite. Raises UsageError without a home."""
    return default_data_folder() / "reviews.sqlite"


@dataclass(frozen=True)
class Record:
    """A verdict as it is kept."""

    id: int
    """Grows with every verdict that is given, whatever the data set."""
    verdict: Verdict
    fingerprint: str
    """Of the clip's files when it was judged; empty where it is not known."""
    withdrawn: str | None = None
    """When it was taken back or replaced."""


class Reviews:
    """The verdicts in one file. Data sets are told apart by their paths."""

    def __init__(self, file: Path, *, wait_seconds: float = WAIT_SECONDS) -> None:
        """Nothing is opened or made yet: the file appears with the first verdict."""
        self.file = file.absolute()
        self._wait = wait_seconds
        self._lock = threading.Lock()
        self._known: tuple[int, int] | None = None  # device and inode of the file that was found to be sound

    @classmethod
    def open(cls, file: Path, *, wait_seconds: float = WAIT_SECONDS) -> Reviews:
        """The verdicts in `file`, which need not exist yet. Raises ReviewError where they cannot be read."""
        reviews = cls(file, wait_seconds=wait_seconds)
        reviews.check()
        return reviews

    def check(self) -> None:
        """Raises ReviewError where the file is there and cannot be read."""
        with self._reading():
            pass

    # -- reading -------------------------------------------------------------------------------------------------------

    def version(self, dataset: Path) -> tuple[int, int]:
        """Another one whenever a verdict on a clip of this data set was given or taken back."""
        asked = (
            "SELECT coalesce(max(v.id), 0), count(v.withdrawn) FROM verdicts v JOIN datasets d ON d.id = v.dataset "
            "WHERE d.path = ?"
        )
        with self._reading() as connection:
            if connection is None:
                return 0, 0
            last, withdrawn = connection.execute(asked, (key_of(dataset),)).fetchone()
            return int(last), int(withdrawn)

    def history(self, dataset: Path, stem: str | None = None) -> list[Record]:
        """All verdicts on a data set, or one clip of it, that were ever given, oldest first."""
        with self._reading() as connection:
            if connection is None:
                return []
            where, values = ("", ()) if stem is None else (" AND v.stem = ?", (stem,))
            found = connection.execute(_select(f"d.path = ?{where} ORDER BY v.id"), (key_of(dataset), *values))
            return [_record(row) for row in found.fetchall()]

    def current(self, dataset: Path) -> dict[str, Record]:
        """The last verdict on each clip that has one, whoever gave it, by stem in the order of stems."""
        last = "SELECT max(id) FROM verdicts WHERE withdrawn IS NULL GROUP BY dataset, stem"
        with self._reading() as connection:
            if connection is None:
                return {}
            found = connection.execute(_select(f"d.path = ? AND v.id IN ({last}) ORDER BY v.stem"), (key_of(dataset),))
            return {record.verdict.stem: record for record in map(_record, found.fetchall())}

    def datasets(self) -> dict[str, int]:
        """Paths of all data sets with their numbers of verdicts that stand."""
        asked = (
            "SELECT d.path, count(*) FROM datasets d JOIN verdicts v ON v.dataset = d.id "
            "WHERE v.withdrawn IS NULL GROUP BY d.id ORDER BY d.path"
        )
        with self._reading() as connection:
            return {} if connection is None else dict(connection.execute(asked).fetchall())

    # -- writing -------------------------------------------------------------------------------------------------------

    def give(self, dataset: Path, verdict: Verdict, *, fingerprint: str = "", replaces: int | None = None) -> Record:
        """Keep a verdict; it is on the disk when this returns.

        replaces: number of a verdict on the same clip that this one completes, so that taking back this one does not
        bring back that one. Raises ReviewError where it could not be kept, UsageError where `replaces` is none that
        stands.
        """
        with self._writing() as connection:
            key = _dataset_id(connection, dataset)
            if replaces is not None:
                found = connection.execute(
                    "UPDATE verdicts SET withdrawn = ? WHERE id = ? AND dataset = ? AND stem = ? AND withdrawn IS NULL",
                    (now(), replaces, key, verdict.stem),
                )
                if found.rowcount != 1:
                    raise UsageError(f"{verdict.stem}: the verdict to complete was taken back meanwhile; judge it anew")
            return Record(_insert(connection, key, verdict, fingerprint), verdict, fingerprint)

    def undo(self, dataset: Path, number: int) -> Record:
        """Take back the verdict with this number: the one before it stands again, if there is one.

        Raises UsageError where there is no such verdict, or it was taken back before.
        """
        with self._writing() as connection:
            found = connection.execute(_select("d.path = ? AND v.id = ?"), (key_of(dataset), number)).fetchone()
            if found is None:
                raise UsageError(f"there is no verdict {number} on a clip of this data set")
            record = _record(found)
            if record.withdrawn is not None:
                raise UsageError(f"{record.verdict.stem}: this verdict was taken back or replaced already")
            connection.execute("UPDATE verdicts SET withdrawn = ? WHERE id = ?", (now(), number))
            return record

    def add(self, dataset: Path, verdicts: Iterable[Verdict]) -> int:
        """Keep verdicts from elsewhere, those that are here already left out; returns how many are new.

        One that is older than the verdict that stands on its clip is kept as one that was replaced since.
        """
        added = 0
        with self._writing() as connection:
            key = _dataset_id(connection, dataset)
            asked = (
                "SELECT 1 FROM verdicts WHERE dataset = ? AND stem = ? AND motion_hash = ? AND verdict = ? "
                "AND reason = ? AND note = ? AND time IS ? AND reviewer = ? AND at = ?"
            )
            standing = (
                "SELECT at FROM verdicts WHERE dataset = ? AND stem = ? AND withdrawn IS NULL ORDER BY id DESC LIMIT 1"
            )
            for verdict in sorted(verdicts, key=lambda one: one.at):
                values = tuple(getattr(verdict, name) for name in _VERDICT)
                if connection.execute(asked, (key, *values)).fetchone() is None:
                    later = connection.execute(standing, (key, verdict.stem)).fetchone()
                    number = _insert(connection, key, verdict, "")
                    if later is not None and later[0] > verdict.at:
                        connection.execute("UPDATE verdicts SET withdrawn = ? WHERE id = ?", (later[0], number))
                    added += 1
        return added

    # -- how -----------------------------------------------------------------------------------------------------------

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection | None]:
        """A connection; None where there is no file yet."""
        with trouble.explained(self.file):
            if not self._exists():
                yield None
                return
            with closing(self._connect()) as connection:
                yield None if schema.is_empty(connection) else connection

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        """A connection within a transaction. The file is made if need be."""
        with trouble.explained(self.file):
            if not self._exists():
                self._make()
            with closing(self._connect()) as connection:
                if schema.is_empty(connection):
                    schema.create(connection)
                with transaction(connection, "IMMEDIATE"):
                    yield connection

    def _exists(self) -> bool:
        """Raises ReviewError for a file that was there and is gone: an empty one must not take its place."""
        was_known = self._known is not None  # asked first: another thread may make the file while this one looks
        if self.file.exists():
            return True
        if was_known:
            raise ReviewError(
                f"the review file {self.file} was there and is gone; put it back, or start the viewer again to begin a "
                "new one"
            )
        return False

    def _make(self) -> None:
        """An empty file that the user alone may read."""
        try:
            self.file.parent.mkdir(parents=True, exist_ok=True)
            # Made without being opened: to close it would take away the locks that other threads hold on it by then.
            with suppress(FileExistsError):  # another thread or process was faster
                os.mknod(os.path.realpath(self.file), 0o600 | stat.S_IFREG)
        except OSError as error:
            raise ReviewError(
                f"the review file {self.file} cannot be made: {why_not_written(error)} (--reviews FILE)"
            ) from error

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            f"{self.file.as_uri()}?mode=rw", uri=True, timeout=self._wait, isolation_level=None
        )
        try:
            connection.execute("PRAGMA synchronous = EXTRA")
            connection.execute("PRAGMA mmap_size = 0")  # an I/O error there is a signal that ends the process
            self._check_once(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    def _check_once(self, connection: sqlite3.Connection) -> None:
        """The first time that this file is seen: whether it is sound, ours, and of this format."""
        found = self.file.stat()
        if self._known == (found.st_dev, found.st_ino):
            return
        with self._lock:
            problems = [row[0] for row in connection.execute("PRAGMA quick_check(1)")]
            if problems != ["ok"]:
                raise sqlite3.DatabaseError(problems[0].splitlines()[-1])
            if not schema.is_empty(connection):
                self._bring_up_to_date(connection)
            self._known = found.st_dev, found.st_ino

    def _bring_up_to_date(self, connection: sqlite3.Connection) -> None:
        if not schema.is_review_file(connection):
            raise ReviewError(
                f"{self.file} is a database of another program and was left as it is; name another file with "
                "--reviews FILE"
            )
        version = schema.format_of(connection)
        if version < 1:
            raise sqlite3.DatabaseError(f"its format is {version}")
        if version > schema.FORMAT:
            raise ReviewError(
                f"the review file {self.file} was written by a newer viewer (format {version}, this one knows "
                f"{schema.FORMAT}); update this viewer, or name another file with --reviews FILE"
            )
        if version < schema.FORMAT:
            with transaction(connection, "IMMEDIATE"):
                version = schema.format_of(connection)  # another process may have been faster
                if version < schema.FORMAT:
                    back_up(self.file, label=f"format-{version}")
                    schema.migrate(connection, version)


def _select(where: str) -> str:
    return f"SELECT {_COLUMNS} FROM verdicts v JOIN datasets d ON d.id = v.dataset WHERE {where}"


def _record(row: tuple[Any, ...]) -> Record:
    number, fingerprint, withdrawn, *values = row
    return Record(number, Verdict(**dict(zip(_VERDICT, values, strict=True))), fingerprint, withdrawn)


def key_of(dataset: Path) -> str:
    """What a data set is told apart by; odd bytes in its path are escaped, since SQLite holds UTF-8 only."""
    return os.path.realpath(dataset).encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def _dataset_id(connection: sqlite3.Connection, dataset: Path) -> int:
    connection.execute("INSERT OR IGNORE INTO datasets (path) VALUES (?)", (key_of(dataset),))
    return int(connection.execute("SELECT id FROM datasets WHERE path = ?", (key_of(dataset),)).fetchone()[0])


def _insert(connection: sqlite3.Connection, dataset: int, verdict: Verdict, fingerprint: str) -> int:
    values = (dataset, fingerprint, *(getattr(verdict, name) for name in _VERDICT))
    added = connection.execute(
        f"INSERT INTO verdicts (dataset, fingerprint, {', '.join(_VERDICT)}) VALUES ({', '.join('?' * len(values))})",
        values,
    )
    assert added.lastrowid is not None
    return added.lastrowid
