"""What the clip list fetches, under /viewer: pages of rows, facets, neighbours of a clip. docs/page.md tells more."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from fastapi.responses import Response

from viewer.web import rows_in_memory as catalogue
from viewer.web.answers import as_json, guarded
from viewer.web.library import Library

PREFIX = "/viewer"
MOST_ROWS = 1000
"""In one answer."""
MOST_VALUES = 300
"""Of one facet in one answer: a data set may have as many sessions as clips."""
_METHODS = ["GET", "HEAD"]
_Values = Annotated[list[str], Query(max_length=1000)]


class ListQuery:
    """What the list is searched, filtered and sorted by, as it stands in a URL."""

    def __init__(
        self,
        search: Annotated[str, Query(max_length=1000)] = "",
        split: _Values = [],  # noqa: B006 - FastAPI copies defaults
        session: _Values = [],  # noqa: B006
        modality: _Values = [],  # noqa: B006
        flag: _Values = [],  # noqa: B006
        min_seconds: float | None = None,
        max_seconds: float | None = None,
        sort: Annotated[str, Query(max_length=200)] = "stem",
    ) -> None:
        self.values: dict[str, Any] = {
            "search": search,
            "splits": tuple(split),
            "sessions": tuple(session),
            "modalities": tuple(modality),
            "flags": tuple(flag),
            "seconds": (min_seconds, max_seconds),
            "sort": sort,
        }

    def parsed(self) -> catalogue.Query:
        """Raises UsageError for what the catalogue does not know."""
        return catalogue.Query.parse(**self.values)


_Asked = Annotated[ListQuery, Depends()]


def list_router(library: Library) -> APIRouter:
    """The list's routes; include them before a catch-all mount."""
    router = APIRouter(prefix=PREFIX)

    @router.api_route("/clips", methods=_METHODS)
    def clips(
        asked: _Asked,
        start: Annotated[int, Query(ge=0)] = 0,
        limit: Annotated[int, Query(ge=0, le=MOST_ROWS)] = 100,
        anchor: str | None = None,
        columns: bool = False,
    ) -> Response:
        """Rows from `start` on; where the clip `anchor` stands now; what there is to sort by."""

        def answer() -> Response:
            query = asked.parsed()
            state = _state(library)  # before the rows: they are never older than it says
            page = library.catalogue.page(query, start=start, limit=limit)
            facts = state | {"total": page.total, "rows": page.rows}
            if anchor is not None:
                facts["anchor"] = library.catalogue.position(query, anchor)
            if columns:
                facts["columns"] = [asdict(column) for column in library.catalogue.columns]
            return as_json(facts)

        return guarded(answer)

    @router.api_route("/facets", methods=_METHODS)
    def facets(asked: _Asked) -> Response:
        """How many clips each value of a filter would show; the most frequent ones first."""

        def answer() -> Response:
            query = asked.parsed()
            found = library.catalogue.facets(query)
            kept = {"split": query.splits, "session": query.sessions, "flag": query.flags}
            return as_json(
                {
                    "version": library.catalogue.version,
                    "facets": {name: _first(counts, kept.get(name, ())) for name, counts in found.items()},
                    "values": {name: len(counts) for name, counts in found.items()},
                }
            )

        return guarded(answer)

    @router.api_route("/neighbours", methods=_METHODS)
    def neighbours(asked: _Asked, clip: Annotated[str, Query(max_length=4096)]) -> Response:
        """Stems before and after a clip, and its place; for a clip that is filtered out the list's last and first."""

        def answer() -> Response:
            query = asked.parsed()
            position = library.catalogue.position(query, clip)
            if position is None:
                total = library.catalogue.page(query, limit=0).total
                previous, following = (_stem_at(library, query, place) for place in (total - 1, 0))
            else:
                previous, following = library.catalogue.neighbours(query, clip)
            return as_json({"position": position, "previous": previous, "next": following})

        return guarded(answer)

    @router.post("/refresh")
    def refresh() -> Response:
        """Look at the data set's files again, in the background."""
        return guarded(lambda: as_json({"changed": library.refresh()}))

    return router


def _state(library: Library) -> dict[str, Any]:
    progress = library.catalogue.progress
    return {
        "version": library.catalogue.version,
        "all": library.catalogue.page(catalogue.Query(), limit=0).total,
        "complete": library.complete,
        "progress": asdict(progress),
        "warning": library.catalogue.warning,
    }


def _stem_at(library: Library, query: catalogue.Query, place: int) -> str | None:
    rows = library.catalogue.page(query, start=max(place, 0), limit=1).rows
    return rows[0]["stem"] if rows else None


def _first(counts: dict[str, int], kept: Sequence[str]) -> dict[str, int]:
    """The most frequent values, and those that are chosen."""
    frequent = sorted(counts, key=lambda value: -counts[value])[:MOST_VALUES]
    return {value: counts.get(value, 0) for value in dict.fromkeys([*frequent, *kept])}
