"""Answers of the catalogue."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from viewer.dataset.catalogue.select import Place
from viewer.errors import UsageError


@dataclass(frozen=True)
class Page:
    """Rows that follow on each other in the order of a query."""

    rows: list[dict[str, Any]]
    total: int
    """Clips that pass the filters."""
    cursor: str | None
    """For `after`: continues behind the last row, also when rows were added meanwhile. None at the end."""
    version: int
    """Of the catalogue, when the page was read."""


@dataclass(frozen=True)
class Histogram:
    """How the values of a column are spread."""

    counts: list[int]
    edges: list[float]
    """One more than counts; bin i is edges[i] <= x < edges[i + 1], the last one includes its end."""


def cursor_at(place: Place) -> str:
    """A place as text for addresses."""
    return json.dumps(place)


def parse_cursor(text: str) -> Place:
    """The place that `cursor_at` wrote. Raises UsageError for any other text."""
    try:
        value, stem = json.loads(text)
    except (ValueError, TypeError, RecursionError):
        value, stem = None, None
    if not isinstance(stem, str) or not isinstance(value, str | int | float | None):
        raise UsageError(f"{text!r:.80} is no cursor; expected what the page before gave")
    return value, stem
