"""What is usual in a data set: quantiles of every check's values, of curves and of coefficients."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float, Float64, Int64

from viewer.errors import JobError
from viewer.paths import whole_file


@dataclass(frozen=True, eq=False)
class Extremes:
    """The least and the largest value of each expression coefficient that clips usually reach."""

    middle: Float64[np.ndarray, "2 E"]
    """Median over the clips."""
    scale: Float64[np.ndarray, "2 E"]
    """Robust standard deviation outwards."""


@dataclass(frozen=True, eq=False)
class Reference:
    """What a check may want to know of the rest of the data set once all clips are measured."""

    extremes: Mapping[int, Extremes] = field(default_factory=dict)
    """By the number of coefficients, as clips of a data set may have more of them than others; where they are known."""
    seam_period: int | None = None
    """Frames from one seam of the motion to the next; 0 where there are none, None where nothing is known."""
    lag: float = 0.0
    """Usual lag of the mouth behind the sound, ms."""


@dataclass(frozen=True, eq=False)
class Population:
    """The data set that a clip is compared with."""

    n_clips: int
    quantiles: dict[str, Float64[np.ndarray, " Q"]]
    """By check: its value at `LEVELS`, over the clips that it applies to, from `FEWEST_CLIPS` of them on."""
    bands: dict[str, Float64[np.ndarray, " B"]]
    """By curve: its value at `BAND_LEVELS`, over all frames of all clips."""
    reference: Reference = field(default_factory=Reference)

    @property
    def large(self) -> bool:
        """Whether there are enough clips to compare with."""
        return self.n_clips >= FEWEST_CLIPS

    def percentile(self, check: str, value: float | None) -> float | None:
        """Share in % of the clips that the check applies to with a lower value, ties half; None where they are few."""
        known = self.quantiles.get(check)
        if value is None or known is None:
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
            "extremes": {
                str(width): {"middle": usual.middle.tolist(), "scale": usual.scale.tolist()}
                for width, usual in reference.extremes.items()
            },
            "seam_period": reference.seam_period,
            "lag": reference.lag,
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Population:
        """The reverse of `as_json`. Raises KeyError, TypeError, ValueError for what is none, or of another version."""
        if value["version"] != VERSION:
            raise ValueError(f"version {value['version']}, expected {VERSION}")
        extremes = {
            int(width): Extremes(np.array(usual["middle"], float), np.array(usual["scale"], float))
            for width, usual in value["extremes"].items()
        }
        return cls(
            int(value["n_clips"]),
            {name: np.array(known, float) for name, known in value["quantiles"].items()},
            {name: np.array(known, float) for name, known in value["bands"].items()},
            Reference(extremes, value["seam_period"], float(value["lag"])),
        )


VERSION = 3
"""Of what is kept."""
FEWEST_CLIPS = 20
"""Fewer are no data set to compare with."""
LEVELS: Float64[np.ndarray, " Q"] = np.concatenate([[0, 0.1, 0.5], np.arange(1, 100), [99.5, 99.9, 100]])
"""Percentiles that are kept of each check."""
BAND_LEVELS = (1, 5, 25, 50, 75, 95, 99)
"""Percentiles that are kept of each curve."""


def of_values(values: Mapping[str, Sequence[float]]) -> dict[str, Float64[np.ndarray, " Q"]]:
    """Quantiles at `LEVELS` of the values of each check; checks with fewer than `FEWEST_CLIPS` are left out."""
    return {check: np.percentile(known, LEVELS) for check, known in values.items() if len(known) >= FEWEST_CLIPS}


def pooled_band(levels: Float64[np.ndarray, "N B"], weights: Int64[np.ndarray, " N"]) -> Float64[np.ndarray, " B"]:
    """Percentiles of a curve over all frames of all clips, from those of each clip.

    levels: its values at `BAND_LEVELS` in each clip; weights: frames of each clip. Between its levels a clip's values
    count as evenly spread: good to a few percent of the width of a band.
    """
    inner = np.linspace(BAND_LEVELS[0], BAND_LEVELS[-1], _SAMPLES)
    samples = np.empty((len(levels), _SAMPLES))
    for values, between in zip(levels, samples, strict=True):
        between[:] = np.interp(inner, BAND_LEVELS, values)
    order = np.argsort(samples, axis=None, kind="stable")
    share = weights[order // _SAMPLES].astype(float)
    ranks = np.cumsum(share) - share / 2
    return np.interp(np.array(BAND_LEVELS) / 100 * share.sum(), ranks, samples.ravel()[order])


_SAMPLES = 25


def usual_extremes(low: Float[np.ndarray, "N E"], high: Float[np.ndarray, "N E"]) -> Extremes:
    """Median of each coefficient's extremes over the clips, and their robust standard deviation outwards.

    The deviation comes from the 80th percentile: a fifth of the clips may be wrong. Of few clips, where that is not
    sure, it is wider. Coefficients that hardly move in most clips take the least one, half of what is usual for others.
    """
    middle, outer = np.empty((2, low.shape[1])), np.empty((2, low.shape[1]))
    for side, (extremes, level) in enumerate(((low, 100 - _OUTER), (high, _OUTER))):
        for number, of_clips in enumerate(extremes.T):  # one by one: all at once would take ten times the memory
            values = of_clips.astype(np.float64)
            middle[side, number], outer[side, number] = np.median(values), np.percentile(values, level)
    scale = np.abs(outer - middle) / _OUTER_SD
    wider = 1 + _FEW / max(len(low), 1)
    return Extremes(middle, wider * np.maximum(scale, 0.5 * np.median(scale)))


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
