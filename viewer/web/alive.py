"""The route by which an open page notices that the viewer was stopped, and started again."""

from __future__ import annotations

import secrets

from fastapi import APIRouter
from fastapi.responses import Response

from viewer.web.answers import as_json, refusal


def alive_router(prefix: str) -> APIRouter:
    """The route `alive`, which names the run of the program, and 404 in words for all that no other route answers.

    Include it after all other routes under `prefix`.
    """
    router = APIRouter(prefix=prefix)
    run = secrets.token_hex(8)

    @router.api_route("/alive", methods=["GET", "HEAD"])
    async def alive() -> Response:
        return as_json({"run": run})

    @router.api_route("/{rest:path}", methods=["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
    async def unknown(rest: str) -> Response:
        return refusal("The viewer has no such route, or not for this method; docs/page.md lists them.", 404)

    return router
