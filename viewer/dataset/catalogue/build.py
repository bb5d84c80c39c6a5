"""Filling the catalogue from a data set, and keeping it up to date."""

from __future__ import annotations

import hashlib
import logging
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from viewer.clip import Flag
from viewer.dataset.catalogue import schema, search
from viewer.dataset.catalogue.columns import DETAILS, STORED, stored
from viewer.dataset.catalogue.store import Store
from viewer.dataset.dataset import Dataset
from viewer.dataset.summary import ClipSummary
from viewer.errors import Cancelled, DatasetError
from viewer.transaction import transaction

FIRST_CHUNK = 32
"""Clips that are read first, so that a list has something to show at once; each chunk after it is twice as large."""
CHUNK = 256
"""Clips that are read, then written in one transaction: a tenth of a second, after which others see them."""

_log = logging.getLogger(__name__)

_OWN = STORED[: -len(DETAILS)]
_INSERT_CLIP = f"INSERT INTO clips (id, {', '.join(_OWN)}, fingerprint) VALUES (?, {', '.join('?' * len(_OWN))}, ?)"
_INSERT_DETAILS = (
    f"INSERT INTO details (id, {', '.join(DETAILS)}, transcript) VALUES (?, {', '.join('?' * len(DETAILS))}, ?)"
)
_INSERT_WORDS = "INSERT INTO found (rowid, words, stem) VALUES (?, ?, ?)"
_FORGET_WORDS = "INSERT INTO found (found, rowid, words, stem) VALUES ('delete', ?, ?, ?)"


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
    stems, complete = dataset.listing()
    last = ""
    done, size = 0, FIRST_CHUNK
    while done < len(stems):
        if cancelled():
            raise Cancelled(f"indexing {dataset.path} was stopped after {done:,} of {len(stems):,} clips")
        chunk = stems[done : done + size]
        _update_chunk(store, dataset, chunk, after=last, forget=complete)
        last = chunk[-1]
        done, size = done + len(chunk), min(2 * size, CHUNK)
        progress(done, len(stems))
    if not complete:
        return
    with store.connection() as connection:
        gone = [stem for (stem,) in connection.execute("SELECT stem FROM clips WHERE stem > ?", (last,))]
        if gone:
            with transaction(connection, "IMMEDIATE"):
                _remove(connection, gone)
                _changed(connection)
        if connection.execute("SELECT complete FROM about").fetchone()[0] == 0:
            with transaction(connection, "IMMEDIATE"):
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
    rows = [(summary.stem, *_prepared(summary, fingerprint)) for summary, fingerprint in fresh]
    with store.connection() as connection, transaction(connection, "IMMEDIATE"):
        _remove(connection, [*gone, *(stem for stem, *_ in rows)])
        (last_id,) = connection.execute("SELECT coalesce(max(id), 0) FROM clips").fetchone()
        clips, details, words = ([(i, *row[kind]) for i, row in enumerate(rows, last_id + 1)] for kind in (1, 2, 3))
        connection.executemany(_INSERT_CLIP, clips)
        connection.executemany(_INSERT_DETAILS, details)
        connection.executemany(_INSERT_WORDS, words)
        _changed(connection)


def _summary(dataset: Dataset, stem: str) -> ClipSummary:
    try:
        return dataset.summary(stem, keep=False)
    except DatasetError:
        raise
    except Exception as error:  # a bug in reading one clip must not keep the others out
        _log.exception("reading the headers of %r failed", stem)
        return ClipSummary(stem, flags=(Flag("unreadable", f"Reading it failed: {error}"),))


def _prepared(summary: ClipSummary, fingerprint: bytes) -> tuple[tuple[Any, ...], tuple[Any, ...], tuple[str, str]]:
    """What the tables `clips`, `details` and `found` hold of a clip, without its id."""
    values = stored(summary)
    own, details = values[: -len(DETAILS)], values[-len(DETAILS) :]
    return (*own, fingerprint), (*details, summary.transcript), search.document(summary.stem, summary.transcript)


def _remove(connection: sqlite3.Connection, stems: Sequence[str]) -> None:
    """Forget the rows of these stems, as far as there are any.

    They are looked up in this very transaction, since another process may be at work on the same clips. FTS5 keeps no
    text of its own: it has to be told again what it is to forget, and takes harm from forgetting what it does not hold.
    """
    look_up = "SELECT id, stem, transcript FROM clips JOIN details USING (id) WHERE stem = ?"
    found = [row for stem in stems for row in connection.execute(look_up, (stem,))]
    connection.executemany(_FORGET_WORDS, [(id_, *search.document(stem, text)) for id_, stem, text in found])
    for table in ("details", "clips"):
        connection.executemany(f"DELETE FROM {table} WHERE id = ?", [(id_,) for id_, *_ in found])


def _changed(connection: sqlite3.Connection) -> None:
    connection.execute("UPDATE about SET version = version + 1")


def _digest(fingerprint: str) -> bytes:
    return hashlib.blake2b(fingerprint.encode("utf-8", "surrogateescape"), digest_size=12).digest()
