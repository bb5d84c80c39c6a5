"""A renderer without OpenGL, and the page's services on a small data set."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np

from viewer.dataset import Dataset
from viewer.errors import RenderError
from viewer.flame import choose_head
from viewer.render import GlInfo
from viewer.web.cache import VideoCache
from viewer.web.graphics import Graphics
from viewer.web.library import Library
from viewer.web.renders import RenderJobs
from viewer.web.services import Services
from viewer.web.view import View

SIZE = 64


class FakeRenderer:
    """Draws one grey a frame. Counts its films; `hold()` stops it before a frame until `release()`."""

    gl = "software"
    pid = 1

    def __init__(self) -> None:
        self.films = 0
        self.broken = False
        self.closed = False
        self._held = 0
        self._going = threading.Event()
        self._going.set()

    @property
    def info(self) -> GlInfo:
        return GlInfo("fake", "", "", software=True, device="none", why="for a test")

    def hold(self, frame: int = 0) -> None:
        self._held = frame
        self._going.clear()

    def release(self) -> None:
        self._going.set()

    def frames(self, blocks, *, size, **_):
        self.films += 1
        width, height = (size, size) if isinstance(size, int) else size
        for block in blocks:
            for index in range(len(block)):
                assert index < self._held or self._going.wait(120)
                if self.broken:
                    raise RenderError("the render process ended: out of memory")
                yield np.full((height, width, 3), index % 250, np.uint8)

    def close(self) -> None:
        self.closed = True


def make_services(data: Path, cache: Path, renderer: FakeRenderer) -> Services:
    dataset = Dataset.open(data)
    head = choose_head("auto", expression_space=dataset.expression_space)
    films = VideoCache(cache)
    graphics = Graphics(renderer)
    graphics.start()
    return Services(
        library=Library(dataset, cache=cache),
        head=head,
        view=View("artalk", "front", SIZE),
        graphics=graphics,
        cache=films,
        jobs=RenderJobs(films, now=lambda: 0.0),  # nobody loses interest because the machine is slow
    )
