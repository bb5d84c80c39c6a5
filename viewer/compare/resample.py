"""A clip at another frame rate."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
from jaxtyping import Bool, Float, Float32, Float64, Int64

from viewer.clip import Clip
from viewer.clip_arrays import readonly

# A position that was computed as frame · rate / rate must count as that frame although the division rounds.
_EPSILON_FRAMES = 1e-6
_ROWS_AT_ONCE = 256


def resampled(clip: Clip, fps: float) -> Clip:
    """The motion of a clip at another rate, from its first frame to its last; nothing is extrapolated.

    Rotations take the shortest way at constant speed (slerp; Shoemake 1985), coefficients and vertices go straight. A
    frame between two of which one is bad is bad. Sound and words are left out. A clip of that rate is passed through.
    """
    if fps == clip.fps:
        return clip
    n_frames = math.floor((len(clip) - 1) * fps / clip.fps + _EPSILON_FRAMES) + 1
    position = np.minimum(np.arange(n_frames) * clip.fps / fps, len(clip) - 1)
    nearest = np.rint(position)
    position = np.where(np.abs(position - nearest) < _EPSILON_FRAMES, nearest, position)
    before = np.floor(position).astype(np.int64)
    after = np.ceil(position).astype(np.int64)
    share = position - before
    constant = clip.shape.strides[0] == 0
    return replace(
        clip,
        exp=readonly(_between(clip.exp, before, after, share)),
        pose=readonly(np.concatenate([_turned(clip.pose[:, part], position) for part in _ROTATIONS], axis=1)),
        shape=np.broadcast_to(clip.shape[0], (n_frames, clip.shape.shape[1]))
        if constant
        else readonly(_between(clip.shape, before, after, share)),
        vertices=None if clip.vertices is None else readonly(_between(clip.vertices, before, after, share)),
        bad_frames=readonly(_either(clip.bad_frames, before, after)),
        fps=fps,
        audio=None,
        transcript=None,
    )


_ROTATIONS = (slice(0, 3), slice(3, 6))


def _between(
    values: Float[np.ndarray, "T *rest"],
    before: Int64[np.ndarray, " N"],
    after: Int64[np.ndarray, " N"],
    share: Float64[np.ndarray, " N"],
) -> Float[np.ndarray, "N *rest"]:
    found = np.empty((len(before), *values.shape[1:]), values.dtype)
    weight = share.reshape(-1, *[1] * (values.ndim - 1)).astype(values.dtype)
    for start in range(0, len(before), _ROWS_AT_ONCE):  # a track of vertices may fill much of the memory
        rows = slice(start, start + _ROWS_AT_ONCE)
        first = values[before[rows]]
        found[rows] = first + weight[rows] * (values[after[rows]] - first)
    return found


def _turned(axis_angle: Float32[np.ndarray, "T 3"], position: Float64[np.ndarray, " N"]) -> Float32[np.ndarray, "N 3"]:
    if not axis_angle.any() or len(axis_angle) == 1:
        return np.repeat(axis_angle[:1], len(position), axis=0)
    from scipy.spatial.transform import Rotation, Slerp  # takes a while to import

    turns = Slerp(np.arange(len(axis_angle)), Rotation.from_rotvec(axis_angle.astype(np.float64)))
    return turns(position).as_rotvec().astype(np.float32)


def _either(
    bad: Bool[np.ndarray, " T"], before: Int64[np.ndarray, " N"], after: Int64[np.ndarray, " N"]
) -> Bool[np.ndarray, " N"]:
    return bad[before] | bad[after]
