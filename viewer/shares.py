"""How well a share is known from a sample, and how two of them differ."""

from __future__ import annotations

import math
from statistics import NormalDist


def wilson(found: int, of: int, *, confidence: float = 0.95) -> tuple[float, float]:
    """The Wilson score interval of a share that showed `found` times in a random sample `of` so many; 0..1, 0..1.

    Unlike the textbook's normal interval it stays within 0..1 and holds for small samples and shares near 0. An empty
    sample tells nothing. Source: E. B. Wilson, Probable inference, the law of succession, and statistical inference,
    JASA 22 (1927), without continuity correction. Raises ValueError unless 0 <= found <= of and 0 < confidence < 1.
    """
    if not (0 <= found <= of and 0 < confidence < 1):
        raise ValueError(f"{found} of {of} at confidence {confidence}; expected 0 <= found <= of, 0 < confidence < 1")
    if of == 0:
        return 0.0, 1.0
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    share = found / of
    scale = 1 + z * z / of
    middle = (share + z * z / (2 * of)) / scale
    half = z * math.sqrt(share * (1 - share) / of + z * z / (4 * of * of)) / scale
    # At its ends the interval is exact, which rounding is not.
    return (0.0 if found == 0 else middle - half), (1.0 if found == of else middle + half)


def difference(one: tuple[int, int], other: tuple[int, int], *, confidence: float = 0.95) -> tuple[float, float]:
    """Interval of the share of `other` minus that of `one`, each (found, of) of a sample of its own; -1..1.

    Source: R. G. Newcombe, Interval estimation for the difference between independent proportions, Statistics in
    Medicine 17 (1998), method 10: the Wilson intervals of both, put together. Raises ValueError as `wilson`.
    """
    (low_one, high_one), (low_other, high_other) = (wilson(*sample, confidence=confidence) for sample in (one, other))
    share_one, share_other = (found / of if of else 0.5 for found, of in (one, other))
    apart = share_other - share_one
    return (
        apart - math.hypot(share_other - low_other, high_one - share_one),
        apart + math.hypot(high_other - share_other, share_one - low_one),
    )
