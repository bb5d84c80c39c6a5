"""The render process: owns the OpenGL context, draws one job after the other, ends when its owner does.

It sends each picture as soon as it is drawn, and a RenderError in the place of those that a job still owes.

Started as `python -m viewer.render.process FD GL` by `viewer.render.child`; FD is an inherited socket.
"""

from __future__ import annotations

import contextlib
import gc
import queue
import socket
import sys
import threading
from typing import TYPE_CHECKING

import numpy as np

from viewer.errors import RenderError
from viewer.render import devices, egl, protocol
from viewer.render.child import GlInfo
from viewer.render.job import Job

if TYPE_CHECKING:
    from viewer.render.offscreen import Offscreen


def start(gl: str) -> tuple[Offscreen, GlInfo]:
    """A context on the best device that works. Raises RenderError with what was tried."""
    candidates = devices.choose(gl, egl.query(), devices.nvidia_use())
    try:  # only now: without libEGL the import dies of something that tells nobody what to do
        from viewer.render.offscreen import Offscreen
    except (ImportError, AttributeError, OSError, RuntimeError) as error:
        raise RenderError(
            f"OpenGL cannot be loaded ({type(error).__name__}: {error}). {devices.INSTALL_HINT}"
        ) from error
    failed: list[str] = []
    for candidate in candidates:
        device = candidate.device
        label = f"{device.index}: {device.name}"
        try:
            offscreen = Offscreen(device.index)
            strings = offscreen.strings
        except Exception as error:
            reason = " ".join(f"{type(error).__name__}: {error}".split())[:200]
            failed.append(f"EGL device {label} does not work ({reason})")
            continue
        software = device.software or "llvmpipe" in strings["renderer"] or "softpipe" in strings["renderer"]
        return offscreen, GlInfo(**strings, software=software, device=label, why="; ".join([*failed, candidate.why]))
    raise RenderError(f"OpenGL cannot be used: {'; '.join(failed)}. {devices.INSTALL_HINT}")


def main() -> int:
    owner = socket.socket(fileno=int(sys.argv[1]))
    try:
        offscreen, info = start(sys.argv[2])
    except RenderError as error:
        protocol.send(owner, error)
        return 1
    protocol.send(owner, info)
    gc.freeze()  # what has been imported stays: looking through it again and again costs a fiftieth of the time
    # Reading and writing have threads of their own, so that drawing never waits for the owner.
    jobs: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
    replies: queue.SimpleQueue[np.ndarray | RenderError] = queue.SimpleQueue()
    threading.Thread(target=_read, args=(owner, jobs), daemon=True).start()
    threading.Thread(target=_write, args=(owner, replies), daemon=True).start()
    while (job := jobs.get()) is not None:
        try:
            offscreen.draw(job, replies.put)
        except RenderError as error:
            replies.put(error)
    return 0


def _read(owner: socket.socket, jobs: queue.SimpleQueue[Job | None]) -> None:
    """Take the owner's jobs until it closes or dies."""
    try:
        while True:
            jobs.put(protocol.receive(owner))
    except (EOFError, ConnectionError):
        pass
    finally:
        jobs.put(None)


def _write(owner: socket.socket, replies: queue.SimpleQueue[np.ndarray | RenderError]) -> None:
    """Send the owner what it gets until it closes or dies."""
    with contextlib.suppress(ConnectionError):
        while True:
            protocol.send(owner, replies.get())


if __name__ == "__main__":
    sys.exit(main())
