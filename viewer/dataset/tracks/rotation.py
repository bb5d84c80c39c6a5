"""Rotations as other tools write them, turned into axis-angle vectors."""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np
from jaxtyping import Float, Float64

_EULER = re.compile(r"euler-([xyz]{3}|[XYZ]{3})")
_ORTHOGONAL_TOLERANCE = 0.1
WIDTHS = {
    "axis-angle": 3,
    "matrix": 9,
    "6d": 6,
    "6d-columns": 6,
    "quaternion-wxyz": 4,
    "quaternion-xyzw": 4,
    "euler-XYZ": 3,
    "x-angle": 1,
}
"""Numbers a frame, by form. Euler angles: any order of axes; capitals turn with the body, small letters do not."""
IN_ANGLES = ("axis-angle", "euler-XYZ", "x-angle")
"""Forms whose numbers are angles, so that they may be in degrees."""


def known_form(form: str) -> str | None:
    """Key of `form` in WIDTHS; None for what is no form of rotation."""
    if _EULER.fullmatch(form) and form[6] != form[7] != form[8]:
        return "euler-XYZ"
    return form if form in WIDTHS and form != "euler-XYZ" else None


def to_axis_angle(values: Float[np.ndarray, "T K"], form: str) -> Float64[np.ndarray, "T 3"]:
    """Axis-angle vectors in radians of rotations in `form`; NaN in frames that are not finite.

    matrix: nine numbers row by row; 6d: its first two rows as PyTorch3D writes them, 6d-columns: its first two columns
    as in Zhou et al. 2019, "On the Continuity of Rotation Representations in Neural Networks"; x-angle: about x alone,
    as an opening jaw turns. Raises ValueError for matrices and quaternions that are no rotations.
    """
    values = np.asarray(values, np.float64)
    if form == "axis-angle":
        return values
    finite = np.isfinite(values).all(axis=1)
    vectors = np.full((len(values), 3), np.nan)
    if finite.any():
        vectors[finite] = _convert(values[finite], form)
    return vectors


def _convert(values: Float64[np.ndarray, "T K"], form: str) -> Float64[np.ndarray, "T 3"]:
    if form == "x-angle":
        return np.pad(values, ((0, 0), (0, 2)))
    from scipy.spatial.transform import Rotation  # takes a while to import

    if found := _EULER.fullmatch(form):
        return Rotation.from_euler(found[1], values).as_rotvec()
    if form.startswith("quaternion"):
        if (np.linalg.norm(values, axis=1) < 1e-3).any():
            raise ValueError("some quaternions are zero")
        return Rotation.from_quat(np.roll(values, -1, axis=1) if form.endswith("wxyz") else values).as_rotvec()
    matrices = _MATRICES[form](values)
    products = matrices @ matrices.transpose(0, 2, 1)
    if np.abs(products - np.eye(3)).max() > _ORTHOGONAL_TOLERANCE or (np.linalg.det(matrices) < 0).any():
        raise ValueError("some matrices are no rotations")
    return Rotation.from_matrix(matrices).as_rotvec()


def _from_two_vectors(values: Float64[np.ndarray, "T 6"]) -> Float64[np.ndarray, "T 3 3"]:
    """Gram-Schmidt on two vectors and their cross product, as rows."""
    first, second = values[:, :3], values[:, 3:]
    with np.errstate(invalid="ignore", divide="ignore"):
        x = first / np.linalg.norm(first, axis=1, keepdims=True)
        y = second - (x * second).sum(axis=1, keepdims=True) * x
        y /= np.linalg.norm(y, axis=1, keepdims=True)
    if not np.isfinite(y).all():
        raise ValueError("some pairs of vectors are zero or parallel")
    return np.stack([x, y, np.cross(x, y)], axis=1)


_MATRICES: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "matrix": lambda values: values.reshape(-1, 3, 3),
    "6d": _from_two_vectors,
    "6d-columns": lambda values: _from_two_vectors(values).transpose(0, 2, 1),
}
