"""The render process: owns the OpenGL context, draws one job after the other, ends when its owner does.

Started as `python -m viewer.render.process FD GL` by `viewer.render.child`; FD is an inherited socket.
"""

from __future__ import annotations

import gc
import socket
import sys
from typing import TYPE_CHECKING

import numpy as np

from viewer.errors import RenderError
from viewer.render import devices, egl, protocol
from viewer.render.child import GlInfo

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
    try:
        while True:
            job = protocol.receive(owner)
            reply: np.ndarray | RenderError
            try:
                reply = offscreen.draw(job)
            except RenderError as error:
                reply = error
            protocol.send(owner, reply)
    except (EOFError, ConnectionError):  # the owner has closed or died
        return 0


if __name__ == "__main__":
    sys.exit(main())
