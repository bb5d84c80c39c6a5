"""Checks of the face's shape: lips, lids, and whether it lives at all."""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool, Float64

from viewer.held import spans
from viewer.quality.geometry import FaceMotion
from viewer.quality.inputs import Inputs
from viewer.quality.places import peaks
from viewer.quality.registry import Measured, check, not_applicable

_SHUT = 0.6
"""Of the usual distance of the lids: below this they are shut, or nearly so."""
_LONGEST_BLINK_SECONDS = 0.6
"""Eyes that stay shut for longer are closed, or looking down."""
_BLINK_SECONDS_NEEDED = 2.0
_ONE_BLINK_GAP_SECONDS = 0.08


def _face(inputs: Inputs) -> FaceMotion | str:
    """The face, or why it says nothing."""
    if inputs.geometry is None:
        return "needs a head model"
    if inputs.has_coefficients and not inputs.geometry.expressive:
        return "this head cannot make the clip's expressions"
    face = inputs.face
    return "needs a head model" if face is None else face


@check(
    "lips_crossing",
    title="Lips crossing",
    unit="mm",
    place="The lips pass through each other by {value:.1f} mm at {start:.2f} s.",
    whole="The lips pass through each other by {value:.1f} mm at most.",
    own=False,
)
def lips_crossing(inputs: Inputs) -> Measured:
    """How far the lower lip stands above the upper one, at the worst of some places across the mouth."""
    face = _face(inputs)
    if isinstance(face, str):
        return not_applicable(face)
    if face.lip_gap is None:
        return not_applicable("the head has no lips")
    depth = np.where(inputs.good, np.maximum(-face.lip_gap, 0), np.nan)
    return Measured(float(np.nanmax(depth)), peaks(depth, inputs.fps), curve=depth)


@check("blinks", title="Blinks", unit="/min", worse="away", whole="{value:.0f} blinks a minute.", own=False)
def blinks(inputs: Inputs) -> Measured:
    """How often the lids close and open again."""
    face = _face(inputs)
    if isinstance(face, str):
        return not_applicable(face)
    if face.lid_gap is None:
        return not_applicable("the head has no lids")
    seconds = inputs.good.sum() / inputs.fps
    if seconds < _BLINK_SECONDS_NEEDED:
        return not_applicable(f"{seconds:.1f} s are too short to count blinks")
    found = blink_frames(face.lid_gap, inputs.good, inputs.fps)
    message = f"{len(found)} blink{'' if len(found) == 1 else 's'} in {seconds:.1f} s."
    return Measured(60 * len(found) / seconds, message=message)


def blink_frames(gap: Float64[np.ndarray, " T"], good: Bool[np.ndarray, " T"], fps: float) -> list[tuple[int, int]]:
    """First and last frame of each blink: the lids nearer than 60 % of their usual distance, for at most 0.6 s."""
    usual = float(np.percentile(gap[good], 75))
    shut = good & (gap < _SHUT * usual)
    pause = max(round(_ONE_BLINK_GAP_SECONDS * fps), 1)
    merged: list[tuple[int, int]] = []
    for first, last in spans(shut):
        if merged and first - merged[-1][1] <= pause:
            merged[-1] = (merged[-1][0], last)
        else:
            merged.append((first, last))
    return [(first, last) for first, last in merged if (last + 1 - first) / fps <= _LONGEST_BLINK_SECONDS]


@check(
    "expressiveness",
    title="Expressiveness",
    unit="mm",
    worse="low",
    whole="Mouth and brows move by {value:.2f} mm (standard deviation).",
    own=False,
)
def expressiveness(inputs: Inputs) -> Measured:
    """Standard deviations of mouth opening and brow height, added."""
    face = inputs.face
    if face is None or face.opening is None:
        return not_applicable("needs a head model with a mouth")
    if len(inputs) < inputs.fps:
        return not_applicable("shorter than a second")
    moves = float(face.opening[inputs.good].std())
    if face.brow is not None:
        moves += float(face.brow[inputs.good].std())
    return Measured(moves)
