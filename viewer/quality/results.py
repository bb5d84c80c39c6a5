"""What the checks say of a data set: findings of every clip, ranked, compared and exported."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float64

from viewer import jobs
from viewer.errors import UsageError
from viewer.paths import whole_file
from viewer.quality import seams
from viewer.quality.features import NAMES, Neighbours
from viewer.quality.finding import ClipQuality
from viewer.quality.judge import judge, settled, unreadable
from viewer.quality.measure import Measurement
from viewer.quality.packing import unpack
from viewer.quality.population import Population, Reference, of_values, pooled_bands, usual_extremes
from viewer.quality.registry import CHECKS
from viewer.quality.thresholds import Thresholds

ABOUT = "about.json"
STAGES = ("motion", "speech")
"""Folders of results, and which checks they hold."""


@dataclass(frozen=True, eq=False)
class QualityResults:
    """Findings of the clips of a data set. Made by `build` or `load`."""

    dataset: str
    """Its path."""
    model: str
    """The head that the face was measured on."""
    clips: Mapping[str, ClipQuality]
    """By stem, in the order of the data set."""
    population: Population
    thresholds: Thresholds
    measurements: Mapping[str, Measurement]

    @classmethod
    def build(
        cls,
        measurements: Mapping[str, Measurement],
        *,
        dataset: str = "",
        model: str = "",
        failed: Mapping[str, str] | None = None,
        thresholds: Thresholds | None = None,
        seam_period: int | None = None,
        population: Population | None = None,
    ) -> QualityResults:
        """Compare clips with each other, or with a population, and judge them.

        failed: clips that could not be measured, and why; seam_period: frames, 0 for motion without seams, None: as the
        data shows.
        """
        limits = Thresholds.load() if thresholds is None else thresholds
        if population is None:
            population = compare(measurements.values(), seam_period=seam_period)
        clips = {stem: judge(found, thresholds=limits, population=population) for stem, found in measurements.items()}
        for stem, why in (failed or {}).items():
            clips[stem] = unreadable(stem, why)
        return cls(dataset, model, dict(sorted(clips.items())), population, limits, measurements)

    @classmethod
    def load(
        cls, folder: Path, *, thresholds: Thresholds | None = None, seam_period: int | None = None
    ) -> QualityResults | None:
        """What runs have kept in a folder so far; None where there is nothing, or of another version."""
        try:
            about = json.loads((folder / ABOUT).read_text(encoding="utf-8"))
            dataset, model = str(about["dataset"]), str(about["model"])
        except (OSError, ValueError, KeyError, TypeError):
            return None
        measurements, failed = read_measurements(jobs.read_results(folder / stage) for stage in STAGES)
        if not measurements and not failed:
            return None
        return cls.build(
            measurements, dataset=dataset, model=model, failed=failed, thresholds=thresholds, seam_period=seam_period
        )

    def __len__(self) -> int:
        return len(self.clips)

    def of(self, stem: str) -> ClipQuality | None:
        """None for a clip that was not checked."""
        return self.clips.get(stem)

    def ranked(self, check: str | None = None) -> list[ClipQuality]:
        """Worst first: by the worst finding, or by the value of one check. Raises UsageError for an unknown check."""
        if check is None:
            return sorted(self.clips.values(), key=lambda clip: (-clip.badness, clip.stem))
        if check not in CHECKS:
            raise UsageError(f"no check {check!r}; expected one of {', '.join(CHECKS)}")
        scored = [(clip.scores.get(check), clip) for clip in self.clips.values()]
        known = [(self._out(check, score), clip) for score, clip in scored if score is not None]
        return [clip for _, clip in sorted(known, key=lambda pair: (-pair[0], pair[1].stem))]

    def nearest(self, stem: str, k: int = 10) -> list[tuple[str, float]]:
        """The clips whose motion is most alike, and their distances, nearest first; none for an unknown one."""
        if stem not in self._row:
            return []
        return [(self._stems[row], distance) for row, distance in self._neighbours.nearest(self._row[stem], k)]

    @cached_property
    def oddness(self) -> dict[str, float]:
        """How far each clip's motion is from its nearest others, in robust standard deviations."""
        return dict(zip(self._stems, self._neighbours.oddness().tolist(), strict=True))

    def odd(self, k: int = 50) -> list[str]:
        """Clips that are odd overall, most odd first."""
        return sorted(self.oddness, key=lambda stem: (-self.oddness[stem], stem))[:k]

    def bands(self, curve: str) -> Float64[np.ndarray, " B"] | None:
        """Values of a curve at `population.BAND_LEVELS`, over all frames of all clips."""
        return self.population.bands.get(curve)

    def as_json(self) -> dict[str, Any]:
        """The object that `check --json` prints."""
        return {"dataset": self.dataset, "model": self.model, "clips": [clip.as_json() for clip in self.clips.values()]}

    def calibrated(self) -> Thresholds:
        """Thresholds with every limit that has a `spread` put where this data set says."""
        from viewer.quality.calibrate import calibrate

        return calibrate(self.thresholds, settled_values(self.measurements.values(), self.population.reference))

    def _out(self, check: str, score: float) -> float:
        worse = CHECKS[check].worse
        return score if worse == "high" else -score if worse == "low" else abs(score)

    @cached_property
    def _stems(self) -> list[str]:
        return [stem for stem, clip in self.clips.items() if len(clip.features) == len(NAMES)]

    @cached_property
    def _row(self) -> dict[str, int]:
        return {stem: row for row, stem in enumerate(self._stems)}

    @cached_property
    def _neighbours(self) -> Neighbours:
        features = [self.clips[stem].features for stem in self._stems]
        return Neighbours(np.array(features, np.float64).reshape(len(features), len(NAMES)))


