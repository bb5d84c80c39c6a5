"""How long an export takes: by its own rate, which the next estimate learns from."""

import pytest

from viewer.video import ExportSettings
from viewer.web.export_pace import Pace, expected_bytes, expected_seconds


@pytest.fixture
def clock():
    return [0.0]


@pytest.fixture
def pace(clock):
    return Pace(now=lambda: clock[0])


def test_what_was_there_before_does_not_count_for_the_rate(pace, clock):
    pace.note(100, 200)
    assert (pace.per_minute, pace.left_seconds) == (None, None)
    for done in range(101, 111):
        clock[0] += 2.0
        pace.note(done, 200)
    assert pace.per_minute == pytest.approx(30)
    assert pace.left_seconds == pytest.approx(180)


def test_a_stall_is_no_progress(pace, clock):
    pace.note(0, 10)
    for done in range(1, 5):
        clock[0] += 1.0
        pace.note(done, 10)
    clock[0] += 3600
    pace.note(4, 10)
    assert pace.per_minute == pytest.approx(60)


def test_another_run_begins_anew_and_keeps_what_was_learnt(pace, clock):
    pace.note(0, 4)
    clock[0] = 40.0
    pace.note(4, 4)
    pace.learn(seconds_per_film=5.0, bytes=3000, expected=1000)
    assert (pace.slowness, pace.weight) == (2.0, 3.0)
    pace.begin()
    assert pace.left_seconds is None
    pace.learn(seconds_per_film=5.0, bytes=0, expected=0)
    assert (pace.slowness, pace.weight) == (2.0, 3.0)


def test_a_run_that_begins_while_the_rate_is_asked_for(clock):
    class LookedAt(Pace):
        """Another run begins as soon as somebody has looked at the first note of this one."""

        @property
        def _first(self):
            first, self.noted = self.noted, None
            return first

        @_first.setter
        def _first(self, first):
            self.noted = first

    pace = LookedAt(now=lambda: clock[0])
    pace.noted = 0.0, 0
    pace._last = 40.0, 4, 4
    assert pace.per_minute == pytest.approx(6)
    assert pace.per_minute is None


def test_clips_of_which_nothing_is_known_teach_nothing(pace, clock):
    pace.note(0, 4)
    clock[0] = 1.0
    pace.note(4, 4)
    pace.learn(seconds_per_film=0.0, bytes=0, expected=0)
    assert (pace.slowness, pace.weight) == (1.0, 1.0)


def test_more_pixels_and_care_cost_more():
    def cost(size, **settings):
        return expected_seconds(100, ExportSettings(size=(size, size), **settings), processes=1)

    assert cost(256) < cost(512) < cost(1024)
    assert cost(512, fast=True) < cost(512)
    assert expected_seconds(100, ExportSettings(), processes=4) == pytest.approx(cost(ExportSettings().size[0]) / 4)
    assert expected_bytes(100, ExportSettings()) > expected_bytes(50, ExportSettings())
