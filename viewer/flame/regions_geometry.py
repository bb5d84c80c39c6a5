"""Regions and landmarks from a model's own geometry, for models that come without mask files.

docs/regions.md describes each of them. Distances are in units of the model itself: the distance between the eye joints,
the radius of the eyeballs, the width of the mouth.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool, Float64

from viewer.flame.model import FlameModel
from viewer.flame.mouth_line import MouthLine, find_mouth_line, jaw_share
from viewer.topology import pieces

Mask = Bool[np.ndarray, " V"]
SIDES = {"left": 3, "right": 4}
"""The subject's sides, and their eye joints."""

_UPPER_LIP, _LOWER_LIP = 0.21, 0.25
"""Heights of the lips over the width of the mouth line, at its middle."""
_LIP_DEPTH = 0.12
_INNER = 0.28
"""Share of a lip's height next to the mouth line that counts as inner."""
_UPPER_LID_REACH, _LOWER_LID_REACH = 1.6, 1.4
"""How far from an eye's centre its lids extend, in radii of the eyeball."""


class Geometry:
    """Derives regions (boolean masks) and landmarks (vertex numbers) of one model."""

    def __init__(self, model: FlameModel, lips: Mask | None = None) -> None:
        """`lips`: both lips, where a file of the user's or the model itself knows them."""
        self.model = model
        self.v = model.v_template.astype(np.float64)
        self.share = jaw_share(model)
        self.skin = self._skin()
        self.eye_distance = float(np.linalg.norm(model.joints[3] - model.joints[4]))
        self.eye_height = float(model.joints[3:, 1].mean())
        self.centre_x = float(model.joints[3:, 0].mean())
        self.mouth = find_mouth_line(model, self.skin, self.share)
        self.lips = self._lips(self.mouth) if lips is None and self.mouth is not None else lips
        self._exposed = self._front()

    def regions(self) -> dict[str, Mask]:
        masks: dict[str, Mask] = {}
        if self.mouth is not None and self.lips is not None:
            masks |= self._split_lips(self.mouth, self.lips)
        for side in SIDES:
            masks |= self._eyelids(side)
            masks[f"brow_{side}"] = self._brow(side)
        masks["nose"] = self._nose()
        masks["upper_face"] = self._upper_face()
        if self.mouth is not None and self.lips is not None:
            masks["jaw"] = self._jaw()
        return masks

    def landmarks(self) -> dict[str, int]:
        """Vertex numbers; those that the model has no place for are left out."""
        found: dict[str, int] = {"nose_tip": self._nose_tip()}
        for side in SIDES:
            found |= self._lid_landmarks(side)
        if self.mouth is not None and self.lips is not None:
            found |= self._mouth_landmarks(self.mouth)
            found["chin"] = self._chin()
        return found

    def _skin(self) -> Mask:
        """The largest connected piece of the mesh that is no eyeball."""
        piece = pieces(self.model.faces, len(self.v))
        turning = self.model.arrays.weights[:, 3:].max(axis=1) > 0.5
        return piece == np.bincount(piece, weights=~turning).argmax()

    def _front(self) -> Mask:
        """Skin whose surface looks forward and that lies on the face, not at the back or inside the head."""
        v, faces = self.v, self.model.faces
        normals = np.zeros_like(v)
        facets = np.cross(v[faces[:, 1]] - v[faces[:, 0]], v[faces[:, 2]] - v[faces[:, 0]])
        for corner in range(3):
            np.add.at(normals, faces[:, corner], facets)
        normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-20)
        return self.skin & (normals[:, 2] > 0.1) & (v[:, 2] > self.model.joints[3:, 2].mean() - 0.7 * self.eye_distance)

    def _lips(self, mouth: MouthLine) -> Mask:
        offset = self.v - mouth.at(self.v[:, 0])
        height = np.where(self._above(mouth), _UPPER_LIP, _LOWER_LIP) * mouth.width
        across = np.hypot(offset[:, 0] * 2, offset[:, 1])
        return self.skin & (across < height * self._taper(mouth)) & (offset[:, 2] > -_LIP_DEPTH * mouth.width)

    def _taper(self, mouth: MouthLine) -> Float64[np.ndarray, " V"]:
        """1 in the middle of the mouth, less towards its corners."""
        along = (self.v[:, 0] - mouth.points[:, 0].mean()) / (mouth.width / 2)
        return 1 - 0.6 * np.clip(np.abs(along), 0, 1) ** 2

    def _above(self, mouth: MouthLine) -> Mask:
        """Upper rather than lower lip: by what moves, and by height where that does not decide."""
        higher = self.v[:, 1] > mouth.at(self.v[:, 0])[:, 1]
        return np.where(self.share < 0.3, True, np.where(self.share > 0.7, False, higher))

    def _split_lips(self, mouth: MouthLine, lips: Mask) -> dict[str, Mask]:
        distance = np.linalg.norm(self.v - mouth.at(self.v[:, 0]), axis=1)
        upper = self._above(mouth)
        masks = {}
        for name, lip in (("upper", lips & upper), ("lower", lips & ~upper)):
            height = _UPPER_LIP if name == "upper" else _LOWER_LIP
            inner = distance < _INNER * height * mouth.width
            masks[f"lip_{name}_inner"], masks[f"lip_{name}_outer"] = lip & inner, lip & ~inner
        return masks

    def _mouth_landmarks(self, mouth: MouthLine) -> dict[str, int]:
        middle = mouth.at(np.array([self.centre_x]))[0]
        upper = self._above(mouth)
        return {
            "lip_upper_inner": self._nearest(middle, self.skin & upper),
            "lip_lower_inner": self._nearest(middle, self.skin & ~upper),
            "mouth_corner_right": self._nearest(mouth.points[0], self.skin),
            "mouth_corner_left": self._nearest(mouth.points[-1], self.skin),
        }

    def _nearest(self, point: np.ndarray, among: Mask) -> int:
        numbers = np.flatnonzero(among)
        return int(numbers[np.linalg.norm(self.v[numbers] - point, axis=1).argmin()])

    def _around_eye(self, side: str) -> tuple[np.ndarray, float]:
        """Positions relative to an eye's centre in units of its radius, and that radius."""
        joint = SIDES[side]
        centre = self.model.joints[joint]
        ball = self.model.arrays.weights[:, joint] > 0.5
        distance = np.linalg.norm(self.v - centre, axis=1)
        radius = float(np.median(distance[ball])) if ball.any() else 0.2 * self.eye_distance
        return (self.v - centre) / radius, radius

    def _lid_gap(self, side: str) -> tuple[float, float] | None:
        """Elevation of the lower and upper lid's edge above the eye's centre, radians, in its middle."""
        around, _ = self._around_eye(side)
        middle = (
            self.skin & (np.abs(around[:, 0]) < 0.3) & (around[:, 2] > 0.3) & (np.linalg.norm(around, axis=1) < 1.5)
        )
        elevation = np.sort(np.arctan2(around[middle, 1], around[middle, 2]))
        if len(elevation) < 2:
            return None
        widest = int(np.diff(elevation).argmax())
        return float(elevation[widest]), float(elevation[widest + 1])

    def _eyelids(self, side: str) -> dict[str, Mask]:
        around, _ = self._around_eye(side)
        gap = self._lid_gap(side)
        upper = np.arctan2(around[:, 1], around[:, 2]) > (sum(gap) / 2 if gap else 0)
        reach = np.where(upper, _UPPER_LID_REACH, _LOWER_LID_REACH)
        near = self.skin & (np.linalg.norm(around, axis=1) < reach) & (around[:, 2] > 0.1)
        return {f"eyelid_upper_{side}": near & upper, f"eyelid_lower_{side}": near & ~upper}

    def _lid_landmarks(self, side: str) -> dict[str, int]:
        around, _ = self._around_eye(side)
        gap = self._lid_gap(side)
        if gap is None:
            return {}
        lids = self._eyelids(side)
        elevation = np.arctan2(around[:, 1], around[:, 2])
        found = {}
        for name, edge in zip(("lower", "upper"), gap, strict=True):
            off = np.hypot(elevation - edge, around[:, 0])
            found[f"eyelid_{name}_{side}"] = int(np.where(lids[f"eyelid_{name}_{side}"], off, np.inf).argmin())
        return found

    def _brow(self, side: str) -> Mask:
        d = self.eye_distance
        sign = 1 if side == "left" else -1
        outwards = sign * (self.v[:, 0] - self.centre_x) / d
        # Brows rise outwards to their peak and fall again towards the temple.
        arch = 0.30 + 0.10 * np.clip(1 - ((outwards - 0.6) / 0.5) ** 2, 0, 1)
        height = (self.v[:, 1] - self.model.joints[SIDES[side], 1]) / d
        return self._exposed & (outwards > 0.1) & (outwards < 0.95) & (np.abs(height - arch) < 0.09)

    def _nose_tip(self) -> int:
        below_eyes = (self.v[:, 1] < self.eye_height) & (self.v[:, 1] > self.eye_height - 1.2 * self.eye_distance)
        ridge = self.skin & below_eyes & (np.abs(self.v[:, 0] - self.centre_x) < 0.12 * self.eye_distance)
        return int(np.where(ridge, self.v[:, 2], -np.inf).argmax())

    def _nose(self) -> Mask:
        tip, d = self.v[self._nose_tip()], self.eye_distance
        # 0 at the eyes, 1 at the tip: the nose widens on its way down.
        down = (self.eye_height - self.v[:, 1]) / max(self.eye_height - tip[1], 0.1 * d)
        half_width = d * (0.13 + 0.17 * np.clip(down, 0, 1))
        ahead = self.v[:, 2] > tip[2] - 0.5 * d
        return self.skin & (np.abs(self.v[:, 0] - self.centre_x) < half_width) & (down > -0.15) & (down < 1.3) & ahead

    def _upper_face(self) -> Mask:
        """Forehead, brows, eyes' surroundings: what speech does not move."""
        height = (self.v[:, 1] - self.eye_height) / self.eye_distance
        beside = np.abs(self.v[:, 0] - self.centre_x) < 1.15 * self.eye_distance
        return self._exposed & beside & (height > -0.35) & (height < 1.2) & ~self._nose()

    def _chin(self) -> int:
        lowest_lip = self.v[self.lips, 1].min()
        below = self.skin & (self.v[:, 1] < lowest_lip) & (self.share > 0.5)
        below &= np.abs(self.v[:, 0] - self.centre_x) < 0.08 * self.eye_distance
        # The point furthest forward and down: forward alone would stop at the edge of the lip.
        return int(np.where(below, self.v[:, 2] - self.v[:, 1], -np.inf).argmax())

    def _jaw(self) -> Mask:
        """Outer skin that follows the jaw: the part below the lips, reached from the chin without crossing them."""
        moving = self.skin & (self.share > 0.5) & ~(self.lips if self.lips is not None else False)
        piece = pieces(self.model.faces[moving[self.model.faces].all(axis=1)], len(self.v))
        return moving & (piece == piece[self._chin()])
