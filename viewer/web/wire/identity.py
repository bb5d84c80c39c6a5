"""The identity of a clip: one offset from the mean face, and, where it changes, a few directions."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float32, Float64

from viewer.flame import FlameModel
from viewer.web.wire.directions import compress
from viewer.web.wire.head import JOINTS, joint_directions

_VERTICES_AT_ONCE = 256  # so that their basis in float64 stays in the cache
_NEGLIGIBLE = 1e-7
"""A direction in which the identity moves this little, compared with its largest motion, is rounding."""


@dataclass(frozen=True, eq=False)
class Identity:
    """Unposed head of T frames: the mean face + offset + directions · coefficients[frame]; joints in the same way.

    `offset` and `directions` are int16 or float32, to be multiplied by their scale.
    """

    offset: np.ndarray
    """(1, V, 3)"""
    offset_scale: Float32[np.ndarray, " 1"]
    joints: Float64[np.ndarray, "2 3"]
    """Root and jaw where `coefficients` are 0."""
    coefficients: Float32[np.ndarray, "T K"]
    """K = 0 where the identity is the same in every frame."""
    directions: np.ndarray
    """(K, V, 3)"""
    scale: Float32[np.ndarray, " K"]
    joint_directions: Float64[np.ndarray, "K 2 3"]


def fold_identity(model: FlameModel, shape: Float64[np.ndarray, "T_or_1 S"], n_frames: int) -> Identity:
    """Identity of `n_frames` frames; summed in float64. One row of `shape` stands for every frame.

    A changing identity is sent as its mean and its principal axes, all of them: an identity that jumps once has one,
    one that flickers at random has as many as `shape` has columns.
    """
    mean = shape.mean(axis=0)
    axes, coefficients = _principal_axes(shape - mean)
    if not axes.shape[1]:
        mean, coefficients = shape[0], np.zeros((n_frames, 0))
    directions = np.moveaxis(_shape_dirs(model, axes), 2, 0)
    reach = np.sqrt((coefficients**2).mean(axis=0))
    values, scale = compress(directions, reach)
    moved = np.moveaxis(_shape_dirs(model, mean[:, None]), 2, 0)
    offset, offset_scale = compress(moved)
    return Identity(
        offset=offset,
        offset_scale=offset_scale,
        joints=model.joints[JOINTS] + joint_directions(model, moved)[0],
        coefficients=coefficients.astype(np.float32),
        directions=values,
        scale=scale,
        joint_directions=joint_directions(model, directions),
    )


def _shape_dirs(model: FlameModel, axes: Float[np.ndarray, "S K"]) -> Float64[np.ndarray, "V 3 K"]:
    """Directions of the identity basis combined, in float64."""
    directions = np.empty((*model.v_template.shape, axes.shape[1]))
    if axes.shape[1]:
        for start in range(0, len(directions), _VERTICES_AT_ONCE):
            block = slice(start, start + _VERTICES_AT_ONCE)
            directions[block] = model.arrays.shape_dirs[block, :, : len(axes)].astype(np.float64) @ axes
    return directions


def _principal_axes(deviation: Float64[np.ndarray, "T S"]) -> tuple[np.ndarray, np.ndarray]:
    """Orthonormal axes (S, K), and coefficients (T, K), with deviation = coefficients · axesᵀ up to rounding."""
    if not deviation.any():
        return np.zeros((deviation.shape[1], 0)), np.zeros((len(deviation), 0))
    variance, axes = np.linalg.eigh(deviation.T @ deviation)
    axes = axes[:, variance > (_NEGLIGIBLE**2) * variance[-1]]
    return axes, deviation @ axes
