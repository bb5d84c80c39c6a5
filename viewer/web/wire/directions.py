"""Directions of a linear basis in half the bytes, where that changes no vertex by more than can be seen in a test."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float, Float32, Int16

TOLERANCE_METRES = 5e-7
"""Mean error over the vertices that is allowed: half of what the player promises (0.001 mm)."""
_LARGEST = 32767


def compress(
    directions: Float[np.ndarray, "K V 3"], reach: Float[np.ndarray, " K"] | float = 1.0
) -> tuple[Int16[np.ndarray, "K V 3"] | Float32[np.ndarray, "K V 3"], Float32[np.ndarray, " K"]]:
    """Directions in metres per unit as (values, scale): a direction is `values * scale`.

    int16 with one scale per direction where coefficients as large as `reach`, all at once, then err by less than
    TOLERANCE_METRES; else float32 with scale 1. FLAME's smooth directions fit; noise does not.
    """
    n = len(directions)
    peak = np.abs(directions).max(axis=(1, 2), initial=0.0)
    scale = np.where(peak > 0, peak / _LARGEST, 1.0).astype(np.float32)
    values = np.rint(directions / scale[:, None, None]).astype(np.int16)
    error = np.zeros(directions.shape[1:])  # mean square, as if the roundings were independent
    for direction, rounded, unit, largest in zip(directions, values, scale, np.broadcast_to(reach, n), strict=True):
        error += (largest * (rounded * unit - direction)) ** 2
    if np.sqrt(error.sum(axis=1)).mean() <= TOLERANCE_METRES:
        return values, scale
    return np.ascontiguousarray(directions, np.float32), np.ones(n, np.float32)
