"""Data sets that share no clips: how their curves are spread and how often checks find something, side by side."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from jaxtyping import Float64

from viewer.quality import CHECKS, ClipQuality, Measurement, Population, QualityResults, Thresholds
from viewer.quality.population import BAND_LEVELS
from viewer.quality.results import compare as population_of
from viewer.shares import difference, wilson

CURVES = {
    "mouth_opening": ("Mouth opening", "mm"),
    "expression_speed": ("Expression speed", "mm/s"),
    "lid_gap": ("Lid gap", "mm"),
    "brow": ("Brow raise", "mm"),
    "jaw_angle": ("Jaw angle", "°"),
    "head_yaw": ("Head yaw", "°"),
    "head_pitch": ("Head pitch", "°"),
    "head_roll": ("Head roll", "°"),
}
"""Label and unit of each curve that is compared, by its name on the timeline. Loudness is no motion."""
LEVELS = (5, 50, 95)
"""Percentiles that are told of each curve."""
FEWEST_CLIPS = 2
"""For an interval: one clip says nothing of others."""
_RESAMPLES = 1000
_PER_STEP = 50
"""Resamples at a time, so that memory does not grow with their number."""
_GRID = 512
"""Values at which distributions are known."""
_SEED = 0


@dataclass(frozen=True)
class Measured:
    """The clips of a data set, as `viewer.quality` measures them."""

    dataset: str
    """Its path."""
    model: str
    """The head that they were measured on."""
    expression_space: str
    clips: Mapping[str, Measurement]
    failed: Mapping[str, str]
    """Clips that could not be measured, and why."""


@dataclass(frozen=True)
class Level:
    """A number of a data set, such as a percentile of a curve, with its 95 % interval over clips.

    The interval is None where one clip is all, the number where there is none.
    """

    value: float | None
    low: float | None
    high: float | None

    def as_json(self) -> dict[str, float | None]:
        return {"value": self.value, "low": self.low, "high": self.high}


@dataclass(frozen=True, eq=False)
class CurveSpread:
    """How a curve is spread over all frames of two data sets."""

    name: str
    reference: dict[int, Level]
    """At `LEVELS`."""
    prediction: dict[int, Level]
    difference: dict[int, Level]
    """Prediction minus reference."""
    clips: tuple[int, int]
    """That have the curve, of reference and prediction."""
    grid: Float64[np.ndarray, " G"]
    """Values of the curve, evenly spaced."""
    shares: tuple[Float64[np.ndarray, " G"], Float64[np.ndarray, " G"]]
    """Of the frames of reference and prediction, that lie below each."""

    def as_json(self) -> dict[str, Any]:
        sides = {"reference": self.reference, "prediction": self.prediction, "difference": self.difference}
        levels = {
            side: {f"p{level:02}": known.as_json() for level, known in found.items()} for side, found in sides.items()
        }
        return {"unit": CURVES[self.name][1], "clips": list(self.clips), **levels}


@dataclass(frozen=True)
class Rate:
    """Clips with an error or a warning of a check, with the 95 % Wilson interval of their share."""

    found: int
    of: int
    """Clips that the check applies to."""

    @property
    def share(self) -> float | None:
        return self.found / self.of if self.of else None

    @property
    def interval(self) -> tuple[float, float]:
        return wilson(self.found, self.of)

    def as_json(self) -> dict[str, Any]:
        low, high = self.interval
        return {"found": self.found, "of": self.of, "share": self.share, "low": low, "high": high}


@dataclass(frozen=True)
class CheckRate:
    """How often a check finds something in two data sets."""

    check: str
    reference: Rate
    prediction: Rate

    @property
    def difference(self) -> tuple[float, float] | None:
        """95 % interval of the prediction's share minus the reference's; None where it applies to none of one."""
        if not self.reference.of or not self.prediction.of:
            return None
        return difference((self.reference.found, self.reference.of), (self.prediction.found, self.prediction.of))

    def as_json(self) -> dict[str, Any]:
        between = self.difference
        return {
            "reference": self.reference.as_json(),
            "prediction": self.prediction.as_json(),
            "difference": None if between is None else {"low": between[0], "high": between[1]},
        }


@dataclass(frozen=True, eq=False)
class Unpaired:
    """One data set beside another."""

    reference: QualityResults
    prediction: QualityResults
    curves: tuple[CurveSpread, ...]
    rates: tuple[CheckRate, ...]

    def as_json(self) -> dict[str, Any]:
        """The object that `compare --unpaired --json` prints; its numbers are finite or null."""
        return {
            "reference": self.reference.dataset,
            "prediction": self.prediction.dataset,
            "clips": {"reference": len(self.reference), "prediction": len(self.prediction)},
            "curves": {curve.name: curve.as_json() for curve in self.curves},
            "checks": {rate.check: rate.as_json() for rate in self.rates},
        }


def compare_unpaired(
    reference: Measured, predictions: Sequence[Measured], *, thresholds: Thresholds | None = None
) -> list[Unpaired]:
    """Each prediction beside the reference.

    All are judged against what is usual in the reference, so that rates mean the same; but seams are looked for where
    each has them, and coefficients of another expression space are judged among themselves.
    """
    usual = population_of(reference.clips.values())
    judged = _judged(reference, usual, thresholds)
    spread = {name: _Spread.of(reference.clips, name) for name in CURVES}
    found = []
    for prediction in predictions:
        own = population_of(prediction.clips.values()).reference
        ruler = replace(usual.reference, seam_period=own.seam_period)
        if prediction.expression_space != reference.expression_space:
            ruler = replace(ruler, extremes=own.extremes)
        theirs = _judged(prediction, replace(usual, reference=ruler), thresholds)
        curves = [
            _beside(name, of_reference, of_prediction)
            for name, of_reference in spread.items()
            if of_reference is not None and (of_prediction := _Spread.of(prediction.clips, name)) is not None
        ]
        rates = [CheckRate(name, _rate(judged, name), _rate(theirs, name)) for name in CHECKS]
        told = [rate for rate in rates if rate.reference.of or rate.prediction.of]
        found.append(Unpaired(judged, theirs, tuple(curves), tuple(told)))
    return found


def _judged(measured: Measured, population: Population, thresholds: Thresholds | None) -> QualityResults:
    return QualityResults.build(
        measured.clips,
        dataset=measured.dataset,
        model=measured.model,
        failed=measured.failed,
        thresholds=thresholds,
        population=population,
    )


def _rate(results: QualityResults, check: str) -> Rate:
    found = [_finds(clip, check) for clip in results.clips.values()]
    return Rate(found.count(True), len(found) - found.count(None))


def _finds(clip: ClipQuality, check: str) -> bool | None:
    """Whether a check warns of a clip, or worse; None where it does not apply."""
    warns = any(finding.check == check and finding.severity in ("error", "warn") for finding in clip.findings)
    return warns if warns or clip.scores.get(check) is not None else None


@dataclass(frozen=True, eq=False)
class _Spread:
    """A curve of all clips of a data set that have it, by percentiles of each clip."""

    levels: Float64[np.ndarray, "N B"]
    """At `BAND_LEVELS`."""
    frames: Float64[np.ndarray, " N"]

    @classmethod
    def of(cls, clips: Mapping[str, Measurement], name: str) -> _Spread | None:
        known = [clip for clip in clips.values() if name in clip.bands]
        if not known:
            return None
        return cls(np.array([clip.bands[name] for clip in known]), np.array([clip.frames for clip in known], float))

    def below(self, grid: Float64[np.ndarray, " G"]) -> Float64[np.ndarray, "N G"]:
        """Share of each clip's frames below each value; evenly spread between its levels, as in `pooled_bands`."""
        shares = (np.array(BAND_LEVELS, float) - BAND_LEVELS[0]) / (BAND_LEVELS[-1] - BAND_LEVELS[0])
        return np.stack([np.interp(grid, values, shares, left=0, right=1) for values in self.levels])


