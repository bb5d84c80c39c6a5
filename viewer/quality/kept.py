"""Measurements that runs have kept, read from disk clip by clip: memory holds where they are, not what they say."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from viewer import jobs
from viewer.quality.measure import Measurement
from viewer.quality.registry import STAGES, Stage, of_stage


class KeptMeasurements(Mapping[str, Measurement]):
    """Measurements by stem, those of one clip put together; each is read every time that it is asked for."""

    def __init__(self, stages: Sequence[Mapping[str, jobs.Result]]) -> None:
        """stages: results of `Measurer`, in the order of `STAGES`; the last may be missing."""
        self._stages = stages
        self._stems: dict[str, None] = {}
        self._lost: dict[str, dict[str, str]] = {}
        self.failed: dict[str, str] = {}
        """Clips that have none, and why."""
        failures: dict[str, dict[Stage, jobs.Result]] = {}
        for stage, results in zip(STAGES, stages, strict=False):
            for stem, result in results.items():
                if not result.ok:
                    failures.setdefault(stem, {})[stage] = result
                elif stem not in self._stems and _measurement(result) is not None:
                    self._stems[stem] = None
        for stem, of_clip in failures.items():
            self._take_failures(stem, of_clip)

    def _take_failures(self, stem: str, failures: Mapping[Stage, jobs.Result]) -> None:
        """Note what a clip lost: the checks of one stage, all of them, or nothing where it changed since it failed."""
        known = [results[stem] for results in self._stages if stem in results and results[stem].ok]
        now = max((*failures.values(), *known), key=lambda result: result.when).content
        told = {stage: result.error or result.status for stage, result in failures.items() if result.content == now}
        if not told:
            return
        if stem in self._stems and any(result.content == now for result in known):
            self._lost[stem] = {check.name: why for stage, why in told.items() for check in of_stage(stage)}
        else:
            self._stems.pop(stem, None)
            self.failed[stem] = next(iter(told.values()))

    def __getitem__(self, stem: str) -> Measurement:
        if stem not in self._stems:
            raise KeyError(stem)
        known: Measurement | None = None
        for results in self._stages:
            result = results.get(stem)
            found = None if result is None else _measurement(result)
            if known is None or found is None:
                known = known or found
            elif known.motion_hash == found.motion_hash:  # else the clip changed between the two
                known = known.with_more(found)
        if known is None:
            raise KeyError(stem)
        lost = self._lost.get(stem)
        return replace(known, failed={**known.failed, **lost}) if lost else known

    def __iter__(self) -> Iterator[str]:
        return iter(self._stems)

    def __len__(self) -> int:
        return len(self._stems)


def _measurement(result: jobs.Result) -> Measurement | None:
    """What a result holds; None where the clip could not be measured, or another version kept it."""
    if not result.ok:
        return None
    try:
        return Measurement.from_json(result.key, json.loads(result.value))
    except (KeyError, TypeError, ValueError):
        return None
