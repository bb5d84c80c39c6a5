"""What the checks say of a data set: findings of every clip, ranked, compared and exported."""

from __future__ import annotations

import json
from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float64

from viewer import jobs
from viewer.errors import UsageError
from viewer.paths import whole_file
from viewer.quality.features import NAMES, Neighbours
from viewer.quality.finding import ClipQuality
from viewer.quality.judge import judge, unreadable
from viewer.quality.kept import KeptMeasurements
from viewer.quality.kept_findings import findings_file, read_findings, write_findings
from viewer.quality.measure import Measurement
from viewer.quality.packed import PackedClips, Ranking
from viewer.quality.population import Population
from viewer.quality.registry import CHECKS, STAGES
from viewer.quality.thresholds import Thresholds
from viewer.quality.usual import compare, settled_values

ABOUT = "about.json"


@dataclass(frozen=True, eq=False)
class QualityResults:
    """Findings of the clips of a data set. Made by `build` or `load`."""

    dataset: str
    """Its path."""
    model: str
    """The head that the face was measured on."""
    clips: PackedClips
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

        measurements: gone through three times, one at a time; a mapping that reads from disk stays there.
        failed: clips that could not be measured, and why; seam_period: frames, 0 for motion without seams, None: as the
        data shows.
        """
        limits = Thresholds.load() if thresholds is None else thresholds
        if population is None:
            population = compare(measurements.values(), seam_period=seam_period)
        why = failed or {}

        def judged(stem: str) -> ClipQuality:
            if stem in why:
                return unreadable(stem, why[stem])
            return judge(measurements[stem], thresholds=limits, population=population)

        clips = PackedClips((stem, judged(stem)) for stem in sorted({*measurements, *why}))
        return cls(dataset, model, clips, population, limits, measurements)

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
        stages = [jobs.read_results(folder / stage) for stage in STAGES]
        found = cls.of_runs(
            stages, folder=folder, dataset=dataset, model=model, thresholds=thresholds, seam_period=seam_period
        )
        return found if len(found) else None

    @classmethod
    def of_runs(
        cls,
        stages: Sequence[jobs.KeptResults],
        *,
        folder: Path,
        dataset: str,
        model: str,
        thresholds: Thresholds | None = None,
        seam_period: int | None = None,
    ) -> QualityResults:
        """What `build` makes of the results of runs, with clips compared with each other, or what it made of the very
        same results before: that is kept in the folder.

        stages: in the order of `STAGES`; the last may be missing.
        """
        limits = Thresholds.load() if thresholds is None else thresholds
        kept = KeptMeasurements(stages)
        file = findings_file(folder, stages, thresholds=limits, seam_period=seam_period)
        if (known := read_findings(file)) is not None:
            return cls(dataset, model, *known, limits, kept)
        built = cls.build(
            kept, dataset=dataset, model=model, failed=kept.failed, thresholds=limits, seam_period=seam_period
        )
        write_findings(file, built.clips, built.population)
        return built

    def __len__(self) -> int:
        return len(self.clips)

    def of(self, stem: str) -> ClipQuality | None:
        """None for a clip that was not checked."""
        return self.clips.get(stem)

    def ranked(self, check: str | None = None) -> Ranking:
        """Worst first: by the worst finding, or by the value of one check. Raises UsageError for an unknown check."""
        if check is None:
            return self.clips.worst_first()
        if check not in CHECKS:
            raise UsageError(f"no check {check!r}; expected one of {', '.join(CHECKS)}")
        scores = {stem: clip.scores.get(check) for stem, clip in self.clips.items()}
        known = {stem: self._out(check, score) for stem, score in scores.items() if score is not None}
        return Ranking(self.clips, sorted(known, key=lambda stem: (-known[stem], stem)))

    def nearest(self, stem: str, k: int = 10) -> list[tuple[str, float]]:
        """The clips whose motion is most alike, and their distances, nearest first; none for an unknown one."""
        stems, neighbours = self._alike
        if stem not in stems:
            return []
        names = list(stems)
        return [(names[row], distance) for row, distance in neighbours.nearest(stems[stem], k)]

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
    def _alike(self) -> tuple[dict[str, int], Neighbours]:
        """Rows of the clips whose features are known, by stem, and what lies near each row."""
        rows: dict[str, int] = {}
        features = array("d")
        for stem, clip in self.clips.items():
            if len(clip.features) == len(NAMES):
                rows[stem] = len(rows)
                features.extend(clip.features)
        return rows, Neighbours(np.frombuffer(features).reshape(len(rows), len(NAMES)))


def write_about(folder: Path, *, dataset: str, model: str) -> None:
    """Say what the results in a folder are of. Raises UsageError where it cannot be written."""
    with whole_file(folder / ABOUT, error=UsageError) as part:
        part.write_text(json.dumps({"dataset": dataset, "model": model}), encoding="utf-8")
