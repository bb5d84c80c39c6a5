"""What the contact sheet fetches: /viewer/sheet, the small picture of a clip."""

from __future__ import annotations

import asyncio
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from viewer import looks
from viewer.web.answers import ASK_AGAIN, guarded, whole
from viewer.web.sheet import ContactSheet

PREFIX = "/viewer"
_STILL_THERE_SECONDS = 0.2
_GONE = 499
"""What nobody reads any more: the browser has closed the connection."""


def sheet_router(sheet: ContactSheet, *, prefix: str = PREFIX) -> APIRouter:
    """The contact sheet's route; include it before a catch-all mount."""
    router = APIRouter(prefix=prefix)

    @router.api_route("/sheet", methods=["GET", "HEAD"])
    async def picture(
        request: Request, clip: Annotated[str, Query(max_length=4096)], look: str = looks.DEFAULT_LOOK
    ) -> Response:
        """A clip at the widest opening of its mouth; given up when the browser no longer waits for it."""
        waiting = asyncio.wrap_future(sheet.ask(clip, look))
        try:
            while not (await asyncio.wait([waiting], timeout=_STILL_THERE_SECONDS))[0]:
                if await request.is_disconnected():
                    return Response(status_code=_GONE)
        finally:  # also where the server ends, and with it this request
            waiting.cancel()  # and with it the picture, unless it is being made; without effect on one that is there

        def answer() -> Response:
            key, data = waiting.result()
            return whole(request, data, tag=key, cache=ASK_AGAIN, media_type="image/jpeg")

        return guarded(answer)

    return router
