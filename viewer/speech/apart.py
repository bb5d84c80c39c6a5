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
"""Of sound; it takes a fortieth of this on an idle machine."""
_one_at_a_time = threading.Lock()


def align_apart(clip: Clip) -> Alignment:
    """Like `align`, while other threads go on; a crash or hang of the aligner only costs this clip its times."""
    try:
        return listen_apart(clip)
    except AlignerLostError as error:
        return estimated(clip, str(error))


def listen_apart(clip: Clip) -> Alignment:
    """Like `align_apart`, but raises AlignerLostError where the process comes to no answer: nothing to keep.

    One clip at a time, since each takes a core; starting the process takes half a second.
    """
    if not worth_listening(clip):
        return align(clip)
    assert clip.audio is not None
    with _one_at_a_time:
        return _align_apart(clip, _SECONDS + _SECONDS_A_SECOND * clip.audio.seconds)


def _align_apart(clip: Clip, timeout: float) -> Alignment:
    try:
        done = subprocess.run(
            python_command("viewer.speech.process"),
            input=pack_speech(clip),
            capture_output=True,
            env=python_environment(),
            timeout=timeout,
            start_new_session=True,  # Ctrl-C in a terminal is the owner's business
        )
    except subprocess.TimeoutExpired:
        raise AlignerLostError(f"The aligner did not come to an end within {timeout:.0f} s.") from None
    except OSError as error:
        raise AlignerLostError(f"The aligner cannot be started: {error.strerror or error}.") from error
    if done.returncode != 0:
        raise AlignerLostError(f"The aligner's process {_how(done.returncode, done.stderr)}.")
    return alignment_from_json(json.loads(done.stdout))


def _how(code: int, stderr: bytes) -> str:
    if code < 0:
        return f"was ended by {signal.Signals(-code).name}"
    last = stderr.decode(errors="replace").strip().splitlines()[-1:]
    return f"ended with exit code {code}{f' ({last[0][:200]})' if last else ''}"
