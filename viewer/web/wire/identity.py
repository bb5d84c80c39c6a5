"""The identity of a clip: folded into one template, or, where it changes, a template and a few directions."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float32, Float64

from viewer.flame import FlameModel
from viewer.web.wire.directions import compress
from viewer.web.wire.head import JOINTS, joint_directions

_NEGLIGIBLE = 1e-7
"""A direction in which the identity moves this little, compared with its largest motion, is rounding."""


@dataclass(frozen=True, eq=False)
class Identity:
    """Unposed head of T frames: `template + directions · coefficients[frame]`, and the same for root and jaw joints."""

    template: Float32[np.ndarray, "V 3"]
    joints: Float64[np.ndarray, "2 3"]
    coefficients: Float32[np.ndarray, "T K"]
    """K = 0 where the identity is the same in every frame."""
    directions: np.ndarray
    """(K, V, 3) int16 or float32."""
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
    offset = _shape_dirs(model, mean[:, None])[:, :, 0]
    return Identity(
        template=(model.v_template + offset).astype(np.float32),
        joints=model.joints[JOINTS] + joint_directions(model, offset[None])[0],
        coefficients=coefficients.astype(np.float32),
        directions=values,
        scale=scale,
        joint_directions=joint_directions(model, directions),
    )


def _shape_dirs(model: FlameModel, axes: Float[np.ndarray, "S K"]) -> Float64[np.ndarray, "V 3 K"]:
    used = model.arrays.shape_dirs[:, :, : len(axes)].reshape(-1, len(axes))
    return (used.astype(np.float64) @ axes).reshape(*model.v_template.shape, axes.shape[1])


def _principal_axes(deviation: Float64[np.ndarray, "T S"]) -> tuple[np.ndarray, np.ndarray]:
    """Orthonormal axes (S, K), and coefficients (T, K), with deviation = coefficients · axesᵀ up to rounding."""
    if not deviation.any():
        return np.zeros((deviation.shape[1], 0)), np.zeros((len(deviation), 0))
    variance, axes = np.linalg.eigh(deviation.T @ deviation)
    axes = axes[:, variance > (_NEGLIGIBLE**2) * variance[-1]]
    return axes, deviation @ axes
