"""Handing out keys to the processes of an engine, and finding out what became of them.

Results go through files, a line a key, in the order of the keys. So the line that is missing when a process dies names
the key it died of: that one is tried once more, alone, and those behind it are handed out again.
"""

from __future__ import annotations

import math
import time
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from viewer.errors import JobError
from viewer.jobs.engine import Ending, Team
from viewer.jobs.results import Result, Status, new_part, read_lines
from viewer.jobs.worker import Task, time_after

MOST_KEYS = 64
"""Keys of one task."""
_TICK_SECONDS = 0.2
_LOOKS_PER_SECOND = 100
"""At most so many files are looked into: they may lie on a server."""
_FAREWELL_SECONDS = 60.0
"""From the last result of a task to its end; what takes longer hangs."""
_MOST_LOSSES = 5
"""So often the machine may vanish under a key, or a process before it begins with it, until the key is suspected."""
_IDLE_SECONDS = 1800.0
"""So long an engine may have tasks and no process for any."""


@dataclass
class _Assignment:
    """A task that was handed out."""

    task: Task
    alone: bool
    """Whether it is a key that a process died of before."""
    since: float | None = None
    """When it began, or its last result came; None before it began."""
    done: int = 0
    """Keys that have results."""
    read: int = 0
    """Bytes of its file that are known."""

    @property
    def complete(self) -> bool:
        return self.done == len(self.task.keys)

    def news(self) -> list[Result]:
        """Results since the last call."""
        with self.task.part.open("rb") as file:  # anew: only then a network file system shows what others wrote
            file.seek(self.read)
            found = read_lines(file)
            if file.tell() > self.read:
                self.read, self.since = file.tell(), time.monotonic()
        self.done += len(found)
        return found


class Coordinator:
    """What is to be done, and who is at it."""

    def __init__(
        self,
        team: Team,
        todo: Sequence[tuple[str, str]],
        *,
        folder: Path,
        timeout: float | None,
        after: float = 0.0,
    ) -> None:
        """todo: keys and contents; folder: for results; timeout: seconds for one key; after: see `Task`."""
        self._team = team
        self._todo = deque(todo)
        self._suspects: deque[tuple[str, str]] = deque()
        self._at: dict[Task, _Assignment] = {}
        self._folder = folder
        self._timeout = timeout
        self._after_moment = after
        self._losses: Counter[tuple[str, str]] = Counter()
        self._next_look = 0.0
        self._last_at_work = time.monotonic()

    def results(self) -> Iterator[Result | None]:
        """Results as they come; None some times a second, so that the caller may think of something else.

        Raises JobError where no process can start or go on, OSError where results cannot be written.
        """
        while self._todo or self._suspects or self._at:
            self._hand_out()
            for ending in self._team.ended(_TICK_SECONDS):
                yield from self._after(ending)
            if (now := time.monotonic()) >= self._next_look:
                self._next_look = now + max(_TICK_SECONDS, len(self._at) / _LOOKS_PER_SECOND)
                for assignment in list(self._at.values()):
                    yield from self._look_at(assignment)
                self._check_idle()
            yield None

    def _hand_out(self) -> None:
        for _ in range(self._team.room):
            if self._todo:
                # The less is left the fewer at once, so that all processes come to their end together.
                size = min(MOST_KEYS, math.ceil(len(self._todo) / (4 * self._team.size)))
                self._begin(tuple(self._todo.popleft() for _ in range(size)), alone=False)
            elif self._suspects:
                self._begin((self._suspects.popleft(),), alone=True)

    def _begin(self, keys: tuple[tuple[str, str], ...], *, alone: bool) -> None:
        task = Task(keys, new_part(self._folder), self._after_moment)
        self._at[task] = _Assignment(task, alone)
        self._team.begin(task)

    def _after(self, ending: Ending) -> Iterator[Result]:
        at = self._at.pop(ending.task)
        yield from at.news()
        if at.complete:
            return
        key, behind = self._rest(at)
        self._todo.extendleft(reversed(behind))
        how = ending.died or "ended without its results"
        not_begun = at.since is None  # the process may have been dead when it got the task
        if (ending.blameless or not_begun) and self._losses[key] < _MOST_LOSSES:
            self._losses[key] += 1
            self._todo.appendleft(key)
        elif at.alone:
            yield self._without_value(key, "crashed", f"its process {how}, twice")
        else:
            # The key may be innocent: memory may have been short, or somebody ended the process.
            self._suspects.append(key)

    def _look_at(self, at: _Assignment) -> Iterator[Result]:
        yield from at.news()
        limit = _FAREWELL_SECONDS if at.complete else self._timeout
        if at.since is None or limit is None or time.monotonic() - at.since <= limit:
            return
        self._team.kill(at.task)
        del self._at[at.task]
        yield from at.news()  # it may have come to an end just now
        if not at.complete:
            key, behind = self._rest(at)
            self._todo.extendleft(reversed(behind))
            yield self._without_value(key, "timeout", f"no result within {limit:g} s")

    @staticmethod
    def _rest(at: _Assignment) -> tuple[tuple[str, str], tuple[tuple[str, str], ...]]:
        """The key that a process was at when it ended, and those behind it."""
        return at.task.keys[at.done], at.task.keys[at.done + 1 :]

    def _without_value(self, key: tuple[str, str], status: Status, error: str) -> Result:
        return Result(key[0], key[1], status, error=error, when=time_after(self._after_moment))

    def _check_idle(self) -> None:
        """Raises JobError where tasks wait and wait."""
        if not self._at or any(at.since is not None for at in self._at.values()):
            self._last_at_work = time.monotonic()
        elif time.monotonic() - self._last_at_work > _IDLE_SECONDS:
            raise JobError(
                f"no process was free for {_IDLE_SECONDS / 60:.0f} minutes; see what else is at work there, "
                "and run it again to go on"
            )
