"""What is wrong, or odd, about a data set as a whole, its archives and its lists."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warn", "note"]

_KEPT = 100
"""Problems of one kind, at one place, that are kept one by one."""


@dataclass(frozen=True)
class Problem:
    """One of them."""

    where: str
    """File or folder, below the data set's folder: `audios.tar: audios/x.wav` for a member of an archive."""
    check: str
    """Short and stable, such as `archive-cut-off`."""
    severity: Severity
    """ "error" where data is lost, "warn" where it may be or a choice was made, "note" for what is good to know."""
    message: str
    """One sentence that stands for itself."""
    stem: str | None = None
    """The clip it is about."""

    @property
    def kind(self) -> tuple[str, str, Severity]:
        """The same for all problems of one kind in one file, whatever member they are about."""
        return self.where.partition(": ")[0], self.check, self.severity


class Problems:
    """A list of problems that does not grow without end where one kind of problem repeats."""

    def __init__(self, problems: Iterable[Problem] = ()):
        self._kept: list[Problem] = []
        self._counts: Counter[tuple[str, str, Severity]] = Counter()
        for problem in problems:
            self.add(problem)

    def add(self, problem: Problem) -> None:
        self._counts[problem.kind] += 1
        if self._counts[problem.kind] <= _KEPT:
            self._kept.append(problem)

    def all(self) -> tuple[Problem, ...]:
        """Those that were kept, and for each kind of which some were not, one that tells how many more there are."""
        more = [
            Problem(where, check, severity, f"{where}: {count - _KEPT:,} more like the {_KEPT} named ({check})")
            for (where, check, severity), count in list(self._counts.items())
            if count > _KEPT
        ]
        return (*self._kept, *more)


def sentences(problems: Iterable[Problem]) -> tuple[str, ...]:
    """A sentence for each kind of problem and place; notes are left out."""
    first: dict[tuple[str, str, Severity], Problem] = {}
    counts: Counter[tuple[str, str, Severity]] = Counter()
    for problem in problems:
        if problem.severity != "note":
            first.setdefault(problem.kind, problem)
            counts[problem.kind] += 1
    return tuple(
        problem.message if counts[kind] == 1 else f"{problem.message} (and {counts[kind] - 1:,} more like this)"
        for kind, problem in first.items()
    )


def count(items: Iterable[object], noun: str) -> str:
    """Such as "1 clip", "12,669 clips"."""
    return counted(len(list(items)), noun)


def counted(number: int, noun: str) -> str:
    """As `count`, of a number that is known."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def some(items: Iterable[str], shown: int = 3) -> str:
    """The first few of many names."""
    items = list(items)
    return ", ".join(item[:80] for item in items[:shown]) + (", …" if len(items) > shown else "")
