"""Checks of how the face moves from frame to frame, whatever it says."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from viewer.quality.inputs import Inputs
from viewer.quality.packing import pack, unpack
from viewer.quality.places import peaks, runs
from viewer.quality.population import Reference
from viewer.quality.registry import NOT_APPLICABLE, Measured, check, not_applicable
from viewer.quality.seams import PARTS, SECONDS
from viewer.quality.smoothness import fast_share, jump, off_path

_STILL = 1e-6
"""Coefficients, radians or metres per frame: no face that is generated or captured is so still."""


@check(
    "pop",
    title="Pop",
    unit="×",
    place="Pop at {start:.2f} s: a frame stands off the motion around it by {value:.1f} times the usual step.",
    whole="No frame stands off the motion around it by more than {value:.1f} times the usual step.",
    own=False,
)
def pop(inputs: Inputs) -> Measured:
    """How far the worst frame stands off the motion around it."""
    off = off_path(inputs.groups.values(), inputs.good)
    if not np.isfinite(off).any():
        return not_applicable("fewer than five good frames on end")
    return Measured(float(np.nanmax(off)), peaks(off, inputs.fps), curve=off)


def _settle_seam(measured: Measured, reference: Reference) -> Measured:
    """The worst jump at the data set's seams."""
    if not measured.data:
        return measured
    fps, period = measured.data["fps"], reference.seam_period
    if period == 0:
        return replace(measured, value=None, message=f"{NOT_APPLICABLE}: this motion is said to have no seams")
    if period is None:
        period = round(SECONDS * fps)
    leaps = unpack(measured.data["jumps"], "u1") / PARTS
    at = np.arange(period, len(leaps), period)
    if not len(at):
        return replace(measured, value=None, message=f"{NOT_APPLICABLE}: shorter than a seam period of {period} frames")
    places = tuple((f / fps, (f + 1) / fps, float(leaps[f])) for f in at[np.argsort(-leaps[at], kind="stable")][:5])
    return replace(measured, value=float(leaps[at].max()), spans=places)


@check(
    "seam",
    title="Seam",
    unit="×",
    place="Seam at {start:.2f} s: the face jumps by {value:.1f} times the usual step.",
    whole="At seams the face jumps by {value:.1f} times the usual step at most.",
    settle=_settle_seam,
    own=False,
)
def seam(inputs: Inputs) -> Measured:
    """How far the face jumps at every frame; where the seams are is known only once all clips are measured."""
    leaps = np.nan_to_num(jump(inputs.groups.values(), inputs.good))
    return Measured(0.0, data={"jumps": pack(np.rint(leaps * PARTS), "u1"), "fps": inputs.fps})


@check(
    "jitter",
    title="Jitter",
    unit="%",
    whole="{value:.1f} % of the motion is faster than 8 Hz; mouths move at 2 to 7 Hz.",
    own=False,
)
def jitter(inputs: Inputs) -> Measured:
    """Share of the motion that is faster than any mouth."""
    share = fast_share(inputs.groups.values(), inputs.good, inputs.fps)
    if share is None:
        return not_applicable("the face does not move, or for less than a second")
    return Measured(100 * share)


@check(
    "frozen",
    title="Frozen face",
    unit="s",
    place="The face does not move at all for {value:.2f} s from {start:.2f} s.",
    whole="The face stands still for {value:.2f} s at most while there is sound.",
    own=False,
)
def frozen(inputs: Inputs) -> Measured:
    """Longest time without any change while there is sound; of a clip without sound, or all of it, in any case."""
    if len(inputs) < 2:
        return not_applicable("one frame cannot move")
    still = np.zeros(len(inputs), bool)
    still[1:] = inputs.good[1:] & inputs.good[:-1]
    for values in inputs.groups.values():
        if values.shape[1]:
            still[1:] &= np.abs(np.diff(values, axis=0)).max(axis=1) < _STILL
    if inputs.sounding is not None and not still[1:].all():
        still &= inputs.sounding
    places = runs(still, inputs.fps)
    return Measured(places[0][2] if places else 0.0, places)
