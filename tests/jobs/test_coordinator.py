"""Handing out keys to an engine whose machines do what no test can make real ones do."""

import pytest

from tests.jobs.jobs_to_do import do
from viewer.errors import JobError
from viewer.jobs import coordinator, run
from viewer.jobs.engine import Ending
from viewer.jobs.worker import BEGUN, Task
from viewer.jobs.worker import do as do_task


class Engine:
    """Does each task at once, or what `instead` says for it: a list of endings, None for a task that never begins."""

    size = 2

    def __init__(self, instead=lambda _task: False):
        self.instead = instead
        self.tasks, self.endings, self.killed = [], [], []

    def team(self, job, *, processes):
        return self

    @property
    def room(self):
        return self.size - len(self.tasks)

    def begin(self, task):
        self.tasks.append(task)
        found = self.instead(task)
        if found is False:
            do_task(do, task)
            found = [Ending(task)]
        self.endings += found

    def ended(self, seconds):
        endings, self.endings = self.endings, []
        self.tasks = [task for task in self.tasks if task not in [ending.task for ending in endings]]
        return endings

    def kill(self, task):
        self.killed.append(task)
        self.tasks.remove(task)

    def close(self):
        self.tasks = []


def squares(count):
    return [f"square {n}" for n in range(count)]


def first_keys(task, count):
    """Do the first keys of a task, as a process does that is lost then."""
    do_task(do, Task(task.keys[:count], task.part))


def test_an_engine_of_ones_own_and_tasks_that_become_smaller(tmp_path):
    sizes = []
    engine = Engine(lambda task: sizes.append(len(task.keys)) or False)
    results = run(do, squares(1000), out=tmp_path, engine=engine)
    assert len(results) == 1000
    assert max(sizes) == coordinator.MOST_KEYS and sizes[-1] == 1
    assert sizes == sorted(sizes, reverse=True)


def test_a_machine_that_goes_down_is_no_fault_of_the_keys_it_was_at(tmp_path):
    lost = []

    def lose(task):
        if len(lost) == 6:
            return False
        lost.append(task)
        first_keys(task, 3)
        return [Ending(task, died="was lost", blameless=True)]

    results = run(do, squares(200), out=tmp_path, engine=Engine(lose))
    assert len(lost) == 6 and results.failures() == {}


def test_a_key_that_was_not_begun_is_not_what_its_process_died_of(tmp_path):
    """Neither when it is handed out with others, nor when it is tried once more alone."""
    deaths = []

    def die(task):
        if task.keys[0][0] != "square 1" or len(deaths) == 4:
            return False
        deaths.append(task)
        if len(deaths) == 2:
            task.part.write_bytes(BEGUN)
        return [Ending(task, died="was ended by SIGKILL")]

    results = run(do, ["square 1", "square 2"], out=tmp_path, engine=Engine(die))
    assert len(deaths) == 4 and results.failures() == {}


def test_a_key_that_takes_one_machine_down_after_the_other_is_suspected_at_last(tmp_path):
    tries = []

    def lose(task):
        keys = [key for key, _ in task.keys]
        if "square 50" not in keys:
            return False
        tries.append(len(keys))
        first_keys(task, keys.index("square 50"))
        return [Ending(task, died="was lost", blameless=True)]

    results = run(do, squares(200), out=tmp_path, engine=Engine(lose))
    assert results.failures() == {"square 50": "its process was lost, twice"}
    assert tries[-1] == 1 and len(tries) <= 8


def test_lines_that_are_missing_at_the_end_are_done_again(tmp_path):
    """A server lost them, or shows them late."""
    short = []

    def forget(task):
        if short:
            return False
        short.append(task)
        first_keys(task, 2)
        return [Ending(task)]

    results = run(do, squares(100), out=tmp_path, engine=Engine(forget))
    assert len(results) == 100 and results.failures() == {}


def test_a_task_whose_end_nobody_tells_of_is_given_up(tmp_path, monkeypatch):
    monkeypatch.setattr(coordinator, "_FAREWELL_SECONDS", 0.0)
    monkeypatch.setattr(coordinator, "_TICK_SECONDS", 0.01)
    silent = Engine(lambda task: first_keys(task, len(task.keys)) or [])
    assert len(run(do, squares(50), out=tmp_path, engine=silent)) == 50
    assert silent.killed and not silent.tasks


def test_an_engine_without_free_processes_is_told_of(tmp_path, monkeypatch):
    monkeypatch.setattr(coordinator, "_IDLE_SECONDS", 0.05)
    with pytest.raises(JobError, match="no process was free for 0 minutes"):
        run(do, squares(50), out=tmp_path, engine=Engine(lambda _task: []))


def test_time_counts_from_when_a_task_begins(tmp_path):
    """And not while it waits in a queue."""
    waiting = []

    def wait(task):
        if len(waiting) < 2:
            waiting.append(task)
            return []
        return False

    engine = Engine(wait)

    def progress(done, _failed, _total):
        for task in waiting:  # when all others are through
            if done >= 1 and task in engine.tasks and not task.part.read_bytes():
                task.part.write_bytes(BEGUN)

    engine.size = 3
    results = run(do, squares(60), out=tmp_path, engine=engine, timeout=0.3, progress=progress)
    assert set(results.failures().values()) == {"no result within 0.3 s"}
    assert len(results) == 60 and len(engine.killed) == len(results.failures())
