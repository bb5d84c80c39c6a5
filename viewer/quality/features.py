"""What the motion of a clip is like, in a few numbers: for "more like this" and for the queue of odd clips."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import numpy as np
from jaxtyping import Float, Float64
from scipy.spatial import KDTree

from viewer.errors import ClipError
from viewer.motion import head_angles, loudness
from viewer.motion.curves import FLOOR_DB, mean_speed
from viewer.quality.inputs import Inputs
from viewer.quality.smoothness import fast_share

Values = Float64[np.ndarray, " T"]
_MOST = 8.0
"""Robust standard deviations at which one feature is cut off: beyond it is odd enough, and others count as well."""


def curves_of(inputs: Inputs) -> dict[str, Values]:
    """The timeline's curves by its names, at the good frames alone; what a clip or head does not have is left out."""
    good = inputs.good
    found: dict[str, Float[np.ndarray, " T"]] = {}
    try:
        face = inputs.face
    except ClipError:
        face = None
    if face is not None:
        if face.opening is not None:
            found["mouth_opening"] = face.opening
        if face.points.shape[1] and len(inputs) > 1:
            speed = mean_speed(face.points, inputs.fps)
            speed[0] = speed[1]
            speed[1:][~good[:-1]] = 0
            found["expression_speed"] = speed
        if face.lid_gap is not None:
            found["lid_gap"] = face.lid_gap
        if face.brow is not None:
            found["brow"] = face.brow - face.brow[good].mean()
    if inputs.jaw_angle is not None:
        found["jaw_angle"] = inputs.jaw_angle
        for name, angle in zip(("yaw", "pitch", "roll"), head_angles(inputs.clip.pose).T, strict=True):
            found[f"head_{name}"] = angle
    if inputs.clip.audio is not None:
        found["loudness"] = loudness(inputs.clip.audio, len(inputs), inputs.fps)
    return {name: np.asarray(values, np.float64)[good] for name, values in found.items()}


def features_of(inputs: Inputs, curves: Mapping[str, Values]) -> tuple[float, ...]:
    """In the order of `NAMES`; NaN for what the clip does not have."""
    values = [measure(curves[curve], inputs.fps) if curve in curves else math.nan for _, curve, measure in _MEASURES]
    return (*values, _fast(inputs))


def _fast(inputs: Inputs) -> float:
    share = fast_share(inputs.groups.values(), inputs.good, inputs.fps)
    return math.nan if share is None else math.log10(share + 1e-4)


def _p95(values: Values, _fps: float) -> float:
    return float(np.percentile(values, 95))


def _mean(values: Values, _fps: float) -> float:
    return float(values.mean())


def _spread(values: Values, _fps: float) -> float:
    return float(values.std())


def _speed(values: Values, fps: float) -> float:
    return float(np.abs(np.diff(values)).mean() * fps) if len(values) > 1 else 0.0


def _tempo(values: Values, fps: float) -> float:
    """Times a second that the curve rises through its mean."""
    above = values > values.mean()
    return float((above[1:] & ~above[:-1]).sum() * fps / len(values))


def _silent(values: Values, _fps: float) -> float:
    """Share of the frames that are 30 dB or more below the clip's loud ones."""
    return float((values < max(np.percentile(values, 95) - 30, FLOOR_DB + 1)).mean())


_MEASURES: tuple[tuple[str, str, Callable[[Values, float], float]], ...] = (
    ("opening_mean", "mouth_opening", _mean),
    ("opening_spread", "mouth_opening", _spread),
    ("opening_p95", "mouth_opening", _p95),
    ("opening_speed", "mouth_opening", _speed),
    ("opening_tempo", "mouth_opening", _tempo),
    ("jaw_mean", "jaw_angle", _mean),
    ("jaw_spread", "jaw_angle", _spread),
    ("yaw_mean", "head_yaw", _mean),
    ("yaw_spread", "head_yaw", _spread),
    ("pitch_mean", "head_pitch", _mean),
    ("pitch_spread", "head_pitch", _spread),
    ("roll_mean", "head_roll", _mean),
    ("roll_spread", "head_roll", _spread),
    ("yaw_speed", "head_yaw", _speed),
    ("pitch_speed", "head_pitch", _speed),
    ("face_speed", "expression_speed", _mean),
    ("face_speed_p95", "expression_speed", _p95),
    ("lid_mean", "lid_gap", _mean),
    ("lid_spread", "lid_gap", _spread),
    ("brow_spread", "brow", _spread),
    ("silent_share", "loudness", _silent),
)
NAMES = (*(name for name, _, _ in _MEASURES), "fast_share")


class Neighbours:
    """Clips by how alike their motion is: Euclidean distance of features in robust standard deviations."""

    def __init__(self, features: Float64[np.ndarray, "N F"]) -> None:
        """features: NaN for what is not known; it counts as usual."""
        self._z = robust_z(features)
        self._tree = KDTree(self._z) if len(features) else None

    def nearest(self, row: int, k: int) -> list[tuple[int, float]]:
        """The k most similar other rows and their distances, nearest first."""
        if self._tree is None:
            return []
        distances, rows = self._tree.query(self._z[row], k=min(k + 1, len(self._z)))
        pairs = zip(np.atleast_1d(rows).tolist(), np.atleast_1d(distances).tolist(), strict=True)
        return [(other, distance) for other, distance in pairs if other != row][:k]


def robust_z(features: Float64[np.ndarray, "N F"]) -> Float64[np.ndarray, "N F"]:
    """(x - median) / robust standard deviation of each column, within ±8; 0 for NaN and constant columns."""
    if not len(features):
        return features
    known = np.isfinite(features)
    shown = np.where(known, features, np.nan)
    shown[:, ~known.any(axis=0)] = 0
    middle = np.nanmedian(shown, axis=0)
    off = shown - middle
    scale = 1.4826 * np.nanmedian(np.abs(off), axis=0)
    z = np.divide(off, scale, out=np.zeros_like(off), where=scale > 0)
    return np.clip(np.nan_to_num(z), -_MOST, _MOST)
