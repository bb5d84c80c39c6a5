"""The few points of a head that the checks look at, with the head held still."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32, Float64, Int64

from viewer.clip import Clip
from viewer.flame import HeadChoice, Landmark, Regions, regions
from viewer.flame.points import FlamePoints
from viewer.motion.curves import face_vertices, spread, still_vertices, without_head_motion

FACE_POINTS = 96
BROW_POINTS = 6
STILL_POINTS = 32
LIP_COLUMNS = 7
"""Places across the mouth at which the lips' gap is measured."""
_MIDDLE = 0.6
"""Share of the mouth's width, around its middle, in which the lips may part: at the corners they always touch."""
_LIDS = ("eyelid_upper_left", "eyelid_lower_left", "eyelid_upper_right", "eyelid_lower_right")
_MM = 1000.0


@dataclass(frozen=True, eq=False)
class FaceMotion:
    """What the face of one clip does; None where the head has no such part."""

    points: Float32[np.ndarray, "T K 3"]
    """Spread over the face, metres."""
    opening: Float64[np.ndarray, " T"] | None
    """Distance of the landmarks of the inner lips, mm."""
    rest_opening: float
    """The same of the head at rest: no expression, jaw closed."""
    lip_gap: Float64[np.ndarray, " T"] | None
    """Least height of the upper above the lower lip, mm; below 0 by as much as they cross beyond the head at rest."""
    lid_gap: Float64[np.ndarray, " T"] | None
    """Distance of the lids, mean of both eyes, mm."""
    brow: Float64[np.ndarray, " T"] | None
    """Height of the brows, mm; only its changes mean something."""
    skull_error: Float64[np.ndarray, " T"] | None
    """Of a track: RMS in mm by which the skull is not the rigid copy of that of the first good frame."""


class Geometry:
    """Follows a few points of one head. Made once a head: its regions take about a second to find."""

    def __init__(self, head: HeadChoice) -> None:
        self.head = head
        found = regions(head.model)
        template = head.model.v_template
        self._parts: dict[str, slice] = {}
        self._mouth = _landmarks(found, "lip_upper_inner", "lip_lower_inner")
        self._lids = _landmarks(found, *_LIDS)
        upper, lower = _lip_columns(found, template)
        brows = [found.masks[name] for name in ("brow_left", "brow_right") if name in found.masks]
        chosen = {
            "face": spread(template, face_vertices(found), FACE_POINTS),
            "mouth": np.concatenate([mark.vertices for mark in self._mouth] or [np.zeros(0, np.int64)]),
            "lids": np.concatenate([mark.vertices for mark in self._lids] or [np.zeros(0, np.int64)]),
            "upper": upper,
            "lower": lower,
            "brow": np.concatenate([spread(template, np.flatnonzero(mask), BROW_POINTS) for mask in brows])
            if brows
            else np.zeros(0, np.int64),
        }
        start = 0
        for name, numbers in chosen.items():
            self._parts[name] = slice(start, start + len(numbers))
            start += len(numbers)
        self._points = FlamePoints(head.model, np.concatenate(list(chosen.values())).astype(np.int64))
        self._still = spread(template, still_vertices(head.model, found), STILL_POINTS)
        self.key = f"{head.model.hash}|{head.zero_expression}|{found.source}"
        """Changes when the same clip would get other values."""

    @property
    def expressive(self) -> bool:
        """Whether the head can make the clips' expressions; otherwise the face moves with the jaw alone."""
        return not self.head.zero_expression

    def face(self, clip: Clip) -> FaceMotion:
        """Raises ClipError where the clip does not fit the head."""
        self.head.check(clip)
        points, rest, skull_error = self._held_still(clip)
        parts = {name: points[:, where].astype(np.float64) for name, where in self._parts.items()}
        opening = lid_gap = lip_gap = brow = None
        rest_opening = 0.0
        if self._mouth:
            opening = _distance(self._mouth, parts["mouth"])
            rest_opening = float(_distance(self._mouth, rest[None, self._parts["mouth"]])[0])
        if self._lids:
            left, right = self._lids[:2], self._lids[2:]
            n_left = sum(len(mark.vertices) for mark in left)
            gaps = [_distance(left, parts["lids"][:, :n_left]), _distance(right, parts["lids"][:, n_left:])]
            lid_gap = np.mean(gaps, axis=0)
        if parts["upper"].shape[1]:
            gap = parts["upper"][..., 1] - parts["lower"][..., 1]
            at_rest = rest[self._parts["upper"], 1] - rest[self._parts["lower"], 1]
            lip_gap = _MM * (gap - np.minimum(at_rest, 0)).min(axis=1)
        if parts["brow"].shape[1]:
            brow = _MM * parts["brow"][..., 1].mean(axis=1)
        return FaceMotion(points[:, self._parts["face"]], opening, rest_opening, lip_gap, lid_gap, brow, skull_error)

    def _held_still(
        self, clip: Clip
    ) -> tuple[Float32[np.ndarray, "T K 3"], Float32[np.ndarray, "K 3"], Float64[np.ndarray, " T"] | None]:
        """Points of a head that does not turn, those of its face at rest, and how far a track's skull is not rigid."""
        if clip.vertices is not None:
            template = self.head.model.v_template
            still = np.concatenate([template[None, self._still], clip.vertices[:, self._still]])
            points = np.concatenate([template[None, self._points.numbers], clip.vertices[:, self._points.numbers]])
            first = int(np.argmin(clip.bad_frames))
            skull = without_head_motion(clip.vertices[:, self._still], clip.vertices[:, self._still])
            # Laid over frame 0; its copy where frame 0 is bad, as it then holds the first good frame.
            error = _MM * np.sqrt(((skull - skull[first]) ** 2).sum(axis=2).mean(axis=1, dtype=np.float64))
            return without_head_motion(points, still)[1:], points[0], error
        # One frame more, at rest.
        pose = np.zeros((len(clip) + 1, 6), np.float32)
        pose[:-1, 3:] = clip.pose[:, 3:]
        exp = shape = None
        if self.expressive:
            exp = np.concatenate([clip.exp, np.zeros((1, clip.exp.shape[1]), np.float32)])
            varies = clip.shape.strides[0] != 0
            shape = np.concatenate([clip.shape, clip.shape[:1]]) if varies else clip.shape[0]
        points = self._points.vertices(exp=exp, shape=shape, pose=pose)
        return points[:-1], points[-1], None


