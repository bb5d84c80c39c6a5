"""The formulas, on arrays: docs/metrics.md gives the source of each, and who computes it otherwise.

Positions are in metres, (T, K, 3), of the vertices of a region, the same in reference and prediction; results are in mm
and computed in float64.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float, Float32, Float64

from viewer.flame.skinning import rotation_matrices

_MM = 1000.0

Points = Float[np.ndarray, "T K 3"]


def lip_errors_mm(reference: Points, prediction: Points) -> Float64[np.ndarray, " T"]:
    """Of each frame, the distance of the lip vertex that is furthest from where the reference has it."""
    difference = np.asarray(prediction, np.float64) - np.asarray(reference, np.float64)
    return _MM * np.sqrt(_squared_lengths(difference).max(axis=1))


def lve_max_l2_mm(lip_errors: Float64[np.ndarray, " T"]) -> float:
    """Mean over frames of the largest distance."""
    return float(lip_errors.mean())


def lve_max_sq_mm2(lip_errors: Float64[np.ndarray, " T"]) -> float:
    """Mean over frames of the square of the largest distance, in mm²."""
    return float((lip_errors**2).mean())


def lve_rms_mm(lip_errors: Float64[np.ndarray, " T"]) -> float:
    """Root of `lve_max_sq_mm2`."""
    return float(np.sqrt((lip_errors**2).mean()))


def motion_spread_mm2(points: Points, template: Float[np.ndarray, "K 3"]) -> float:
    """Standard deviation over time of each vertex's squared distance from the face at rest; mean over vertices, mm²."""
    displacement = np.asarray(points, np.float64) - np.asarray(template, np.float64)
    return float(_MM**2 * _squared_lengths(displacement).std(axis=0).mean())


def fdd_signed(reference: Points, prediction: Points, template: Float[np.ndarray, "K 3"]) -> float:
    """Upper-face dynamics deviation in mm²: above 0 where the prediction moves less than the reference."""
    return motion_spread_mm2(reference, template) - motion_spread_mm2(prediction, template)


def distances_mm(reference: Points, prediction: Points) -> Float32[np.ndarray, "T K"]:
    """Distance of each vertex from where the reference has it; in float32, as there are many."""
    return lengths_mm(np.asarray(prediction, np.float32) - np.asarray(reference, np.float32))


def lengths_mm(vectors: Float32[np.ndarray, "*batch 3"]) -> Float32[np.ndarray, "*batch"]:
    """Length in mm of vectors in metres."""
    return np.float32(_MM) * np.sqrt(_squared_lengths(vectors))


def angles_between_deg(
    reference: Float[np.ndarray, "T 3"], prediction: Float[np.ndarray, "T 3"]
) -> Float64[np.ndarray, " T"]:
    """Geodesic angle between rotations given as axis-angle vectors, 0 to 180 degrees; accurate down to 0."""
    apart = rotation_matrices(prediction) - rotation_matrices(reference)
    # ‖R − S‖ = 2√2 sin(θ / 2) in the Frobenius norm.
    sine = np.sqrt((apart**2).sum(axis=(1, 2)) / 8)
    return np.degrees(2 * np.arcsin(np.minimum(sine, 1)))


def _squared_lengths(vectors: Float[np.ndarray, "*batch 3"]) -> Float[np.ndarray, "*batch"]:
    # As a product with ones three times as fast as einsum, and as a sum over the last axis ten times.
    return np.square(vectors) @ np.ones(3, vectors.dtype)
