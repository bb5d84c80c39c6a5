"""Curves of a clip: one value a frame, in units that mean something. docs/timeline.md defines each."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float32, Float64, Int64

from viewer import clock
from viewer.clip import Audio, Clip
from viewer.flame import FlameModel, HeadChoice, Landmark, Regions, regions
from viewer.flame.points import FlamePoints
from viewer.flame.skinning import rotation_matrices
from viewer.held import named

FLOOR_DB = -80.0
"""Loudness of silence, and of all that is quieter."""
FACE_POINTS = 96
"""Vertices that the expression speed is the mean of, spread evenly over the face."""
STILL_POINTS = 64
"""Vertices that tell how a head moves whose pose is not known."""
FACE_REGIONS = ("upper_face", "nose", "jaw", "lip_upper_outer", "lip_lower_outer")
_AFTER_NECK = 2
"""First of the joints jaw and eyes."""
_MM_PER_METRE = 1000


@dataclass(frozen=True, eq=False)
class Curve:
    """One value a frame."""

    name: str
    """Stable, such as `jaw_angle`."""
    label: str
    unit: str
    values: Float32[np.ndarray, " T"]
    """NaN where there is none."""
    least_range: tuple[float, float]
    """Range that a picture should show at least, so that jitter at rest does not look like motion."""
    source: str
    """What it is computed from."""


class CurveMaker:
    """Computes the curves of clips on one head. Made once a head: its regions take about a second to find."""

    def __init__(self, head: HeadChoice) -> None:
        self._head = head
        found = regions(head.model)
        self._mouth = _Mouth.of(found)
        face = spread(head.model.v_template, face_vertices(found), FACE_POINTS)
        mouth = np.zeros(0, np.int64) if self._mouth is None else self._mouth.vertices
        self._points = FlamePoints(head.model, np.concatenate([mouth, face]))
        self._n_mouth = len(mouth)
        self._still = spread(head.model.v_template, still_vertices(head.model, found), STILL_POINTS)
        self._face_source = _sources(found, FACE_REGIONS)
        self._notes = []
        if self._mouth is None:
            self._notes.append("No mouth opening: this head has no landmarks at the lips.")
        if not len(face):
            self._notes.append("No expression speed: this head has no regions of the face.")

    @property
    def key(self) -> str:
        """Changes when the same clip would get other curves."""
        mouth = "" if self._mouth is None else self._mouth.source
        return f"{self._head.model.hash}|{self._head.zero_expression}|{mouth}|{self._face_source}"

    def notes(self, clip: Clip) -> tuple[str, ...]:
        """What a reader of a clip's curves should know, in sentences."""
        notes = list(self._notes)
        if clip.vertices is not None:
            notes.append("The clip is a track of vertices without coefficients: no curves of jaw angle and head pose.")
        elif self._head.zero_expression:
            notes.append("Expressions stay neutral on this head: mouth and face move with the jaw alone.")
        if clip.bad_frames.any():
            n = int(clip.bad_frames.sum())
            notes.append(f"No values where the data is {clip.bad_values}: {named(clip.bad_frames)} ({n:,} in all).")
        return tuple(notes)

    def curves(self, clip: Clip) -> list[Curve]:
        """All curves that the clip and the head allow, T values each; NaN in frames that are bad in the data.

        Raises ClipError where the clip does not fit the model, as `HeadChoice.check` does.
        """
        self._head.check(clip)
        points = self._held_still(clip)
        curves = []
        if self._mouth is not None:
            opening = self._mouth.opening(points[:, : self._n_mouth])
            curves.append(Curve("mouth_opening", "Mouth opening", "mm", opening, (0, 10), self._mouth.source))
        if clip.vertices is None:
            curves += _pose_curves(clip.pose)
        if points.shape[1] > self._n_mouth:
            speed = mean_speed(points[:, self._n_mouth :], clip.fps)
            speed[1:][clip.bad_frames[:-1]] = np.nan  # from a frame that is not known
            curves.append(Curve("expression_speed", "Expression speed", "mm/s", speed, (0, 60), self._face_source))
        for curve in curves:
            curve.values[clip.bad_frames] = np.nan
        if clip.audio is not None:
            level = loudness(clip.audio, len(clip), clip.fps)
            curves.append(Curve("loudness", "Loudness", "dB", level, (-60, 0), "sound"))
        return curves

    def widest_frame(self, clip: Clip) -> int:
        """The frame at which the mouth is widest open; where the head has no lips, at which the jaw is."""
        curves = {curve.name: curve.values for curve in self.curves(clip)}
        opening = curves.get("mouth_opening", curves.get("jaw_angle"))
        return 0 if opening is None or np.isnan(opening).all() else int(np.nanargmax(opening))

    def _held_still(self, clip: Clip) -> Float32[np.ndarray, "T K 3"]:
        """Points of mouth and face of a head that neither is turned nor turns: that would count as expression."""
        if clip.vertices is not None:
            return without_head_motion(clip.vertices[:, self._points.numbers], clip.vertices[:, self._still])
        jaw_only = np.array(clip.pose)
        jaw_only[:, :3] = 0
        zeroed = self._head.zero_expression
        return self._points.vertices(
            exp=None if zeroed else clip.exp, shape=None if zeroed else clip.shape, pose=jaw_only
        )