def _landmarks(found: Regions, *names: str) -> list[Landmark]:
    """All of them, or none."""
    return [found.landmark(name) for name in names] if set(names) <= found.landmarks.keys() else []


def _distance(marks: list[Landmark], points: Float64[np.ndarray, "T K 3"]) -> Float64[np.ndarray, " T"]:
    """Between two landmarks, in mm, given the positions of their vertices one after the other."""
    first, second = marks
    weights = np.concatenate([first.weights, -second.weights]).astype(np.float64)
    return _MM * np.linalg.norm(np.einsum("tkc,k->tc", points, weights), axis=1)


def _lip_columns(
    found: Regions, template: Float32[np.ndarray, "V 3"]
) -> tuple[Int64[np.ndarray, " N"], Int64[np.ndarray, " N"]]:
    """Vertices of the inner lips that face each other, across the middle of the mouth."""
    if not {"lip_upper_inner", "lip_lower_inner"} <= found.masks.keys():
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    upper, lower = found["lip_upper_inner"], found["lip_lower_inner"]
    x = np.concatenate([template[upper, 0], template[lower, 0]])
    middle, half = (x.max() + x.min()) / 2, (x.max() - x.min()) / 2 * _MIDDLE
    pairs = []
    for column in np.linspace(middle - half, middle + half, LIP_COLUMNS):
        reach = half / LIP_COLUMNS
        above = upper[np.abs(template[upper, 0] - column) <= reach]
        below = lower[np.abs(template[lower, 0] - column) <= reach]
        if len(above) and len(below):
            apart = np.linalg.norm(template[above][:, None] - template[below], axis=2)
            i, j = np.unravel_index(apart.argmin(), apart.shape)
            pairs.append((above[i], below[j]))
    columns = np.array(pairs, np.int64).reshape(-1, 2)
    return columns[:, 0], columns[:, 1]
