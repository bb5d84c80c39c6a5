"""Jaw and lips from phones in time, by dominance functions.

Each phone pulls each group of articulators towards its own target with a strength (dominance) that is greatest while it
sounds and dies away before and after it; what is seen is the average of all targets weighted by dominance (Cohen and
Massaro, "Modeling coarticulation in synthetic visual speech", 1993). So lips round before a /w/ is heard, a consonant
that does not care about the jaw lets it pass from vowel to vowel, and short vowels do not reach their target.

Lip contact (m b p, f v) is not left to averages: see `contact.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from phones import Segment
from scipy.ndimage import gaussian_filter1d

# The same for every articulator: soft muscles leave hardly any motion above this many seconds' detail.
_SMOOTHING_SECONDS = 0.024
_CORE = 0.35
"""Middle part of a phone, as a fraction of its length, over which its dominance is flat."""


@dataclass(frozen=True)
class Articulator:
    """Channels that move together, and how early and how long (seconds) a phone reaches out with them."""

    channels: tuple[str, ...]
    before: float
    after: float


ARTICULATORS = {
    "jaw": Articulator(("jaw",), 0.048, 0.052),
    "round": Articulator(("mouthPucker", "mouthFunnel"), 0.120, 0.085),
    "spread": Articulator(("mouthStretch", "mouthSmile"), 0.085, 0.075),
    "part": Articulator(("mouthLowerDown", "mouthUpperUp"), 0.055, 0.055),
}


@dataclass(frozen=True)
class Viseme:
    """What one phone wants of each articulator: targets (jaw in degrees, else ARKit weights), then its dominance."""

    jaw: tuple[float, float]
    round: tuple[float, float, float] = (0.0, 0.0, 0.10)
    spread: tuple[float, float, float] = (0.0, 0.0, 0.15)
    part: tuple[float, float, float] = (0.0, 0.0, 0.25)


def _vowel(jaw: float, dominance: float = 1.0, **groups: tuple[float, float, float]) -> Viseme:
    defaults = {"round": (0.0, 0.0, 0.45), "spread": (0.0, 0.0, 0.35), "part": (0.02, 0.01, 0.4)}
    return Viseme(jaw=(jaw, dominance), **{**defaults, **groups})


_STOP = Viseme(jaw=(2.0, 0.55), spread=(0.08, 0.0, 0.15), part=(0.08, 0.03, 0.35))
_SIBILANT = Viseme(jaw=(1.4, 0.95), round=(0.0, 0.0, 0.25), spread=(0.22, 0.06, 0.45), part=(0.28, 0.13, 0.8))
_PALATAL = Viseme(jaw=(2.0, 0.9), round=(0.16, 0.44, 0.85), part=(0.14, 0.12, 0.5))
_VELAR = Viseme(jaw=(4.2, 0.30))
_DENTAL = Viseme(jaw=(3.8, 0.6), spread=(0.06, 0.0, 0.15), part=(0.14, 0.06, 0.5))
_BILABIAL = Viseme(jaw=(2.0, 0.55), part=(0.0, 0.0, 0.9))
_LABIODENTAL = Viseme(jaw=(2.2, 0.75), round=(0.0, 0.0, 0.2), part=(0.0, 0.22, 0.9))
_REST = Viseme(jaw=(0.0, 1.0), round=(0.0, 0.0, 0.7), spread=(0.0, 0.0, 0.7), part=(0.0, 0.0, 0.8))
_PAUSE_INSIDE = Viseme(jaw=(2.5, 0.2), round=(0.0, 0.0, 0.1), spread=(0.0, 0.0, 0.1), part=(0.0, 0.0, 0.1))

VISEMES: dict[str, Viseme] = {
    "AA": _vowel(14.5),
    "AE": _vowel(13.5, spread=(0.28, 0.10, 0.6), part=(0.08, 0.05, 0.5)),
    "AH": _vowel(7.8, 0.8),
    "AO": _vowel(12.0, round=(0.20, 0.32, 0.8)),
    "EH": _vowel(9.2, spread=(0.25, 0.08, 0.5), part=(0.06, 0.03, 0.4)),
    "ER": _vowel(5.4, 0.8, round=(0.28, 0.20, 0.7)),
    "IH": _vowel(5.8, 0.7, spread=(0.22, 0.12, 0.5), part=(0.06, 0.03, 0.4)),
    "IY": _vowel(4.6, 0.85, spread=(0.34, 0.30, 0.9), part=(0.10, 0.06, 0.5)),
    "OH": _vowel(8.8, round=(0.32, 0.28, 0.85)),  # how OW begins
    "UH": _vowel(5.2, 0.75, round=(0.36, 0.24, 0.8)),
    "UW": _vowel(3.6, 0.9, round=(0.92, 0.16, 1.0)),
    "M": _BILABIAL,
    "B": _BILABIAL,
    "P": _BILABIAL,
    "F": _LABIODENTAL,
    "V": _LABIODENTAL,
    "S": _SIBILANT,
    "Z": _SIBILANT,
    "SH": _PALATAL,
    "ZH": _PALATAL,
    "CH": _PALATAL,
    "JH": _PALATAL,
    "T": _STOP,
    "D": _STOP,
    "N": _STOP,
    "TH": _DENTAL,
    "DH": _DENTAL,
    "L": Viseme(jaw=(5.2, 0.45), part=(0.05, 0.02, 0.3)),
    "R": Viseme(jaw=(4.0, 0.5), round=(0.32, 0.16, 0.7)),
    "W": Viseme(jaw=(2.4, 0.75), round=(1.0, 0.22, 1.2), part=(0.0, 0.0, 0.5)),
    "Y": Viseme(jaw=(3.4, 0.5), spread=(0.24, 0.18, 0.5)),
    "K": _VELAR,
    "G": _VELAR,
    "NG": _VELAR,
    "HH": Viseme(jaw=(5.0, 0.08), round=(0.0, 0.0, 0.03), spread=(0.0, 0.0, 0.03), part=(0.06, 0.04, 0.1)),
    "SIL": _REST,
}

# A diphthong is two vowels: where the first ends, as a fraction, and which they are.
_DIPHTHONGS = {
    "AY": ("AA", 0.58, "IH"),
    "AW": ("AA", 0.55, "UH"),
    "OY": ("AO", 0.5, "IH"),
    "EY": ("EH", 0.5, "IY"),
    "OW": ("OH", 0.5, "UW"),
}

VOWELS = frozenset({"AA", "AE", "AH", "AO", "EH", "ER", "IH", "IY", "UH", "UW"} | set(_DIPHTHONGS))

_PAUSE_SECONDS = 0.12
"""A shorter silence between words does not bring the mouth to rest."""
_FULL_VOWEL_SECONDS = 0.09
"""A vowel shorter than this pulls less."""


@dataclass(frozen=True)
class Pull:
    """One phone as it acts on the mouth."""

    segment: Segment
    viseme: Viseme
    strength: float = 1.0
    gain: float = 1.0
    """Of the targets: stressed and loud vowels open further."""


@dataclass(frozen=True, eq=False)
class Mouth:
    """Curves over time: jaw in degrees, ARKit weights by name without `_L` and `_R`."""

    jaw: Float[np.ndarray, " N"]
    weights: dict[str, Float[np.ndarray, " N"]]


def pulls(segments: Sequence[Segment], effort: Sequence[float]) -> list[Pull]:
    """What each phone does; `effort`, 0..1 a phone, scales the targets of vowels from about half to 1.4 times."""
    result = []
    for i, (segment, amount) in enumerate(zip(segments, effort, strict=True)):
        gain = 0.52 + 0.88 * amount
        if segment.phone == "SIL":
            inside = 0 < i < len(segments) - 1 and segment.seconds < _PAUSE_SECONDS
            result.append(Pull(segment, _PAUSE_INSIDE if inside else _REST))
        elif segment.phone in _DIPHTHONGS:
            first, part, second = _DIPHTHONGS[segment.phone]
            middle = segment.start + part * segment.seconds
            result.append(Pull(Segment(first, segment.start, middle), VISEMES[first], gain=gain))
            result.append(Pull(Segment(second, middle, segment.end), VISEMES[second], 0.8, gain))
        elif segment.phone in VOWELS:
            strength = min(1.0, segment.seconds / _FULL_VOWEL_SECONDS) ** 0.6
            result.append(Pull(segment, VISEMES[segment.phone], strength, gain))
        else:
            result.append(Pull(segment, VISEMES[segment.phone]))
    return result


def blend(all_pulls: Sequence[Pull], times: Float[np.ndarray, " N"]) -> Mouth:
    """Average of all targets, weighted by dominance, at evenly spaced `times` in seconds."""
    start = np.array([p.segment.start for p in all_pulls])[:, None]
    end = np.array([p.segment.end for p in all_pulls])[:, None]
    strength = np.array([p.strength for p in all_pulls])[:, None]
    gain = np.array([p.gain for p in all_pulls])[:, None]
    margin = (1 - _CORE) / 2 * (end - start)
    early = np.maximum(start + margin - times, 0.0)
    late = np.maximum(times - end + margin, 0.0)
    sigma = _SMOOTHING_SECONDS / (times[1] - times[0])
    curves: dict[str, Float[np.ndarray, " N"]] = {}
    for name, articulator in ARTICULATORS.items():
        targets = np.array([getattr(p.viseme, name) for p in all_pulls])
        reach = (early / articulator.before) ** 1.5 + (late / articulator.after) ** 1.5
        dominance = targets[:, -1:] * strength * np.exp(-reach) + 1e-9
        for i, channel in enumerate(articulator.channels):
            average = (dominance * targets[:, i : i + 1] * gain).sum(0) / dominance.sum(0)
            curves[channel] = gaussian_filter1d(average, sigma, mode="nearest")
    return Mouth(jaw=curves.pop("jaw"), weights=curves)
