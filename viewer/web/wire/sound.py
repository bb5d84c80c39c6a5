"""A clip's sound as a wav file that every browser plays."""

from __future__ import annotations

import io
from math import gcd

import numpy as np
import soundfile
from scipy.signal import resample_poly

from viewer.clip import Audio, Clip
from viewer.video.sound import fit_audio

_RATES = range(8_000, 96_001)
"""Samples per second that browsers decode."""
_USUAL_RATE = 48_000
_MAX_CHANNELS = 2


def wav_bytes(clip: Clip) -> bytes:
    """16-bit PCM wav, exactly as long as the motion, as in the mp4. The clip must have sound.

    More than two channels are mixed to one; a sample rate that browsers refuse is converted to 48 kHz.
    """
    assert clip.audio is not None
    audio = fit_audio(_playable(clip.audio), len(clip), clip.fps)
    file = io.BytesIO()
    soundfile.write(file, audio.samples, audio.rate, format="WAV", subtype="PCM_16")
    return file.getvalue()


def _playable(audio: Audio) -> Audio:
    samples, rate = audio.samples, audio.rate
    if samples.shape[1] > _MAX_CHANNELS:
        samples = samples.mean(axis=1, keepdims=True)
    if rate not in _RATES and len(samples):
        common = gcd(rate, _USUAL_RATE)
        samples = resample_poly(samples, _USUAL_RATE // common, rate // common, axis=0)
        rate = _USUAL_RATE
    return Audio(np.asarray(samples, np.float32), rate)