def compare(measurements: Iterable[Measurement], *, seam_period: int | None = None) -> Population:
    """What is usual among clips."""
    clips = list(measurements)
    ranges = [clip.found["range"].data for clip in clips if "range" in clip.found and clip.found["range"].data]
    lows, highs = ([unpack(data[end]) for data in ranges] for end in ("low", "high"))
    width = max((len(low) for low in lows), default=0)
    extremes = scale = None
    if len(lows) >= _FEWEST_FOR_EXTREMES and all(len(low) == width for low in lows):
        extremes, scale = usual_extremes(np.stack(lows), np.stack(highs))
    if seam_period is None:
        seam_period = seams.estimate_period(
            unpack(clip.found["seam"].data["jumps"], "u1") / seams.PARTS
            for clip in clips
            if "seam" in clip.found and clip.found["seam"].data
        )
    lags = [
        found.value for clip in clips if (found := clip.found.get("av_lag")) is not None and found.value is not None
    ]
    usual_lag = float(np.median(lags)) if len(lags) >= _FEWEST_FOR_LAG else 0.0
    reference = Reference(extremes, scale, seam_period, usual_lag)
    return Population(
        len(clips),
        of_values(settled_values(clips, reference)),
        pooled_bands([clip.bands for clip in clips], [clip.frames for clip in clips]),
        reference,
    )


_FEWEST_FOR_EXTREMES, _FEWEST_FOR_LAG = 5, 5


def settled_values(clips: Iterable[Measurement], reference: Reference) -> dict[str, list[float]]:
    """Values of each check over the clips that it applies to."""
    values: dict[str, list[float]] = {name: [] for name in CHECKS}
    for clip in clips:
        for name, measured in clip.found.items():
            if name in CHECKS and (value := settled(CHECKS[name], measured, reference).value) is not None:
                values[name].append(value)
    return values


def read_measurements(
    stages: Iterable[Mapping[str, jobs.Result]],
) -> tuple[dict[str, Measurement], dict[str, str]]:
    """Measurements by stem, those of one clip put together; and why clips have none."""
    measurements: dict[str, Measurement] = {}
    failed: dict[str, str] = {}
    for results in stages:
        for stem, result in results.items():
            if not result.ok:
                failed.setdefault(stem, result.error or result.status)
                continue
            try:
                found = Measurement.from_json(stem, json.loads(result.value))
            except (KeyError, TypeError, ValueError):  # kept by another version
                continue
            known = measurements.get(stem)
            if known is None:
                measurements[stem] = found
            elif known.motion_hash == found.motion_hash:  # else the clip changed between the two
                measurements[stem] = known.with_more(found)
    return measurements, {stem: why for stem, why in failed.items() if stem not in measurements}


def write_about(folder: Path, *, dataset: str, model: str) -> None:
    """Say what the results in a folder are of. Raises UsageError where it cannot be written."""
    with whole_file(folder / ABOUT, error=UsageError) as part:
        part.write_text(json.dumps({"dataset": dataset, "model": model}), encoding="utf-8")
