"""Films rendered on demand: one at a time, shared by everybody who waits for the same one.

A browser tab asks for a film again and again until it is ready. Asking keeps its interest alive for a few seconds; a
film nobody is interested in any more is cancelled, so that moving through clips quickly never leaves work behind.
"""

from __future__ import annotations

import itertools
import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, Protocol

from viewer.errors import Cancelled, ViewerError
from viewer.web.cache import VideoCache

INTEREST_SECONDS = 5.0
"""Hidden tabs may only run a timer once a second."""
PREFETCH_INTEREST_SECONDS = 60.0
FAILURE_SECONDS = 10.0
"""How long everybody who waited can still read why a film failed."""
MOST_WAITING = 64
"""Films that are waited for at once; each holds its clip in memory."""
_FULL = f"{MOST_WAITING} films are waited for already. Try again in a minute."

_log = logging.getLogger(__name__)


class Work(Protocol):
    """Makes the mp4 `path` and returns its receipt as JSON text; raises ViewerError, or Cancelled when told to stop."""

    def __call__(self, path: Path, *, progress: Callable[[int, int], None], cancelled: Callable[[], bool]) -> str: ...


@dataclass(frozen=True)
class RenderState:
    """What a waiting tab is told."""

    state: Literal["ready", "queued", "rendering", "failed"]
    ahead: int = 0
    """Films that come first, when queued."""
    done: int = 0
    total: int = 0
    """Frames done and in all, when rendering."""
    message: str = ""
    """Why it failed."""


@dataclass(eq=False)
class _Interest:
    until: float
    prefetch: bool


@dataclass(eq=False)
class _Job:
    key: str
    work: Work
    order: int
    interests: dict[str, _Interest] = field(default_factory=dict)
    done: int = 0
    total: int = 0
    stopping: bool = False

    def wanted(self, now: float) -> bool:
        return not self.stopping and any(interest.until > now for interest in self.interests.values())

    def is_prefetch(self, now: float) -> bool:
        return all(interest.prefetch for interest in self.interests.values() if interest.until > now)