@dataclass(frozen=True, eq=False)
class _Mouth:
    """The two landmarks whose distance is the mouth's opening."""

    upper: Landmark
    lower: Landmark

    @classmethod
    def of(cls, found: Regions) -> _Mouth | None:
        if not {"lip_upper_inner", "lip_lower_inner"} <= found.landmarks.keys():
            return None
        return cls(found.landmark("lip_upper_inner"), found.landmark("lip_lower_inner"))

    @property
    def vertices(self) -> Int64[np.ndarray, " K"]:
        return np.concatenate([self.upper.vertices, self.lower.vertices])

    @property
    def source(self) -> str:
        return "; ".join(dict.fromkeys([self.upper.source, self.lower.source]))

    def opening(self, points: Float32[np.ndarray, "T K 3"]) -> Float32[np.ndarray, " T"]:
        """Distance in mm; `points`: positions in metres of `vertices`."""
        weights = np.concatenate([self.upper.weights, -self.lower.weights]).astype(np.float64)
        gap = np.einsum("tkc,k->tc", points, weights)
        return (_MM_PER_METRE * np.linalg.norm(gap, axis=1)).astype(np.float32)


def _pose_curves(pose: Float32[np.ndarray, "T 6"]) -> list[Curve]:
    curves = [Curve("jaw_angle", "Jaw angle", "°", jaw_angle(pose), (0, 10), "pose")]
    for axis, name, angle in zip("yxz", ("yaw", "pitch", "roll"), head_angles(pose).T, strict=True):
        source = f"pose, rotation about {axis}"
        curves.append(Curve(f"head_{name}", f"Head {name}", "°", angle.astype(np.float32), (-10, 10), source))
    return curves


def jaw_angle(pose: Float[np.ndarray, "T 6"]) -> Float32[np.ndarray, " T"]:
    """Degrees between the jaw and its rest, the geodesic angle of its rotation; negative where it turns upwards.

    A rotation that turns the jaw neither down nor up, only sideways, counts as positive.
    """
    jaw = np.asarray(pose, np.float64)[:, 3:6]
    angle = np.linalg.norm(jaw, axis=1)
    wrapped = (angle + np.pi) % (2 * np.pi) - np.pi  # beyond half a turn the other way round is shorter
    return np.degrees(np.where(jaw[:, 0] < 0, -wrapped, wrapped)).astype(np.float32)


def head_angles(pose: Float[np.ndarray, "T 6"]) -> Float64[np.ndarray, "T 3"]:
    """Yaw, pitch and roll of the head in degrees: R = R_y(yaw) · R_x(pitch) · R_z(roll).

    Signs are those of the axes, as in `pose` itself: yaw > 0 turns the face to the subject's left, pitch > 0 nods down,
    roll > 0 tilts the head towards the subject's right shoulder. |pitch| ≤ 90°; the others lie within ±180°.
    """
    R = rotation_matrices(np.asarray(pose, np.float64)[:, :3])
    pitch = np.arctan2(-R[:, 1, 2], np.hypot(R[:, 0, 2], R[:, 2, 2]))
    yaw = np.arctan2(R[:, 0, 2], R[:, 2, 2])
    roll = np.arctan2(R[:, 1, 0], R[:, 1, 1])
    return np.degrees(np.stack([yaw, pitch, roll], axis=1))


