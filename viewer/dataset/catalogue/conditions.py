"""Filters and orders of a query as SQL. The table `clips` is called `c`, that of the scores `s`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from viewer.dataset.catalogue.columns import (
    COLUMNS,
    DETAILS,
    ISSUES,
    NAMES,
    NONE,
    SEVERITIES,
    VERDICT,
    WORST,
    Kind,
    separated,
)
from viewer.dataset.catalogue.query import Query
from viewer.dataset.catalogue.search import match_expression
from viewer.errors import UsageError

Scores = Mapping[str, Kind]
"""Kinds of the score columns by name, in their order; none where no scores are loaded."""
_KINDS: Scores = {column.name: column.kind for column in COLUMNS}


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
        self._nullable = query.sort != "stem"
        self._stem = "c.stem"
        self._down = query.descending != backwards
        self.parts: tuple[str, ...] = ("NOT NULL",)
        """Conditions on the column, in the order of the clips that meet them."""
        if self._nullable:  # backwards, the clips without a value come first
            self.parts = ("NULL", "NOT NULL") if backwards else ("NOT NULL", "NULL")

    def part(self, part: str) -> Sql:
        return Sql(f"{self.column} IS {part}") if self._nullable else Sql()

    def by(self, part: str, sort: bool) -> str:
        """What follows on ORDER BY. sort: whether SQLite is to sort what it found, and not to walk an index."""
        columns = [self._stem] if part == "NULL" or not self._nullable else [self.column, self._stem]
        return ", ".join(f"{'+' if sort else ''}{column}{' DESC' if self._down else ''}" for column in columns)

    def behind(self, value: Any, stem: str) -> list[tuple[str, Sql]]:
        """Parts that hold what follows on a clip, with the condition for following it."""
        sign = "<" if self._down else ">"
        here = "NULL" if value is None and self._nullable else "NOT NULL"
        if here == "NULL" or not self._nullable:
            follows = Sql(f"{self._stem} {sign} ?", (stem,))
        else:
            follows = Sql(f"({self.column}, {self._stem}) {sign} (?, ?)", (value, stem))
        later = self.parts[self.parts.index(here) + 1 :]
        return [(here, follows), *((part, Sql()) for part in later)]


def column_of(name: str, scores: Scores) -> str:
    """SQL name of a column. Raises UsageError for one that does not exist."""
    if name in NAMES:
        return f"(SELECT d.{name} FROM details d WHERE d.id = c.id)" if name in DETAILS else f"c.{name}"
    if name in scores:
        return f"s.score_{list(scores).index(name)}"
    raise UsageError(f"no column {name!r:.80}; expected one of {', '.join((*NAMES, *scores))}")


def lead(query: Query) -> str:
    """The filter that leaves the fewest clips, as far as one can tell: its index is used, none of the others."""
    if match_expression(query.search) is not None:
        return "id"
    if query.sessions or query.flags:
        return "session" if query.sessions else "flags"
    return "splits" if query.splits else "seconds"


def condition(query: Query, scores: Scores, choices: Callable[[str], Sequence[str]], *, lead: str = "") -> Sql:
    """The filters of a query.

    choices: the values that a column of joined names has; lead: the column whose index may be used. The others get a
    plus sign, which keeps SQLite from it: it knows nothing of the values and often takes the wrong one.
    """

    def column(name: str) -> str:
        follows = lead == "splits" and name == "seconds"  # in the same index
        return f"c.{name}" if name == lead or follows else f"+c.{name}"

    def any_of(name: str, wanted: Sequence[str], *, negated: bool = False) -> Sql:
        """Whether a column of joined names has one of `wanted`, or, negated, none of them."""
        values = tuple(v for v in choices(name) if negated != any(w in separated(v) for w in wanted))
        test = f"{column(name)} IN ({_marks(values)})"
        return Sql(f"({test} OR {column(name)} IS NULL)" if negated or NONE in wanted else test, values)

    found = Sql()
    expression = match_expression(query.search)
    if expression is not None:
        found &= Sql(f"{column('id')} IN (SELECT rowid FROM found WHERE found MATCH ?)", (expression,))
    if query.sessions:
        found &= Sql(f"{column('session')} IN ({_marks(query.sessions)})", query.sessions)
    if query.splits:
        found &= any_of("splits", query.splits)
    for name in query.modalities:
        found &= any_of("modalities", (name.removeprefix("no-"),), negated=name.startswith("no-"))
    if query.flags:
        found &= any_of("flags", query.flags)
    found &= _between(column("seconds"), *query.seconds)
    if query.severities or query.checks:
        found &= _issues(query, scores)
    if query.verdicts:
        found &= _verdicts(query.verdicts, scores)
    for name, low, high in query.scores:
        column_name = column_of(name, scores)
        if {**_KINDS, **scores}[name] != "number":
            raise UsageError(f"{name} holds no numbers that could be limited to a range")
        found &= _between(column_name, low, high)
    return found


def _issues(query: Query, scores: Scores) -> Sql:
    """What checks must have found."""
    if WORST not in scores:  # nothing is checked
        return Sql() if NONE in query.severities and not query.checks else Sql("0")
    worst, issues = column_of(WORST, scores), column_of(ISSUES, scores)
    if not query.checks:
        numbers = tuple(SEVERITIES.index(name) for name in query.severities if name != NONE)
        test = f"{worst} IN ({_marks(numbers)})"
        return Sql(f"({test} OR {worst} IS NULL)" if NONE in query.severities else test, numbers)
    tests, values = [], []
    for check in query.checks:
        for severity in query.severities or ("",):
            name = f" {check}:{severity}{' ' if severity else ''}"
            if severity in ("ok", NONE):
                unfound = f"instr(' ' || coalesce({issues}, ''), ?) = 0"
                tests.append(f"({worst} IS {'NOT ' if severity == 'ok' else ''}NULL AND {unfound})")
                name = f" {check}:"
            else:
                tests.append(f"instr(' ' || {issues} || ' ', ?) > 0")
            values.append(name)
    return Sql(f"({' OR '.join(tests)})", tuple(values))


def _verdicts(wanted: Sequence[str], scores: Scores) -> Sql:
    if VERDICT not in scores:  # nothing is judged
        return Sql() if NONE in wanted else Sql("0")
    column = column_of(VERDICT, scores)
    test = f"{column} IN ({_marks(wanted)})"
    return Sql(f"({test} OR {column} IS NULL)" if NONE in wanted else test, tuple(wanted))


def _between(column: str, low: float | None, high: float | None) -> Sql:
    lowest = Sql() if low is None else Sql(f"{column} >= ?", (low,))
    highest = Sql() if high is None else Sql(f"{column} <= ?", (high,))
    return lowest & highest


def _marks(values: Sequence[Any]) -> str:
    return ", ".join("?" * len(values))