class RenderJobs:
    """Queue with one worker thread. Its methods may be called from any thread."""

    def __init__(self, cache: VideoCache, *, now: Callable[[], float] = time.monotonic) -> None:
        self._cache = cache
        self._now = now
        self._changed = threading.Condition()
        self._jobs: dict[str, _Job] = {}
        self._running: _Job | None = None
        self._failures: dict[str, tuple[float, str]] = {}
        self._order = itertools.count()
        self._closed = False
        self._worker = threading.Thread(target=self._run, name="render-jobs", daemon=True)
        self._worker.start()

    def ask(self, key: str, work: Work, *, tab: str, prefetch: bool = False, retry: bool = False) -> RenderState:
        """State of the film `key`, which `work` makes; starts or joins its job and renews the interest of `tab`.

        A tab is interested in one film and one prefetch at a time: asking for another gives up the former.
        A film that failed is tried again after 10 s, or at once with `retry`. Where too many are waited for, a new one
        takes the place of a prefetch, or has failed.
        """
        with self._changed:
            now = self._now()
            self._drop_interest(tab, prefetch=prefetch, keep=key)
            self._changed.notify_all()
            if self._cache.find(key) is not None:
                return RenderState("ready")
            if (failure := self._failure(key, now, retry)) is not None:
                return failure
            job = self._jobs.get(key)
            if job is None or job.stopping:
                if not self._make_room(now, prefetch=prefetch):
                    return RenderState("failed", message=_FULL)
                job = self._jobs[key] = _Job(key, work, next(self._order))
            former = job.interests.get(tab)
            if not (prefetch and former is not None and not former.prefetch):  # never demote a real wish
                seconds = PREFETCH_INTEREST_SECONDS if prefetch else INTEREST_SECONDS
                job.interests[tab] = _Interest(now + seconds, prefetch)
            if job is self._running:
                return RenderState("rendering", done=job.done, total=job.total)
            return RenderState("queued", ahead=self._ahead(job, now))

    def leave(self, tab: str) -> None:
        """The tab is gone or shows something that needs no rendering."""
        with self._changed:
            self._drop_interest(tab, prefetch=False)
            self._drop_interest(tab, prefetch=True)
            self._changed.notify_all()

    def close(self, timeout: float = 5.0) -> None:
        """Cancel everything and end the worker."""
        with self._changed:
            self._closed = True
            for job in self._jobs.values():
                job.stopping = True
            self._changed.notify_all()
        self._worker.join(timeout)

    def _make_room(self, now: float, *, prefetch: bool) -> bool:
        """Whether there is room for one film more, after forgetting what may be."""
        self._jobs = {key: job for key, job in self._jobs.items() if job is self._running or job.wanted(now)}
        if len(self._jobs) < MOST_WAITING:
            return True
        waiting = [job for job in self._jobs.values() if job is not self._running and job.is_prefetch(now)]
        if prefetch or not waiting:
            return False
        del self._jobs[max(waiting, key=lambda job: job.order).key]
        return True

    def _drop_interest(self, tab: str, *, prefetch: bool, keep: str = "") -> None:
        for job in self._jobs.values():
            interest = job.interests.get(tab)
            if interest is not None and interest.prefetch == prefetch and job.key != keep:
                del job.interests[tab]

    def _failure(self, key: str, now: float, retry: bool) -> RenderState | None:
        self._failures = {key: failure for key, failure in self._failures.items() if failure[0] > now}
        if retry:
            self._failures.pop(key, None)
        failure = self._failures.get(key)
        return None if failure is None else RenderState("failed", message=failure[1])

    def _ahead(self, job: _Job, now: float) -> int:
        before = [
            other
            for other in self._jobs.values()
            if other is not self._running and self._rank(other, now) < self._rank(job, now)
        ]
        running = self._running is not None and not self._must_stop(self._running, now)
        return len([other for other in before if other.wanted(now)]) + running

    def _rank(self, job: _Job, now: float) -> tuple[bool, int]:
        return job.is_prefetch(now), job.order

    def _must_stop(self, job: _Job, now: float) -> bool:
        if job.stopping or not job.wanted(now):
            return True
        if not job.is_prefetch(now):
            return False
        return any(
            other is not job and other.wanted(now) and not other.is_prefetch(now) for other in self._jobs.values()
        )

    def _next(self) -> _Job | None:
        now = self._now()
        self._jobs = {key: job for key, job in self._jobs.items() if job.wanted(now)}
        return min(self._jobs.values(), key=lambda job: self._rank(job, now), default=None)

    def _run(self) -> None:
        while True:
            with self._changed:
                self._running = None
                while not self._closed and (job := self._next()) is None:
                    self._changed.wait()
                if self._closed:
                    return
                assert job is not None
                self._running = job
            failure = self._render(job)
            with self._changed:
                if failure is not None:
                    self._failures[job.key] = (self._now() + FAILURE_SECONDS, failure)
                if self._jobs.get(job.key) is job:
                    del self._jobs[job.key]

    def _render(self, job: _Job) -> str | None:
        """Do one job; the reason when it failed."""

        def progress(done: int, total: int) -> None:
            with self._changed:
                job.done, job.total = done, total

        def cancelled() -> bool:
            with self._changed:
                job.stopping = self._must_stop(job, self._now())
                return job.stopping

        try:
            receipt = job.work(self._cache.video(job.key), progress=progress, cancelled=cancelled)
            self._cache.keep(job.key, receipt)
        except Cancelled:
            return None
        except ViewerError as error:
            return str(error)
        except Exception as error:  # a bug must not end the worker: the other clips still render
            _log.exception("rendering failed")
            return f"The viewer failed while rendering ({type(error).__name__}: {error}). The terminal shows where."
        return None
