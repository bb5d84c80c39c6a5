"""Which clips stay in memory."""

import itertools

import numpy as np
import pytest

from tests.dataset.factories import make_dataset
from tests.waiting import until
from viewer.clip import Clip
from viewer.dataset import Dataset
from viewer.web import library as module
from viewer.web.library import Library

STEMS = [f"a_{i}" for i in range(8)]


@pytest.fixture
def library(tmp_path):
    data = make_dataset(tmp_path / "data", stems=STEMS, frames=5, description={"expression_space": "arkit52"})
    library = Library(Dataset.open(data), cache=tmp_path / "cache")
    yield library
    library.close()


def kept(library, clips):
    """Stems of those clips that are not read again, the last first; looking at one that is makes room for it."""
    return list(itertools.takewhile(lambda stem: library.clip(stem) is clips[stem], reversed(clips)))


def test_the_last_few_clips_are_kept(library):
    clips = {stem: library.clip(stem) for stem in STEMS}
    assert kept(library, clips) == STEMS[:1:-1]


@pytest.mark.parametrize(("room", "count"), [(0, 1), (1.5, 1), (2.5, 2), (3, 3)])
def test_fewer_where_they_are_large_but_always_the_last_one(library, monkeypatch, room, count):
    monkeypatch.setattr(module, "_BYTES_KEPT", room * library.clip(STEMS[0]).nbytes)
    clips = {stem: library.clip(stem) for stem in STEMS}
    assert kept(library, clips) == STEMS[::-1][:count]


def test_who_asks_after_a_refresh_is_not_told_that_all_is_known(library):
    """Else the page stops asking, and shows the old rows; the update itself may be long in coming."""
    library.start()
    until(lambda: library.complete)
    with library.catalogue._updating:
        library.refresh()
        assert not library.complete
    until(lambda: library.complete)


def test_bytes_of_a_clip():
    rows, sound = 30, np.zeros(16_000, np.float32)
    steady = Clip.from_arrays(exp=np.zeros((rows, 52)), pose=np.zeros((rows, 6)), shape=np.zeros(10), audio=sound)
    assert steady.nbytes == rows * (52 + 6) * 4 + 10 * 8 + 16_000 * 4 + rows
    track = Clip.from_arrays(vertices=np.ones((rows, 100, 3)))
    assert rows * 100 * 3 * 4 <= track.nbytes < rows * 100 * 3 * 4 + 2000
