"""What moves besides the mouth: head, gaze, lids and brows, tied to what is said and how.

Every gesture draws from its own random stream, seeded by the clip's stem, so that tuning one leaves the others alone.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from phones import Word
from prosody import Accent
from scipy.ndimage import gaussian_filter1d

Times = Float[np.ndarray, " T"]
Weights = dict[str, Float[np.ndarray, " T"]]


@dataclass(frozen=True)
class Speech:
    """What the gestures listen to."""

    stem: str
    words: Sequence[Word]
    accents: Sequence[Accent]
    seconds: float
    """Length of the clip."""

    def random(self, gesture: str) -> np.random.Generator:
        return np.random.default_rng(zlib.crc32(f"{self.stem} {gesture}".encode()))

    def phrases(self, *, pause: float = 0.06) -> list[tuple[float, float]]:
        """Start and end of each stretch of speech; a silence longer than `pause` seconds parts two."""
        phrases: list[tuple[float, float]] = []
        for word in self.words:
            if not word.text:
                continue
            if phrases and word.start - phrases[-1][1] <= pause:
                phrases[-1] = (phrases[-1][0], word.end)
            else:
                phrases.append((word.start, word.end))
        return phrases


def head_rotation(speech: Speech, times: Times) -> Float[np.ndarray, "T 3"]:
    """Axis-angle of the head in radians: x nods down, y turns to the subject's left, z tilts.

    Posture shifts at phrase starts and between accents (minimum-jerk moves), a nod on each accent with a small lift
    before it, and a drift too slow to notice. Nothing oscillates.
    """
    random = speech.random("head")
    degrees = _postures(speech, random, times)
    for accent in speech.accents:
        size = (0.9 + 2.1 * accent.strength) * random.uniform(0.8, 1.2)
        at = accent.seconds + 0.02
        degrees[:, 0] += size * (_bump(times, at, 0.11, 0.20) - 0.35 * _bump(times, at - 0.30, 0.10, 0.09))
        degrees[:, 1] += size * random.normal(0, 0.22) * _bump(times, at, 0.14, 0.28)
        degrees[:, 2] += size * random.normal(0, 0.18) * _bump(times, at, 0.14, 0.28)
    for start, end in speech.phrases(pause=0.15):
        degrees[:, 0] += -0.9 * _bump(times, start - 0.10, 0.12, 0.30) + 0.8 * _bump(times, end + 0.05, 0.25, 0.35)
    drift = random.normal(size=(3, len(times) + 200))
    step = times[1] - times[0]
    slow = gaussian_filter1d(drift, 0.45 / step, axis=1)[:, 100:-100]
    fine = gaussian_filter1d(drift[::-1], 0.10 / step, axis=1)[:, 100:-100]
    for curve, size in ((slow, 0.35), (fine, 0.07)):
        degrees += size * (curve / curve.std(1, keepdims=True)).T
    return np.deg2rad(degrees)


def _postures(speech: Speech, random: np.random.Generator, times: Times) -> Float[np.ndarray, "T 3"]:
    sizes = np.array([1.8, 4.2, 2.2])
    moments = [start - 0.15 for start, _ in speech.phrases()]
    moments += [a.seconds for a in speech.accents if a.strength > 0.6]
    moments += [speech.phrases()[-1][1] + 0.1]
    kept: list[float] = []
    for moment in sorted(moments):
        if not kept or moment - kept[-1] > 0.75:
            kept.append(moment)
    here = random.normal(0, 0.5, 3) * sizes
    degrees = np.tile(here, (len(times), 1))
    for moment in kept:
        last = moment > speech.words[-1].start
        there = np.clip(random.normal(0, 0.35 if last else 1.0, 3), -1.6, 1.6) * sizes
        there[2] += 0.25 * there[1]
        length = random.uniform(0.45, 0.8) + 0.05 * float(np.abs(there - here).max())
        u = np.clip((times - moment) / length, 0, 1)
        degrees += (10 * u**3 - 15 * u**4 + 6 * u**5)[:, None] * (there - here)
        here = there
    return degrees


def blinks(speech: Speech, times: Times) -> Weights:
    """Lids: shut in about 80 ms, closed for a frame, open again in 150 to 200 ms; 15 to 20 a minute.

    Most fall on the ends of phrases and the beginnings of pauses, where people blink.
    """
    random = speech.random("blinks")
    wished = [end + random.uniform(0.0, 0.12) for _, end in speech.phrases(pause=0.03)]
    wished += [a.seconds + 0.22 for a in speech.accents if a.strength > 0.7]
    moments: list[float] = []
    last = random.uniform(-2.5, -1.0)
    while last < speech.seconds:
        earliest, latest = last + 1.7, last + random.uniform(3.6, 4.8)
        fitting = [m for m in wished if earliest <= m <= latest]
        last = fitting[0] if fitting else latest - random.uniform(0.0, 0.6)
        if 0.12 < last < speech.seconds - 0.3:
            moments.append(last)
    left, right = np.zeros(len(times)), np.zeros(len(times))
    for moment in moments:
        shut = times[np.argmin(np.abs(times - moment))]
        opening = random.uniform(0.15, 0.20)
        left = np.maximum(left, _blink(times, shut, 0.085, opening))
        right = np.maximum(right, random.uniform(0.97, 1.0) * _blink(times, shut, 0.085, opening * 1.06))
    return {"eyeBlink_L": left, "eyeBlink_R": right}


def _blink(times: Times, shut: float, closing: float, opening: float) -> Float[np.ndarray, " T"]:
    closed = 0.020
    down = np.clip((times - (shut - closed - closing)) / closing, 0, 1)
    up = np.clip((times - (shut + closed)) / opening, 0, 1)
    return down**2 * (3 - 2 * down) * (1 - up) ** 2 * (1 + 2 * up)


def brows(speech: Speech, times: Times) -> Weights:
    """Brows rise on the strongest accents, the inner ends most, the sides not quite alike; lids widen a little."""
    random = speech.random("brows")
    rise = np.full(len(times), 0.03)
    strong = sorted(speech.accents, key=lambda a: -a.strength)[: max(1, round(speech.seconds / 2.2))]
    for accent in sorted(strong, key=lambda a: a.seconds):
        size = random.uniform(0.24, 0.42) * accent.strength
        rise = np.maximum(rise, 0.03 + size * _bump(times, accent.seconds - 0.03, 0.17, 0.34, hold=0.10))
    rise = gaussian_filter1d(rise, 0.04 / (times[1] - times[0]))
    favour = random.uniform(0.75, 1.0)
    sides = (1.0, favour) if random.uniform() < 0.5 else (favour, 1.0)
    frown = np.zeros(len(times))
    weak = [a for a in speech.accents if a not in strong]
    for accent in weak:
        frown = np.maximum(frown, random.uniform(0.05, 0.16) * _bump(times, accent.seconds, 0.18, 0.35, hold=0.08))
    return {
        "browInnerUp": rise,
        "browOuterUp_L": 0.75 * sides[0] * rise,
        "browOuterUp_R": 0.75 * sides[1] * rise,
        "browDown_L": frown * sides[0],
        "browDown_R": frown * sides[1],
        "eyeWide_L": 0.22 * rise,
        "eyeWide_R": 0.22 * rise,
    }


def gaze(speech: Speech, times: Times, head: Float[np.ndarray, "T 3"]) -> Weights:
    """Eyes stay on the listener: they turn against the head, with small saccades of 30 ms between fixations.

    One unit of an `eyeLook` weight is taken as 25 degrees.
    """
    random = speech.random("gaze")
    target = np.zeros((len(times), 2))
    moment, here = 0.0, np.zeros(2)
    while moment < speech.seconds:
        moment += random.uniform(0.35, 1.4)
        there = random.normal(0, (0.7, 1.1), 2)
        if random.uniform() < 0.12:
            there = random.normal((-1.0, 0), (1.5, 3.5))
        u = np.clip((times - moment) / 0.045, 0, 1)
        target += (u * u * (3 - 2 * u))[:, None] * (there - here)
        here = there
    down = (target[:, 0] - np.rad2deg(head[:, 0]) * 0.8) / 25
    left = (target[:, 1] - np.rad2deg(head[:, 1]) * 0.8) / 25
    return {
        "eyeLookDown_L": np.maximum(down, 0),
        "eyeLookDown_R": np.maximum(down, 0),
        "eyeLookUp_L": np.maximum(-down, 0),
        "eyeLookUp_R": np.maximum(-down, 0),
        "eyeLookOut_L": np.maximum(left, 0),
        "eyeLookIn_R": np.maximum(left, 0),
        "eyeLookIn_L": np.maximum(-left, 0),
        "eyeLookOut_R": np.maximum(-left, 0),
    }


def breath(speech: Speech, times: Times) -> Float[np.ndarray, " T"]:
    """0..1: how far the mouth opens for the breath before each phrase that follows a pause."""
    amount = np.zeros(len(times))
    end_before = -1.0
    for start, end in speech.phrases(pause=0.15):
        room = start - max(end_before, 0.0)
        amount = np.maximum(amount, min(room / 0.3, 1.0) * _bump(times, start - 0.09, 0.10, 0.07))
        end_before = end
    return amount


def _bump(times: Times, at: float, rise: float, fall: float, *, hold: float = 0.0) -> Float[np.ndarray, " T"]:
    """Smooth hill of height 1 at `at` (and for `hold` after), a quarter as high `rise` before and `fall` after it."""
    before = np.maximum(at - times, 0) / rise
    after = np.maximum(times - at - hold, 0) / fall
    return np.exp(-1.44 * (before**2 + after**2))
