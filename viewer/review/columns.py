"""Verdicts as a column of the catalogue."""

from __future__ import annotations

import threading

from viewer.dataset.catalogue import Column
from viewer.dataset.catalogue.columns import VERDICT, Value
from viewer.dataset.catalogue.scores import Scores
from viewer.review.desk import ReviewDesk

SOURCE = "review"
"""Name of this column's source in the catalogue."""


class VerdictColumn:
    """Keeps the column as the verdicts are. Its methods may be called from any thread."""

    def __init__(self, desk: ReviewDesk, *, reads: int | None = None) -> None:
        """reads: clips that may be read at once to see whether they changed since; the others count as unchanged."""
        self._desk = desk
        self._reads = reads
        self._lock = threading.Lock()
        self._shown: dict[str, list[Value]] | None = None
        self._version: tuple[int, int] | None = None

    def refresh(self) -> None:
        """Bring the column up to date. Raises ReviewError, OSError, sqlite3.Error."""
        with self._lock:
            version = self._desk.reviews.version(self._desk.dataset.path)  # first: later verdicts are news
            standing = self._desk.standing(reads=self._reads)
            rows: dict[str, list[Value]] = {
                stem: ["stale" if one.state == "changed" else one.record.verdict.verdict]
                for stem, one in standing.items()
                if one.state != "gone"
            }
            if rows != self._shown:
                self._desk.catalogue.set_scores(SOURCE, Scores((Column(VERDICT, "verdict", "text"),), rows))
                self._shown = rows
            self._version = version  # last: until then nobody may take the column for up to date

    def keep_up(self) -> None:
        """The same where verdicts were given or taken back since; else nothing is looked at. Raises the same."""
        if self._desk.reviews.version(self._desk.dataset.path) != self._version:
            self.refresh()