def _beside(name: str, reference: _Spread, prediction: _Spread) -> CurveSpread:
    low = min(reference.levels.min(), prediction.levels.min())
    high = max(reference.levels.max(), prediction.levels.max())
    grid = np.linspace(low, max(high, low + 1e-6), _GRID)
    whole, resampled = [], []
    for seed, side in enumerate((reference, prediction)):  # each is a sample of its own
        below = side.below(grid)
        whole.append(side.frames @ below / side.frames.sum())
        resampled.append(np.concatenate([_quantiles(part, grid) for part in _resamples(side, below, seed)]))
    values = [_quantiles(shares[None], grid)[0] for shares in whole]
    enough = [len(side.frames) >= FEWEST_CLIPS for side in (reference, prediction)]
    return CurveSpread(
        name,
        _levels(values[0], resampled[0], known=enough[0]),
        _levels(values[1], resampled[1], known=enough[1]),
        _levels(values[1] - values[0], resampled[1] - resampled[0], known=all(enough)),
        (len(reference.frames), len(prediction.frames)),
        grid,
        (whole[0], whole[1]),
    )


def _resamples(side: _Spread, below: Float64[np.ndarray, "N G"], seed: int) -> Iterator[Float64[np.ndarray, "R G"]]:
    """Pooled shares of clips that are drawn again, with replacement: Efron's bootstrap, some resamples at a time."""
    random = np.random.default_rng([_SEED, seed])
    n = len(side.frames)
    for _ in range(0, _RESAMPLES, _PER_STEP):
        drawn = random.integers(0, n, (_PER_STEP, n))
        weights = np.stack([np.bincount(row, minlength=n) for row in drawn]) * side.frames
        yield weights @ below / weights.sum(axis=1, keepdims=True)


def _quantiles(shares: Float64[np.ndarray, "R G"], grid: Float64[np.ndarray, " G"]) -> Float64[np.ndarray, "R L"]:
    wanted = np.array(LEVELS) / 100
    return np.stack([np.interp(wanted, row, grid) for row in shares])


def _levels(
    values: Float64[np.ndarray, " L"], resampled: Float64[np.ndarray, "R L"], *, known: bool
) -> dict[int, Level]:
    low, high = np.percentile(resampled, [2.5, 97.5], axis=0)
    found = {}
    for number, level in enumerate(LEVELS):
        ends = (float(low[number]), float(high[number])) if known else (None, None)
        found[level] = Level(float(values[number]), *ends)
    return found
