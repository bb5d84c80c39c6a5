"""Films of many clips where what draws them dies, or cannot begin."""

from __future__ import annotations

import os
import platform
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.dataset.factories import make_dataset
from tests.video.test_batch import export, films_in, manifest
from viewer.errors import JobError
from viewer.render import Renderer

pytestmark = pytest.mark.usefixtures("films_here")


@pytest.fixture(scope="module")
def lonely() -> Iterator[Renderer]:
    """As films of many are drawn: without a second process, which would answer when the first one is dead."""
    with Renderer(gl="software", one_core=True) as renderer:
        yield renderer


class Mortal:
    """The renderer of the tests, whose process is killed before it draws so many times."""

    def __init__(self, renderer: Renderer, deaths: int) -> None:
        self._renderer = renderer
        self._deaths = deaths

    def __getattr__(self, name: str) -> Any:
        return getattr(self._renderer, name)

    def frames(self, *blocks: Any, **options: Any) -> Iterator[Any]:
        self._deaths -= 1
        if self._deaths >= 0:
            assert self._renderer.info
            pid = self._renderer.pid
            assert pid is not None
            os.kill(pid, signal.SIGKILL)
        yield from self._renderer.frames(*blocks, **options)


def test_a_render_process_that_is_killed_costs_no_film(tmp_path: Path, lonely: Renderer, monkeypatch: Any) -> None:
    mortal = Mortal(lonely, deaths=1)
    monkeypatch.setattr("viewer.video.batch.Renderer", lambda **_: mortal)
    data, out = make_dataset(tmp_path / "data", stems=["a_0", "b_0"], frames=3), tmp_path / "films"
    out.mkdir()
    assert export(data, out, processes=1, thumbs=True).results.failures() == {}
    assert len(films_in(out)) == 2


def test_a_clip_that_always_ends_the_render_process_is_named_and_stops_nobody(
    tmp_path: Path, lonely: Renderer, monkeypatch: Any
) -> None:
    mortal = Mortal(lonely, deaths=2)
    monkeypatch.setattr("viewer.video.batch.Renderer", lambda **_: mortal)
    data, out = make_dataset(tmp_path / "data", stems=["a_0", "b_0"], frames=3), tmp_path / "films"
    out.mkdir()
    (failed,) = export(data, out, processes=1).results.failures().items()
    assert failed[0] == "a_0"
    assert "The render process ended while it was drawing" in failed[1]
    assert [(row["stem"], row["status"]) for row in manifest(out)] == [("a_0", "failed"), ("b_0", "done")]


def test_where_nothing_can_be_drawn_no_clip_is_blamed(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr("viewer.video.batch.Renderer", lambda **_: Renderer(gl=7000))
    data, out = make_dataset(tmp_path / "data", stems=["a_0", "b_0"], frames=3), tmp_path / "films"
    out.mkdir()
    with pytest.raises(JobError, match=f"nothing can be drawn on {platform.node()}: There is no EGL device 7000"):
        export(data, out, processes=1)
    assert manifest(out) == []
