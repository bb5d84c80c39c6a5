"""The catalogue as programs use it."""

from __future__ import annotations

import hashlib
import json
import logging
import os
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from viewer.dataset.catalogue import build, schema, score_store, scores, store
from viewer.dataset.catalogue.build import IndexProgress
from viewer.dataset.catalogue.columns import COLUMNS, Column
from viewer.dataset.catalogue.pages import Histogram, Page, cursor_at, parse_cursor
from viewer.dataset.catalogue.query import Query
from viewer.dataset.catalogue.select import Answers, Selection
from viewer.dataset.dataset import Dataset
from viewer.errors import Cancelled, DatasetError, UsageError
from viewer.paths import why_not_written
from viewer.transaction import transaction

MAX_LIMIT = 10_000
"""Rows in one page."""
MAX_BINS = 1000
SESSIONS_SHOWN = 200
_ATTEMPTS = 4
_LISTING_SECONDS = 0.5

T = TypeVar("T")
_log = logging.getLogger(__name__)


class Catalogue:
    """Rows of all clips of a data set, kept in the user's cache folder. Open one with `Catalogue.open`.

    Any number of threads and processes may read while one or more update. Row keys are the names in `columns`; splits,
    modalities and flags are lists, text is the beginning of the transcript.
    """

    def __init__(self, dataset: Dataset, folder: Path) -> None:
        self._dataset = dataset
        self._folder = folder
        self._key = _key(dataset)
        self._lock = threading.Lock()
        self._updating = threading.Lock()
        self._scoring = threading.Lock()
        self._wake = threading.Event()
        self._closed = threading.Event()
        self._thread: threading.Thread | None = None
        self._progress = IndexProgress()
        self._tables: dict[str, scores.Scores] = {}
        self._scores: score_store.LoadedScores | None = None
        self._scores_loaded = 0
        self._answers = Answers()
        self._store, self._warning = store.open_store(folder, self._key)

    @classmethod
    def open(cls, dataset: Dataset, *, cache: Path) -> Catalogue:
        """The catalogue as it was left at the last update, at once; empty at the first time.

        cache: the folder for such files. Where it cannot be used the catalogue is in memory and `warning` says why.
        """
        return cls(dataset, cache / "catalogue")

    # -- keeping it up to date -----------------------------------------------------------------------------------------

    def update(
        self,
        *,
        progress: Callable[[int, int], None] | None = None,
        cancelled: Callable[[], bool] | None = None,
    ) -> None:
        """Read new and changed clips, forget those that are gone.

        progress: called with (clips looked at, clips in all) some times a second. Raises Cancelled; what was read until
        then is kept.
        """

        def note(done: int, total: int) -> None:
            self._progress = replace(self._progress, done=done, total=total if self._dataset.complete else None)
            if progress is not None:
                progress(done, total)

        def index(current: store.Store) -> store.Store:
            build.update(current, self._dataset, progress=note, cancelled=cancelled or (lambda: False))
            return current

        with self._updating:
            self._progress = IndexProgress(running=True)
            try:
                while self._with_store(index) is not self._store:
                    continue  # a reader found the store at fault meanwhile
            except Exception as error:
                self._progress = replace(self._progress, running=False, error=str(error))
                raise
            self._progress = replace(self._progress, running=False)

    def start(self) -> None:
        """Update in the background; called again, look again."""
        with self._lock:
            self._wake.set()
            if self._thread is None:
                self._thread = threading.Thread(target=self._keep_updated, name="catalogue", daemon=True)
                self._thread.start()

    def close(self) -> None:
        """Stop updating and close the files."""
        self._closed.set()
        self._wake.set()
        if self._thread is not None:
            self._thread.join()
        self._store.close()
        if self._scores is not None:
            self._scores.folder.cleanup()

    @property
    def progress(self) -> IndexProgress:
        """How far the update is that runs or was the last; one that was asked for runs, though it has yet to begin."""
        due = self._wake.is_set()  # asked first: it is no longer when that update runs, nor when it is over
        return replace(self._progress, running=True) if due else self._progress

    @property
    def warning(self) -> str | None:
        """Why the catalogue is not kept, for the user; None while all is well."""
        return self._warning

    @property
    def path(self) -> Path | None:
        """The file that it is in; None in memory."""
        return self._store.path

    # -- asking it -----------------------------------------------------------------------------------------------------

    @property
    def version(self) -> int:
        """Grows whenever rows or columns change."""
        return self._read(lambda selection: selection.version)

    @property
    def columns(self) -> tuple[Column, ...]:
        """What rows hold and can be sorted by; scores come last."""
        loaded = self._scores
        return COLUMNS if loaded is None else (*COLUMNS, *loaded.columns)

    def page(self, query: Query | None = None, *, start: int = 0, after: str | None = None, limit: int = 100) -> Page:
        """At most `limit` rows: from number `start` of the order on, or behind the `cursor` of an earlier page.

        Raises UsageError for a column that does not exist and a cursor that is none.
        """
        query = query or Query()
        if not 1 <= limit <= MAX_LIMIT or start < 0:
            raise UsageError(f"{limit} rows from number {start} were asked for; expected 1 to {MAX_LIMIT:,}, from 0 on")
        place = None if after is None else parse_cursor(after)

        def ask(selection: Selection) -> Page:
            rows, places = selection.rows(query, start=start, after=place, limit=limit + 1)
            cursor = cursor_at(places[limit - 1]) if len(rows) > limit else None
            return Page(rows[:limit], selection.count(query), cursor, selection.version)

        return self._read(ask)

    def rows(self, query: Query | None = None) -> Iterator[dict[str, Any]]:
        """All rows of a query, in its order, without holding them in memory."""
        cursor: str | None = None
        while True:
            page = self.page(query, after=cursor, limit=1000)
            yield from page.rows
            cursor = page.cursor
            if cursor is None:
                return

    def row(self, stem: str) -> dict[str, Any] | None:
        """The row of one clip; None where the catalogue does not have it (yet)."""
        return self._read(lambda selection: selection.one(stem))

    def position(self, query: Query, stem: str) -> int | None:
        """Number of a clip's row in the order of the query, from 0; None where the query does not find the clip."""
        return self._read(lambda selection: selection.position(query, stem))

    def neighbours(self, query: Query, stem: str) -> tuple[str | None, str | None]:
        """Stems before and after a clip in the order of the query.

        The clip itself need not be among those that the query finds; a clip that the catalogue does not have has none.
        """
        return self._read(lambda selection: selection.neighbours(query, stem))

    def facets(self, query: Query | None = None, *, sessions: int = SESSIONS_SHOWN) -> dict[str, dict[str, int]]:
        """Clips by "split", "session", "modality", "flag", "severity", "check", "verdict": {name: count}, most first.

        Each leaves out the query's own filter of that kind, so that it counts what could be chosen instead. Splits and
        severities include "none", modalities "no-audio" and the like; of the sessions only the largest are counted.
        """
        return self._read(lambda selection: selection.facets(query or Query(), sessions=sessions))

    def histogram(self, column: str, bins: int = 20, query: Query | None = None) -> Histogram:
        """The values of a number column in equal bins, of the clips that the query finds and that have one."""
        if not 1 <= bins <= MAX_BINS:
            raise UsageError(f"{bins} bins were asked for; expected 1 to {MAX_BINS}")
        return self._read(lambda selection: Histogram(*selection.histogram(query or Query(), column, bins)))

    def load_scores(self, path: Path, *, beside: Sequence[Dataset] = ()) -> tuple[str, ...]:
        """Add the columns of a CSV file, in place of those that were loaded before; they last as long as this object.

        beside: other data sets that the file may be about as well. Returns warnings, such as how many of its clips are
        in none of them; while one is still being listed nobody knows. Raises UsageError where the file is no table of
        scores, or not about these data sets, or where there is no room for it.
        """
        datasets = (self._dataset, *beside)
        complete = all(dataset.complete for dataset in datasets)  # looked at first: after it no stem can come
        found = scores.read_scores(
            path, is_known=lambda stem: any(stem in dataset for dataset in datasets), complete=complete
        )
        try:
            self.set_scores("file", found)
        except (OSError, sqlite3.Error) as error:
            raise UsageError(f"--scores {path}: no room for a temporary table: {why_not_written(error)}") from error
        return found.warnings

    def set_scores(self, source: str, found: scores.Scores) -> None:
        """Add the columns of one source, in place of those it gave before; they last as long as this object.

        Names of columns must differ between sources. Raises OSError, sqlite3.Error where there is no room for them.
        """
        with self._scoring:
            tables = self._tables | {source: found}
            loaded = score_store.load(tables.values())
            with self._lock:
                # A folder that was in use before goes when its last reader lets go of it.
                self._tables, self._scores = tables, loaded
                self._scores_loaded += 1
                self._answers = Answers()

    def forget_answers(self) -> None:
        """Forget the counts that are kept until a row changes; for measuring."""
        self._answers = Answers()

    # -- how -----------------------------------------------------------------------------------------------------------

    def _read(self, ask: Callable[[Selection], T]) -> T:
        """The answer to a question, asked in one transaction."""

        def in_transaction(current: store.Store) -> T:
            with self._lock:
                loaded, answers, tables = self._scores, self._answers, self._scores_loaded
            kinds = {} if loaded is None else loaded.kinds
            with current.connection() as connection:
                score_store.attach(connection, loaded)
                with transaction(connection):
                    return ask(Selection(connection, kinds, answers, tables=tables))

        return self._with_store(in_transaction)

    def _with_store(self, work: Callable[[store.Store], T]) -> T:
        """Do something with the store; where it fails, do it again with its successor."""
        for _ in range(_ATTEMPTS):
            current = self._store
            try:
                return work(current)
            except sqlite3.Error as error:
                self._replace(current, error)
        raise DatasetError(
            f"the catalogue in {self._folder} fails again and again; name another folder with --cache DIR"
        )

    def _replace(self, failed: store.Store, error: sqlite3.Error) -> None:
        """Put another store in place of one that failed. Raises the error where no other could do better."""
        with self._lock:
            if self._store is not failed:  # another thread did it
                return
            if failed.path is None or not store.is_of_the_file(error):
                raise error
            _log.warning("the catalogue %s failed: %s", failed.path, error)
            self._store, self._warning = store.successor(failed.path, self._key, error)
            failed.close()
            self._answers = Answers()
            if self._thread is not None:  # its update may have been through, and not have said so yet
                self._wake.set()

    def _keep_updated(self) -> None:
        while not self._closed.is_set():
            self._progress = IndexProgress(running=True)  # before it is no longer due
            self._wake.clear()
            if self._closed.is_set():  # asked once more: nobody else wakes it for that
                return
            complete = self._dataset.complete
            begin = time.monotonic()
            try:
                self.update(cancelled=self._closed.is_set)
            except Cancelled:
                return
            except Exception:  # the page goes on with the rows there are; `progress.error` tells
                _log.exception("the catalogue could not be brought up to date")
            # While archives are still listed it looks again, yet spends most of the time waiting.
            self._wake.wait(None if complete else max(_LISTING_SECONDS, 4 * (time.monotonic() - begin)))


def _key(dataset: Dataset) -> str:
    """Name of the catalogue file: the same data set in the same format has the same."""
    made_of = json.dumps([os.path.realpath(dataset.path), dataset.identity, schema.FORMAT])
    return hashlib.blake2b(made_of.encode("utf-8", "surrogateescape"), digest_size=12).hexdigest()
