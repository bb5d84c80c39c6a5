"""Measurements that runs have kept, read from disk clip by clip: memory holds where they are, not what they say."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from viewer import jobs
from viewer.quality.measure import Measurement
from viewer.quality.registry import STAGES, Stage, of_stage


@dataclass
class _Known:
    """What the results of all clips say of them, but for what was measured."""

    stems: dict[str, None] = field(default_factory=dict)
    """Clips that have measurements."""
    lost: dict[str, dict[str, str]] = field(default_factory=dict)
    """Of some of these, checks that failed with their whole stage, and why."""
    failed: dict[str, str] = field(default_factory=dict)


class KeptMeasurements(Mapping[str, Measurement]):
    """Measurements by stem, those of one clip put together; each is read every time that it is asked for."""

    def __init__(self, stages: Sequence[Mapping[str, jobs.Result]]) -> None:
        """stages: results of `Measurer`, in the order of `STAGES`; the last may be missing. They are looked through
        when something is asked for."""
        self._stages = stages

    @property
    def failed(self) -> Mapping[str, str]:
        """Clips that have none, and why."""
        return self._known.failed

    @cached_property
    def _known(self) -> _Known:
        known = _Known()
        failures: dict[str, dict[Stage, jobs.Result]] = {}
        for stage, results in zip(STAGES, self._stages, strict=False):
            for stem, result in results.items():
                if not result.ok:
                    failures.setdefault(stem, {})[stage] = result
                elif stem not in known.stems and _measurement(result) is not None:
                    known.stems[stem] = None
        for stem, of_clip in failures.items():
            self._take_failures(known, stem, of_clip)
        return known

    def _take_failures(self, to: _Known, stem: str, failures: Mapping[Stage, jobs.Result]) -> None:
        """Note what a clip lost: the checks of one stage, all of them, or nothing where it changed since it failed."""
        known = [results[stem] for results in self._stages if stem in results and results[stem].ok]
        now = max((*failures.values(), *known), key=lambda result: result.when).content
        told = {stage: result.error or result.status for stage, result in failures.items() if result.content == now}
        if not told:
            return
        if stem in to.stems and any(result.content == now for result in known):
            to.lost[stem] = {check.name: why for stage, why in told.items() for check in of_stage(stage)}
        else:
            to.stems.pop(stem, None)
            to.failed[stem] = next(iter(told.values()))

    def __getitem__(self, stem: str) -> Measurement:
        if stem not in self._known.stems:
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
        lost = self._known.lost.get(stem)
        return replace(known, failed={**known.failed, **lost}) if lost else known

    def __iter__(self) -> Iterator[str]:
        return iter(self._known.stems)

    def __len__(self) -> int:
        return len(self._known.stems)


def _measurement(result: jobs.Result) -> Measurement | None:
    """What a result holds; None where the clip could not be measured, or another version kept it."""
    if not result.ok:
        return None
    try:
        return Measurement.from_json(result.key, json.loads(result.value))
    except (KeyError, TypeError, ValueError):
        return None
