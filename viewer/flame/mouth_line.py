"""Find the line along which closed lips touch, from how a model moves.

No list of vertex numbers is needed: two points of the skin belong to the two lips where they lie close together and yet
only one of them follows the jaw.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float64

from viewer.flame.model import FlameModel
from viewer.flame.skinning import rotation_matrices

JAW_ANGLE = 0.25
"""Radians: a wide open mouth."""
_REACH_M = 0.006
"""Lips further apart than this in the template are not found."""
_MIN_DIFFERENCE = 0.15
"""How much more of the jaw's motion the lower lip takes than the upper; it falls to 0 at the corners."""
_TOUCHING_M = 0.0005
"""Gaps below this count as this."""
_MIN_STRETCH = 1.8
"""How many times further apart two points of the lips must be when the mouth is open."""
_BIN_M = 0.003
_MAX_STEP_BACK_M = 0.005
"""Where the line falls back by more from one bin to the next, it has left the lips for the inside of a cheek."""


@dataclass(frozen=True, eq=False)
class MouthLine:
    """Points along the line, from the subject's right (−x) to left (+x), in metres."""

    points: Float64[np.ndarray, "N 3"]

    @property
    def width(self) -> float:
        return float(self.points[-1, 0] - self.points[0, 0])

    def at(self, x: Float64[np.ndarray, " M"]) -> Float64[np.ndarray, "M 3"]:
        """The point of the line at each x; its ends beyond them."""
        x = np.clip(x, self.points[0, 0], self.points[-1, 0])
        return np.stack([np.interp(x, self.points[:, 0], self.points[:, axis]) for axis in range(3)], axis=-1)


def jaw_share(model: FlameModel) -> Float64[np.ndarray, " V"]:
    """Share of the jaw's rotation that each vertex takes: 0 stays with the skull, 1 moves with the jaw.

    Measured on the moving model, so skinning weights and pose correctives both count.
    """
    template = model.v_template.astype(np.float64)
    moved = model.vertices(pose=[0, 0, 0, JAW_ANGLE, 0, 0])[0] - template
    arms = template - model.joints[2]
    rigid = arms @ (rotation_matrices(np.array([JAW_ANGLE, 0, 0])) - np.eye(3)).T
    return (moved * rigid).sum(axis=1) / np.maximum((rigid**2).sum(axis=1), 1e-12)


def find_mouth_line(
    model: FlameModel, skin: Bool[np.ndarray, " V"], share: Float64[np.ndarray, " V"]
) -> MouthLine | None:
    """The line where the lips touch, or None if no two neighbouring points of the skin part as the jaw opens."""
    from scipy.spatial import cKDTree  # takes 0.3 s to import, and most runs need no regions

    template = model.v_template.astype(np.float64)
    candidates = np.flatnonzero(skin & (template[:, 2] > model.joints[2, 2]))
    if len(candidates) < 2:
        return None
    pairs = candidates[cKDTree(template[candidates]).query_pairs(_REACH_M, output_type="ndarray")]
    pairs = pairs[np.abs(share[pairs[:, 0]] - share[pairs[:, 1]]) > _MIN_DIFFERENCE]
    opened = model.vertices(pose=[0, 0, 0, JAW_ANGLE, 0, 0])[0].astype(np.float64)
    stretch = _lengths(opened, pairs) / np.maximum(_lengths(template, pairs), _TOUCHING_M)
    return _trace(template[pairs].mean(axis=1), stretch, model.joints[2, 0])


def _lengths(vertices: np.ndarray, pairs: np.ndarray) -> Float64[np.ndarray, " P"]:
    return np.linalg.norm(vertices[pairs[:, 0]] - vertices[pairs[:, 1]], axis=1)


def _trace(midpoints: np.ndarray, stretch: np.ndarray, middle_x: float) -> MouthLine | None:
    """The foremost pair of each bin of x, followed from the middle outwards on both sides.

    Only pairs that part at least half as much as the best of their bin count: skin that stretches between the lip and
    the cheek parts far less than lips that touched.
    """
    bins = np.round((midpoints[:, 0] - middle_x) / _BIN_M).astype(int)
    foremost = {}
    for number in np.unique(bins):
        here = np.flatnonzero(bins == number)
        best = here[stretch[here] >= max(_MIN_STRETCH, 0.5 * stretch[here].max())]
        if len(best):
            foremost[number] = midpoints[best[midpoints[best, 2].argmax()]]
    starts = [number for number in foremost if abs(number) <= 2]
    if not starts:
        return None
    start = min(starts, key=abs)
    line = [foremost[start]]
    for side in (-1, 1):
        number, last = start + side, foremost[start]
        # One bin may be empty where the mesh is coarse.
        while (step := next((n for n in (number, number + side) if n in foremost), None)) is not None:
            if last[2] - foremost[step][2] > _MAX_STEP_BACK_M * abs(step - number + side):
                break
            last = foremost[step]
            line.append(last)
            number = step + side
    points = np.array(sorted(line, key=lambda point: point[0]))
    return MouthLine(points) if len(points) >= 5 else None
