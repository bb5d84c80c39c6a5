"""How far a defect moves the face: the millimetres in which planted defects are given."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float32, Float64, Int64

from viewer.clip import Clip
from viewer.errors import ClipError
from viewer.flame import HeadChoice, Regions, regions
from viewer.flame.points import FlamePoints

N_POINTS = 128
"""Points of the face that a movement is the mean of."""
_FACE = ("upper_face", "nose", "jaw", "lip_upper_outer", "lip_lower_outer")
_LIPS = ("lip_upper_inner", "lip_lower_inner")
_MM_PER_METRE = 1000


class Ruler:
    """Measures clips on one head, in millimetres. A head that shows no expressions measures jaw and vertices alone."""

    def __init__(self, head: HeadChoice) -> None:
        """Raises ClipError for a head that has no regions of the face, or no landmarks at the lips."""
        found = regions(head.model)
        face = _face(found)
        if not len(face) or not set(_LIPS) <= found.landmarks.keys():
            raise ClipError(
                f"{head.model.path.name} has no regions of the face or no landmarks at the lips: nothing on it can be "
                "measured; expected a FLAME model, or the demo head"
            )
        upper, lower = (found.landmark(name) for name in _LIPS)
        self._head = head
        self._lips = np.concatenate([upper.weights, -lower.weights]).astype(np.float64)
        self._points = FlamePoints(head.model, np.concatenate([upper.vertices, lower.vertices, face]))

    def opening(self, clip: Clip) -> Float64[np.ndarray, " T"]:
        """Distance between the inner lips in mm."""
        gap = np.einsum("tkc,k->tc", self._positions(clip)[:, : len(self._lips)], self._lips)
        return _MM_PER_METRE * np.linalg.norm(gap, axis=1)

    def moved(self, before: Clip, after: Clip) -> Float64[np.ndarray, " T"]:
        """Mean distance in mm between the points of the face in two clips of the same length, frame by frame."""
        face = slice(len(self._lips), None)
        difference = self._positions(after)[:, face] - self._positions(before)[:, face]
        return _MM_PER_METRE * np.linalg.norm(difference, axis=2).mean(axis=1, dtype=np.float64)

    def _positions(self, clip: Clip) -> Float32[np.ndarray, "T K 3"]:
        """Metres; of a head that does not turn, unless the clip is a track of vertices. Raises ClipError: no fit."""
        self._head.check(clip)
        if clip.vertices is not None:
            return clip.vertices[:, self._points.numbers]
        zeroed = self._head.zero_expression
        jaw_only = clip.pose.copy()
        jaw_only[:, :3] = 0
        return self._points.vertices(
            exp=None if zeroed else clip.exp, shape=None if zeroed else clip.shape, pose=jaw_only
        )


def _face(found: Regions) -> Int64[np.ndarray, " K"]:
    """Vertices of the front of the face, each n-th of them."""
    masks = [found.masks[name] for name in _FACE if name in found.masks]
    numbers = np.flatnonzero(np.any(masks, axis=0)) if masks else np.zeros(0, np.int64)
    return numbers[np.linspace(0, len(numbers) - 1, min(N_POINTS, len(numbers))).round().astype(int)]
