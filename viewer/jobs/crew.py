"""The engine "local": processes of this machine, each with a pipe of its own on which only a few bytes travel.

So a worker that dies, at whatever moment, takes nothing with it but the key it was at work on, and blocks nobody.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from types import FrameType
from typing import Any

from viewer.errors import JobError
from viewer.jobs.engine import Ending
from viewer.jobs.worker import Task, Unable, work

_START_SECONDS = 120.0
_START_ATTEMPTS = 3
_STOPS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@dataclass(frozen=True)
class LocalEngine:
    """Spawned processes, by default one a core."""

    def team(self, job: bytes, *, processes: int | None) -> Crew:
        return Crew(job, processes or cores())


@dataclass
class _Worker:
    process: SpawnProcess
    pipe: Connection
    since: float
    """When it was started, on the monotonic clock."""
    ready: bool = False
    task: Task | None = None


class Crew:
    """A `Team` of this machine. Processes are started when there is something to do for them."""

    def __init__(self, job: bytes, size: int) -> None:
        self._job = job
        self._size = size
        self._waiting: deque[Task] = deque()
        self._workers: list[_Worker] = []
        self._failed_starts = 0

    @property
    def size(self) -> int:
        return self._size

    @property
    def room(self) -> int:
        return self._size - len(self._waiting) - sum(worker.task is not None for worker in self._workers)

    def begin(self, task: Task) -> None:
        self._waiting.append(task)
        self._hand_out()

    def ended(self, seconds: float) -> Sequence[Ending]:
        handles = [handle for worker in self._workers for handle in (worker.pipe, worker.process.sentinel)]
        wait(handles, timeout=seconds)
        endings = [ending for worker in list(self._workers) if (ending := self._look_after(worker)) is not None]
        self._hand_out()
        return endings

    def kill(self, task: Task) -> None:
        for worker in list(self._workers):
            if worker.task is task:
                self._dismiss(worker)

    def close(self) -> None:
        for worker in self._workers:
            _kill(worker.process)
        for worker in list(self._workers):
            self._dismiss(worker)

    def _hand_out(self) -> None:
        for worker in self._workers:
            if worker.ready and worker.task is None and self._waiting:
                self._assign(worker, self._waiting.popleft())
        starting = sum(worker.task is None for worker in self._workers)
        for _ in range(min(self._size - len(self._workers), len(self._waiting) - starting)):
            self._start()

    def _start(self) -> None:
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        process = context.Process(target=work, args=(theirs, self._job, os.getpid()), daemon=True)
        with undisturbed():
            process.start()
            self._workers.append(_Worker(process, ours, time.monotonic()))
        theirs.close()

    @staticmethod
    def _assign(worker: _Worker, task: Task) -> None:
        worker.task = task
        try:
            worker.pipe.send(task)
        except OSError:
            return  # it died while it had nothing to do, which `_look_after` will see

    def _look_after(self, worker: _Worker) -> Ending | None:
        alive = worker.process.is_alive()  # before its pipe is read, so that nothing can follow on it
        said = _said(worker.pipe)
        if isinstance(said, Unable):
            raise JobError(f"the job cannot go on: {said.why}")
        if said is not None:
            task, worker.task = worker.task, None
            worker.ready, self._failed_starts = True, 0
            return None if task is None else Ending(task)
        if not alive:
            return self._after_death(worker)
        if not worker.ready and time.monotonic() - worker.since > _START_SECONDS:
            raise JobError(f"a worker did not start within {_START_SECONDS:.0f} s; free some memory and run again")
        return None

    def _after_death(self, worker: _Worker) -> Ending | None:
        self._dismiss(worker)
        how = _how_it_ended(worker.process)
        if not worker.ready:
            self._failed_starts += 1
            if self._failed_starts == _START_ATTEMPTS:
                raise JobError(f"no worker can start: {self._failed_starts} of them {how} before their first key")
        return None if worker.task is None else Ending(worker.task, died=how)

    def _dismiss(self, worker: _Worker) -> None:
        """Let go of a worker, with all that its job has started."""
        _kill(worker.process)
        worker.process.join()
        worker.pipe.close()
        self._workers.remove(worker)


def cores() -> int:
    """Those that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@contextmanager
def undisturbed() -> Iterator[None]:
    """What would stop this process does so at the end of the block: a worker that is but half begun would complain.

    Ctrl-C stays blocked in processes that are started meanwhile, until they say that it is none of their business.
    """
    resource_tracker.ensure_running()  # the first start of a process would start it, and unblock
    came: list[int] = []
    handlers: dict[signal.Signals, Callable[[int, FrameType | None], Any]] = {}
    if threading.current_thread() is threading.main_thread():  # where Python handles signals
        handlers = {number: handler for number in _STOPS if callable(handler := signal.getsignal(number))}
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        for number in handlers:
            signal.signal(number, lambda number, _: came.append(number))
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        for number, handler in handlers.items():
            signal.signal(number, handler)
        for late in came:
            signal.raise_signal(late)


def _kill(process: SpawnProcess) -> None:
    """A worker and its group, which it has from its first moment on, and which outlives it."""
    assert process.pid is not None
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.kill()


def _said(pipe: Connection) -> object | None:
    """The next message of a worker, if there is one."""
    try:
        return pipe.recv() if pipe.poll() else None
    except (EOFError, OSError):
        return None


def _how_it_ended(process: SpawnProcess) -> str:
    code = process.exitcode or 0
    if code >= 0:
        return f"ended with exit code {code}"
    try:
        return f"was ended by {signal.Signals(-code).name}"
    except ValueError:
        return f"was ended by signal {-code}"
