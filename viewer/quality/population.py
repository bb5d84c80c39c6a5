"""What is usual in a data set: quantiles of every check's values, of curves and of coefficients."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float64

from viewer.errors import JobError
from viewer.paths import whole_file


@dataclass(frozen=True, eq=False)
class Reference:
    """What a check may want to know of the rest of the data set once all clips are measured."""

    extremes: Float64[np.ndarray, "2 E"] | None = None
    """Median over the clips of the least and the largest value of each expression coefficient; None: not known."""
    extreme_scale: Float64[np.ndarray, "2 E"] | None = None
    """Robust standard deviation of each of them, outwards."""
    seam_period: int | None = None
    """Frames from one seam of the motion to the next; 0 where there are none, None where nothing is known."""
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

    @property
    def large(self) -> bool:
        """Whether there are enough clips to compare with."""
        return self.n_clips >= FEWEST_CLIPS

    def percentile(self, check: str, value: float | None) -> float | None:
        """Share of clips in % with a lower value, ties half; None where nothing, or of few clips, is known."""
        known = self.quantiles.get(check)
        if value is None or known is None or not self.large:
            return None
        below, up_to = np.searchsorted(known, value, "left"), np.searchsorted(known, value, "right")
        if below == up_to:  # between two levels
            return float(np.interp(value, known, LEVELS)) if 0 < below < len(known) else (0.0 if below == 0 else 100.0)
        return float((LEVELS[below] + LEVELS[up_to - 1]) / 2)

    def as_json(self) -> dict[str, Any]:
        reference = self.reference
        return {
            "version": VERSION,
            "n_clips": self.n_clips,
            "quantiles": {name: values.tolist() for name, values in self.quantiles.items()},
            "bands": {name: values.tolist() for name, values in self.bands.items()},
            "extremes": None if reference.extremes is None else reference.extremes.tolist(),
            "extreme_scale": None if reference.extreme_scale is None else reference.extreme_scale.tolist(),
            "seam_period": reference.seam_period,
            "lag": reference.lag,
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Population:
        """The reverse of `as_json`. Raises KeyError, TypeError, ValueError for what is none, or of another version."""
        if value["version"] != VERSION:
            raise ValueError(f"version {value['version']}, expected {VERSION}")
        extremes, scale = (
            None if value[key] is None else np.array(value[key]) for key in ("extremes", "extreme_scale")
        )
        return cls(
            int(value["n_clips"]),
            {name: np.array(known, float) for name, known in value["quantiles"].items()},
            {name: np.array(known, float) for name, known in value["bands"].items()},
            Reference(extremes, scale, value["seam_period"], float(value["lag"])),
        )


VERSION = 1
"""Of what is kept."""
FEWEST_CLIPS = 20
"""Fewer are no data set to compare with."""
LEVELS: Float64[np.ndarray, " Q"] = np.concatenate([[0, 0.1, 0.5], np.arange(1, 100), [99.5, 99.9, 100]])
"""Percentiles that are kept of each check."""
BAND_LEVELS = (1, 5, 25, 50, 75, 95, 99)
"""Percentiles that are kept of each curve."""


def of_values(values: Mapping[str, Sequence[float]]) -> dict[str, Float64[np.ndarray, " Q"]]:
    """Quantiles at `LEVELS` of the values of each check; checks without any are left out."""
    return {check: np.percentile(known, LEVELS) for check, known in values.items() if len(known)}


def pooled_bands(
    clips: Sequence[Mapping[str, Sequence[float]]], weights: Sequence[int]
) -> dict[str, Float64[np.ndarray, " B"]]:
    """Percentiles of curves over all frames of all clips, from those of each clip.

    clips: for each, values of its curves at `BAND_LEVELS`; weights: frames of each clip. Between its levels a clip's
    values count as evenly spread: good to a few percent of the width of a band.
    """
    inner = np.linspace(BAND_LEVELS[0], BAND_LEVELS[-1], _SAMPLES)
    found = {}
    for name in dict.fromkeys(name for clip in clips for name in clip):
        chosen = [(clip[name], weight) for clip, weight in zip(clips, weights, strict=True) if name in clip]
        levels = np.array([values for values, _ in chosen])
        samples = np.stack([np.interp(inner, BAND_LEVELS, values) for values in levels])
        share = np.repeat([weight for _, weight in chosen], _SAMPLES).astype(float)
        order = np.argsort(samples, axis=None, kind="stable")
        ranks = np.cumsum(share[order]) - share[order] / 2
        found[name] = np.interp(np.array(BAND_LEVELS) / 100 * share.sum(), ranks, samples.ravel()[order])
    return found


_SAMPLES = 25


def usual_extremes(
    low: Float64[np.ndarray, "N E"], high: Float64[np.ndarray, "N E"]
) -> tuple[Float64[np.ndarray, "2 E"], Float64[np.ndarray, "2 E"]]:
    """Median of each coefficient's extremes over the clips, and their robust standard deviation outwards.

    The deviation comes from the 80th percentile: a fifth of the clips may be wrong. Of few clips, where that is not
    sure, it is wider. Coefficients that hardly move in most clips take the least one, half of what is usual for others.
    """
    middle = np.stack([np.median(low, axis=0), np.median(high, axis=0)])
    outer = np.stack([np.percentile(low, 100 - _OUTER, axis=0), np.percentile(high, _OUTER, axis=0)])
    scale = np.abs(outer - middle) / _OUTER_SD
    wider = 1 + _FEW / max(len(low), 1)
    return middle, wider * np.maximum(scale, 0.5 * np.median(scale))


_OUTER, _OUTER_SD = 80, 0.8416
"""A percentile, and where it lies in a normal distribution, in standard deviations."""
_FEW = 10
"""Clips; of so many the deviation is doubled."""


def upper_spread(values: Sequence[float], *, above: bool) -> tuple[float, float]:
    """Median, and robust standard deviation of the values on one side of it: 1.4826 times their median distance."""
    known = np.asarray(values, np.float64)
    middle = float(np.median(known))
    side = known[known > middle] if above else known[known < middle]
    return middle, float(1.4826 * np.median(np.abs(side - middle))) if len(side) else 0.0


def read_population(folder: Path, *, seam_period: int | None = None) -> Population | None:
    """What a check of all clips has kept in its folder; None where there is none, or of another version.

    seam_period: in the place of the one that was found then.
    """
    try:
        found = Population.from_json(json.loads((folder / _FILE).read_text(encoding="utf-8")))
    except (OSError, KeyError, TypeError, ValueError):
        return None
    return found if seam_period is None else replace(found, reference=replace(found.reference, seam_period=seam_period))


def write_population(folder: Path, population: Population) -> None:
    """Raises JobError where it cannot be written."""
    with whole_file(folder / _FILE, error=JobError) as part:
        part.write_text(json.dumps(population.as_json(), allow_nan=False), encoding="utf-8")


_FILE = "population.json"
