"""Work over many clips while the page is used: one run at a time, the same for all tabs."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Literal, Protocol

from viewer.errors import Cancelled, ViewerError

LEAST_PAUSE = 2.0
"""Seconds between two looks at what has arrived."""
_SHARE = 9
"""So many times as long as such a look took it waits for the next."""

_log = logging.getLogger(__name__)


class Work(Protocol):
    """Does it, and returns when all clips are through. Raises Cancelled."""

    def __call__(self, *, progress: Callable[[int, int, int], None], cancelled: Callable[[], bool]) -> Any: ...


@dataclass(frozen=True)
class RunState:
    """How far a run is."""

    state: Literal["idle", "running", "cancelling", "cancelled", "failed", "done"] = "idle"
    done: int = 0
    """Clips that have a result, those without a value among them."""
    failed: int = 0
    """Clips without a value."""
    total: int = 0
    message: str = ""
    """Why it failed."""


class BackgroundRun:
    """Starts and ends runs. Its methods may be called from any thread."""

    def __init__(self, work: Work, *, name: str, arrived: Callable[[], None]) -> None:
        """name: what is done, for threads and the log; arrived: called every few seconds while results come, and once
        at the end."""
        self._name = name
        self._work = work
        self._arrived = arrived
        self._lock = threading.Lock()
        self._cancel = threading.Event()
        self._closed = False
        self._thread: threading.Thread | None = None
        self._state = RunState()

    @property
    def state(self) -> RunState:
        return self._state

    @property
    def running(self) -> bool:
        return self._state.state in ("running", "cancelling")

    def start(self) -> None:
        """Begin, or go on where an earlier run stopped; without effect while one is at work, and after `close`."""
        with self._lock:
            if self.running or self._closed:
                return
            self._cancel.clear()
            self._state = RunState("running")
            self._thread = threading.Thread(target=self._run, name=self._name, daemon=True)
            self._thread.start()

    def cancel(self) -> None:
        """Stop soon; what was done until then is kept."""
        with self._lock:
            if self._state.state == "running":
                self._cancel.set()
                self._state = replace(self._state, state="cancelling")

    def close(self) -> None:
        """Stop, and wait until its processes have ended, but not until what they found is taken in."""
        with self._lock:
            self._closed = True
        self.cancel()
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        over = threading.Event()
        watcher = threading.Thread(target=self._watch, args=(over,), name=f"{self._name}-results", daemon=True)
        watcher.start()
        end: RunState
        try:
            self._work(progress=self._note, cancelled=self._cancel.is_set)
            end = replace(self._state, state="done")
        except Cancelled:
            end = replace(self._state, state="cancelled")
        except ViewerError as error:
            end = replace(self._state, state="failed", message=str(error))
        except Exception as error:  # the page tells, and goes on
            _log.exception("%s: failed", self._name)
            end = replace(self._state, state="failed", message=f"{type(error).__name__}: {error}")
        over.set()
        if not self._closed:
            watcher.join()
            self._look()
        with self._lock:
            self._state = end

    def _note(self, done: int, failed: int, total: int) -> None:
        with self._lock:
            self._state = replace(self._state, done=done, failed=failed, total=total)

    def _watch(self, over: threading.Event) -> None:
        """Hand on what has arrived, without taking more than a tenth of the time."""
        seen, pause = -1, LEAST_PAUSE
        while not over.wait(pause):
            if self._state.done == seen:
                continue
            seen = self._state.done
            begin = time.monotonic()
            self._look()
            pause = max(LEAST_PAUSE, _SHARE * (time.monotonic() - begin))

    def _look(self) -> None:
        try:
            self._arrived()
        except Exception:  # a later look may do better, and the run itself is not harmed
            if self._closed:  # what takes it in is closed too
                return
            _log.exception("%s: results could not be taken in", self._name)
