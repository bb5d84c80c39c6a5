"""Checks of jaw and head pose."""

from __future__ import annotations

import numpy as np

from viewer.quality.inputs import Inputs
from viewer.quality.places import peaks
from viewer.quality.registry import Measured, check, not_applicable

_UPWARDS = 20 / 3
"""A degree upwards counts as so many downwards, since there the teeth are: as the limits, -3° is as far out as 20°."""


@check(
    "jaw",
    title="Jaw angle",
    unit="°",
    worse="away",
    place="Jaw at {value:.1f}° at {start:.2f} s.",
    whole="Jaw at most {value:.1f}° from its rest.",
    own=False,
)
def jaw(inputs: Inputs) -> Measured:
    """The jaw's angle where it is furthest open, or turned upwards: geodesic, negative upwards."""
    angle = inputs.jaw_angle
    if angle is None:
        return not_applicable("a track of vertices has no jaw angle")
    angle = np.where(inputs.good, angle, np.nan)
    out = np.where(angle < 0, -angle * _UPWARDS, angle)
    places = tuple(
        (start, end, float(angle[round(start * inputs.fps) : round(end * inputs.fps)][0]))
        for start, end, _ in peaks(out, inputs.fps)
    )
    return Measured(float(angle[np.nanargmax(out)]), places, curve=angle)


@check(
    "head",
    title="Head turn",
    unit="°",
    place="The head is turned {value:.0f}° from its rest at {start:.2f} s.",
    whole="The head turns {value:.0f}° from its rest at most.",
    own=False,
)
def head(inputs: Inputs) -> Measured:
    """Largest geodesic angle between the head and its rest."""
    angle = inputs.head_angle
    if angle is None:
        return not_applicable("a track of vertices has no head pose")
    angle = np.where(inputs.good, angle, np.nan)
    return Measured(float(np.nanmax(angle)), peaks(angle, inputs.fps), curve=angle)
