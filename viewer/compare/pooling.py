"""One number for many clips, with its interval."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64

_RESAMPLES = 2000
_AT_ONCE = 50
"""Resamples at a time, so that memory does not grow with their number."""
_SEED = 0
_LEVELS = (2.5, 97.5)


@dataclass(frozen=True)
class Pooled:
    """A mean over clips."""

    mean: float | None
    """None where no clip has a value."""
    low: float | None
    """With `high` the 95 % interval; None where fewer than two clips have a value."""
    high: float | None
    clips: int
    """Those with a value."""

    def as_json(self) -> dict[str, float | None]:
        return {"mean": self.mean, "low": self.low, "high": self.high}


Table = Mapping[str, Float64[np.ndarray, " N"]]
"""By metric, a number for each clip; NaN where it has none."""


def pool(values: Table, weights: Table | None = None, *, roots: frozenset[str] = frozenset()) -> dict[str, Pooled]:
    """Means over clips, by metric, with 95 % percentile bootstrap intervals (Efron 1979).

    weights: how much each clip counts: with its number of frames the mean is that over all frames; without, all clips
    count the same. roots: metrics that are pooled as the root of the mean of squares.

    2,000 resamples of clips with a fixed seed, the same for all metrics: equal input gives equal intervals.
    """
    names = list(values)
    if not names:
        return {}
    found = np.stack([np.square(values[name]) if name in roots else values[name] for name in names], axis=1)
    known = np.isfinite(found)
    counts = np.where(known, 1.0 if weights is None else np.stack([weights[name] for name in names], axis=1), 0.0)
    # Numerators, then denominators: a resample is one product with how often each clip is in it.
    sums = np.concatenate([np.where(known, found, 0.0) * counts, counts], axis=1)
    means = _means(sums.sum(axis=0, keepdims=True))[0]
    low, high = np.full(len(names), np.nan), np.full(len(names), np.nan)
    enough = known.sum(axis=0) > 1
    if enough.any():
        resampled = _resampled(sums)[:, enough]
        low[enough], high[enough] = np.nanpercentile(resampled, _LEVELS, axis=0)
    pooled = {}
    for column, name in enumerate(names):
        mean, least, most = (_finished(numbers[column], name in roots) for numbers in (means, low, high))
        pooled[name] = Pooled(mean, least, most, clips=int(known[:, column].sum()))
    return pooled


def _resampled(sums: Float64[np.ndarray, "N K"]) -> Float64[np.ndarray, "resamples M"]:
    """Means of clips drawn with replacement, as many as there are."""
    rng = np.random.default_rng(_SEED)
    n_clips = len(sums)
    found = []
    for _ in range(_RESAMPLES // _AT_ONCE):
        drawn = rng.integers(n_clips, size=(_AT_ONCE, n_clips))
        drawn += n_clips * np.arange(_AT_ONCE)[:, None]
        times = np.bincount(drawn.ravel(), minlength=_AT_ONCE * n_clips).reshape(_AT_ONCE, n_clips)
        found.append(_means(times @ sums))
    return np.concatenate(found)


def _means(sums: Float64[np.ndarray, "R K"]) -> Float64[np.ndarray, "R M"]:
    """From numerators and denominators side by side; NaN where a resample holds no clip with a value."""
    numerators, denominators = np.split(sums, 2, axis=1)
    means = np.full(numerators.shape, np.nan)
    return np.divide(numerators, denominators, out=means, where=denominators > 0)


def _finished(value: float, root: bool) -> float | None:
    if np.isnan(value):
        return None
    return float(np.sqrt(value) if root else value)
