"""What metrics look at: a pair, and what is computed of it once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from types import MappingProxyType

import numpy as np
from jaxtyping import Bool, Float32, Float64, Int64

from viewer.clip import Clip
from viewer.compare import formulas
from viewer.compare.faces import Faces
from viewer.compare.lips import LipRegion
from viewer.compare.pairing import Pair
from viewer.compare.sweep import face_errors
from viewer.errors import CompareError
from viewer.flame.points import FlamePoints
from viewer.flame.regions import DERIVED

_MOUTH = ("lip_upper_inner", "lip_lower_inner")


class Compared:
    """A pair as metrics see it; what needs a part that the head does not have, or that is not known, is None.

    Arrays have a value for each frame that is good in both tracks, in order; see `good`.
    """

    def __init__(self, pair: Pair, faces: Faces, lips: LipRegion | None) -> None:
        """Raises ClipError where a clip does not fit the head, CompareError where lips do not."""
        n_vertices = len(faces.head.model.v_template)
        if lips is not None and (not len(lips.indices) or lips.indices.min() < 0 or lips.indices.max() >= n_vertices):
            raise CompareError(
                f"lips ({lips.source}) are no vertices of this head; expected numbers below {n_vertices}"
            )
        self.pair = pair
        self.faces = faces
        self.lips = lips
        self.why_not = faces.why_not(pair)
        """Why nothing is known of the faces; None where it is."""
        self._whole = None if self.why_not is not None else face_errors(pair, faces, self._kept())

    @cached_property
    def good(self) -> Bool[np.ndarray, " T"]:
        """Frames that are good in both tracks."""
        return ~self.pair.bad_frames

    @cached_property
    def good_steps(self) -> Bool[np.ndarray, " T"]:
        """Frames that are good, and the one before them as well."""
        steps = self.good.copy()
        steps[1:] &= self.good[:-1]
        steps[0] = False
        return steps

    def points(
        self, vertices: Sequence[int] | Int64[np.ndarray, " K"]
    ) -> tuple[Float32[np.ndarray, "N K 3"], Float32[np.ndarray, "N K 3"]]:
        """Positions in metres of some vertices in reference and prediction, as they are compared.

        For metrics of one's own. Raises UsageError for a vertex that the head does not have.
        """
        some = FlamePoints(self.faces.head.model, np.asarray(vertices, np.int64))
        reference, prediction = (self._points(some, clip) for clip in self._compared)
        return reference, prediction

    @property
    def lip_errors(self) -> Float64[np.ndarray, " N"] | None:
        """Largest distance of a lip vertex in each frame, mm."""
        return None if self.lips is None else self._of_part("lips", formulas.lip_errors_mm)

    @property
    def mean_errors(self) -> Float64[np.ndarray, " N"] | None:
        """Mean distance of all vertices in each frame, mm."""
        return None if self._whole is None else self._whole.mean[self.good]

    @property
    def face_errors(self) -> Float64[np.ndarray, " N"] | None:
        """The same of the vertices of the face alone, without the back of the head."""
        return None if self._whole is None or self._whole.face is None else self._whole.face[self.good]

    @property
    def velocity_errors(self) -> Float64[np.ndarray, " M"] | None:
        """Mean over all vertices of the difference of velocities, mm/s; of `good_steps`."""
        return None if self._whole is None else self._whole.velocity[self.good_steps]

    @cached_property
    def template(self) -> Float32[np.ndarray, "V 3"] | None:
        """The subject's face at rest, see `Faces.template`."""
        return self.faces.template(self.pair)

    @cached_property
    def dynamics_deviation(self) -> float | None:
        """FDD, see `formulas.fdd_signed`; None where the subject's face at rest is not known."""
        points = None if self._whole is None else self._whole.points.get("upper_face")
        if self.template is None or points is None:
            return None
        reference, prediction = (side[self.good] for side in points)
        return formulas.fdd_signed(reference, prediction, self.template[self.faces.regions["upper_face"]])

    @property
    def opening_difference(self) -> Float64[np.ndarray, " N"] | None:
        """How much wider the prediction's mouth is open, mm."""
        return self._of_part("mouth", lambda here, there: self._opening(there) - self._opening(here))

    @property
    def jaw_errors(self) -> Float64[np.ndarray, " N"] | None:
        """Geodesic angle between the rotations of the jaws, degrees; None for tracks of vertices."""
        return self._angles(slice(3, 6))

    @property
    def head_errors(self) -> Float64[np.ndarray, " N"] | None:
        """The same of the heads."""
        return self._angles(slice(0, 3))

    @cached_property
    def parts(self) -> Mapping[str, Float64[np.ndarray, " N"]]:
        """Mean distance of points of the face where one part alone is the prediction's, mm: head, jaw, expression.

        Empty for tracks of vertices, and where nothing is known of the faces.
        """
        reference, prediction = self.pair.reference, self.pair.prediction
        some = self.faces.some_of_face
        if self.why_not is not None or not self._has_coefficients or some is None:
            return MappingProxyType({})
        jaw_there, head_there = np.array(reference.pose), np.array(reference.pose)
        jaw_there[:, 3:] = prediction.pose[:, 3:]
        head_there[:, :3] = prediction.pose[:, :3]
        still = np.array(reference.pose)
        still[:, :3] = jaw_there[:, :3] = 0
        shape = reference.shape
        posed = {
            "rest": some.vertices(exp=reference.exp, shape=shape, pose=still),
            "jaw": some.vertices(exp=reference.exp, shape=shape, pose=jaw_there),
            "expression": some.vertices(exp=prediction.exp, shape=shape, pose=still),
            "turned": some.vertices(exp=reference.exp, shape=shape, pose=reference.pose),
            "head": some.vertices(exp=reference.exp, shape=shape, pose=head_there),
        }
        against = {"head": "turned", "jaw": "rest", "expression": "rest"}
        return MappingProxyType(
            {
                part: formulas.distances_mm(posed[other], posed[part]).mean(axis=1, dtype=np.float64)[self.good]
                for part, other in against.items()
            }
        )

    def derived(self, region: str | None) -> bool:
        """Whether a region, of those that metrics name, comes from the head's geometry."""
        found = self.faces.regions
        if region == "lips":
            return self.lips is not None and self.lips.derived
        if region == "mouth":
            return any(mark.source == DERIVED for name, mark in found.landmarks.items() if name in _MOUTH)
        if region == "face":
            return DERIVED in self.faces.face_sources
        return region is not None and found.sources.get(region) == DERIVED

    def spread_out(self, values: np.ndarray, *, steps: bool = False) -> Float32[np.ndarray, " T"]:
        """Values of good frames as a curve over all frames, with NaN in the gaps."""
        curve = np.full(len(self.pair), np.nan, np.float32)
        curve[self.good_steps if steps else self.good] = values
        return curve

    def _kept(self) -> dict[str, Int64[np.ndarray, " K"]]:
        """Vertices whose positions metrics need, by part."""
        found = self.faces.regions
        kept: dict[str, Int64[np.ndarray, " K"]] = {}
        if self.lips is not None:
            kept["lips"] = self.lips.indices
        if "upper_face" in found.masks:
            kept["upper_face"] = found["upper_face"]
        if set(_MOUTH) <= found.landmarks.keys():
            kept["mouth"] = np.concatenate([found.landmark(name).vertices for name in _MOUTH])
        return kept

    def _of_part(
        self, part: str, formula: Callable[[np.ndarray, np.ndarray], np.ndarray]
    ) -> Float64[np.ndarray, " N"] | None:
        points = None if self._whole is None else self._whole.points.get(part)
        return None if points is None else formula(points[0][self.good], points[1][self.good])

    def _opening(self, points: Float32[np.ndarray, "N K 3"]) -> Float64[np.ndarray, " N"]:
        upper, lower = (self.faces.regions.landmark(name) for name in _MOUTH)
        weights = np.concatenate([upper.weights, -lower.weights]).astype(np.float64)
        return 1000 * np.linalg.norm(np.einsum("tkc,k->tc", points, weights), axis=1)

    def _angles(self, part: slice) -> Float64[np.ndarray, " N"] | None:
        if not self._has_coefficients:
            return None
        reference, prediction = self.pair.reference, self.pair.prediction
        return formulas.angles_between_deg(reference.pose[self.good, part], prediction.pose[self.good, part])

    @property
    def _has_coefficients(self) -> bool:
        return self.pair.reference.vertices is None and self.pair.prediction.vertices is None

    @cached_property
    def _compared(self) -> tuple[Clip, Clip]:
        return self.faces.compared(self.pair)

    def _points(self, some: FlamePoints, clip: Clip) -> Float32[np.ndarray, "N K 3"]:
        if clip.vertices is not None:
            return clip.vertices[:, some.numbers][self.good]
        zeroed = self.faces.head.zero_expression
        exp, shape = (None, None) if zeroed else (clip.exp, clip.shape)
        return some.vertices(exp=exp, shape=shape, pose=clip.pose)[self.good]
