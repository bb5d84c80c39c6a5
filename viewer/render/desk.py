"""Where threads leave what they want drawn, and processes get their work."""

from __future__ import annotations

import functools
import os
import queue
import threading
import time
import weakref
from collections import deque
from collections.abc import Iterator
from typing import Any

import numpy as np
from jaxtyping import UInt8

from viewer.errors import RenderError
from viewer.render.child import RenderProcess
from viewer.render.job import Job

_SECONDS_ALONE = 4.0
"""Of drawing, in all, before a second process helps: it takes two seconds of processor time to start."""
_JOBS_SENT = 2
"""That a process has at a time: it finds the next one when it is done with one."""


class Task:
    """A job, and what comes of it: its pictures, or the GlInfo where there is no job."""

    def __init__(self, job: Job | None) -> None:
        self.job = job
        self.wanted = True
        self.owed = 1 if job is None else len(job.vertices)
        """Results that have not come yet."""
        self._results: queue.SimpleQueue[Any] = queue.SimpleQueue()

    @functools.cached_property
    def _memory(self) -> UInt8[np.ndarray, "n bytes"]:
        """Of all its pictures, taken at once: that of each alone would go back to the system every time."""
        assert self.job is not None
        return np.empty((len(self.job.vertices), self.job.shot.picture_bytes), np.uint8)

    @property
    def room(self) -> memoryview:
        """For the next picture."""
        return self._memory[-self.owed].data

    def put(self, result: Any) -> None:
        self.owed -= 1
        self._results.put(result)

    def fail(self, error: BaseException) -> None:
        """Nothing more comes."""
        self.owed = 0
        self._results.put(error)

    def results(self) -> Iterator[Any]:
        """Each as soon as it has come. Raises what the task failed of."""
        for _ in range(1 if self.job is None else len(self.job.vertices)):
            result = self._results.get()
            if isinstance(result, BaseException):
                raise result
            yield result


class Desk:
    """Takes jobs from any thread and has them done one by one; one thread for each process, which alone talks to it."""

    def __init__(self, gl: str, one_core: bool) -> None:
        self._gl = gl
        self._one_core = one_core
        self._reset()
        _desks.add(self)

    def _reset(self) -> None:
        self._lock = threading.Lock()
        self._tasks: queue.SimpleQueue[Task | None] = queue.SimpleQueue()
        self._threads: list[threading.Thread] = []
        self._processes: list[RenderProcess | None] = [None, None]
        """The one that `pid` and `info` are about, and its helper."""
        self.closed = False

    @property
    def pid(self) -> int | None:
        process = self._processes[0]
        return process.pid if process is not None and process.alive else None

    def submit(self, job: Job | None) -> Task:
        """A task that yields the pictures of a job, or the GlInfo for None."""
        task = Task(job)
        with self._lock:
            if self.closed:
                raise _closed()
            if not self._threads:
                self._start(0)
            self._tasks.put(task)
        return task

    def close(self) -> None:
        with self._lock:
            self.closed = True
            threads, self._threads = self._threads, []
        for _ in threads:
            self._tasks.put(None)
        for thread in threads:
            if thread is not threading.current_thread():  # the garbage collector may call from anywhere
                thread.join()

    def _start(self, n: int) -> None:
        thread = threading.Thread(target=self._serve, args=(n,), name=f"viewer-render-{n}", daemon=True)
        self._threads.append(thread)
        thread.start()

    def _serve(self, n: int) -> None:
        """Have tasks done by process number `n` until there is an end of them."""
        sent: deque[Task] = deque()
        seconds = 0.0
        while self._send(sent, n):
            start = time.monotonic()
            self._receive(sent, n)
            seconds += time.monotonic() - start
            if n == 0 and seconds > _SECONDS_ALONE and not self._one_core:
                self._call_help()
        if (process := self._processes[n]) is not None:
            process.close()
        for task in sent:
            task.fail(_closed())

    def _call_help(self) -> None:
        process = self._processes[0]
        if process is None or not process.info.software or self._tasks.empty() or (os.cpu_count() or 1) == 1:
            return
        with self._lock:
            if not self.closed and len(self._threads) == 1:
                self._start(1)

    def _send(self, sent: deque[Task], n: int) -> bool:
        """See to it that the process has work, and the next work lies there when it is done; False: there is an end."""
        while self.closed or len(sent) < _JOBS_SENT:
            try:
                task = self._tasks.get(block=self.closed or not sent)
            except queue.Empty:
                break
            if task is None:
                return False
            if self.closed:
                task.fail(_closed())
            elif task.wanted:
                self._hand(task, sent, n)
        return True

    def _hand(self, task: Task, sent: deque[Task], n: int) -> None:
        """Give a task to the process, which is started if need be."""
        process = self._processes[n]
        try:
            if process is None or not process.alive:
                process = self._processes[n] = RenderProcess(self._gl, one_core=self._one_core)
        except BaseException as error:
            task.fail(error)
            return
        if task.job is None:
            task.put(process.info)
        else:
            process.send(task.job)
            sent.append(task)

    def _receive(self, sent: deque[Task], n: int) -> None:
        """Pass on the next picture."""
        process = self._processes[n]
        assert process is not None
        try:
            sent[0].put(process.picture(sent[0].room))
        except BaseException as error:
            if not isinstance(error, RenderError):
                process.close()  # the conversation broke off somewhere in the middle
            sent[0].fail(error)
        if sent[0].owed == 0:
            sent.popleft()
        if not process.alive:  # a new one does what this one has not begun
            for _ in range(len(sent)):
                self._hand(sent.popleft(), sent, n)

    def forget_in_fork(self) -> None:
        for process in self._processes:
            if process is not None:
                process.forget()
        self._reset()


def _closed() -> RenderError:
    return RenderError("This renderer is closed; make a new one")


_desks: weakref.WeakSet[Desk] = weakref.WeakSet()


def _after_fork() -> None:
    for desk in list(_desks):
        desk.forget_in_fork()


os.register_at_fork(after_in_child=_after_fork)
