"""Renderer: pictures of moving heads, from any thread."""

from __future__ import annotations

import contextlib
import logging
import os
import queue
import threading
import time
import weakref
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import CancelledError, Future
from typing import Any

import numpy as np
from jaxtyping import Integer, UInt8

from viewer import looks
from viewer.errors import RenderError, UsageError
from viewer.render.child import GlInfo, RenderProcess
from viewer.render.job import Head, Job, Shot

_log = logging.getLogger(__name__)

_FRAMES_PER_JOB = 16
_BYTES_PER_JOB = 32 << 20
"""Of pictures, so that large ones do not fill the memory: a few jobs a caller are on their way at any time."""
_JOBS_AHEAD = 3
_SECONDS_ALONE = 4.0
"""Of drawing, in all, before a second process helps: it takes two seconds of processor time to start."""


class Renderer:
    """Draws heads in a process of its own, which owns the OpenGL context and starts when first needed.

    Where the processor draws, a second one takes every other block once there has been work for some seconds: half of
    the time a software rasteriser has work for one core alone, and the other core then draws the next picture.

    Any number of threads may use it at once: their blocks of frames take turns. If the process dies, whoever waits
    for a block gets a RenderError, and the next block starts a new process. A forked copy of this Python process
    starts its own.

    Args:
        gl: "auto" (first idle GPU, else software), "software", or the number of an EGL device (`list_devices`).
        one_core: where the processor draws, use one core of it, because others are at work beside this one.
    """

    def __init__(self, *, gl: str | int = "auto", one_core: bool = False) -> None:
        if gl not in ("auto", "software") and not str(gl).isdecimal():
            raise UsageError(f"gl is {gl!r}; expected 'auto', 'software' or the number of an EGL device")
        self._gl = str(gl)
        self._desk = _Desk(self._gl, one_core)
        weakref.finalize(self, _Desk.close, self._desk)

    def frames(
        self,
        blocks: Iterable[Any],
        *,
        faces: Integer[np.ndarray, "F 3"],
        v_template: Any,
        colors: UInt8[np.ndarray, "V 3"] | None = None,
        look: str | looks.Look = looks.DEFAULT_LOOK,
        camera: str | looks.Camera = looks.DEFAULT_CAMERA,
        size: int | tuple[int, int] = looks.DEFAULT_SIZE,
        background: looks.RGB | None = None,
        transparent: bool = False,
        smooth: bool = True,
    ) -> Iterator[UInt8[np.ndarray, "H W C"]]:
        """Pictures of vertices, in order, one per frame; drawn ahead while the caller works on the last ones.

        Args:
            blocks: (n, V, 3) float arrays of vertex positions in metres, any n; or `Painted` ones, with colours of
                each frame's vertices.
            faces: vertices of each triangle, counter-clockwise from outside.
            v_template: (V, 3) the head at rest; fits camera distance and ambient occlusion once.
            colors: the head's own display-sRGB colours, for looks that use them.
            look, camera: names in `viewer.looks`, or a Look and a Camera.
            size: side of a square, or (width, height), in pixels; even.
            background: display-sRGB, instead of the look's.
            transparent: pictures have four channels: straight alpha in the place of the background. Laid over that
                background they are the opaque pictures.
            smooth: edges are smoothed, by drawing at twice the size; without, drawing takes about half the time.

        Raises UsageError (unknown look, odd size) and RenderError (bad head) at once, RenderError for a bad block
        when it is read and for a failure to draw when the frame is due. Close the iterator to cancel what is on its
        way.
        """
        head = Head.of(v_template, faces, colors)
        shot = Shot.of(
            head, look=look, camera=camera, size=size, background=background, transparent=transparent, smooth=smooth
        )
        width, height = shot.size
        n = max(1, min(_FRAMES_PER_JOB, _BYTES_PER_JOB // (3 * width * height)))
        return self._draw(Job(head, shot, *block) for block in head.blocks(blocks, n))

    def _draw(self, jobs: Iterator[Job]) -> Iterator[np.ndarray]:
        ahead: deque[Future[np.ndarray]] = deque()
        try:
            for job in jobs:
                ahead.append(self._desk.submit(job))
                if len(ahead) > _JOBS_AHEAD:
                    yield from _result(ahead.popleft())
            while ahead:
                yield from _result(ahead.popleft())
        finally:
            for future in ahead:
                future.cancel()

    @property
    def info(self) -> GlInfo:
        """What draws, and why that; starts the process if need be. Raises RenderError when nothing can draw."""
        return _result(self._desk.submit(None))

    @property
    def gl(self) -> str:
        """What was asked for: "auto", "software" or the number of an EGL device."""
        return self._gl

    @property
    def pid(self) -> int | None:
        """Process id of the render process while there is one."""
        return self._desk.pid

    @property
    def closed(self) -> bool:
        return self._desk.closed

    def close(self) -> None:
        """End the render process. Whoever waits gets a RenderError."""
        self._desk.close()

    def __enter__(self) -> Renderer:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()


class _Desk:
    """Takes jobs from any thread and has them done one by one; one thread for each process, which alone talks to it."""

    def __init__(self, gl: str, one_core: bool) -> None:
        self._gl = gl
        self._one_core = one_core
        self._reset()
        _desks.add(self)

    def _reset(self) -> None:
        self._lock = threading.Lock()
        self._jobs: queue.SimpleQueue[tuple[Job | None, Future[Any]] | None] = queue.SimpleQueue()
        self._threads: list[threading.Thread] = []
        self._processes: list[RenderProcess | None] = [None, None]
        """The one that `pid` and `info` are about, and its helper."""
        self.closed = False

    @property
    def pid(self) -> int | None:
        process = self._processes[0]
        return process.pid if process is not None and process.alive else None

    def submit(self, job: Job | None) -> Future[Any]:
        """Pictures of a job, or the GlInfo for None."""
        future: Future[Any] = Future()
        with self._lock:
            if self.closed:
                raise RenderError("This renderer is closed; make a new one")
            if not self._threads:
                self._start(0)
            self._jobs.put((job, future))
        return future

    def close(self) -> None:
        with self._lock:
            self.closed = True
            threads, self._threads = self._threads, []
        for _ in threads:
            self._jobs.put(None)
        for thread in threads:
            if thread is not threading.current_thread():  # the garbage collector may call from anywhere
                thread.join()

    def _start(self, n: int) -> None:
        thread = threading.Thread(target=self._serve, args=(n,), name=f"viewer-render-{n}", daemon=True)
        self._threads.append(thread)
        try:
            thread.start()
        except RuntimeError as error:
            self._threads.remove(thread)
            raise RenderError(f"Drawing needs a thread ({error}); end other programs, or see `ulimit -u`") from error

    def _serve(self, n: int) -> None:
        """Do jobs in process number `n` until there is an end of them."""
        if n > 0 and not self._can_help(n):
            return
        seconds = 0.0
        while (item := self._jobs.get()) is not None:
            start = time.monotonic()
            self._do(*item, n)
            seconds += time.monotonic() - start
            if n == 0 and seconds > _SECONDS_ALONE and not self._one_core:
                self._call_help()
        if (process := self._processes[n]) is not None:
            process.close()

    def _call_help(self) -> None:
        process = self._processes[0]
        if process is None or not process.info.software or self._jobs.empty() or (os.cpu_count() or 1) == 1:
            return
        with self._lock:
            if not self.closed and len(self._threads) == 1:
                with contextlib.suppress(RenderError):  # no more threads can be started: one goes on alone
                    self._start(1)

    def _can_help(self, n: int) -> bool:
        """Start the process before any job is taken: no caller is to lose one where there is no room for another."""
        try:
            self._processes[n] = RenderProcess(self._gl, one_core=self._one_core)
        except (RenderError, OSError) as error:
            _log.warning("no second process helps to draw: %s", error)
            return False
        return True

    def _do(self, job: Job | None, future: Future[Any], n: int) -> None:
        if self.closed or not future.set_running_or_notify_cancel():
            future.cancel()
            return
        process = self._processes[n]
        try:
            if process is None or not process.alive:
                process = self._processes[n] = RenderProcess(self._gl, one_core=self._one_core)
            future.set_result(process.info if job is None else process.draw(job))
        except BaseException as error:
            if process is not None and not isinstance(error, RenderError):
                process.close()  # the conversation broke off somewhere in the middle
            future.set_exception(error)

    def forget_in_fork(self) -> None:
        for process in self._processes:
            if process is not None:
                process.forget()
        self._reset()


def _result(future: Future[Any]) -> Any:
    try:
        return future.result()
    except CancelledError:
        raise RenderError("The renderer was closed before it had drawn this") from None


_desks: weakref.WeakSet[_Desk] = weakref.WeakSet()
_shared: dict[str, Renderer] = {}
_shared_lock = threading.Lock()


def shared_renderer(gl: str | int = "auto") -> Renderer:
    """The one renderer of this Python process for that `gl`; a closed one is replaced."""
    with _shared_lock:
        renderer = _shared.get(str(gl))
        if renderer is None or renderer.closed:
            renderer = _shared[str(gl)] = Renderer(gl=gl)
        return renderer


def _after_fork() -> None:
    global _shared_lock
    _shared_lock = threading.Lock()
    for desk in list(_desks):
        desk.forget_in_fork()


os.register_at_fork(after_in_child=_after_fork)
