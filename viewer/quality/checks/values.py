"""Checks of the numbers as such: frames that are no numbers, lengths, coefficients out of range, identity."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from viewer import clock
from viewer.dataset.problem import counted
from viewer.held import named
from viewer.quality.inputs import Inputs
from viewer.quality.packing import pack, unpack
from viewer.quality.places import peaks
from viewer.quality.population import Reference
from viewer.quality.registry import Measured, check, not_applicable

_LEAST_SCALE = 0.05
"""Of a coefficient, whose unit is about its standard deviation over people: less is rest."""
_SKULL_MM_PER_SD = 2.0
"""A standard deviation of identity moves the skull by about so much."""
_SKULL_REST_MM = 0.1
"""Skin of the skull that is not quite rigid: expressions move the joints that it hangs on, and files round."""


@check(
    "integrity",
    title="Integrity",
    unit="frames",
    place="Frames without usable numbers from {start:.2f} to {end:.2f} s.",
    whole="{value:.0f} frames without usable numbers.",
    own=False,
)
def integrity(inputs: Inputs) -> Measured:
    """How many frames are NaN, infinite or beyond ±10,000."""
    bad = inputs.clip.bad_frames
    n = int(bad.sum())
    if not n:
        return Measured(0.0, message="All frames are finite numbers.")
    message = f"{counted(n, 'frame')} of {len(inputs):,} are {inputs.clip.bad_values} in the data: {named(bad)}."
    first, last = np.flatnonzero(bad)[[0, -1]]
    return Measured(float(n), ((first / inputs.fps, (last + 1) / inputs.fps, float(n)),), message=message)


@check("duration", title="Duration", unit="frames", worse="away", own=False)
def duration(inputs: Inputs) -> Measured:
    """Frames more than the sound lasts: T - ceil(seconds x fps)."""
    audio = inputs.clip.audio
    if audio is None:
        return not_applicable("the clip has no sound")
    expected = clock.frames_begun(audio.seconds, inputs.fps)
    off = len(inputs) - expected
    message = f"{counted(len(inputs), 'frame')}, as many as {audio.seconds:.2f} s of sound take."
    if off:
        amount = f"{counted(abs(off), 'frame')} {'more' if off > 0 else 'fewer'}"
        message = f"{counted(len(inputs), 'frame')}, {amount} than the {expected:,} that {audio.seconds:.2f} s take."
    return Measured(float(off), message=message)


def _settle_range(measured: Measured, reference: Reference) -> Measured:
    """How far the clip's extremes lie beyond those that clips usually reach, in robust standard deviations."""
    data = measured.data
    if not data:
        return measured
    extremes = np.stack([unpack(data["low"]), unpack(data["high"])])
    frames = np.stack([unpack(data["low_at"], "<u2"), unpack(data["high_at"], "<u2")])
    usual = reference.extremes.get(extremes.shape[1])
    middle, scale = (0.0, 1.0) if usual is None else (usual.middle, usual.scale)
    beyond = (extremes - middle) * [[-1], [1]] / np.maximum(scale, _LEAST_SCALE)
    side, worst = np.unravel_index(beyond.argmax(), beyond.shape)
    value, at = float(max(beyond[side, worst], 0)), float(frames[side, worst]) / data["fps"]
    than = "of the basis" if usual is None else "beyond the usual"
    message = f"Coefficient {worst} is {extremes[side, worst]:.3g}, {value:.1f} SD {than}, at {at:.2f} s."
    return replace(measured, value=value, spans=((at, at + 1 / data["fps"], value),), message=message)


@check("range", title="Range of coefficients", unit="SD", settle=_settle_range, own=False)
def coefficient_range(inputs: Inputs) -> Measured:
    """The extremes of each expression coefficient; what is usual is known only once all clips are measured."""
    if not inputs.has_coefficients or not inputs.clip.exp.shape[1]:
        return not_applicable("a track of vertices has no coefficients")
    good = np.flatnonzero(inputs.good)
    exp = inputs.clip.exp[good]
    low, high = exp.argmin(axis=0), exp.argmax(axis=0)
    column = np.arange(exp.shape[1])
    data: dict[str, Any] = {
        "low": pack(exp[low, column]),
        "high": pack(exp[high, column]),
        "low_at": pack(good[low], "<u2"),
        "high_at": pack(good[high], "<u2"),
        "fps": inputs.fps,
    }
    return Measured(0.0, data=data)


@check(
    "identity",
    title="Identity",
    unit="SD",
    place="The identity changes by {value:.2g} {unit} at {start:.2f} s.",
    whole="The identity changes by {value:.2g} {unit} within the clip.",
    own=False,
)
def identity(inputs: Inputs) -> Measured:
    """Largest distance of a frame's identity from the clip's own; of a track, by how its skull changes its form."""
    shape = inputs.clip.shape
    if not inputs.has_coefficients:
        error = None if inputs.face is None else inputs.face.skull_error
        if error is None:
            return not_applicable("a track of vertices needs a head to find its skull")
        off = np.where(inputs.good, np.maximum(error - _SKULL_REST_MM, 0), 0) / _SKULL_MM_PER_SD
        return Measured(float(off.max()), peaks(off, inputs.fps)[:1], curve=off)
    if not shape.shape[1]:
        return not_applicable("the clip has no identity coefficients")
    if shape.strides[0] == 0:
        return Measured(0.0, message="The identity is the same in every frame.")
    own = np.median(shape[inputs.good], axis=0)
    off = np.where(inputs.good, np.abs(shape - own).max(axis=1), 0)
    return Measured(float(off.max()), peaks(off, inputs.fps)[:1], curve=off)
