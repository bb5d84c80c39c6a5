"""Running the checks over one clip: what they measure, before anybody judges it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from jaxtyping import Float

from viewer.errors import ClipError
from viewer.quality.features import curves_of, features_of
from viewer.quality.inputs import Inputs
from viewer.quality.population import BAND_LEVELS
from viewer.quality.registry import CHECKS, Check, Measured, not_applicable

_DIGITS = 6
_LEAST = 1e-9
"""Of any unit: smaller values are rounding."""


@dataclass(frozen=True, eq=False)
class Measurement:
    """What is known of one clip."""

    stem: str
    motion_hash: str
    frames: int
    fps: float
    found: Mapping[str, Measured]
    """By check."""
    failed: Mapping[str, str] = field(default_factory=dict)
    """Checks that could not be run, and why."""
    features: tuple[float, ...] = ()
    bands: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    """By curve: its value at `population.BAND_LEVELS`."""

    def as_json(self) -> dict[str, Any]:
        """Plain, finite values; the curves are left out."""
        return {
            "motion_hash": self.motion_hash,
            "frames": self.frames,
            "fps": self.fps,
            "found": {
                name: {
                    "value": None if measured.value is None else _short(measured.value),
                    # Times in full: a frame's beginning must not become the frame before.
                    "spans": [[start, end, _short(size)] for start, end, size in measured.spans],
                    "message": measured.message,
                    "data": dict(measured.data),
                }
                for name, measured in self.found.items()
            },
            "failed": dict(self.failed),
            "features": [_short(value) if math.isfinite(value) else None for value in self.features],
            "bands": {name: [_short(value) for value in values] for name, values in self.bands.items()},
        }

    @classmethod
    def from_json(cls, stem: str, value: Mapping[str, Any]) -> Measurement:
        """The reverse of `as_json`. Raises KeyError, TypeError or ValueError for what is no such object."""
        found = {
            name: Measured(
                entry["value"],
                tuple((float(start), float(end), float(size)) for start, end, size in entry["spans"]),
                message=entry["message"],
                data=entry["data"],
            )
            for name, entry in value["found"].items()
        }
        return cls(
            stem,
            value["motion_hash"],
            value["frames"],
            value["fps"],
            found,
            value["failed"],
            tuple(math.nan if number is None else float(number) for number in value["features"]),
            {name: tuple(levels) for name, levels in value["bands"].items()},
        )

    def with_more(self, other: Measurement) -> Measurement:
        """Together with what other checks found in the same clip."""
        return replace(self, found={**self.found, **other.found}, failed={**self.failed, **other.failed})

    @property
    def curves(self) -> dict[str, Float[np.ndarray, " T"]]:
        """Curves of the checks, by name; none of a measurement that was kept."""
        return {name: measured.curve for name, measured in self.found.items() if measured.curve is not None}


def measure(inputs: Inputs, checks: Iterable[Check] | None = None, *, features: bool = True) -> Measurement:
    """Run checks, by default all, over a clip. Whatever goes wrong in one is told in `failed`, and the others go on.

    features: also those, and the bands of the curves.
    """
    found: dict[str, Measured] = {}
    failed: dict[str, str] = {}
    for check in list(CHECKS.values() if checks is None else checks):
        try:
            found[check.name] = _checked(check.measure(inputs), inputs)
        except ClipError as error:  # the clip does not fit the head
            found[check.name] = not_applicable(str(error))
        except Exception as error:  # an own check may raise anything, and a bug in ours must not cost the others
            failed[check.name] = f"{type(error).__name__}: {error}"
    clip = inputs.clip
    if not features:
        return Measurement(clip.stem, clip.motion_hash, len(clip), clip.fps, found, failed)
    curves = curves_of(inputs)
    bands = {name: tuple(np.percentile(values, BAND_LEVELS).tolist()) for name, values in curves.items()}
    return Measurement(
        clip.stem, clip.motion_hash, len(clip), clip.fps, found, failed, features_of(inputs, curves), bands
    )


def _checked(measured: Any, inputs: Inputs) -> Measured:
    if not isinstance(measured, Measured):
        raise TypeError(f"it returned {type(measured).__name__}; expected Measured")
    if measured.curve is not None and np.shape(measured.curve) != (len(inputs),):
        raise ValueError(f"its curve has shape {np.shape(measured.curve)}; expected ({len(inputs)},), a value a frame")
    return measured


def _short(value: float) -> float:
    """Six digits: kept results of a data set are a third as long."""
    return 0.0 if abs(value) < _LEAST else round(value, _DIGITS - 1 - math.floor(math.log10(abs(value))))
