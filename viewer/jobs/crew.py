"""The processes that do a job, and finding out what became of their keys.

Each worker has a pipe of its own on which only a few bytes travel; results go through files. So a worker that dies, at
whatever moment, takes nothing with it but the key it was at work on, and blocks nobody.
"""

from __future__ import annotations

import math
import multiprocessing
import os
import signal
import time
import uuid
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from pathlib import Path
from typing import BinaryIO

from viewer.errors import JobError
from viewer.jobs.results import Result, Status, read_lines
from viewer.jobs.worker import Task, Unable, work

MAX_CHUNK = 64
"""Keys that a worker gets at once."""
_TICK_SECONDS = 0.2
_START_SECONDS = 120.0
_START_ATTEMPTS = 3


@dataclass
class _Chunk:
    keys: tuple[tuple[str, str], ...]
    """Keys and their contents."""
    alone: bool = False
    """Whether it is a key that a worker died of before."""


@dataclass
class _Assignment:
    """A chunk that a worker is at."""

    chunk: _Chunk
    path: Path
    file: BinaryIO
    done: int = 0
    """Keys that have results."""

    def new_results(self) -> list[Result]:
        found = read_lines(self.file)
        self.done += len(found)
        return found


@dataclass
class _Worker:
    process: SpawnProcess
    pipe: Connection
    since: float
    """When it last began or finished something, on the monotonic clock."""
    ready: bool = False
    at: _Assignment | None = None


class Crew:
    """Workers, and what they have still to do."""

    def __init__(
        self, job: bytes, todo: Sequence[tuple[str, str]], *, count: int, parts: Path, timeout: float | None
    ) -> None:
        """job: pickled; todo: keys and contents; count: of processes; timeout: seconds for one key."""
        size = min(MAX_CHUNK, math.ceil(len(todo) / (4 * count)) or 1)
        self._waiting = deque(_Chunk(tuple(todo[i : i + size])) for i in range(0, len(todo), size))
        self._job = job
        self._count = count
        self._parts = parts
        self._timeout = timeout
        self._workers: list[_Worker] = []
        self._failed_starts = 0

    def results(self) -> Iterator[Result | None]:
        """Results as they come; None some times a second, so that the caller may think of something else.

        Raises JobError where no worker can start or go on, OSError where results cannot be written.
        """
        while self._waiting or any(worker.at for worker in self._workers):
            self._hand_out()
            wait([handle for w in self._workers for handle in (w.pipe, w.process.sentinel)], timeout=_TICK_SECONDS)
            for worker in list(self._workers):
                yield from self._look_after(worker)
            yield None

    def end(self) -> None:
        """Kill the workers and wait for their end."""
        for worker in self._workers:
            worker.process.kill()
        for worker in list(self._workers):
            self._dismiss(worker)

    def _hand_out(self) -> None:
        for worker in self._workers:
            if worker.ready and worker.at is None and self._waiting:
                self._assign(worker, self._waiting.popleft())
        coming = sum(worker.at is None for worker in self._workers)
        for _ in range(min(self._count - len(self._workers), len(self._waiting) - coming)):
            self._start()

    def _start(self) -> None:
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        process = context.Process(target=work, args=(theirs, self._job, os.getpid()), daemon=True)
        process.start()
        theirs.close()
        self._workers.append(_Worker(process, ours, time.monotonic()))

    def _assign(self, worker: _Worker, chunk: _Chunk) -> None:
        path = self._parts / f"{time.time_ns():020d}-{uuid.uuid4().hex[:8]}.part"
        path.touch()
        worker.at = _Assignment(chunk, path, path.open("rb"))
        worker.since = time.monotonic()
        try:
            worker.pipe.send(Task(chunk.keys, path))
        except OSError:
            return  # it died while it had nothing to do, which `_look_after` will see

    def _look_after(self, worker: _Worker) -> Iterator[Result]:
        """What is new from a worker; deals with its end."""
        alive = worker.process.is_alive()  # before its pipe and its file are read, so that nothing can follow on them
        said = _said(worker.pipe)
        late = time.monotonic() - worker.since
        if worker.at is not None and (found := worker.at.new_results()):
            worker.since, late = time.monotonic(), 0
            yield from found
        if isinstance(said, Unable):
            raise JobError(f"the job cannot go on: {said.why}")
        if said is not None:
            if worker.at is not None:
                self._file_away(worker.at)
            worker.ready, worker.at, worker.since = True, None, time.monotonic()
            self._failed_starts = 0
        elif not alive:
            yield from self._after_death(worker)
        elif worker.at is not None and self._timeout is not None and late > self._timeout:
            yield from self._after_timeout(worker)
        elif not worker.ready and late > _START_SECONDS:
            raise JobError(f"a worker did not start within {_START_SECONDS:.0f} s; free some memory and run again")

    def _after_death(self, worker: _Worker) -> Iterator[Result]:
        self._dismiss(worker)
        how, at = _how_it_ended(worker.process), worker.at
        if not worker.ready:
            self._failed_starts += 1
            if self._failed_starts == _START_ATTEMPTS:
                raise JobError(f"no worker can start: {self._failed_starts} of them {how} before their first key")
        if at is None or at.done == len(at.chunk.keys):
            return
        suspect = self._take_out(at)
        if at.chunk.alone:
            yield _without_value(suspect, "crashed", f"its process {how}, twice")
        else:
            # The key may be innocent: memory may have been short, or somebody ended the process.
            self._waiting.append(_Chunk((suspect,), alone=True))

    def _after_timeout(self, worker: _Worker) -> Iterator[Result]:
        at = worker.at
        assert at is not None
        worker.process.kill()
        worker.process.join()
        yield from at.new_results()  # it may have come to an end just now
        self._dismiss(worker)
        if at.done < len(at.chunk.keys):
            yield _without_value(self._take_out(at), "timeout", f"no result within {self._timeout:g} s")

    def _take_out(self, at: _Assignment) -> tuple[str, str]:
        """The key that a worker was at when it ended; those behind it have to wait again."""
        if behind := at.chunk.keys[at.done + 1 :]:
            self._waiting.appendleft(_Chunk(behind))
        return at.chunk.keys[at.done]

    def _dismiss(self, worker: _Worker) -> None:
        """Let go of a worker that ended or was killed."""
        worker.process.join()
        worker.pipe.close()
        if worker.at is not None:
            worker.at.file.close()
        self._workers.remove(worker)

    @staticmethod
    def _file_away(at: _Assignment) -> None:
        at.file.close()
        at.path.replace(at.path.with_suffix(".jsonl"))


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


def _without_value(key: tuple[str, str], status: Status, error: str) -> Result:
    return Result(key[0], key[1], status, error=error)
