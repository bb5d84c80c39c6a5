"""A run in the background: one at a time, stopped and gone on with, and never in the page's way."""

import threading

import pytest

from tests.waiting import until
from viewer.errors import Cancelled, JobError
from viewer.web.background import BackgroundRun


class Steps:
    """Work of three clips, of which each waits until a test lets it go on."""

    def __init__(self, error=None):
        self.error = error
        self.going = threading.Semaphore(0)
        self.runs = 0
        self.looks = 0

    def __call__(self, *, progress, cancelled):
        self.runs += 1
        for done in range(1, 4):
            while not self.going.acquire(timeout=0.01):
                if cancelled():
                    raise Cancelled("stopped")
            progress(done, 0, 3)
        if self.error:
            raise self.error

    def arrived(self):
        self.looks += 1


@pytest.fixture(autouse=True)
def only_one_look_at_the_end(monkeypatch):
    """However long a test takes."""
    monkeypatch.setattr("viewer.web.background.LEAST_PAUSE", 3600.0)


@pytest.fixture
def steps():
    return Steps()


@pytest.fixture
def run(steps):
    run = BackgroundRun(steps, name="test", arrived=steps.arrived)
    yield run
    run.close()


def test_a_run_tells_how_far_it_is_and_that_it_is_through(run, steps):
    assert run.state.state == "idle"
    run.start()
    assert run.state.state == "running"
    steps.going.release()
    until(lambda: run.state.done == 1)
    assert run.state.total == 3
    steps.going.release(2)
    until(lambda: run.state.state == "done")
    assert (run.state.done, steps.looks) == (3, 1)


def test_a_second_start_changes_nothing_while_one_is_at_work(run, steps):
    run.start()
    run.start()
    steps.going.release(3)
    until(lambda: run.state.state == "done")
    assert steps.runs == 1
    run.start()
    steps.going.release(3)
    until(lambda: steps.runs == 2 and run.state.state == "done")


def test_what_came_before_it_was_stopped_is_taken_in(run, steps):
    run.start()
    steps.going.release()
    until(lambda: run.state.done == 1)
    run.cancel()
    until(lambda: run.state.state == "cancelled")
    assert steps.looks == 1
    run.cancel()
    assert run.state.state == "cancelled"


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (JobError("another run is at work in /x"), "another run is at work in /x"),
        (MemoryError("none left"), "MemoryError: none left"),
    ],
)
def test_a_run_that_fails_says_why(error, message):
    steps = Steps(error)
    run = BackgroundRun(steps, name="test", arrived=steps.arrived)
    steps.going.release(3)
    run.start()
    until(lambda: run.state.state == "failed")
    assert run.state.message == message
    run.close()


def test_results_that_cannot_be_taken_in_do_not_end_the_run(steps):
    def broken():
        raise OSError("disk full")

    run = BackgroundRun(steps, name="test", arrived=broken)
    steps.going.release(3)
    run.start()
    until(lambda: run.state.state == "done")
    run.close()


def test_closing_stops_it(run, steps):
    run.start()
    run.close()
    assert run.state.state == "cancelled"


def test_nothing_begins_once_it_is_closed(run, steps):
    """A request may still be answered while the program ends, which would wait for the whole of that run."""
    run.close()
    run.start()
    assert (run.state.state, steps.runs) == ("idle", 0)


def test_closing_does_not_wait_for_results_to_be_taken_in(steps):
    release, taken = threading.Event(), []
    run = BackgroundRun(steps, name="test", arrived=lambda: taken.append(release.wait(60)))
    run.start()
    steps.going.release()
    until(lambda: run.state.done == 1)
    run.close()
    assert taken == []
    assert run.state.state == "cancelled"
