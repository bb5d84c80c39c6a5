"""Clips beside those of other data sets, under /viewer/compare: their motion, and how far they are apart."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

import fastapi
from fastapi import APIRouter, Request
from fastapi.responses import Response

from viewer.compare import Pair
from viewer.web.answers import ASK_AGAIN, Turns, as_json, not_modified, unchanged, whole
from viewer.web.compare import CompareSource

PREFIX = "/viewer"
_METHODS = ["GET", "HEAD"]
_Stem = Annotated[str, fastapi.Query(max_length=4096)]
_Key = Annotated[str, fastapi.Query(alias="with", max_length=4096)]


def compare_router(source: CompareSource, *, prefix: str = PREFIX) -> APIRouter:
    """The routes; include them before a catch-all mount."""
    router = APIRouter(prefix=f"{prefix}/compare")
    turns = Turns()

    @router.api_route("/tracks.json", methods=_METHODS)
    async def tracks(request: Request, clip: _Stem) -> Response:
        """What the other data sets have for a clip, and what cannot be compared, with the reason."""
        return await turns.guarded(request, lambda: as_json({"tracks": source.tracks(clip)}))

    @router.api_route("/clip.bin", methods=_METHODS)
    async def motion(request: Request, clip: _Stem, key: _Key) -> Response:
        """The motion of another data set's clip, for the player."""
        return await _packed(request, clip, key, source.pack_prediction)

    @router.api_route("/curves.bin", methods=_METHODS)
    async def curves(request: Request, clip: _Stem, key: _Key) -> Response:
        """How far it is from the clip: curves, metrics, the worst frame."""
        return await _packed(request, clip, key, source.pack_differences)

    async def _packed(request: Request, clip: str, key: str, pack: Callable[[Pair], bytes]) -> Response:
        def answer() -> Response:
            tag = source.tag(clip, key)
            if unchanged(request, tag):  # before the work
                return not_modified(tag, ASK_AGAIN)
            data = pack(source.pair(clip, key))
            return whole(request, data, tag=tag, cache=ASK_AGAIN, media_type="application/octet-stream")

        return await turns.guarded(request, answer)

    return router
