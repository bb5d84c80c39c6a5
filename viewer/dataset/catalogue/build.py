"""Filling the catalogue from a data set, and keeping it up to date."""

from __future__ import annotations

import hashlib
import logging
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from viewer.clip import Flag
from viewer.dataset.catalogue import schema, search
from viewer.dataset.catalogue.columns import DETAILS, STORED, stored
from viewer.dataset.catalogue.store import Store
from viewer.dataset.dataset import Dataset
from viewer.dataset.summary import ClipSummary
from viewer.errors import Cancelled, DatasetError

CHUNK = 256
"""Clips that are read, then written in one transaction: a tenth of a second, after which others see them."""

_log = logging.getLogger(__name__)

_COLUMNS = (*STORED[: -len(DETAILS)], "fingerprint")
_INSERT_CLIP = (
    f"INSERT INTO clips ({', '.join(_COLUMNS)}) VALUES ({', '.join('?' * len(_COLUMNS))}) "
    f"ON CONFLICT (stem) DO UPDATE SET {', '.join(f'{name} = excluded.{name}' for name in _COLUMNS)} RETURNING id"
)
_INSERT_DETAILS = (
    f"INSERT OR REPLACE INTO details (id, {', '.join(DETAILS)}, transcript) "
    f"VALUES (?, {', '.join('?' * len(DETAILS))}, ?)"
)


@dataclass(frozen=True)
class IndexProgress:
    """How far the catalogue is."""

    done: int = 0
    """Clips that were looked at in this pass."""
    total: int | None = None
    """Clips there are; None while archives are still being listed."""
    running: bool = False
    error: str | None = None
    """Why it stopped before it was through."""


def update(
    store: Store,
    dataset: Dataset,
    *,
    progress: Callable[[int, int], None],
    cancelled: Callable[[], bool],
) -> None:
    """Read the clips that are new or changed, forget those that are gone.

    progress: called with (clips looked at, clips in all). Raises Cancelled, and sqlite3.Error; what was read until then
    is kept. Memory does not grow with the data set, and others may use the store while files are read. While the data
    set is still being listed, nothing is forgotten.
    """
    complete = dataset.complete  # looked at first: after it no stem can come that is not in the list
    stems = dataset.stems
    last = ""
    for start in range(0, len(stems), CHUNK):
        if cancelled():
            raise Cancelled(f"indexing {dataset.path} was stopped after {start:,} of {len(stems):,} clips")
        chunk = stems[start : start + CHUNK]
        _update_chunk(store, dataset, chunk, after=last, forget=complete)
        last = chunk[-1]
        progress(start + len(chunk), len(stems))
    if not complete:
        return
    with store.connection() as connection:
        gone = [stem for (stem,) in connection.execute("SELECT stem FROM clips WHERE stem > ?", (last,))]
        if gone:
            with schema.transaction(connection, "IMMEDIATE"):
                _remove(connection, gone)
                _changed(connection)
        if connection.execute("SELECT complete FROM about").fetchone()[0] == 0:
            with schema.transaction(connection, "IMMEDIATE"):
                schema.create_indexes(connection)
                connection.execute("UPDATE about SET complete = 1")


def _update_chunk(store: Store, dataset: Dataset, stems: Sequence[str], *, after: str, forget: bool) -> None:
    """Bring the rows behind the stem `after` up to the last of `stems` up to date."""
    with store.connection() as connection:
        known: dict[str, bytes] = dict(
            connection.execute("SELECT stem, fingerprint FROM clips WHERE stem > ? AND stem <= ?", (after, stems[-1]))
        )
    fresh = []
    for stem in stems:
        try:
            fingerprint = _digest(dataset.fingerprint(stem))
            if known.get(stem) != fingerprint:
                fresh.append((_summary(dataset, stem), fingerprint))
        except DatasetError:  # gone since the list was made
            continue
    wanted = frozenset(stems)
    gone = [stem for stem in known if forget and stem not in wanted]
    if not fresh and not gone:
        return
    with store.connection() as connection, schema.transaction(connection, "IMMEDIATE"):
        _remove(connection, gone)
        for summary, fingerprint in fresh:
            _write(connection, summary, fingerprint)
        _changed(connection)


def _summary(dataset: Dataset, stem: str) -> ClipSummary:
    try:
        return dataset.summary(stem, keep=False)
    except DatasetError:
        raise
    except Exception as error:  # a bug in reading one clip must not keep the others out
        _log.exception("reading the headers of %r failed", stem)
        return ClipSummary(stem, flags=(Flag("unreadable", f"Reading it failed: {error}"),))


def _write(connection: sqlite3.Connection, summary: ClipSummary, fingerprint: bytes) -> None:
    _forget_words(connection, summary.stem)
    values = stored(summary)
    own, details = values[: -len(DETAILS)], values[-len(DETAILS) :]
    (id_,) = connection.execute(_INSERT_CLIP, (*own, fingerprint)).fetchone()
    connection.execute(_INSERT_DETAILS, (id_, *details, summary.transcript))
    words, trigrams = search.document(summary.stem, summary.transcript)
    connection.execute("INSERT INTO found (rowid, words, stem) VALUES (?, ?, ?)", (id_, words, trigrams))


def _remove(connection: sqlite3.Connection, stems: Sequence[str]) -> None:
    for stem in stems:
        _forget_words(connection, stem)
        connection.execute("DELETE FROM clips WHERE stem = ?", (stem,))


def _forget_words(connection: sqlite3.Connection, stem: str) -> None:
    """FTS5 keeps no text of its own: it has to be told again what it is to forget.

    The row is looked up in this very transaction, since another process may be at work on the same clips, and FTS5
    takes harm from forgetting what it does not hold.
    """
    found = connection.execute(
        "SELECT id, transcript FROM clips JOIN details USING (id) WHERE stem = ?", (stem,)
    ).fetchone()
    if found is None:
        return
    id_, text = found
    connection.execute(
        "INSERT INTO found (found, rowid, words, stem) VALUES ('delete', ?, ?, ?)", (id_, *search.document(stem, text))
    )
    connection.execute("DELETE FROM details WHERE id = ?", (id_,))


def _changed(connection: sqlite3.Connection) -> None:
    connection.execute("UPDATE about SET version = version + 1")


def _digest(fingerprint: str) -> bytes:
    return hashlib.blake2b(fingerprint.encode("utf-8", "surrogateescape"), digest_size=12).digest()
