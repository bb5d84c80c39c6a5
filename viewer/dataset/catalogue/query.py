"""What a user asks of the catalogue."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable
from dataclasses import dataclass

from viewer.dataset.catalogue.columns import MODALITY_NAMES, NONE, SEVERITIES, VERDICTS
from viewer.dataset.layout import SPLITS
from viewer.errors import UsageError

MAX_SEARCH = 500
Range = tuple[float | None, float | None]


@dataclass(frozen=True)
class Query:
    """Which clips, in which order. A clip must pass every filter that is set."""

    search: str = ""
    """Terms separated by spaces; what each finds is said in `search.py`."""
    splits: tuple[str, ...] = ()
    """In any of these; "none" is in no split."""
    sessions: tuple[str, ...] = ()
    """Of any of these."""
    modalities: tuple[str, ...] = ()
    """With all of these files: motion, audio, transcript, tokens; or without: no-motion …"""
    flags: tuple[str, ...] = ()
    """With any of these."""
    seconds: Range = (None, None)
    """Shortest and longest, both included."""
    severities: tuple[str, ...] = ()
    """The worst finding of the clip is any of these: ok, note, warn, error, or "none": the clip is not checked. With
    `checks`, the findings of these checks count alone."""
    checks: tuple[str, ...] = ()
    """Something is not in order by any of these checks."""
    verdicts: tuple[str, ...] = ()
    """The verdict on the clip is any of these: good, unsure, bad, stale (the clip changed since), or "none"."""
    scores: tuple[tuple[str, float | None, float | None], ...] = ()
    """(column, lowest, highest) of number columns, both included."""
    sort: str = "stem"
    """Name of a column. Clips without a value come last, ties are in the order of stems."""
    descending: bool = False
    """Turns the whole order round, ties included, but clips without a value stay last."""

    def __post_init__(self) -> None:
        """Raises UsageError that says what may be asked for."""
        texts = (self.search, *self.splits, *self.sessions, *self.modalities, *self.flags, *self.checks, self.sort)
        if any(not isinstance(text, str) for text in texts):
            raise UsageError(f"{self} holds names that are no texts")
        if len(self.search) > MAX_SEARCH:
            raise UsageError(f"the search has {len(self.search):,} characters; expected at most {MAX_SEARCH}")
        _check_names("split", self.splits, (*SPLITS, NONE))
        _check_names("modality", self.modalities, (*MODALITY_NAMES, *(f"no-{name}" for name in MODALITY_NAMES)))
        _check_names("severity", self.severities, (*SEVERITIES, NONE))
        _check_names("verdict", self.verdicts, (*VERDICTS, NONE))
        for name, low, high in (("seconds", *self.seconds), *self.scores):
            for limit in (low, high):
                if limit is not None and not math.isfinite(limit):
                    raise UsageError(f"{name} is limited to {limit}; expected a finite number")

    @classmethod
    def parse(
        cls,
        *,
        search: str = "",
        split: Iterable[str] = (),
        session: Iterable[str] = (),
        modality: Iterable[str] = (),
        flag: Iterable[str] = (),
        min_seconds: float | None = None,
        max_seconds: float | None = None,
        severity: Iterable[str] = (),
        check: Iterable[str] = (),
        verdict: Iterable[str] = (),
        between: Iterable[str] = (),
        sort: str = "",
    ) -> Query:
        """A query as addresses and command lines write it. Raises UsageError.

        between: ranges of number columns, "frames:50:200", of which one end may be left out; sort: "-seconds" is
        descending.
        """
        return cls(
            search=search.strip(),
            splits=tuple(sorted(set(split))),
            sessions=tuple(sorted(set(session))),
            modalities=tuple(sorted(set(modality))),
            flags=tuple(sorted(set(flag))),
            seconds=(min_seconds, max_seconds),
            severities=tuple(sorted(set(severity))),
            checks=tuple(sorted(set(check))),
            verdicts=tuple(sorted(set(verdict))),
            scores=tuple(map(_range, sorted(set(between)))),
            sort=sort.removeprefix("-") or "stem",
            descending=sort.startswith("-"),
        )

    @property
    def filter(self) -> Query:
        """The same clips, in the order of stems."""
        return dataclasses.replace(self, sort="stem", descending=False)


def _check_names(noun: str, asked: tuple[str, ...], known: tuple[str, ...]) -> None:
    for name in asked:
        if name not in known:
            raise UsageError(f"{name!r:.80} is no {noun}; expected {', '.join(known)}")


def _range(text: str) -> tuple[str, float | None, float | None]:
    """The range that "column:lowest:highest" says."""
    name, *ends = text.split(":")
    try:
        low, high = (float(end) if end else None for end in ends)
    except ValueError:
        low, high = None, None
    if low is None and high is None:
        raise UsageError(f"{text!r:.80} is no range; expected COLUMN:FROM:TO, such as frames:50:200 or frames:50:")
    return name, low, high
