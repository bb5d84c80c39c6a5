"""What is usual in a data set: quantiles of every check's values, of curves and of coefficients."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Float64


@dataclass(frozen=True, eq=False)
class Reference:
    """What a check may want to know of the rest of the data set once all clips are measured."""

    coefficient_middle: Float64[np.ndarray, " E"] | None = None
    """Median of each expression coefficient over all frames; None where it is not known."""
    coefficient_scale: Float64[np.ndarray, " E"] | None = None
    """Robust standard deviation of each."""
    seam_period: int | None = None
    """Frames from one seam of the motion to the next; None where there are none."""
    lag: float = 0.0
    """Usual lag between sound and mouth, frames."""


@dataclass(frozen=True, eq=False)
class Population:
    """The data set that a clip is compared with."""

    n_clips: int
    quantiles: dict[str, Float64[np.ndarray, " Q"]]
    """By check: its value at `LEVELS`, over the clips that it applies to."""
    bands: dict[str, Float64[np.ndarray, " B"]]
    """By curve: its value at `BAND_LEVELS`, over all frames of all clips."""
    reference: Reference = field(default_factory=Reference)

    def percentile(self, check: str, value: float | None) -> float | None:
        """Share of clips in % with a lower value, ties half; None where nothing is known of the check."""
        known = self.quantiles.get(check)
        if value is None or known is None or not len(known):
            return None
        below, up_to = np.searchsorted(known, value, "left"), np.searchsorted(known, value, "right")
        if below == up_to:  # between two levels
            return float(np.interp(value, known, LEVELS)) if 0 < below < len(known) else (0.0 if below == 0 else 100.0)
        return float((LEVELS[below] + LEVELS[up_to - 1]) / 2)


LEVELS: Float64[np.ndarray, " Q"] = np.concatenate([[0, 0.1, 0.5], np.arange(1, 100), [99.5, 99.9, 100]])
"""Percentiles that are kept of each check."""
BAND_LEVELS = (1, 5, 25, 50, 75, 95, 99)
"""Percentiles that are kept of each curve."""
