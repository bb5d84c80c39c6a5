"""Functions for the workers of the tests; each key is a verb and a number, such as "square 7"."""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path

from viewer.errors import JobError


def do(key: str) -> object:
    verb, _, argument = key.partition(" ")
    if verb == "square":
        return {"n": int(argument) ** 2}
    if verb == "raise":
        raise ValueError(f"no {argument}")
    if verb == "stop":
        raise JobError(f"no room for {argument}")
    if verb == "exit":
        os._exit(int(argument))
    if verb == "leave":
        sys.exit(int(argument))
    if verb == "kill":
        os.kill(os.getpid(), signal.Signals[argument])
    if verb == "hang":
        time.sleep(1000)
    if verb == "set":  # nothing that JSON knows
        return {1, 2}
    if verb == "long":
        return "x" * int(argument)
    raise AssertionError(key)


class Recorder:
    """Writes a line for each key it is called with; sleeps when told."""

    def __init__(self, log: Path, *, seconds: float = 0.0) -> None:
        self.log = log
        self.seconds = seconds
        self.calls = 0

    def __call__(self, key: str) -> dict[str, int]:
        with self.log.open("a") as file:
            file.write(f"{key} {os.getpid()}\n")
        time.sleep(self.seconds)
        self.calls += 1
        return {"calls": self.calls, "pid": os.getpid()}

    def keys(self) -> list[str]:
        return [line.split()[0] for line in self.log.read_text().splitlines()] if self.log.exists() else []

    def pids(self) -> set[int]:
        return set(self.recent_pids(None))

    def recent_pids(self, lines: int | None) -> list[int]:
        """Of those that wrote the last lines."""
        text = self.log.read_text().splitlines()
        return [int(line.split()[-1]) for line in text[-lines if lines else None :]]


class DiesOnce:
    """Ends its process at the first try of a key, as when memory was short for a moment."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __call__(self, key: str) -> str:
        tried = self.folder / key
        if not tried.exists():
            tried.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return key


class NotUnpickled:
    """Can be sent, but not received."""

    def __reduce__(self) -> tuple[object, ...]:
        return (_refuse, ())

    def __call__(self, key: str) -> None: ...


class EndsAtStart(NotUnpickled):
    """Ends the process that receives it."""

    def __reduce__(self) -> tuple[object, ...]:
        return (os._exit, (3,))


def _refuse() -> None:
    raise RuntimeError("not here")
