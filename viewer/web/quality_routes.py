"""What checks of quality say, under /viewer: of a clip, clips like it, and the check of all clips in the background."""

from __future__ import annotations

from typing import Annotated

import fastapi
from fastapi import APIRouter
from fastapi.responses import Response

from viewer.web.answers import as_json, guarded
from viewer.web.quality import QualitySource

PREFIX = "/viewer"
MOST_NEAREST = 100
_METHODS = ["GET", "HEAD"]


def quality_router(source: QualitySource, *, prefix: str = PREFIX) -> APIRouter:
    """The routes; include them before a catch-all mount."""
    router = APIRouter(prefix=prefix)

    @router.api_route("/quality", methods=_METHODS)
    def quality(clip: str) -> Response:
        """Findings of a clip, curves of checks, and where the data set's curves lie."""
        return guarded(lambda: as_json(source.of_clip(clip)))

    @router.api_route("/quality/nearest", methods=_METHODS)
    def nearest(clip: str, count: Annotated[int, fastapi.Query(ge=1, le=MOST_NEAREST)] = 12) -> Response:
        """Clips whose motion is most like that of a clip."""
        return guarded(lambda: as_json({"nearest": source.nearest(clip, count)}))

    @router.api_route("/quality/run", methods=_METHODS)
    def run() -> Response:
        """How far the check of all clips is."""
        return guarded(lambda: as_json(source.run_state()))

    @router.post("/quality/start")
    def start() -> Response:
        """Check all clips, or go on with it; while it runs, nothing more happens."""

        def answer() -> Response:
            source.run.start()
            return as_json(source.run_state())

        return guarded(answer)

    @router.post("/quality/stop")
    def stop() -> Response:
        """Stop that; what was checked is kept."""

        def answer() -> Response:
            source.run.cancel()
            return as_json(source.run_state())

        return guarded(answer)

    return router
