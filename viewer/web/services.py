"""What the routes of one data set need, made when it is first asked for."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path

from viewer.dataset import Dataset
from viewer.flame import HeadChoice
from viewer.review import ReviewDesk, Reviews, default_file
from viewer.review.columns import VerdictColumn
from viewer.speech import Listener, SpeechCache
from viewer.web.cache import VideoCache
from viewer.web.data_facts import DataFacts
from viewer.web.exports import Exports
from viewer.web.graphics import Graphics
from viewer.web.library import Library
from viewer.web.picture_cache import PictureCache
from viewer.web.player_routes import PlayerSource
from viewer.web.quality import QualitySource
from viewer.web.renders import RenderJobs
from viewer.web.review_routes import READS
from viewer.web.sheet import ContactSheet
from viewer.web.timeline_routes import TimelineSource
from viewer.web.view import View


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
