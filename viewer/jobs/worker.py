"""What runs in a process of its own: the function, key after key."""

from __future__ import annotations

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

from viewer.jobs.results import Result, line

_PARENT_SECONDS = 1.0


@dataclass(frozen=True)
class Task:
    """Keys with their contents, and the file that their results go to."""

    keys: tuple[tuple[str, str], ...]
    part: Path


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
    threading.Thread(target=_end_with, args=(parent,), daemon=True).start()
    try:
        function = pickle.loads(job)
        connection.send(Ready())
        while True:
            task: Task = connection.recv()
            _do(function, task)
            connection.send(Ready())
    except (EOFError, BrokenPipeError):
        return  # the parent is through, or gone
    except Exception as error:
        connection.send(Unable(f"{type(error).__name__}: {error}"))


def _do(function: Callable[[str], Any], task: Task) -> None:
    with task.part.open("ab", buffering=0) as file:
        for key, content in task.keys:
            file.write(_outcome(function, key, content))


def _outcome(function: Callable[[str], Any], key: str, content: str) -> bytes:
    try:
        return line(Result(key, content, "done", function(key)))
    except BaseException as error:  # also SystemExit: one key must not stop the others
        return line(Result(key, content, "failed", error=f"{type(error).__name__}: {error}"))


def _end_with(parent: int) -> None:
    """End this process soon after its parent, also where that was killed while a key is at work."""
    while os.getppid() == parent:
        time.sleep(_PARENT_SECONDS)
    os._exit(1)
