"""The page's own routes, all under /viewer. Clips are named by stems looked up in the data set, never by paths."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import Any

from fastapi import APIRouter, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import FileResponse, Response
from fastapi.staticfiles import StaticFiles
from pydantic import BaseModel, Field

from viewer.clip import Clip
from viewer.dataset import Dataset
from viewer.errors import ViewerError
from viewer.filenames import file_name
from viewer.flame import HeadChoice
from viewer.render import Renderer
from viewer.review import ReviewDesk, Reviews, default_file
from viewer.review.columns import VerdictColumn
from viewer.speech import Listener, SpeechCache
from viewer.video import ExportSettings, export_clip, render_key
from viewer.web.answers import as_json, guarded, refusal
from viewer.web.cache import VideoCache
from viewer.web.data_facts import DataFacts
from viewer.web.export_routes import export_router
from viewer.web.exports import Exports
from viewer.web.facts import clip_facts, viewer_facts
from viewer.web.graphics import Graphics
from viewer.web.library import Library
from viewer.web.list_routes import list_router
from viewer.web.picture_cache import PictureCache
from viewer.web.player_routes import PlayerSource, player_router
from viewer.web.quality import QualitySource
from viewer.web.quality_routes import quality_router
from viewer.web.renders import RenderJobs, Work
from viewer.web.review_routes import READS, review_router
from viewer.web.sheet import ContactSheet
from viewer.web.sheet_routes import sheet_router
from viewer.web.timeline_routes import TimelineSource, timeline_router
from viewer.web.view import View
from viewer.web.words_routes import words_router

PREFIX = "/viewer"
STATIC_FOLDER = Path(__file__).parent / "static"


@dataclass(frozen=True, kw_only=True)
class Services:
    """Everything the routes need."""

    library: Library
    head: HeadChoice
    view: View
    """What a URL without settings of its own shows."""
    graphics: Graphics
    cache: VideoCache
    jobs: RenderJobs
    key: str | None = None
    """The data set's name in URLs, where the page shows several."""
    reopen: Callable[[], Dataset] | None = None
    """Opens the data set in another process; None: by its path alone."""
    plugins: Sequence[str] = ()
    """Files or modules of own checks."""
    thresholds: Path | None = None
    """File of limits of the checks, in the place of the viewer's."""
    reviews: Reviews | None = None
    """Where verdicts are kept; None is the user's own file."""
    to_review: tuple[str, ...] = ()
    """Stems that the user named as a queue."""

    @cached_property
    def player(self) -> PlayerSource:
        """What <flame-player> shows."""
        return PlayerSource(self.library.clip, self.head)

    @cached_property
    def timeline(self) -> TimelineSource:
        """What <clip-timeline> shows."""
        return TimelineSource(self.library.clip, self.head)

    @cached_property
    def speech(self) -> SpeechCache:
        """Words in time."""
        return SpeechCache(self.cache.folder.parent, align=self.listener.align)

    @cached_property
    def listener(self) -> Listener:
        """Finds words in sound, in a process of its own."""
        return Listener()

    @cached_property
    def data_facts(self) -> DataFacts:
        """The data set as a whole."""
        return DataFacts(self.library)

    @cached_property
    def quality(self) -> QualitySource:
        """What checks say of the clips."""
        return QualitySource(
            self.library,
            self.head,
            cache=self.cache.folder.parent,
            reopen=self._reopen,
            thresholds=self.thresholds,
            plugins=self.plugins,
        )

    @cached_property
    def exports(self) -> Exports:
        """Films of many clips."""
        return Exports(
            self.library,
            self.head,
            cache=self.cache.folder.parent,
            reopen=self._reopen,
            gl=self.graphics.renderer.gl,
        )

    @cached_property
    def sheet(self) -> ContactSheet:
        """The pictures of the contact sheet."""
        pictures = PictureCache(self.cache.folder.parent)
        return ContactSheet(
            self.library.dataset, self.head, self.graphics.renderer, pictures, lambda: self.timeline.prepare()
        )

    @cached_property
    def desk(self) -> ReviewDesk:
        """Verdicts on the clips."""
        reviews = self.reviews or Reviews(default_file())
        return ReviewDesk(
            self.library.dataset,
            self.library.catalogue,
            reviews,
            results=lambda: self.quality.results,
            stems=self.to_review,
        )

    @cached_property
    def verdicts(self) -> VerdictColumn:
        """What was said of the clips, as a column of the list."""
        return VerdictColumn(self.desk, reads=READS)

    @property
    def _reopen(self) -> Callable[[], Dataset]:
        return self.reopen or partial(Dataset.open, self.library.dataset.path, cache=self.cache.folder.parent)

    def warm_up(self) -> None:
        """Make in the background what the first clip would wait for: the head first, since it is seen first."""

        def make() -> None:
            self.player.packed_head()
            self.timeline.prepare()

        threading.Thread(target=make, name="warm-up", daemon=True).start()


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
