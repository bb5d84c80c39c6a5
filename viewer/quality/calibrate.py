"""Putting limits where a data set says."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from viewer.errors import UsageError
from viewer.quality.population import FEWEST_CLIPS, upper_spread
from viewer.quality.thresholds import Thresholds

_DIGITS = 3


def calibrate(thresholds: Thresholds, values: Mapping[str, Sequence[float]]) -> Thresholds:
    """Every limit with a `spread` at the median plus (or minus) so many robust standard deviations of that side.

    values: by check, one a clip. Limits of checks with fewer than 20 values, or with no spread among them, stay. Raises
    UsageError where no check has as many.
    """
    if max(map(len, values.values()), default=0) < FEWEST_CLIPS:
        raise UsageError(f"too few clips to calibrate by; expected at least {FEWEST_CLIPS} that could be checked")
    calibrated = thresholds
    for check, limits in thresholds.limits.items():
        known = values.get(check, ())
        for limit in limits:
            if limit.spread is None or len(known) < FEWEST_CLIPS:
                continue
            above = limit.kind.endswith("above")
            middle, sd = upper_spread(known, above=above)
            if sd > 0:
                value = _rounded(middle + (limit.spread if above else -limit.spread) * sd)
                source = f"{len(known):,} clips: median {middle:.3g}, robust SD {sd:.3g}, {limit.spread:g} of them"
                calibrated = calibrated.with_value(check, limit.kind, value, source)
    return calibrated


def _rounded(value: float) -> float:
    return 0.0 if value == 0 else round(value, _DIGITS - 1 - math.floor(math.log10(abs(value))))
