"""Measurements that runs have kept, read from disk clip by clip: memory holds where they are, not what they say."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence

from viewer import jobs
from viewer.quality.measure import Measurement


class KeptMeasurements(Mapping[str, Measurement]):
    """Measurements by stem, those of one clip put together; each is read every time that it is asked for."""

    def __init__(self, stages: Sequence[Mapping[str, jobs.Result]]) -> None:
        """stages: results of `Measurer`, the first those that others are added to."""
        self._stages = stages
        self._stems: dict[str, None] = {}
        failed: dict[str, str] = {}
        for results in stages:
            for stem, result in results.items():
                if not result.ok:
                    failed.setdefault(stem, result.error or result.status)
                elif stem not in self._stems and _measurement(result) is not None:
                    self._stems[stem] = None
        self.failed = {stem: why for stem, why in failed.items() if stem not in self._stems}
        """Clips that have none, and why."""

    def __getitem__(self, stem: str) -> Measurement:
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
        return known

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
