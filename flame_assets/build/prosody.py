"""Loudness, pitch and prominence of speech: what head, brows and vowels follow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from coarticulation import VOWELS
from jaxtyping import Float, Int16
from phones import RATE, Segment, Word
from scipy.ndimage import gaussian_filter1d

_HOP = RATE // 100
_WINDOW = 1024
_PITCH_RANGE_HZ = (65.0, 320.0)

_WEAK_WORDS = "a an the and or to of in for at be is was he his him it them then than there had have been might do as"
"""Words that carry no accent unless the speaker insists."""


@dataclass(frozen=True)
class Accent:
    """A word the speaker stresses."""

    seconds: float
    """Middle of its strongest vowel."""
    strength: float
    """0..1 within the clip."""


def loudness_db(sound: Int16[np.ndarray, " N"]) -> Float[np.ndarray, " F"]:
    """Level every 10 ms, dB below full scale, over about 30 ms."""
    power = (sound.astype(np.float64) / 32768) ** 2
    frames = power[: len(power) // _HOP * _HOP].reshape(-1, _HOP).mean(1)
    return 10 * np.log10(gaussian_filter1d(frames, 1.2, mode="nearest") + 1e-8)


def pitch_hz(sound: Int16[np.ndarray, " N"]) -> Float[np.ndarray, " F"]:
    """Fundamental frequency every 10 ms by autocorrelation; NaN where unvoiced."""
    padded = np.pad(sound.astype(np.float64), _WINDOW // 2)
    n_frames = len(sound) // _HOP
    lags = slice(int(RATE / _PITCH_RANGE_HZ[1]), int(RATE / _PITCH_RANGE_HZ[0]))
    pitch = np.full(n_frames, np.nan)
    taper = np.hanning(_WINDOW)
    for i in range(n_frames):
        frame = padded[i * _HOP : i * _HOP + _WINDOW] * taper
        spectrum = np.abs(np.fft.rfft(frame, 2 * _WINDOW)) ** 2
        correlation = np.fft.irfft(spectrum)
        if correlation[0] < 1e6:
            continue
        lag = lags.start + int(np.argmax(correlation[lags]))
        if correlation[lag] > 0.45 * correlation[0]:
            pitch[i] = RATE / lag
    return pitch


def effort(words: Sequence[Word], sound: Int16[np.ndarray, " N"]) -> list[float]:
    """How strongly each phone is spoken, 0..1: its loudness within the clip, and for vowels length and pitch too."""
    phones = [phone for word in words for phone in word.phones]
    vowels = [phone for phone in phones if phone.phone in VOWELS]
    score = dict(zip(vowels, _prominence(vowels, sound), strict=True))
    loud = loudness_db(sound)
    reference = np.percentile(loud, 92)
    result = []
    for phone in phones:
        level = np.clip(1 + (_mean(loud, phone) - reference) / 24, 0, 1)
        result.append(float(0.5 * level + 0.5 * score[phone]) if phone in score else float(level))
    return result


def accents(words: Sequence[Word], sound: Int16[np.ndarray, " N"], *, apart: float = 0.45) -> list[Accent]:
    """Stressed words in order of time, at least `apart` seconds from each other."""
    vowels = [phone for word in words for phone in word.phones if phone.phone in VOWELS]
    score = dict(zip(vowels, _prominence(vowels, sound), strict=True))
    found = []
    for word in words:
        candidates = [(score[phone], phone) for phone in word.phones if phone in score]
        if candidates:
            strength, phone = max(candidates, key=lambda pair: pair[0])
            found.append(Accent(phone.middle, strength * (0.45 if word.text in _WEAK_WORDS.split() else 1.0)))
    chosen: list[Accent] = []
    for accent in sorted(found, key=lambda a: -a.strength):
        if accent.strength > 0.42 and all(abs(accent.seconds - other.seconds) >= apart for other in chosen):
            chosen.append(accent)
    return sorted(chosen, key=lambda a: a.seconds)


def _prominence(vowels: Sequence[Segment], sound: Int16[np.ndarray, " N"]) -> Float[np.ndarray, " K"]:
    loud, pitch = loudness_db(sound), pitch_hz(sound)
    voiced = np.isfinite(pitch)
    filled = np.interp(np.arange(len(pitch)), np.flatnonzero(voiced), np.log2(pitch[voiced]))
    features = np.array([[_mean(loud, v), np.log(v.seconds), _mean(filled, v)] for v in vowels])
    z = (features - features.mean(0)) / (features.std(0) + 1e-9)
    return 1 / (1 + np.exp(-(z @ [0.8, 0.9, 0.4])))


def _mean(curve: Float[np.ndarray, " F"], phone: Segment) -> float:
    first = min(int(phone.start * 100), len(curve) - 1)
    return float(curve[first : max(int(phone.end * 100), first + 1)].mean())
