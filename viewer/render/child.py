"""A render process as its owner sees it: started, talked to, watched, ended."""

from __future__ import annotations

import contextlib
import signal
import socket
import subprocess
import sys
import tempfile
import weakref
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
from jaxtyping import UInt8

from viewer.errors import RenderError
from viewer.render import protocol
from viewer.render.job import Job
from viewer.render.python import python_command, python_environment

_SILENCE_SECONDS = 180.0
"""A process that says nothing for so long is taken for hung; a block of frames takes a fraction of a second."""
_STDERR_LINES = 12


@dataclass(frozen=True)
class GlInfo:
    """What draws the pictures."""

    renderer: str
    """GL_RENDERER, such as `llvmpipe (LLVM 15.0.6, 256 bits)`."""
    vendor: str
    version: str
    software: bool
    """Whether a CPU does the drawing."""
    device: str
    """EGL device, by number and name."""
    why: str
    """Why this device was taken, and which were passed over."""


class RenderProcess:
    """One `python -m viewer.render.process`. Not thread-safe: its owner calls it from one thread."""

    def __init__(self, gl: str, *, one_core: bool = False) -> None:
        """Start it and wait until it can draw. Raises RenderError with its reason when it cannot.

        one_core: a software rasteriser then draws on the thread that asks it to, and starts no others.
        """
        ours, theirs = socket.socketpair()
        ours.settimeout(_SILENCE_SECONDS)
        self._socket = ours
        self._stderr = tempfile.TemporaryFile()  # noqa: SIM115  lives as long as the process
        with theirs:
            try:
                self._process = subprocess.Popen(
                    python_command("viewer.render.process", str(theirs.fileno()), gl),
                    env=python_environment(
                        PYOPENGL_PLATFORM="egl",
                        OPENBLAS_NUM_THREADS="1",  # spinning BLAS threads would take the rasteriser's cores
                        OMP_NUM_THREADS="1",
                        **({"LP_NUM_THREADS": "0"} if one_core else {}),
                        # Memory of one block of pictures is kept for the next: taking it from the system anew costs
                        # a page fault each 4 KiB, a twentieth of a software rasteriser's time.
                        MALLOC_MMAP_THRESHOLD_=str(1 << 30),
                        MALLOC_TRIM_THRESHOLD_=str(1 << 28),
                    ),
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=self._stderr,
                    pass_fds=[theirs.fileno()],
                    start_new_session=True,  # Ctrl-C in a terminal is the owner's business
                )
            except OSError as error:
                raise RenderError(f"Cannot start {sys.executable} as the render process: {error}") from error
        self._finalizer = weakref.finalize(self, _end, self._process, ours, self._stderr)
        try:
            self.info = cast(GlInfo, self._reply("could not start"))
        except RenderError as error:
            if not self.alive:
                raise
            self._process.wait()  # it ends after saying why it cannot draw; its driver may have said more
            words = self._last_words()
            self.close()
            raise RenderError(f"{error}{words}") from None

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def alive(self) -> bool:
        return self._finalizer.alive

    def draw(self, job: Job) -> UInt8[np.ndarray, "n H W C"]:
        """Raises RenderError; after it, look at `alive`."""
        with contextlib.suppress(OSError):  # what went wrong is told by `_reply`
            protocol.send(self._socket, job)
        return cast(np.ndarray, self._reply("ended while it was drawing"))

    def close(self) -> None:
        self._finalizer()

    def forget(self) -> None:
        """In a forked copy of the owner: let go of the process without ending it."""
        self._finalizer.detach()
        self._process.returncode = 0  # it is not our child; nothing to wait for
        self._socket.close()

    def _reply(self, failure: str) -> Any:
        try:
            reply = protocol.receive(self._socket)
        except (EOFError, OSError) as error:
            if isinstance(error, TimeoutError):
                failure = f"was ended, because it said nothing for {_SILENCE_SECONDS:.0f} seconds"
                self._process.kill()
            raise RenderError(self._obituary(failure)) from None
        if isinstance(reply, RenderError):
            raise reply
        return reply

    def _obituary(self, failure: str) -> str:
        """Collect the dead process and say what it died of."""
        self._socket.close()
        try:
            code = self._process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            code = self._process.wait()
        if code < 0:
            cause = f"was killed by signal {_signal_name(-code)}"
            if -code == signal.SIGKILL:
                cause += ", which is also what the system does when memory runs out"
        else:
            cause = f"exit code {code}"
        words = self._last_words()
        self.close()
        return f"The render process {failure} ({cause}). The next call starts a new one.{words}"

    def _last_words(self) -> str:
        self._stderr.seek(0)
        said = self._stderr.read().decode(errors="replace").splitlines()
        lines = [line for line in said if line.strip()][-_STDERR_LINES:]
        return "\nIts last words:\n" + "\n".join(lines) if lines else ""


def _signal_name(number: int) -> str:
    try:
        return f"{number} ({signal.Signals(number).name})"
    except ValueError:  # real-time signals have only numbers
        return str(number)


def _end(process: subprocess.Popen[bytes], ours: socket.socket, stderr: Any) -> None:
    """The process ends by itself when its socket closes; one that is stuck in a driver is killed."""
    ours.close()
    try:
        process.wait(timeout=5)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    stderr.close()
