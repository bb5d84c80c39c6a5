"""What runs in a process that does a job: the function, key after key."""

from __future__ import annotations

import math
import os
import pickle
import signal
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from viewer.errors import JobError, ViewerError
from viewer.jobs.results import Result, line
from viewer.paths import why_not_written

BEGUN = b"\n"
"""Written before the first result: from now on the time of a key is counted."""
_PARENT_SECONDS = 1.0
_MOST_CHARACTERS = 2000
"""Of an error."""


@dataclass(frozen=True, eq=False)
class Task:
    """Keys with their contents, and the file that their results go to, which exists."""

    keys: tuple[tuple[str, str], ...]
    part: Path
    after: float = 0.0
    """When the latest result came that is known, in seconds since 1970: by some machine's clock, which may be ahead."""


@dataclass(frozen=True)
class Ready:
    """The worker has started, or has done a task."""


@dataclass(frozen=True)
class Unable:
    """The worker cannot go on, and neither could another."""

    why: str


def work(connection: Connection, job: bytes, parent: int) -> None:
    """Do tasks until the connection ends. `job` is the pickled function, `parent` the process that started this one."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C goes to all processes; the parent ends this one
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})  # as it was blocked for the time until here
    os.setpgid(0, 0)  # what the job starts is in this group too, and ends with it
    os.dup2(2, 1)  # what the job prints is none of the results that the parent prints
    threading.Thread(target=_end_with, args=(parent,), daemon=True).start()
    try:
        function = unpickled(job)
        connection.send(function if isinstance(function, Unable) else Ready())
        while not isinstance(function, Unable):
            task: Task = connection.recv()
            connection.send(do(function, task) or Ready())
    except (EOFError, ConnectionError):
        return  # the parent is through, or gone, perhaps before it read what was said last


def unpickled(job: bytes) -> Callable[[str], Any] | Unable:
    """The function of a job."""
    try:
        function: Callable[[str], Any] = pickle.loads(job)
    except Exception as error:  # whatever the object raises
        return Unable(f"{type(error).__name__}: {error}")
    return function


def do(function: Callable[[str], Any], task: Task) -> Unable | None:
    """Call a function for the keys of a task and write their results, each at once.

    A JobError that it raises is about the job as a whole: there is no result, and nobody goes on.
    """
    try:
        file = os.open(task.part, os.O_WRONLY | os.O_APPEND)
        try:
            _append(file, BEGUN)
            this = os.getpid()
            for key, content in task.keys:
                found = _outcome(function, key, content, task.after)
                if os.getpid() != this:  # the job has forked, and both came back
                    os._exit(0)
                _append(file, found)
        finally:
            os.close(file)
    except JobError as error:
        return Unable(str(error))
    except FileNotFoundError:
        return Unable(f"{task.part} is not there on {os.uname().nodename}; all machines must see the same folders")
    except OSError as error:
        return Unable(f"results cannot be written to {task.part.parent}: {why_not_written(error)}")
    return None


def _append(file: int, text: bytes) -> None:
    """Write the whole text. Raises OSError; what is written of it then has no line end, so nobody takes it for one."""
    rest = memoryview(text)
    while rest:  # a full disk takes a part of it, and says so at the next try
        rest = rest[os.write(file, rest) :]


def time_after(moment: float) -> float:
    """Now, in seconds since 1970, and later than a moment, even if the clock was ahead then."""
    return max(time.time(), math.nextafter(moment, math.inf))


def _outcome(function: Callable[[str], Any], key: str, content: str, after: float) -> bytes:
    try:
        return line(Result(key, content, "done", function(key), when=time_after(after)))
    except JobError:
        raise
    except BaseException as error:  # also SystemExit: one key must not stop the others
        why = str(error) if isinstance(error, ViewerError) else f"{type(error).__name__}: {error}"
        if len(why) > _MOST_CHARACTERS:
            why = f"{why[: _MOST_CHARACTERS - 2]} …"
        return line(Result(key, content, "failed", error=why, when=time_after(after)))


def _end_with(parent: int) -> None:
    """End this process and those of its job soon after its parent, also while a key is at work."""
    while os.getppid() == parent:
        time.sleep(_PARENT_SECONDS)
    os.killpg(0, signal.SIGKILL)
