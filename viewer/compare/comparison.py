"""The metrics of all pairs of two data sets, pooled and exported."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from jaxtyping import Float64

from viewer.compare.measure import Measured
from viewer.compare.metrics import of_name
from viewer.compare.pooling import Pooled, pool
from viewer.errors import UsageError

_DIGITS = 9


@dataclass(frozen=True, eq=False)
class Comparison:
    """A folder of predictions against its reference. Made by `compare_datasets`."""

    reference: str
    """Path of the data set."""
    prediction: str
    model: str
    """The head that faces were compared on."""
    pairs: Mapping[str, Measured]
    """By stem of the reference, in its order."""
    refused: Mapping[str, str]
    """Pairs that could not be compared, and why; by stem of the reference."""
    missing: tuple[str, ...] = ()
    """Stems of the reference without a prediction."""
    extra: tuple[str, ...] = ()
    """Predictions that belong to no clip of the reference."""
    remarks: tuple[str, ...] = ()
    """What holds for all pairs, in sentences: the head, the lips, how the comparison was asked for."""

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Full names of the metrics, in the order of reports."""
        return tuple(dict.fromkeys(name for measured in self.pairs.values() for name in measured.values))

    @cached_property
    def pooled(self) -> dict[str, Pooled]:
        """By clip: the mean of the clips' values, each of which counts the same."""
        return pool(self._values)

    @cached_property
    def pooled_by_frame(self) -> dict[str, Pooled]:
        """By frame: as if all clips were one, so that long ones count more; of fdd, clips weighted by their frames."""
        weights = {
            name: np.array([measured.weights.get(name, 0) for measured in self.pairs.values()], np.float64)
            for name in self.names
        }
        roots = frozenset(name for name in self.names if (known := of_name(name)) is not None and known.pools_squares)
        return pool(self._values, weights, roots=roots)

    def of(self, stem: str) -> Measured | None:
        """None for a pair that was not compared."""
        return self.pairs.get(stem)

    def ranked(self, name: str) -> list[Measured]:
        """Pairs with a value of a metric, the largest error first. Raises UsageError for an unknown metric."""
        if name not in self.names:
            raise UsageError(f"no metric {name!r}; expected one of {', '.join(self.names)}")
        known = [(value, pair) for pair in self.pairs.values() if (value := pair.values.get(name)) is not None]
        return [pair for value, pair in sorted(known, key=lambda found: (-abs(found[0]), found[1].stem))]

    @cached_property
    def notes(self) -> tuple[str, ...]:
        """`remarks`, and what is to be said of some of the pairs, counted."""
        pairs, n_pairs = list(self.pairs.values()), len(self.pairs)
        counted = {
            "Resampled, as the frame rate is another": sum(p.fps != p.prediction_fps for p in pairs),
            "Compared on the frames that both have, as lengths differ": sum(_lengths_differ(p) for p in pairs),
            "With frames that are not numbers, which were left out": sum(p.bad_frames > 0 for p in pairs),
        }
        found = [f"{what}: {count:,} of {n_pairs:,} pairs." for what, count in counted.items() if count]
        if self.refused:
            stem, why = next(iter(self.refused.items()))
            found.append(f"Pairs that could not be compared: {len(self.refused):,}, such as {stem}: {why}")
        if self.missing:
            found.append(f"Clips of the reference without a prediction: {len(self.missing):,}.")
        if self.extra:
            found.append(f"Predictions that belong to no clip of the reference: {len(self.extra):,}.")
        return (*self.remarks, *found)

    def as_json(self) -> dict[str, Any]:
        """The object that `compare --json` prints; docs/metrics.md describes it."""
        return {
            "reference": self.reference,
            "prediction": self.prediction,
            "model": self.model,
            "pairs": [
                {
                    "stem": measured.stem,
                    "prediction_stem": measured.prediction_stem,
                    "frames": measured.frames,
                    "metrics": {name: _short(value) for name, value in measured.values.items()},
                    "worst_frame": measured.worst_frame,
                    "remarks": list(measured.remarks),
                }
                for measured in self.pairs.values()
            ],
            "pooled": {name: _rounded(pooled) for name, pooled in self.pooled.items()},
            "pooled_by_frame": {name: _rounded(pooled) for name, pooled in self.pooled_by_frame.items()},
            "refused": dict(self.refused),
            "missing": list(self.missing),
            "extra": list(self.extra),
            "notes": list(self.notes),
        }

    @cached_property
    def _values(self) -> dict[str, Float64[np.ndarray, " N"]]:
        return {
            name: np.array([_or_nan(measured.values.get(name)) for measured in self.pairs.values()], np.float64)
            for name in self.names
        }


def _lengths_differ(pair: Measured) -> bool:
    if pair.fps == pair.prediction_fps:
        return pair.reference_frames != pair.prediction_frames
    return pair.frames != pair.reference_frames


def _or_nan(value: float | None) -> float:
    return math.nan if value is None else value


def _rounded(pooled: Pooled) -> dict[str, float | None]:
    return {name: _short(value) for name, value in pooled.as_json().items()}


def _short(value: float | None) -> float | None:
    """Nine digits: float32 has no more to tell."""
    return value if value is None or value == 0 else round(value, _DIGITS - 1 - math.floor(math.log10(abs(value))))
