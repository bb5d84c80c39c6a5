"""Finding the period of seams: generators that make motion in patches leave steps at every n-th frame."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from jaxtyping import Float64

SECONDS = 4.0
"""Period where none is found or given: generators of this kind of data decode patches of four seconds."""
PARTS = 32
"""Jumps are kept in 1/32 of a usual step, up to 8 of them."""
SHORTEST = 8
"""Frames; shorter patches would be jitter."""
LOOKED_AT = 1500
"""First frames of a clip that are looked at: a minute at 25 a second."""
_FEWEST_CLIPS = 20
_LEAST_Z = 8.0
_LEAST_EXCESS = 0.15
"""Of a usual step: clearer than any beat of the content."""


def estimate_period(profiles: Iterable[Float64[np.ndarray, " T"]]) -> int | None:
    """Frames from seam to seam, from the jumps of many clips frame by frame; None where no period stands out.

    The mean jump at multiples of each period is compared with that at all other frames, in robust standard errors. Of
    periods that stand out alike the one with most excess wins: its half would be diluted, its double see fewer frames.
    """
    total, squares, count = np.zeros(LOOKED_AT), np.zeros(LOOKED_AT), np.zeros(LOOKED_AT)
    n_clips = 0
    for profile in profiles:
        # What single clips do may not decide: beyond a few steps a jump counts as such.
        seen = np.minimum(profile[:LOOKED_AT], _MOST)
        total[: len(seen)] += seen
        squares[: len(seen)] += seen**2
        count[: len(seen)] += 1
        n_clips += 1
    if n_clips < _FEWEST_CLIPS:
        return None
    frames = np.arange(LOOKED_AT)
    inner = (count >= _FEWEST_CLIPS / 2) & (frames > 2)
    best, best_score = None, 0.0
    for period in range(SHORTEST, int(inner.nonzero()[0].max(initial=0)) + 1):
        at = inner & (frames % period == 0)
        rest = inner & ~at & ((frames + 1) % period != 0) & (frames % period != 1)
        if count[at].sum() < _FEWEST_CLIPS or count[rest].sum() < _FEWEST_CLIPS:
            continue
        mean_at, mean_rest = total[at].sum() / count[at].sum(), total[rest].sum() / count[rest].sum()
        variance = squares[rest].sum() / count[rest].sum() - mean_rest**2
        z = (mean_at - mean_rest) / max(np.sqrt(variance / count[at].sum()), 1e-9)
        # Every multiple must stand out, not only one of them; one clip each would be too few to tell.
        clear = total[at] / count[at] - mean_rest > 0.5 * (mean_at - mean_rest)
        if z > _LEAST_Z and mean_at - mean_rest > _LEAST_EXCESS and clear.mean() > 0.6 and z > best_score:
            best, best_score = period, float(z)
    return best


_MOST = 4.0
