"""The clip list's rows in memory, searched and sorted in Python."""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import dataclass, replace
from typing import Any

from viewer.dataset import ClipSummary, Dataset
from viewer.errors import UsageError

_EXCERPT_CHARACTERS = 160


@dataclass(frozen=True)
class Query:
    """Which clips, in which order."""

    search: str = ""
    splits: tuple[str, ...] = ()
    sessions: tuple[str, ...] = ()
    modalities: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()
    seconds: tuple[float | None, float | None] = (None, None)
    sort: str = "stem"
    descending: bool = False

    @classmethod
    def parse(cls, *, sort: str = "stem", **values: Any) -> Query:
        return cls(sort=sort.removeprefix("-"), descending=sort.startswith("-"), **values)


@dataclass(frozen=True)
class Column:
    name: str
    title: str
    kind: str
    unit: str = ""


@dataclass(frozen=True)
class Page:
    rows: list[dict[str, Any]]
    total: int
    cursor: None = None


@dataclass(frozen=True)
class IndexProgress:
    done: int
    total: int | None
    running: bool
    error: str | None = None


class Catalogue:
    columns = (
        Column("stem", "Clip", "text"),
        Column("session", "Session", "text"),
        Column("splits", "Split", "text"),
        Column("seconds", "Length", "number", "s"),
        Column("words", "Words", "number"),
        Column("text", "Text", "text"),
    )

    def __init__(self, dataset: Dataset) -> None:
        self._dataset = dataset
        self._rows: list[dict[str, Any]] = []
        self.version = 0
        self.warning = None
        self.progress = IndexProgress(0, len(dataset), False)
        self._lock = threading.Lock()

    def update(self, *, progress: Any = None, cancelled: Any = None) -> None:
        rows = []
        for stem in self._dataset.stems:
            if cancelled is not None and cancelled():
                return
            rows.append(row_of(self._dataset.summary(stem)))
            self.progress = IndexProgress(len(rows), len(self._dataset), True)
            if len(rows) % 500 == 0:
                self._rows = list(rows)
                self.version += 1
        self._rows = rows
        self.version += 1
        self.progress = IndexProgress(len(rows), len(rows), False)

    def page(self, query: Query, *, start: int = 0, after: None = None, limit: int = 100) -> Page:
        rows = self._filtered(query)
        return Page(rows[start : start + limit], len(rows))

    def position(self, query: Query, stem: str) -> int | None:
        stems = [row["stem"] for row in self._filtered(query)]
        return stems.index(stem) if stem in stems else None

    def neighbours(self, query: Query, stem: str) -> tuple[str | None, str | None]:
        stems = [row["stem"] for row in self._filtered(query)]
        if stem not in stems:
            return None, None
        place = stems.index(stem)
        return (stems[place - 1] if place else None), (stems[place + 1] if place + 1 < len(stems) else None)

    def facets(self, query: Query) -> dict[str, dict[str, int]]:
        found = {}
        for name, field, key in (
            ("split", "splits", lambda row: row["splits"]),
            ("session", "sessions", lambda row: [row["session"]]),
            ("modality", "modalities", lambda row: row["modalities"]),
            ("flag", "flags", lambda row: [flag["code"] for flag in row["flags"]]),
        ):
            rows = self._filtered(replace(query, **{field: ()}))
            found[name] = dict(Counter(value for row in rows for value in key(row)))
        return found

    def _filtered(self, query: Query) -> list[dict[str, Any]]:
        if query.sort not in [column.name for column in self.columns]:
            raise UsageError(f"there is no column {query.sort!r} to sort by")
        words = query.search.lower().split()
        low, high = query.seconds
        rows = [
            row
            for row in self._rows
            if all(word in f"{row['stem']} {row['text']} {' '.join(row['splits'])}".lower() for word in words)
            and (not query.splits or set(query.splits) & set(row["splits"]))
            and (not query.sessions or row["session"] in query.sessions)
            and set(query.modalities) <= set(row["modalities"])
            and (not query.flags or set(query.flags) & {flag["code"] for flag in row["flags"]})
            and (low is None or (row["seconds"] or 0) >= low)
            and (high is None or (row["seconds"] or 0) <= high)
        ]
        rows.sort(key=lambda row: (row[query.sort] is None, row[query.sort] or ""), reverse=query.descending)
        return rows


def row_of(summary: ClipSummary) -> dict[str, Any]:
    text = " ".join((summary.transcript or "").split())
    has = {"motion": summary.has_motion, "audio": summary.has_audio, "text": summary.has_transcript}
    return {
        "stem": summary.stem,
        "session": summary.stem.rpartition("_")[0],
        "splits": list(summary.splits),
        "seconds": summary.seconds,
        "frames": summary.frames,
        "fps": summary.fps,
        "words": len(text.split()),
        "text": text if len(text) <= _EXCERPT_CHARACTERS else text[:_EXCERPT_CHARACTERS].rstrip() + "…",
        "flags": [{"code": flag.code, "message": flag.message} for flag in summary.flags],
        "modalities": [name for name, there in has.items() if there],
        "audio_format": summary.audio_format,
        "playable": summary.playable,
    }
