"""The 52 Face Units on the head, with lids that close and eyeballs that turn."""

from __future__ import annotations

import numpy as np
import rig
from closure import closed_blink
from jaxtyping import Float
from makehuman import MakeHuman
from parts import METRES, Parts

DIRECTIONS = ("Up", "Down", "In", "Out")
BLINK_LIFT = 0.0003
"""Metres by which lids are lifted off the eye in mid-blink."""


def gaze(direction: str, side: str) -> tuple[int, int]:
    """Axis of the eye joint (0 pitch, 1 yaw) and sign of its turn for `eyeLook<direction>_<side>`."""
    if direction in ("Up", "Down"):
        return 0, (1 if direction == "Down" else -1)
    outwards = 1 if side == "L" else -1  # +x is the person's left
    return 1, (outwards if direction == "Out" else -outwards)


def expressions(source: MakeHuman, parts: Parts) -> tuple[dict[str, Float[np.ndarray, "V 3"]], dict[str, float]]:
    """Displacements (V, 3) in metres of each unit at coefficient 1, and the eyeLook units' signed turns in radians."""
    units = {name: parts.carry(delta) for name, delta in source.face_units.items()}
    units["tongueOut"][parts.tongue] -= parts.tongue_laid  # the artist's tongue starts from the source's place
    turns = {}
    for eye, lids, side in zip(parts.eyes, parts.lids, "LR", strict=True):
        blink = f"eyeBlink_{side}"
        units[blink] = closed_blink(parts.vertices, units[blink], lids, eye.centre, lift=BLINK_LIFT)
        arms = parts.vertices[eye.vertices] - eye.centre
        for direction in DIRECTIONS:
            name = f"eyeLook{direction}_{side}"
            axis, sign = gaze(direction, side)
            turned, _ = rig.rigid_fit(eye.rays, eye.rays + METRES * source.face_units[name][eye.source])
            turns[name] = sign * float(np.arccos(np.clip((np.trace(turned) - 1) / 2, -1, 1)))
            units[name][eye.vertices] = arms @ rig.rotation(axis, turns[name]).T - arms
    return units, turns
