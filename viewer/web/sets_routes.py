"""Which data sets the page shows: /viewer/sets, and the answer for those that it does not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import Response

from viewer.dataset import counterpart
from viewer.web.answers import as_json, refusal
from viewer.web.data_sets import Refused
from viewer.web.facts import short_path
from viewer.web.services import Services


def sets_router(shown: Mapping[str, Services], refused: Sequence[Refused], *, prefix: str) -> APIRouter:
    """The routes; include them after those of all data sets, and before those for whatever is left."""
    router = APIRouter(prefix=prefix)
    reasons = {one.key: one.reason for one in refused}

    @router.api_route("/sets", methods=["GET", "HEAD"])
    def sets(data: str | None = None, clip: Annotated[str | None, Query(max_length=4096)] = None) -> Response:
        """The data sets, those that are refused last. `clip` of the set `data` is looked for in each."""
        here = shown.get(data or next(iter(shown)))
        found: list[dict[str, Any]] = []
        for key, services in shown.items():
            dataset = services.library.dataset
            same = None if clip is None or here is None else counterpart(clip, here.library.dataset, dataset)
            facts = {"name": dataset.name, "path": short_path(dataset.path), "clips": len(dataset), "refused": None}
            found.append({"key": key, **facts, "clip": same})
        for one in refused:
            facts = {"name": one.path.name, "path": short_path(one.path), "clips": None, "refused": one.reason}
            found.append({"key": one.key, **facts, "clip": None})
        return as_json({"sets": found})

    @router.api_route("/@{key}/{rest:path}", methods=["GET", "HEAD", "POST"])
    def unknown(key: str, rest: str) -> Response:
        if key in shown:
            return refusal("The viewer has no such route, or not for this method; docs/page.md lists them.", 404)
        if key in reasons:
            return refusal(f"The data set {key!r} cannot be opened: {reasons[key]}", 404)
        return refusal(f"This viewer shows no data set {key[:200]!r}; it shows {', '.join(shown)}.", 404)

    return router