def mean_speed(points: Float32[np.ndarray, "T K 3"], fps: float) -> Float32[np.ndarray, " T"]:
    """Mean speed of points, in mm/s for positions in metres, from the frame before to this one; NaN at frame 0.

    Central differences would be smoother, but blind to a jitter of one frame.
    """
    speed = np.full(len(points), np.nan, np.float32)
    speed[1:] = _MM_PER_METRE * fps * np.linalg.norm(np.diff(points, axis=0), axis=2).mean(axis=1)
    return speed


def without_head_motion(
    points: Float32[np.ndarray, "T K 3"], still: Float32[np.ndarray, "T N 3"]
) -> Float32[np.ndarray, "T K 3"]:
    """Points as if the head had stayed where it is in the first frame.

    still: points of the skull, which move with the head and in no other way. Each frame is turned and shifted so that
    they lie as close to those of the first frame as can be (least squares; Kabsch 1976).
    """
    middle = still.mean(axis=1, keepdims=True, dtype=np.float64)
    around = still - middle
    U, _, Vt = np.linalg.svd(np.einsum("tni,nj->tij", around, around[0]))
    U[..., 2] *= np.sign(np.linalg.det(U @ Vt))[:, None]  # a rotation, never a mirror
    return ((points - middle) @ (U @ Vt) + middle[0]).astype(np.float32)


def loudness(audio: Audio, n_frames: int, fps: float) -> Float32[np.ndarray, " T"]:
    """Level of each frame in dB: RMS of its samples, all channels, re full scale; at least FLOOR_DB.

    A sine of full scale has -3 dB. Where sound is missing at the end it counts as silence.
    """
    edges = np.array([clock.samples_in(frame, fps, audio.rate) for frame in range(n_frames + 1)])
    power = np.zeros(edges[-1], np.float32)
    heard = audio.samples[: edges[-1]]
    power[: len(heard)] = np.einsum("nc,nc->n", heard, heard) / heard.shape[1]
    counts = np.diff(edges)
    sums = np.zeros(n_frames)
    some = counts > 0  # a frame may be shorter than a sample
    sums[some] = np.add.reduceat(power, edges[:-1][some]) if some.any() else 0
    level = 10 * np.log10(np.maximum(sums / np.maximum(counts, 1), 10 ** (FLOOR_DB / 10)))
    return level.astype(np.float32)


def face_vertices(found: Regions) -> Int64[np.ndarray, " K"]:
    """Vertices of all parts of the face and the lips; none where the head has no such regions."""
    masks = [found.masks[name] for name in FACE_REGIONS if name in found.masks]
    return np.flatnonzero(np.any(masks, axis=0)) if masks else np.zeros(0, np.int64)


def still_vertices(model: FlameModel, found: Regions) -> Int64[np.ndarray, " K"]:
    """Vertices that move with the head and in no other way: its upper half without face, eyes and jaw."""
    upper = model.v_template[:, 1] > model.v_template[:, 1].mean()
    rigid = upper & ~model.arrays.weights[:, _AFTER_NECK:].any(axis=1)
    for mask in found.masks.values():
        rigid &= ~mask
    return np.flatnonzero(rigid if rigid.any() else upper)


def _sources(found: Regions, names: tuple[str, ...]) -> str:
    return "; ".join(dict.fromkeys(found.sources[name] for name in names if name in found.masks))


def spread(
    positions: Float32[np.ndarray, "V 3"], candidates: Int64[np.ndarray, " K"], n: int
) -> Int64[np.ndarray, " N"]:
    """At most `n` of the candidates, spread evenly: each next one is the furthest from those before."""
    if len(candidates) <= n:
        return candidates
    points = positions[candidates]
    chosen = [int(points[:, 2].argmax())]  # the tip of the nose
    distance = np.full(len(points), np.inf)
    while len(chosen) < n:
        distance = np.minimum(distance, ((points - points[chosen[-1]]) ** 2).sum(axis=1))
        chosen.append(int(distance.argmax()))
    return candidates[chosen]
