"""The metrics there are; `@metric` adds to them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from viewer.compare import formulas
from viewer.compare.compared import Compared
from viewer.errors import UsageError

Region = Literal["lips", "upper_face", "mouth", "face"]
DERIVED_SUFFIX = "_derived"


@dataclass(frozen=True)
class Metric:
    """A metric, and how to speak of it."""

    name: str
    """Without the suffix that tells of a derived region."""
    title: str
    unit: str
    compute: Callable[[Compared], float | None]
    """Of one pair; None where it does not apply."""
    region: Region | None = None
    """Which part of the head it is of, where that is not the whole."""
    per_step: bool = False
    """Of the way from a frame to the next, not of frames: matters for the weight of a clip."""
    pools_squares: bool = False
    """Pooled over frames as the root of a mean of squares."""
    own: bool = False
    """Whether it comes from a plugin: whatever it raises is told and does not stop the rest."""


METRICS: dict[str, Metric] = {}
"""By name, in the order of reports."""


def metric(
    name: str,
    *,
    title: str,
    unit: str,
    region: Region | None = None,
    per_step: bool = False,
    pools_squares: bool = False,
    own: bool = True,
) -> Callable[[Callable[[Compared], float | None]], Callable[[Compared], float | None]]:
    """Register a function as a metric; options are the fields of `Metric`.

        @metric("chin_mm", title="Chin error", unit="mm")
        def chin_mm(compared: Compared) -> float | None:
            reference, prediction = compared.points([3399])
            return 1000 * float(np.linalg.norm(prediction - reference, axis=2).mean())

    Raises UsageError for a name that is taken, or cannot be a column.
    """

    def register(compute: Callable[[Compared], float | None]) -> Callable[[Compared], float | None]:
        if not name.isidentifier() or name != name.lower() or name.endswith(DERIVED_SUFFIX):
            raise UsageError(f"a metric is named {name!r}; expected small letters, digits and underscores")
        if name in METRICS:
            raise UsageError(f"there is a metric {name!r} already; choose another name")
        METRICS[name] = Metric(name, title, unit, compute, region, per_step, pools_squares, own)
        return compute

    return register


def of_name(full_name: str) -> Metric | None:
    """The metric behind a name in results, with or without `_derived`; None where its plugin is not loaded."""
    return METRICS.get(full_name.removesuffix(DERIVED_SUFFIX))


@metric("lve_max_l2_mm", title="Lip vertex error, largest distance", unit="mm", region="lips", own=False)
def _lve_max_l2(compared: Compared) -> float | None:
    errors = compared.lip_errors
    return None if errors is None else formulas.lve_max_l2_mm(errors)


@metric("lve_max_sq_mm2", title="Lip vertex error, largest squared distance", unit="mm²", region="lips", own=False)
def _lve_max_sq(compared: Compared) -> float | None:
    errors = compared.lip_errors
    return None if errors is None else formulas.lve_max_sq_mm2(errors)


@metric("lve_rms_mm", title="Lip vertex error, RMS", unit="mm", region="lips", pools_squares=True, own=False)
def _lve_rms(compared: Compared) -> float | None:
    errors = compared.lip_errors
    return None if errors is None else formulas.lve_rms_mm(errors)


@metric("fdd_signed", title="Upper-face dynamics deviation", unit="mm²", region="upper_face", own=False)
def _fdd_signed(compared: Compared) -> float | None:
    return compared.dynamics_deviation


@metric("fdd_abs", title="Upper-face dynamics deviation, absolute", unit="mm²", region="upper_face", own=False)
def _fdd_abs(compared: Compared) -> float | None:
    signed = compared.dynamics_deviation
    return None if signed is None else abs(signed)


@metric("mve_mm", title="Mean vertex error", unit="mm", own=False)
def _mve(compared: Compared) -> float | None:
    return _mean(compared.mean_errors)


@metric("opening_mae_mm", title="Mouth opening error", unit="mm", region="mouth", own=False)
def _opening(compared: Compared) -> float | None:
    difference = compared.opening_difference
    return None if difference is None else _mean(np.abs(difference))


@metric("jaw_error_deg", title="Jaw rotation error", unit="°", own=False)
def _jaw(compared: Compared) -> float | None:
    return _mean(compared.jaw_errors)


@metric("velocity_error_mm_s", title="Velocity error", unit="mm/s", per_step=True, own=False)
def _velocity(compared: Compared) -> float | None:
    return _mean(compared.velocity_errors)


@metric("head_error_deg", title="Head rotation error", unit="°", own=False)
def _head(compared: Compared) -> float | None:
    return _mean(compared.head_errors)


@metric("part_head_mm", title="Error by the head's pose alone", unit="mm", region="face", own=False)
def _part_head(compared: Compared) -> float | None:
    return _mean(compared.parts.get("head"))


@metric("part_jaw_mm", title="Error by the jaw alone", unit="mm", region="face", own=False)
def _part_jaw(compared: Compared) -> float | None:
    return _mean(compared.parts.get("jaw"))


@metric("part_expression_mm", title="Error by expressions alone", unit="mm", region="face", own=False)
def _part_expression(compared: Compared) -> float | None:
    return _mean(compared.parts.get("expression"))


def _mean(values: np.ndarray | None) -> float | None:
    """Over frames; None where there are none."""
    return None if values is None or not len(values) else float(np.mean(values, dtype=np.float64))
