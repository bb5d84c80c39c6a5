"""What the clip list fetches, under /viewer: pages of rows, facets, neighbours of a clip. docs/page.md tells more."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict
from typing import Annotated, Any

import fastapi
from fastapi import APIRouter, Depends
from fastapi.responses import Response

from viewer.dataset.catalogue import Query
from viewer.dataset.catalogue.columns import VERDICT
from viewer.errors import ReviewError
from viewer.web.answers import as_json, guarded
from viewer.web.data_facts import DataFacts
from viewer.web.library import Library

PREFIX = "/viewer"
MOST_ROWS = 1000
"""In one answer."""
SESSIONS = 300
"""In one answer: a data set may have as many sessions as clips."""
_METHODS = ["GET", "HEAD"]
_MOST_VALUES = 1000
_Values = Annotated[list[str], fastapi.Query(max_length=_MOST_VALUES)]


class AskedQuery:
    """What the list is searched, filtered and sorted by, as it stands in a URL."""

    def __init__(
        self,
        search: str = "",
        split: _Values = [],  # noqa: B006 - FastAPI copies defaults
        session: _Values = [],  # noqa: B006
        modality: _Values = [],  # noqa: B006
        flag: _Values = [],  # noqa: B006
        min_seconds: float | None = None,
        max_seconds: float | None = None,
        severity: _Values = [],  # noqa: B006
        check: _Values = [],  # noqa: B006
        verdict: _Values = [],  # noqa: B006
        between: _Values = [],  # noqa: B006
        sort: str = "stem",
    ) -> None:
        self._values: dict[str, Any] = {
            "search": search,
            "split": split,
            "session": session,
            "modality": modality,
            "flag": flag,
            "min_seconds": min_seconds,
            "max_seconds": max_seconds,
            "severity": severity,
            "check": check,
            "verdict": verdict,
            "between": between,
            "sort": sort,
        }

    def parsed(self) -> Query:
        """Raises UsageError for what the catalogue does not know."""
        return Query.parse(**self._values)


Asked = Annotated[AskedQuery, Depends()]


def list_router(
    library: Library,
    facts: DataFacts,
    *,
    judged: Callable[[], None] = lambda: None,
    newly_judged: Callable[[], None] = lambda: None,
    prefix: str = PREFIX,
) -> APIRouter:
    """The list's routes; include them before a catch-all mount.

    judged: brings the column of verdicts up to date; called before somebody asks for it. newly_judged: the same where
    there are new verdicts; called before somebody asks which columns there are. Both raise ReviewError.
    """
    router = APIRouter(prefix=prefix)
    catalogue = library.catalogue

    def parsed(asked: AskedQuery) -> Query:
        query = asked.parsed()
        if query.verdicts or query.sort == VERDICT:
            judged()
        return query

    @router.api_route("/clips", methods=_METHODS)
    def clips(
        asked: Asked,
        start: Annotated[int, fastapi.Query(ge=0)] = 0,
        after: str | None = None,
        limit: Annotated[int, fastapi.Query(ge=1, le=MOST_ROWS)] = 100,
        anchor: str | None = None,
        columns: bool = False,
    ) -> Response:
        """Rows from `start` on, or behind a cursor; where the clip `anchor` stands now; what there is to sort by."""

        def answer() -> Response:
            query = parsed(asked)
            if columns:
                with suppress(ReviewError):  # the review panel tells of it; all other columns are there
                    newly_judged()
            complete = library.complete  # before the rows: they are never older than this says
            page = catalogue.page(query, start=start, after=after, limit=limit)
            facts = {
                "version": page.version,
                "total": page.total,
                "all": catalogue.page(limit=1).total if query.filter != Query() else page.total,
                "complete": complete,
                "progress": asdict(catalogue.progress),
                "warning": catalogue.warning,
                "rows": page.rows,
                "cursor": page.cursor,
            }
            if anchor is not None:
                facts["anchor"] = catalogue.position(query, anchor)
            if columns:
                facts["columns"] = [asdict(column) for column in catalogue.columns]
            return as_json(facts)

        return guarded(answer)

    @router.api_route("/facets", methods=_METHODS)
    def facets(asked: Asked) -> Response:
        """How many clips each value of a filter would show."""

        def answer() -> Response:
            query = parsed(asked)
            if not query.verdicts:
                with suppress(ReviewError):  # the review panel tells of it; other filters go on working
                    judged()
            found = catalogue.facets(query, sessions=SESSIONS)
            chosen = {"split": query.splits, "session": query.sessions, "modality": query.modalities}
            chosen |= {"flag": query.flags, "severity": query.severities, "check": query.checks}
            chosen |= {"verdict": query.verdicts}
            return as_json(
                {
                    "version": catalogue.version,
                    "facets": {name: _with(counts, chosen[name]) for name, counts in found.items()},
                    "more_sessions": len(found["session"]) == SESSIONS,
                }
            )

        return guarded(answer)

    @router.api_route("/neighbours", methods=_METHODS)
    def neighbours(asked: Asked, clip: str) -> Response:
        """Stems before and after a clip, also of one that is filtered out; and its place, null for such a one."""

        def answer() -> Response:
            query = parsed(asked)
            previous, following = catalogue.neighbours(query, clip)
            return as_json({"position": catalogue.position(query, clip), "previous": previous, "next": following})

        return guarded(answer)

    @router.api_route("/data", methods=_METHODS)
    def data() -> Response:
        """The data set as a whole."""
        return guarded(lambda: as_json(facts.numbers()))

    @router.post("/refresh")
    def refresh() -> Response:
        """Look at the data set's files again; the catalogue follows in the background."""

        def answer() -> Response:
            library.refresh()
            return as_json({})

        return guarded(answer)

    return router


def _with(counts: dict[str, int], chosen: Sequence[str]) -> dict[str, int]:
    """Counts of all values, those that are chosen and that no clip has any more among them."""
    return counts | {value: 0 for value in chosen if value not in counts}
