"""The questions that the catalogue answers, asked of SQLite."""

from __future__ import annotations

import dataclasses
import sqlite3
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from viewer.dataset.catalogue.choices import count_findings, count_names
from viewer.dataset.catalogue.columns import (
    CHECK_PREFIX,
    DETAILS,
    ISSUES,
    NAMES,
    NONE,
    STORED,
    VERDICT,
    WORST,
    row,
    shown,
)
from viewer.dataset.catalogue.conditions import Order, Scores, Sql, column_of, condition, lead
from viewer.dataset.catalogue.query import Query
from viewer.dataset.catalogue.search import match_expression

_ANSWERS_KEPT = 500
T = TypeVar("T")
Place = tuple[Any, str]
"""Where a clip is in an order: its value in the column that is sorted by, and its stem."""


class Answers:
    """Answers that are kept as long as no row changes."""

    def __init__(self) -> None:
        self._kept: tuple[int, dict[Any, Any]] = -1, {}  # in one, as threads may ask for different versions at once

    def of(self, version: int) -> dict[Any, Any]:
        """The answers for a version, by question."""
        known, kept = self._kept
        if version != known or len(kept) >= _ANSWERS_KEPT:
            kept = {}
            self._kept = version, kept
        return kept


class Selection:
    """Answers within one transaction, so that rows and their number belong together."""

    def __init__(self, connection: sqlite3.Connection, scores: Scores, kept: Answers, *, tables: int) -> None:
        """scores: kinds of the columns of the attached table `own.scores`, if there is one; kept: answers to reuse;
        tables: how many there have been, which counts in `version`."""
        self._connection = connection
        self._scores = scores
        about = "SELECT version, complete, clips FROM about"
        version, self._indexed, self._clips = connection.execute(about).fetchone()
        self.version = int(version) + tables
        self._kept = kept.of(version)

    def count(self, query: Query) -> int:
        """How many clips pass the filters."""
        if query.filter == Query():
            return int(self._clips)
        return self._answer(("count", query.filter), lambda: self._count(query.filter))

    def rows(
        self, query: Query, *, limit: int, start: int = 0, after: Place | None = None
    ) -> tuple[list[dict[str, Any]], list[Place]]:
        """At most `limit` rows, and their places: those behind `after`, or those from number `start` on."""
        found = self._find(query, limit=limit, start=start, after=after)
        return self._rows_of([id_ for id_, *_ in found]), [(value, stem) for _, value, stem in found]

    def one(self, stem: str) -> dict[str, Any] | None:
        """The row of one clip, if there is one."""
        found = self._connection.execute("SELECT id FROM clips WHERE stem = ?", (stem,)).fetchone()
        return None if found is None else self._rows_of(found)[0]

    def position(self, query: Query, stem: str) -> int | None:
        """Number of clips in front of a clip; None where it does not pass the filters."""
        place = self._place(query, stem, self._condition(query))
        if place is None:
            return None
        # What is in front of the clip is behind it in the opposite order.
        order = Order(query, self._scores, backwards=True)
        filters = self._condition(query, lead(query) if self._are_few(query, 1) else "")
        return sum(self._size(query, order.part(part) & follows & filters) for part, follows in order.behind(*place))

    def neighbours(self, query: Query, stem: str) -> tuple[str | None, str | None]:
        """Stems before and after a clip, which itself need not pass the filters."""
        place = self._place(query, stem, Sql())
        if place is None:
            return None, None
        before = self._find(query, after=place, limit=1, backwards=True)
        after = self._find(query, after=place, limit=1)
        return (before[0][2] if before else None), (after[0][2] if after else None)

    def facets(self, query: Query, *, sessions: int) -> dict[str, dict[str, int]]:
        """How many clips each choice of a filter would leave, most first; at most so many sessions.

        The other filters apply, the one that the choices belong to does not: what could be chosen instead stays
        visible.
        """
        return self._answer(("facets", query.filter, sessions), lambda: self._facets(query.filter, sessions))

    def histogram(self, query: Query, column: str, bins: int) -> tuple[list[int], list[float]]:
        """Counts in equal bins and the edges of these; none where no clip has a number."""
        name = column_of(column, self._scores)
        where = Sql(f"typeof({name}) IN ('integer', 'real')") & self._condition(query, lead(query))
        source = self._source(dataclasses.replace(query, sort=column))
        extent = f"SELECT min({name}), max({name}) FROM {source}{where.where}"
        low, high = self._connection.execute(extent, where.values).fetchone()
        if low is None:
            return [], []
        width = (high - low) / bins or 1.0 / bins  # of a single value
        asked = (
            f"SELECT min(CAST(({name} - ?) / ? AS INTEGER), ?) AS bin, count(*) FROM {source}{where.where} GROUP BY bin"
        )
        counts = dict(self._connection.execute(asked, (low, width, bins - 1, *where.values)).fetchall())
        return [counts.get(i, 0) for i in range(bins)], [low + i * width for i in range(bins + 1)]

    def _find(
        self, query: Query, *, limit: int, start: int = 0, after: Place | None = None, backwards: bool = False
    ) -> list[tuple[int, Any, str]]:
        """(id, value that is sorted by, stem) of clips that follow on each other.

        Where few clips pass the filters they are found first and then sorted; where many do, all clips are walked
        through in their order, since soon enough will have passed.
        """
        if after is None and ("count", query.filter) not in self._kept and _search_and_more(query):
            return self._find_and_count(query, limit=limit, start=start)
        order = Order(query, self._scores, backwards=backwards)
        few = self._are_few(query, limit)
        filters = self._condition(query, lead(query) if few else "")
        source = self._source(query, index=_lead_index(query) if few else _order_index(query))
        parts = [(part, Sql()) for part in order.parts] if after is None else order.behind(*after)
        found: list[tuple[int, Any, str]] = []
        for part, follows in parts:
            where = order.part(part) & follows & filters
            asked = f"SELECT c.id, {order.column}, c.stem FROM {source}{where.where} ORDER BY {order.by(part, few)}"
            more = self._connection.execute(
                f"{asked} LIMIT ? OFFSET ?", (*where.values, limit - len(found), start)
            ).fetchall()
            found += more
            if len(found) == limit:
                break
            if more:
                start = 0
            elif start:  # all of this part is passed over
                start -= self._size(query, order.part(part) & filters)
        return found

    def _find_and_count(self, query: Query, *, limit: int, start: int) -> list[tuple[int, Any, str]]:
        """As `_find`, by sorting. Keeps the number of clips: it takes as many looks at clips as finding them does."""
        order = Order(query, self._scores)
        where = self._condition(query, lead(query))
        found = self._connection.execute(
            f"SELECT c.id, {order.column}, c.stem, count(*) OVER () FROM {self._source(query)}{where.where} "
            f"ORDER BY {order.column} IS NULL, {order.by('NOT NULL', sort=True)} LIMIT ? OFFSET ?",
            (*where.values, limit, start),
        ).fetchall()
        if found or not start:
            self._kept["count", query.filter] = found[0][3] if found else 0
        return [(id_, value, stem) for id_, value, stem, _ in found]

    def _are_few(self, query: Query, limit: int) -> bool:
        """Whether it is faster to sort the clips that a query finds than to look for them in their order.

        Of N clips a query finds n: sorting looks at n of them, walking at limit * N / n until the page is full.
        """
        return self.count(query) ** 2 < limit * self.count(Query())

    def _count(self, query: Query) -> int:
        expression = match_expression(query.search)
        if expression is not None and not _search_and_more(query):
            asked = "SELECT count(*) FROM found WHERE found MATCH ?"
            return int(self._connection.execute(asked, (expression,)).fetchone()[0])
        where = self._condition(query, lead(query))
        return self._size(query, where, index=_lead_index(query))

    def _facets(self, query: Query, sessions: int) -> dict[str, dict[str, int]]:
        choices = {
            "split": ("splits", dataclasses.replace(query, splits=())),
            "session": ("session", dataclasses.replace(query, sessions=())),
            "modality": ("modalities", dataclasses.replace(query, modalities=())),
            "flag": ("flags", dataclasses.replace(query, flags=())),
        }
        found = {}
        for facet, (column, others) in choices.items():
            where = self._condition(others, lead(others))
            groups = self._connection.execute(
                f"SELECT c.{column}, count(*) FROM {self._source(query)}{where.where} "
                f"GROUP BY c.{column} ORDER BY count(*) DESC, c.{column} LIMIT ?",
                (*where.values, sessions if facet == "session" else -1),
            ).fetchall()
            found[facet] = dict(groups) if facet == "session" else count_names(groups, facet)
        return found | self._check_facets(query) | {"verdict": self._verdict_facet(query)}

    def _check_facets(self, query: Query) -> dict[str, dict[str, int]]:
        """Counts by worst severity, or with `checks` by theirs, and by checks that found something."""
        if WORST not in self._scores:
            return {"severity": {}, "check": {}}
        worst, issues = column_of(WORST, self._scores), column_of(ISSUES, self._scores)
        others = dataclasses.replace(query, checks=(), severities=())
        where = self._condition(others, lead(others))
        source = self._source(dataclasses.replace(others, sort=WORST))
        asked = f"SELECT {worst}, {issues}, count(*) FROM {source}{where.where} GROUP BY 1, 2"
        groups = self._connection.execute(asked, where.values)
        checks = [name.removeprefix(CHECK_PREFIX) for name in self._scores if name.startswith(CHECK_PREFIX)]
        return count_findings(groups, severities=query.severities, checks=query.checks, known=checks)

    def _verdict_facet(self, query: Query) -> dict[str, int]:
        if VERDICT not in self._scores:
            return {}
        others = dataclasses.replace(query, verdicts=())
        where = self._condition(others, lead(others))
        source = self._source(dataclasses.replace(others, sort=VERDICT))
        name = f"coalesce({column_of(VERDICT, self._scores)}, ?)"
        asked = f"SELECT {name}, count(*) FROM {source}{where.where} GROUP BY 1 ORDER BY 2 DESC, 1"
        return dict(self._connection.execute(asked, (NONE, *where.values)).fetchall())

    def _condition(self, query: Query, by: str = "") -> Sql:
        return condition(query, self._scores, self._choices, lead=by)

    def _choices(self, column: str) -> list[str]:
        """The different values of a column that has few: one look into its index each."""

        def find() -> list[str]:
            values: list[str] = []
            while True:
                behind = f"WHERE {column} > ?" if values else ""
                found = self._connection.execute(f"SELECT min({column}) FROM clips {behind}", values[-1:]).fetchone()[0]
                if found is None:
                    return values
                values.append(found)

        return self._answer(("choices", column), find)

    def _source(self, query: Query, *, index: str = "") -> str:
        clips = f"clips c INDEXED BY {index}" if index and self._indexed else "clips c"
        if _scored(query, self._scores):
            return f"{clips} LEFT JOIN own.scores s ON s.stem = c.stem"
        return clips

    def _size(self, query: Query, where: Sql, *, index: str = "") -> int:
        asked = f"SELECT count(*) FROM {self._source(query, index=index)}{where.where}"
        return int(self._connection.execute(asked, where.values).fetchone()[0])

    def _place(self, query: Query, stem: str, filters: Sql) -> Place | None:
        where = Sql("c.stem = ?", (stem,)) & filters
        column = column_of(query.sort, self._scores)
        asked = f"SELECT {column}, c.stem FROM {self._source(query)}{where.where}"
        place: Place | None = self._connection.execute(asked, where.values).fetchone()
        return place

    def _answer(self, question: Any, find: Callable[[], T]) -> T:
        if question not in self._kept:
            self._kept[question] = find()
        answer: T = self._kept[question]
        return answer

    def _rows_of(self, ids: Sequence[int]) -> list[dict[str, Any]]:
        """The whole rows, in the order of `ids`."""
        scores = self._scores
        columns = [f"d.{name}" if name in DETAILS else f"c.{name}" for name in STORED]
        columns += [f"s.score_{i}" for i in range(len(scores))]
        joins = "JOIN details d ON d.id = c.id" + (" LEFT JOIN own.scores s ON s.stem = c.stem" if scores else "")
        asked = f"SELECT {', '.join(columns)} FROM clips c {joins} WHERE c.id = ?"
        found = [self._connection.execute(asked, (id_,)).fetchone() for id_ in ids]
        own = [
            {
                name: shown(value, kind)
                for (name, kind), value in zip(scores.items(), values[len(STORED) :], strict=True)
            }
            for values in found
        ]
        return [row(values[: len(STORED)]) | more for values, more in zip(found, own, strict=True)]


def _search_and_more(query: Query) -> bool:
    """Whether clips are found by words, and then looked at for other filters."""
    return lead(query) == "id" and query.filter != Query(search=query.search)


def _lead_index(query: Query) -> str:
    """The index to find clips by, where SQLite might take another."""
    return f"filter_{lead(query)}" if lead(query) in ("seconds", "splits") else ""


def _order_index(query: Query) -> str:
    """The index to walk through clips in their order; none for columns of other tables."""
    return f"by_{query.sort}" if query.sort in NAMES and query.sort not in DETAILS else ""


def _scored(query: Query, scores: Scores) -> bool:
    """Whether a query looks at the table of the scores."""
    names = (query.sort, *(name for name, _, _ in query.scores))
    return (
        any(name in scores for name in names)
        or (WORST in scores and bool(query.severities or query.checks))
        or (VERDICT in scores and bool(query.verdicts))
    )
