"""Filters and orders of a query as SQL. The table `clips` is called `c`, that of the scores `s`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from viewer.dataset.catalogue.columns import NONE, STORED
from viewer.dataset.catalogue.query import Query
from viewer.dataset.catalogue.search import match_expression
from viewer.errors import UsageError

Scores = Sequence[str]
"""Names of the score columns; none where no scores are loaded."""


@dataclass(frozen=True)
class Sql:
    """A condition with its parameters."""

    text: str = ""
    values: tuple[Any, ...] = ()

    def __and__(self, other: Sql) -> Sql:
        both = " AND ".join(text for text in (self.text, other.text) if text)
        return Sql(both, (*self.values, *other.values))

    @property
    def where(self) -> str:
        return f" WHERE {self.text}" if self.text else ""


class Order:
    """The order that a query asks for: first the clips with a value, by value and stem, then those without, by stem."""

    def __init__(self, query: Query, scores: Scores, *, backwards: bool = False) -> None:
        self.column = column_of(query.sort, scores)
        self.nullable = query.sort != "stem"
        self.down = query.descending != backwards
        # Backwards, the clips without a value come first.
        self.parts: tuple[str, ...] = ("NULL", "NOT NULL") if backwards else ("NOT NULL", "NULL")
        if not self.nullable:
            self.parts = ("NOT NULL",)

    def part(self, part: str) -> Sql:
        return Sql(f"{self.column} IS {part}") if self.nullable else Sql()

    def by(self, part: str) -> str:
        direction = " DESC" if self.down else ""
        stem = f"c.stem{direction}"
        return stem if part == "NULL" or not self.nullable else f"{self.column}{direction}, {stem}"

    def behind(self, value: Any, stem: str) -> list[tuple[str, Sql]]:
        """Parts that hold what follows on a clip, with the condition for following it."""
        sign = "<" if self.down else ">"
        here = "NULL" if value is None and self.nullable else "NOT NULL"
        if here == "NULL" or not self.nullable:
            follows = Sql(f"c.stem {sign} ?", (stem,))
        else:
            follows = Sql(f"({self.column}, c.stem) {sign} (?, ?)", (value, stem))
        later = self.parts[self.parts.index(here) + 1 :]
        return [(here, follows), *((part, Sql()) for part in later)]


def column_of(name: str, scores: Scores) -> str:
    """SQL name of a column. Raises UsageError for one that does not exist."""
    if name in STORED and name != "flag_messages":
        return f"c.{name}"
    if name in scores:
        return f"s.score_{scores.index(name)}"
    known = ", ".join([*(n for n in STORED if n != "flag_messages"), *scores])
    raise UsageError(f"no column {name!r:.80}; expected one of {known}")


def condition(query: Query, scores: Scores) -> Sql:
    """The filters of a query."""
    found = Sql()
    expression = match_expression(query.search)
    if expression is not None:
        found &= Sql("c.id IN (SELECT rowid FROM found WHERE found MATCH ?)", (expression,))
    if query.sessions:
        found &= Sql(f"c.session IN ({_marks(query.sessions)})", query.sessions)
    if query.splits:
        found &= _any_of("c.splits", query.splits)
    for name in query.modalities:
        without = name.startswith("no-")
        found &= _any_of("c.modalities", (name.removeprefix("no-"),), negated=without)
    if query.flags:
        found &= _any_of("c.flags", query.flags)
    for name, low, high in (("seconds", *query.seconds), *query.scores):
        column = column_of(name, scores)
        if low is not None:
            found &= Sql(f"{column} >= ?", (low,))
        if high is not None:
            found &= Sql(f"{column} <= ?", (high,))
    return found


def _any_of(column: str, names: Sequence[str], *, negated: bool = False) -> Sql:
    """Whether a column of joined names has one of `names`."""
    tests = []
    for name in names:
        if name == NONE:
            tests.append(Sql(f"{column} IS NULL"))
        else:
            tests.append(Sql(f"instr(' ' || {column} || ' ', ?) > 0", (f" {name} ",)))
    text = " OR ".join(test.text for test in tests)
    values = tuple(value for test in tests for value in test.values)
    return Sql(f"NOT coalesce(({text}), 0)" if negated else f"({text})", values)


def _marks(values: Sequence[Any]) -> str:
    return ", ".join("?" * len(values))
