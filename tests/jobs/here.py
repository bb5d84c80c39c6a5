"""An engine that does a job in this process, where what is tested is not that it is done in others."""

from __future__ import annotations

from collections.abc import Sequence

from viewer.errors import JobError
from viewer.jobs.engine import Ending
from viewer.jobs.worker import Task, Unable, do, unpickled


class TeamOfNone:
    """A `Team` without processes: each task is done when its end is asked for, on the thread that asks."""

    size = 1

    def __init__(self, job: bytes) -> None:
        self._function = unpickled(job)
        self._tasks: list[Task] = []

    @property
    def room(self) -> int:
        return self.size - len(self._tasks)

    def begin(self, task: Task) -> None:
        self._tasks.append(task)

    def ended(self, seconds: float) -> Sequence[Ending]:
        done, self._tasks = self._tasks, []
        return [self._do(task) for task in done]

    def kill(self, task: Task) -> None:
        raise AssertionError("nothing is at work in between")

    def close(self) -> None:
        self._tasks = []

    def _do(self, task: Task) -> Ending:
        unable = self._function if isinstance(self._function, Unable) else do(self._function, task)
        if unable is not None:
            raise JobError(f"the job cannot go on: {unable.why}")
        return Ending(task)
