"""Aligning in a process of its own: pocketsphinx holds the GIL for as long as it listens, and is native code."""

from __future__ import annotations

import json
import signal
import subprocess
import threading

from viewer.clip import Clip
from viewer.render.python import python_command, python_environment
from viewer.speech.align import align, estimated, worth_listening
from viewer.speech.aligner import AlignerLostError
from viewer.speech.alignment import Alignment
from viewer.speech.wire import alignment_from_json, pack_speech

_SECONDS = 30.0
_SECONDS_A_SECOND = 2.0
"""Of sound; on an idle machine it takes a fortieth of this, in a clip of ten minutes a twentieth."""


class Listener:
    """Aligns clips one at a time, since each takes a core, until it is closed. Safe to use from many threads."""

    def __init__(self) -> None:
        self._turn = threading.Lock()
        self._changing = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._closed = False

    def align(self, clip: Clip) -> Alignment:
        """Like the function `align`, but raises AlignerLostError where the process comes to no answer: nothing to keep.

        Starting the process takes half a second.
        """
        if not worth_listening(clip):
            return align(clip)
        assert clip.audio is not None
        with self._turn:
            return self._align(clip, _SECONDS + _SECONDS_A_SECOND * clip.audio.seconds)

    def close(self) -> None:
        """End the process that is at work; who waits for it, or comes later, gets AlignerLostError."""
        with self._changing:
            self._closed = True
            if self._process is not None:
                self._process.kill()

    def _align(self, clip: Clip, timeout: float) -> Alignment:
        try:
            process = self._start()
        except OSError as error:
            raise AlignerLostError(f"The aligner cannot be started: {error.strerror or error}.") from error
        with process:
            try:
                answer, complaints = process.communicate(pack_speech(clip), timeout=timeout)
            except subprocess.TimeoutExpired:
                raise AlignerLostError(f"The aligner did not come to an end within {timeout:.0f} s.") from None
            finally:
                process.kill()  # without effect on one that has ended
                with self._changing:
                    self._process = None
        if process.returncode != 0:
            raise AlignerLostError(f"The aligner's process {_how(process.returncode, complaints)}.")
        return alignment_from_json(json.loads(answer))

    def _start(self) -> subprocess.Popen[bytes]:
        with self._changing:
            if self._closed:
                raise AlignerLostError("Nobody listens any more: the viewer is ending.")
            self._process = subprocess.Popen(
                python_command("viewer.speech.process"),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=python_environment(),
                start_new_session=True,  # Ctrl-C in a terminal is the owner's business
            )
            return self._process


_listener = Listener()


def align_apart(clip: Clip) -> Alignment:
    """Like `align`, while other threads go on; a crash or hang of the aligner only costs this clip its times."""
    try:
        return _listener.align(clip)
    except AlignerLostError as error:
        return estimated(clip, str(error))


def _how(code: int, stderr: bytes) -> str:
    if code < 0:
        return f"was ended by {signal.Signals(-code).name}"
    last = stderr.decode(errors="replace").strip().splitlines()[-1:]
    return f"ended with exit code {code}{f' ({last[0][:200]})' if last else ''}"
