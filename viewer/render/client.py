"""Renderer: pictures of moving heads, from any thread."""

from __future__ import annotations

import os
import threading
import weakref
from collections import deque
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
from jaxtyping import Integer, UInt8

from viewer import looks
from viewer.errors import UsageError
from viewer.render.child import GlInfo
from viewer.render.desk import Desk, Task
from viewer.render.job import Head, Job, Shot

_FRAMES_PER_JOB = 16
_BYTES_PER_JOB = 32 << 20
"""Of pictures, so that large ones do not fill the memory: those of a few jobs a caller wait to be taken at most."""
_JOBS_AHEAD = 3


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
        self._desk = Desk(self._gl, one_core)
        weakref.finalize(self, Desk.close, self._desk)

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
        n = max(1, min(_FRAMES_PER_JOB, _BYTES_PER_JOB // shot.picture_bytes))
        return self._draw(Job(head, shot, *block) for block in head.blocks(blocks, n))

    def _draw(self, jobs: Iterator[Job]) -> Iterator[np.ndarray]:
        ahead: deque[Task] = deque()
        try:
            for job in jobs:
                ahead.append(self._desk.submit(job))
                if len(ahead) > _JOBS_AHEAD:
                    yield from ahead.popleft().results()
            while ahead:
                yield from ahead.popleft().results()
        finally:
            for task in ahead:
                task.wanted = False

    @property
    def info(self) -> GlInfo:
        """What draws, and why that; starts the process if need be. Raises RenderError when nothing can draw."""
        (info,) = self._desk.submit(None).results()
        return info

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


os.register_at_fork(after_in_child=_after_fork)
