"""Sound as the recognisers take it: 16 kHz, mono."""

from __future__ import annotations

from math import gcd

import numpy as np
from jaxtyping import Float32, Int16

from viewer.clip import Audio

RATE = 16000
SILENT = 10 ** (-70 / 20)
"""Nothing is heard where no sample is beyond ± this: -70 dB of full scale."""
_PEAK = 0.7
_LEAST_FACTOR_RATE = 100  # rates are made multiples of it, so that resampling filters stay short


def mono(audio: Audio) -> Float32[np.ndarray, " N"]:
    """The mean of the channels at 16 kHz; amplitudes as they are, which may be beyond ±1."""
    samples = audio.samples.mean(axis=1, dtype=np.float32)
    # 44,099 to 16,000 would need a filter of millions of taps; 0.1 % of pitch and time is nothing here.
    rate = audio.rate if audio.rate < 1000 else round(audio.rate / _LEAST_FACTOR_RATE) * _LEAST_FACTOR_RATE
    if rate != RATE and len(samples):
        from scipy.signal import resample_poly  # takes longer to load than to use

        common = gcd(rate, RATE)
        samples = resample_poly(samples, RATE // common, rate // common).astype(np.float32)
    return samples


def is_silent(samples: Float32[np.ndarray, " N"]) -> bool:
    return len(samples) == 0 or float(np.abs(samples).max()) < SILENT


def pcm(samples: Float32[np.ndarray, " N"]) -> Int16[np.ndarray, " N"]:
    """16-bit samples of sound that is not silent, as loud as they can well be."""
    return np.rint(samples * (_PEAK * 32767 / float(np.abs(samples).max()))).astype(np.int16)
