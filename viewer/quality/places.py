"""From values per frame to the places that a reviewer should look at."""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool, Float

from viewer.held import spans

MOST_PLACES = 5
"""Of one check in one clip: who has seen these knows enough."""
_APART_SECONDS = 0.4
_STILL_HIGH = 0.9

Place = tuple[float, float, float]


def peaks(values: Float[np.ndarray, " T"], fps: float) -> tuple[Place, ...]:
    """The highest values, each with the frames around it that are nearly as high; NaN is never one.

    (start, end, value), highest first, start and end in seconds; two peaks are at least 0.4 s apart.
    """
    left = np.where(np.isfinite(values), values, -np.inf)
    apart = max(round(_APART_SECONDS * fps), 1)
    found: list[Place] = []
    while len(found) < MOST_PLACES and len(left):
        frame = int(left.argmax())
        peak = float(left[frame])
        if not np.isfinite(peak):
            break
        first, last = _nearly(values, frame, peak)
        found.append((first / fps, (last + 1) / fps, peak))
        left[max(first - apart, 0) : last + apart + 1] = -np.inf
    return tuple(found)


def runs(mask: Bool[np.ndarray, " T"], fps: float) -> tuple[Place, ...]:
    """The longest stretches of marked frames: (start, end, seconds), longest first."""
    longest = sorted(spans(mask), key=lambda span: span[0] - span[1])[:MOST_PLACES]
    return tuple((first / fps, (last + 1) / fps, (last + 1 - first) / fps) for first, last in longest)


def _nearly(values: Float[np.ndarray, " T"], frame: int, peak: float) -> tuple[int, int]:
    """First and last frame around a peak that reach most of it."""
    if peak <= 0:
        return frame, frame
    high = np.nan_to_num(values, nan=-np.inf) >= _STILL_HIGH * peak
    first = last = frame
    while first > 0 and high[first - 1]:
        first -= 1
    while last + 1 < len(high) and high[last + 1]:
        last += 1
    return first, last
