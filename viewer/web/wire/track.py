"""A track of vertices as the player gets it: how far each vertex is from its mean place, in small integers."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float32

from viewer.errors import ClipError

MAX_BYTES = 512 << 20
"""Of one track, in the browser's memory."""
_LARGEST = 32767
_COARSEST_METRES = 1e-5
"""Largest unit of the integers: no vertex then errs by more than 0.009 mm."""
_FINEST_METRES = 1e-9
_FRAMES_AT_ONCE = 256


def pack_track(vertices: Float32[np.ndarray, "T V 3"], *, stem: str) -> dict[str, np.ndarray]:
    """The arrays `track` (T, V, 3), `track_scale` (1,) and `track_rest` (V, 3): vertices = rest + track * scale.

    int16, or float32 with scale 1 where a vertex moves too far (0.33 m) for that.

    Raises ClipError where that is more than MAX_BYTES.
    """
    rest = vertices.mean(axis=0, dtype=np.float64).astype(np.float32)
    reach = max(float(np.abs(block - rest).max()) for block in _blocks(vertices))
    unit = np.float32(max(reach / _LARGEST, _FINEST_METRES))
    fits = unit <= _COARSEST_METRES
    dtype = np.dtype(np.int16 if fits else np.float32)
    if (size := vertices.size * dtype.itemsize) > MAX_BYTES:
        raise ClipError(
            f"{stem}: {len(vertices):,} frames of {vertices.shape[1]:,} vertices are {size >> 20:,} MB, too much to be "
            f"played in a browser (at most {MAX_BYTES >> 20} MB). Watch it as mp4, or cut it into shorter clips"
        )
    track = np.empty(vertices.shape, dtype)
    for start, block in zip(range(0, len(vertices), _FRAMES_AT_ONCE), _blocks(vertices), strict=True):
        moved = block - rest
        track[start : start + _FRAMES_AT_ONCE] = np.rint(moved / unit) if fits else moved
    return {"track": track, "track_scale": np.array([unit if fits else 1], np.float32), "track_rest": rest}


def _blocks(vertices: Float32[np.ndarray, "T V 3"]) -> list[Float32[np.ndarray, "n V 3"]]:
    return [vertices[start : start + _FRAMES_AT_ONCE] for start in range(0, len(vertices), _FRAMES_AT_ONCE)]
