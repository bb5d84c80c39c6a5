"""What an engine is: where the processes are that do a job, and how one hears of their end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from viewer.jobs.worker import Task


@dataclass(frozen=True)
class Ending:
    """How a task came to its end."""

    task: Task
    died: str | None = None
    """How its process ended before it was through, such as "was ended by SIGKILL"; None: it is through."""
    blameless: bool = False
    """Whether that cannot have been the doing of a key: the machine is gone."""


class Team(Protocol):
    """The processes that do one job. Its methods raise JobError where the job cannot start or go on."""

    @property
    def size(self) -> int:
        """Tasks that are done at the same time, as far as is known now."""

    @property
    def room(self) -> int:
        """Tasks that it would take now."""

    def begin(self, task: Task) -> None:
        """Have a task done: now, or when there is a process for it."""

    def ended(self, seconds: float) -> Sequence[Ending]:
        """Tasks that came to an end since the last call; waits that long at most for one."""

    def kill(self, task: Task) -> None:
        """End the process that is at a task; `ended` says nothing of it any more."""

    def close(self) -> None:
        """End all processes, and wait until they have ended."""


class Engine(Protocol):
    """Starts teams."""

    def team(self, job: bytes, *, processes: int | None) -> Team:
        """job: the pickled function; processes: at most, None for all that there are. Raises JobError."""
