"""Check what a caller hands to the model, and complete what was left out."""

from __future__ import annotations

from typing import Any

import numpy as np
from jaxtyping import Float64

from viewer.arrays import to_numpy
from viewer.errors import UsageError
from viewer.flame.skinning import Coefficients

HEAD_POSES = ("root", "neck")


def check_coefficients(
    *, n_shape: int, n_exp: int, exp: Any, shape: Any, pose: Any, neck: Any, eyes: Any, head_pose: str
) -> Coefficients:
    """Arrays, lists or tensors of one frame (K,) or many (T, K), checked and in float64; see FlameModel.vertices."""
    if head_pose not in HEAD_POSES:
        raise UsageError(f"head_pose is {head_pose!r}; expected one of {', '.join(HEAD_POSES)}")
    if head_pose == "neck" and neck is not None:
        raise UsageError("head_pose='neck' puts pose[:, :3] on the neck; `neck` cannot be given too")
    given = {
        "exp": _rows("exp", exp, at_most=n_exp),
        "shape": _rows("shape", shape, at_most=n_shape),
        "pose": _rows("pose", pose, exactly=6),
        "neck": _rows("neck", neck, exactly=3),
        "eyes": _rows("eyes", eyes, exactly=6),
    }
    n_frames = _frames({name: array for name, array in given.items() if array is not None})
    every = {
        name: None if array is None else np.broadcast_to(array, (n_frames, array.shape[1]))
        for name, array in given.items()
    }
    rotations = np.zeros((n_frames, 5, 3))
    if every["pose"] is not None:
        rotations[:, HEAD_POSES.index(head_pose)] = every["pose"][:, :3]
        rotations[:, 2] = every["pose"][:, 3:]
    if every["neck"] is not None:
        rotations[:, 1] = every["neck"]
    if every["eyes"] is not None:
        rotations[:, 3:] = every["eyes"].reshape(n_frames, 2, 3)
    return Coefficients(
        shape=_one_if_constant(given["shape"]),
        exp=np.zeros((n_frames, 0)) if every["exp"] is None else every["exp"],
        rotations=rotations,
    )


def _rows(
    name: str, values: Any, *, at_most: int | None = None, exactly: int | None = None
) -> Float64[np.ndarray, "T_or_1 K"] | None:
    if values is None:
        return None
    array = to_numpy(values)
    if array.dtype.kind not in "fiu":
        raise UsageError(f"{name} has dtype {array.dtype}; expected numbers")
    if array.ndim not in (1, 2):
        raise UsageError(f"{name} has shape {array.shape}; expected (coefficients,) or (frames, coefficients)")
    array = np.atleast_2d(array).astype(np.float64)
    if not np.isfinite(array).all():
        raise UsageError(f"{name} has {int((~np.isfinite(array)).sum())} values that are NaN or infinite")
    width = array.shape[1]
    if exactly is not None and width != exactly:
        raise UsageError(f"{name} has width {width}; expected {exactly}")
    if at_most is not None and width > at_most:
        # Files are often padded to a common width; zeros beyond the model change nothing.
        if array[:, at_most:].any():
            raise UsageError(f"{name} has {width} coefficients; this model has {at_most}, and the others are not all 0")
        array = array[:, :at_most]
    return array


def _frames(arrays: dict[str, np.ndarray]) -> int:
    """Common number of frames; one row stands for all of them."""
    many = {name: len(array) for name, array in arrays.items() if len(array) != 1}
    if len(set(many.values())) > 1:
        found = ", ".join(f"{name} {frames}" for name, frames in many.items())
        raise UsageError(f"arrays differ in their number of frames: {found}")
    return next(iter(many.values()), 1)


def _one_if_constant(shape: np.ndarray | None) -> np.ndarray:
    if shape is None:
        return np.zeros((1, 0))
    return shape[:1] if len(shape) and (shape == shape[0]).all() else shape
