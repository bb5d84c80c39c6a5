"""The page's own routes, all under /viewer. Clips are named by stems looked up in the data set, never by paths."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from fastapi import APIRouter, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import FileResponse, Response
from fastapi.staticfiles import StaticFiles
from pydantic import BaseModel, Field

from viewer.clip import Clip
from viewer.errors import ViewerError
from viewer.filenames import file_name
from viewer.flame import HeadChoice
from viewer.render import Renderer
from viewer.video import ExportSettings, export_clip, render_key
from viewer.web.answers import as_json, guarded, refusal
from viewer.web.export_routes import export_router
from viewer.web.facts import clip_facts, viewer_facts
from viewer.web.list_routes import list_router
from viewer.web.player_routes import player_router
from viewer.web.quality_routes import quality_router
from viewer.web.renders import Work
from viewer.web.review_routes import review_router
from viewer.web.services import Services
from viewer.web.sheet_routes import sheet_router
from viewer.web.timeline_routes import timeline_router
from viewer.web.words_routes import words_router

PREFIX = "/viewer"
STATIC_FOLDER = Path(__file__).parent / "static"


class FilmWish(BaseModel):
    """A tab's wish to see a clip."""

    clip: str = Field(max_length=4096)
    look: str = Field(max_length=64)
    camera: str = Field(max_length=64)
    size: int
    tab: str = Field(max_length=64)
    prefetch: bool = False
    retry: bool = False


class TabGone(BaseModel):
    """A tab that waits for nothing any more."""

    tab: str = Field(max_length=64)


def make_router(services: Services, *, prefix: str = PREFIX) -> APIRouter:
    """About a data set and its clips, and their films."""
    router = APIRouter(prefix=prefix)

    @router.api_route("/about", methods=["GET", "HEAD"])
    def about() -> Response:
        gl, error = services.graphics.outcome()
        facts = viewer_facts(services.library.dataset, services.head, gl, error)
        return as_json(facts | {"defaults": asdict(services.view), "data": services.key})

    @router.api_route("/clip", methods=["GET", "HEAD"])
    def clip(stem: str) -> Response:
        def answer() -> Response:
            facts = clip_facts(services.library.clip(stem), services.head)
            return as_json(facts | {"row": services.library.row(stem)})

        return guarded(answer)

    @router.post("/film")
    def film(wish: FilmWish) -> Response:
        return guarded(lambda: as_json(_film(services, wish)))

    @router.post("/leave")
    def leave(gone: TabGone) -> Response:
        services.jobs.leave(gone.tab)
        return as_json({})

    @router.api_route("/films/{key}.mp4", methods=["GET", "HEAD"])
    def film_file(key: str, download: bool = False) -> Response:
        path = services.cache.find(key)
        if path is None:
            return refusal("This film is no longer in the cache; open the clip again.", 404)
        headers = {"Cache-Control": "private, max-age=31536000, immutable"}  # a key names one film for ever
        if not download:
            return FileResponse(path, media_type="video/mp4", headers=headers)
        return FileResponse(
            path, media_type="video/mp4", headers=headers, filename=_film_name(services.cache.receipt(key))
        )

    return router


class Static(StaticFiles):
    """The page's own scripts and styles; asked for anew on each visit, so that an update is never half loaded."""

    def __init__(self) -> None:
        super().__init__(directory=STATIC_FOLDER)

    def file_response(self, *args: Any, **kwargs: Any) -> Response:
        response = super().file_response(*args, **kwargs)
        response.headers["Cache-Control"] = "no-cache"
        return response


def _film(services: Services, wish: FilmWish) -> dict[str, Any]:
    settings = ExportSettings(look=wish.look, camera=wish.camera, size=(wish.size, wish.size))
    try:
        clip = services.library.clip(wish.clip)
    except ViewerError:
        services.jobs.leave(wish.tab)
        raise
    key = render_key(clip, services.head, settings)
    state = services.jobs.ask(
        key,
        _work(clip, services.head, services.graphics.renderer, settings),
        tab=wish.tab,
        prefetch=wish.prefetch,
        retry=wish.retry,
    )
    answer: dict[str, Any] = {"state": state.state}
    if state.state == "ready":
        answer["url"] = f"films/{key}.mp4"
        receipt = services.cache.receipt(key)
        answer["receipt"] = None if receipt is None else json.loads(receipt)
    elif state.state == "queued":
        answer["ahead"] = state.ahead
    elif state.state == "rendering":
        answer |= {"done": state.done, "total": state.total}
    else:
        answer["message"] = state.message
    return answer


def _work(clip: Clip, head: HeadChoice, renderer: Renderer, settings: ExportSettings) -> Work:
    def work(path: Path, *, progress: Callable[[int, int], None], cancelled: Callable[[], bool]) -> str:
        receipt = export_clip(
            clip, path, head=head, renderer=renderer, settings=settings, progress=progress, cancelled=cancelled
        )
        return receipt.to_json()

    return work


def _film_name(receipt: str | None) -> str:
    """File name for a download, such as `session_03.artalk.front.512.mp4`."""
    if receipt is None:
        return "clip.mp4"
    facts = json.loads(receipt)
    return f"{file_name(facts['stem'])}.{facts['look']}.{facts['camera']}.{facts['size'][0]}.mp4"


def install(app: Any, services: Services) -> None:
    """Add the routes and static files to a FastAPI application; before Gradio, whose mount takes all other paths."""
    app.mount(f"{PREFIX}/static", Static(), name="viewer-static")
    add_routes(app, services)
    app.add_exception_handler(RequestValidationError, _bad_request)


def add_routes(app: Any, services: Services, *, prefix: str = PREFIX) -> None:
    """Add all routes of one data set on its head."""
    app.include_router(make_router(services, prefix=prefix))
    app.include_router(
        list_router(
            services.library,
            services.data_facts,
            judged=services.verdicts.refresh,
            newly_judged=services.verdicts.keep_up,
            prefix=prefix,
        )
    )
    app.include_router(sheet_router(services.sheet, prefix=prefix))
    app.include_router(quality_router(services.quality, prefix=prefix))
    app.include_router(export_router(services.exports, judged=services.verdicts.refresh, prefix=prefix))
    app.include_router(review_router(services.desk, prefix=prefix))
    app.include_router(words_router(services.library.clip, services.speech, prefix=prefix))
    app.include_router(player_router(services.player, prefix=f"{prefix}/player"))
    app.include_router(timeline_router(services.timeline, prefix=f"{prefix}/timeline"))


def _bad_request(_: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    wrong = "; ".join(f"{'.'.join(map(str, part['loc']))}: {part['msg']}" for part in error.errors())
    return refusal(f"the request cannot be read: {wrong}", 422)
