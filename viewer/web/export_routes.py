"""Exporting the clips of the list, under /viewer/export: what it would take, start, progress, the films as one zip."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Annotated
from urllib.parse import quote

import fastapi
from fastapi import APIRouter, Request
from fastapi.responses import Response, StreamingResponse
from pydantic import BaseModel, Field
from starlette.types import Receive, Scope, Send

from viewer.dataset.catalogue import Query
from viewer.dataset.catalogue.columns import VERDICT
from viewer.errors import VideoError
from viewer.video import ExportSettings
from viewer.web.answers import as_json, asked_range, guarded, no_such_range, quoted, refusal
from viewer.web.export_archive import Archive
from viewer.web.exports import Exports
from viewer.web.list_routes import Asked, AskedQuery

PREFIX = "/viewer"
_log = logging.getLogger(__name__)
_METHODS = ["GET", "HEAD"]
_Name = Annotated[str, fastapi.Query(max_length=64)]


class ExportWish(BaseModel):
    """How films are to look; which clips stands in the URL, as for the list."""

    look: str = Field(max_length=64)
    camera: str = Field(max_length=64)
    size: int
    fast: bool = False
    captions: bool = False
    gallery: bool = False

    @property
    def settings(self) -> ExportSettings:
        """Raises UsageError for what does not exist."""
        size = (self.size, self.size)
        return ExportSettings(look=self.look, camera=self.camera, size=size, fast=self.fast, captions=self.captions)


class Download(StreamingResponse):
    """An archive, or a part of it, which is closed when it was sent, and when nobody wants the rest."""

    def __init__(self, archive: Archive, part: tuple[int, int] | None = None) -> None:
        """part: first and last byte."""
        headers = _headers(archive)
        if part is not None:
            first, last = part
            headers |= {
                "Content-Length": str(last + 1 - first),
                "Content-Range": f"bytes {first}-{last}/{archive.size}",
            }
        chunks = archive.chunks() if part is None else archive.chunks(*part)
        super().__init__(chunks, 200 if part is None else 206, headers, "application/zip")
        self._archive = archive

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        except VideoError as error:  # the browser sees that bytes are missing
            _log.warning("a download was broken off: %s", error)
        finally:
            self._archive.close()


def export_router(exports: Exports, *, judged: Callable[[], None] = lambda: None, prefix: str = PREFIX) -> APIRouter:
    """The routes; include them before a catch-all mount.

    judged: brings the column of verdicts up to date; called before somebody asks for it. Raises ReviewError.
    """
    router = APIRouter(prefix=f"{prefix}/export")

    def parsed(asked: AskedQuery) -> Query:
        query = asked.parsed()
        if query.verdicts or query.sort == VERDICT:
            judged()
        return query

    def told(act: Callable[[], None] = lambda: None) -> Response:
        def answer() -> Response:
            act()
            return as_json(exports.state())

        return guarded(answer)

    @router.api_route("/estimate", methods=_METHODS)
    def estimate(asked: Asked, look: _Name, camera: _Name, size: int, fast: bool = False) -> Response:
        """What films of the clips of the list would take."""

        def answer() -> Response:
            wish = ExportWish(look=look, camera=camera, size=size, fast=fast)
            return as_json(exports.estimate(parsed(asked), wish.settings))

        return guarded(answer)

    @router.api_route("/run", methods=_METHODS)
    def run() -> Response:
        """How far the export is, and what is there."""
        return told()

    @router.post("/start")
    def start(asked: Asked, wish: ExportWish) -> Response:
        """Make films of the clips of the list."""
        return told(lambda: exports.start(parsed(asked), wish.settings, gallery=wish.gallery))

    @router.post("/resume")
    def resume() -> Response:
        """Go on with the last export."""
        return told(exports.resume)

    @router.post("/stop")
    def stop() -> Response:
        """Stop it; what is finished stays."""
        return told(exports.run.cancel)

    @router.post("/delete")
    def delete() -> Response:
        """Delete all films."""
        return told(exports.delete)

    @router.api_route("/films.zip", methods=_METHODS)
    def films(request: Request) -> Response:
        """The films of the last export that are there, with their manifest, and the gallery where it was asked for.

        A download that was broken off is gone on with by asking for the range that is missing.
        """

        def answer() -> Response:
            archive = exports.archive()
            if archive is None:
                return refusal("There are no films to download; export some first.", 404)
            if request.method == "HEAD":
                archive.close()
                return Response(media_type="application/zip", headers=_headers(archive))
            part = asked_range(request, archive.size, tag=archive.tag)
            if part is not None and part[0] > part[1]:
                archive.close()
                return no_such_range(archive.size)
            return Download(archive, part)

        return guarded(answer)

    return router


def _headers(archive: Archive) -> dict[str, str]:
    return {
        "Content-Length": str(archive.size),
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(archive.name, safe='')}",
        "Cache-Control": "no-store",
        "Accept-Ranges": "bytes",
        "ETag": quoted(archive.tag),
    }
