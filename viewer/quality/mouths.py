"""How far mouths are open for each phone: what the motion is compared with to find its lag."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from jaxtyping import Bool, Float64

from viewer.speech import SILENCE, Phone

BILABIALS = ("P", "B", "M")
"""Phones that cannot be said without closing the lips."""

_OPENING = {
    SILENCE: 0.05,
    **dict.fromkeys(BILABIALS, 0.0),
    **dict.fromkeys(("F", "V"), 0.1),
    **dict.fromkeys(("W", "UW", "ZH", "SH", "CH", "JH"), 0.25),
    **dict.fromkeys(("S", "Z", "TH", "DH", "T", "D", "N"), 0.3),
    **dict.fromkeys(("R", "ER", "UH", "Y", "OY"), 0.35),
    **dict.fromkeys(("L", "IY", "IH", "K", "G", "NG"), 0.45),
    **dict.fromkeys(("OW", "AH", "HH", "EY", "EH"), 0.6),
    **dict.fromkeys(("AO", "AE", "AY", "AW"), 0.85),
    "AA": 1.0,
}
"""Of ARPAbet, 0 closed to 1 wide open: vowel height as in the vowel chart of the International Phonetic Alphabet, with
consonants by where the tongue needs the jaw to be."""
_UNKNOWN = 0.4
_BLUR_SECONDS = 0.04
"""Standard deviation of co-articulation."""


def template(phones: Iterable[Phone], n_frames: int, fps: float) -> Float64[np.ndarray, " T"]:
    """How far a mouth that says these phones is open, 0 to 1, in the middle of each frame."""
    step = 1 / (fps * _SUBFRAMES)
    times = (np.arange(n_frames * _SUBFRAMES) + 0.5) * step
    opening = np.full(len(times), _OPENING[SILENCE])
    for phone in phones:
        first, last = np.searchsorted(times, [phone.start, phone.end])
        opening[first:last] = _OPENING.get(phone.label, _UNKNOWN)
    reach = round(3 * _BLUR_SECONDS / step)
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) * step / _BLUR_SECONDS) ** 2)
    padded = np.pad(opening, reach, mode="edge")
    blurred = np.convolve(padded, kernel / kernel.sum(), mode="valid")
    return blurred.reshape(n_frames, _SUBFRAMES).mean(axis=1)


_SUBFRAMES = 8


def lag(
    moved: Float64[np.ndarray, " T"],
    expected: Float64[np.ndarray, " T"],
    good: Bool[np.ndarray, " T"],
    *,
    most: int,
) -> tuple[float, float] | None:
    """(frames by which `moved` comes after `expected`, their correlation there), within ±`most` frames.

    The largest Pearson correlation over all shifts, between frames by a parabola; None where either does not change,
    the clip is too short, or the correlation has no peak within.
    """
    if len(moved) < 3 * most:
        return None
    found = np.full(2 * most + 1, -np.inf)
    for shift in range(-most, most + 1):
        a = slice(max(shift, 0), len(moved) + min(shift, 0))
        b = slice(max(-shift, 0), len(moved) - max(shift, 0))
        x, y, known = moved[a], expected[b], good[a]
        if known.sum() > 2 * most and x[known].std() > _REST and y[known].std() > _REST:
            found[shift + most] = np.corrcoef(x[known], y[known])[0, 1]
    best = int(found.argmax())
    if best in (0, 2 * most) or not np.isfinite(found[best]):  # still rising at the end: no peak
        return None
    before, at, after = found[best - 1 : best + 2]
    bend = before - 2 * at + after
    offset = 0.5 * (before - after) / bend if bend < 0 and np.isfinite(bend) else 0.0
    return best - most + offset, float(found[best])


_REST = 1e-6
