"""The questions that the catalogue answers, asked of SQLite.

Each function runs inside a transaction of its caller, so that rows and their number belong together.
"""

from __future__ import annotations

import dataclasses
import sqlite3
from collections import Counter
from collections.abc import Sequence
from typing import Any

from viewer.dataset.catalogue.columns import MODALITY_NAMES, NONE, STORED, joined, row, separated
from viewer.dataset.catalogue.conditions import Order, Scores, Sql, column_of, condition
from viewer.dataset.catalogue.query import Query


def _source(scores: Scores) -> str:
    return "clips c LEFT JOIN own.scores s ON s.stem = c.stem" if scores else "clips c"


def count(connection: sqlite3.Connection, query: Query, scores: Scores) -> int:
    """How many clips pass the filters."""
    where = condition(query, scores)
    source = _source(scores if query.scores else ())
    return int(connection.execute(f"SELECT count(*) FROM {source}{where.where}", where.values).fetchone()[0])


def rows(
    connection: sqlite3.Connection,
    query: Query,
    scores: Scores,
    *,
    start: int = 0,
    after: tuple[Any, str] | None = None,
    limit: int,
    backwards: bool = False,
) -> list[dict[str, Any]]:
    """At most `limit` rows in the order of the query: those behind `after`, a value and a stem, or from row `start`."""
    order = Order(query, scores, backwards=backwards)
    filters = condition(query, scores)
    parts = [(part, Sql()) for part in order.parts] if after is None else order.behind(*after)
    found: list[dict[str, Any]] = []
    for part, follows in parts:
        where = order.part(part) & follows & filters
        values = connection.execute(
            f"SELECT {_columns(scores)} FROM {_source(scores)}{where.where} ORDER BY {order.by(part)} LIMIT ? OFFSET ?",
            (*where.values, limit - len(found), start),
        ).fetchall()
        found += [_row(value, scores) for value in values]
        if len(found) >= limit:
            break
        if values:
            start = 0
        elif start:  # all of this part is skipped
            start -= _size(connection, order.part(part) & filters, scores)
    return found


def one(connection: sqlite3.Connection, scores: Scores, stem: str) -> dict[str, Any] | None:
    """The row of one clip, if there is one."""
    found = connection.execute(f"SELECT {_columns(scores)} FROM {_source(scores)} WHERE c.stem = ?", (stem,)).fetchone()
    return None if found is None else _row(found, scores)


def position(connection: sqlite3.Connection, query: Query, scores: Scores, stem: str) -> int | None:
    """Number of clips in front of a clip in the order of the query; None where the clip does not pass its filters."""
    filters = condition(query, scores)
    place = _place(connection, query, scores, stem, filters)
    if place is None:
        return None
    # What is in front of the clip is behind it in the opposite order.
    order = Order(query, scores, backwards=True)
    parts = order.behind(*place)
    return sum(_size(connection, order.part(part) & follows & filters, scores) for part, follows in parts)


def neighbours(
    connection: sqlite3.Connection, query: Query, scores: Scores, stem: str
) -> tuple[str | None, str | None]:
    """Stems before and after a clip in the order of the query; the clip itself need not pass the filters."""
    place = _place(connection, query, scores, stem, Sql())
    if place is None:
        return None, None
    before, after = (
        rows(connection, query, scores, after=place, limit=1, backwards=backwards) for backwards in (True, False)
    )
    return (before[0]["stem"] if before else None), (after[0]["stem"] if after else None)


def cursor_at(query: Query, last: dict[str, Any]) -> tuple[Any, str]:
    """Where a row is in the order of the query: what `rows` takes as `after`."""
    value = last[query.sort]
    if query.sort in ("splits", "modalities"):
        value = joined(value)
    elif query.sort == "flags":
        value = joined(sorted({flag["code"] for flag in value}))
    elif query.sort == "text":
        value = value or None
    return value, last["stem"]


def facets(connection: sqlite3.Connection, query: Query, scores: Scores, *, limit: int) -> dict[str, dict[str, int]]:
    """How many clips each choice of a filter would leave, most first; at most `limit` sessions.

    The other filters apply, the one that the choices belong to does not: what could be chosen instead stays visible.
    """
    choices = {
        "split": ("c.splits", dataclasses.replace(query, splits=())),
        "session": ("c.session", dataclasses.replace(query, sessions=())),
        "modality": ("c.modalities", dataclasses.replace(query, modalities=())),
        "flag": ("c.flags", dataclasses.replace(query, flags=())),
    }
    found = {}
    for facet, (column, others) in choices.items():
        where = condition(others, scores)
        groups = connection.execute(
            f"SELECT {column}, count(*) FROM {_source(scores if query.scores else ())}{where.where} "
            f"GROUP BY {column} ORDER BY count(*) DESC, {column} LIMIT ?",
            (*where.values, limit if facet == "session" else -1),
        ).fetchall()
        found[facet] = dict(groups) if facet == "session" else _single(groups, facet)
    return found


def histogram(
    connection: sqlite3.Connection, query: Query, scores: Scores, *, column: str, bins: int
) -> tuple[list[int], list[float]]:
    """Counts in `bins` equal bins and their `bins + 1` edges, of the clips that have a value; no bins without any."""
    name = column_of(column, scores)
    where = condition(query, scores) & Sql(f"typeof({name}) IN ('integer', 'real')")
    source = _source(scores)
    low, high = connection.execute(
        f"SELECT min({name}), max({name}) FROM {source}{where.where}", where.values
    ).fetchone()
    if low is None:
        return [], []
    width = (high - low) / bins or 1.0 / bins  # of a single value
    groups = connection.execute(
        f"SELECT min(CAST(({name} - ?) / ? AS INTEGER), ?) AS bin, count(*) FROM {source}{where.where} GROUP BY bin",
        (low, width, bins - 1, *where.values),
    ).fetchall()
    counts = dict(groups)
    return [counts.get(i, 0) for i in range(bins)], [low + i * width for i in range(bins + 1)]


def _size(connection: sqlite3.Connection, where: Sql, scores: Scores) -> int:
    return int(connection.execute(f"SELECT count(*) FROM {_source(scores)}{where.where}", where.values).fetchone()[0])


def _place(
    connection: sqlite3.Connection, query: Query, scores: Scores, stem: str, filters: Sql
) -> tuple[Any, str] | None:
    where = Sql("c.stem = ?", (stem,)) & filters
    column = column_of(query.sort, scores)
    asked = f"SELECT {column}, c.stem FROM {_source(scores)}{where.where}"
    place: tuple[Any, str] | None = connection.execute(asked, where.values).fetchone()
    return place


def _single(groups: Sequence[tuple[str | None, int]], facet: str) -> dict[str, int]:
    """Counts of single names from counts of joined ones."""
    counts: Counter[str] = Counter()
    for value, number in groups:
        names = separated(value)
        if facet == "modality":
            names += [f"no-{name}" for name in MODALITY_NAMES if name not in names]
        elif facet == "split" and not names:
            names = [NONE]
        counts.update(dict.fromkeys(names, number))
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def _row(values: tuple[Any, ...], scores: Scores) -> dict[str, Any]:
    return row(values[: len(STORED)]) | dict(zip(scores, values[len(STORED) :], strict=True))


def _columns(scores: Scores) -> str:
    return ", ".join([f"c.{name}" for name in STORED] + [f"s.score_{i}" for i in range(len(scores))])
