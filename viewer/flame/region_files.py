"""The user's own FLAME mask and landmark files, read as safely as model files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Bool, Float32, Int64

from viewer.errors import ModelFileError
from viewer.flame.files import read_arrays
from viewer.flame.version import N_FLAME_VERTICES
from viewer.paths import is_file

MASK_FILES = ("FLAME_masks.pkl", "FLAME_masks.npz")
LANDMARK_FILES = ("landmark_embedding.npy", "flame_static_embedding.pkl", "flame_static_embedding_68.pkl")
# Regions of the viewer and the masks of FLAME_masks.pkl they are made of.
_MASKS = {"lips": ("lips",), "nose": ("nose",), "upper_face": ("forehead", "eye_region")}
# Landmarks of the viewer and the points of iBUG's 68-point scheme they lie between. Its "right" is the subject's.
_IBUG = {
    "chin": (8,),
    "nose_tip": (30,),
    "eyelid_upper_right": (37, 38),
    "eyelid_lower_right": (40, 41),
    "eyelid_upper_left": (43, 44),
    "eyelid_lower_left": (46, 47),
    "mouth_corner_right": (48,),
    "mouth_corner_left": (54,),
    "lip_upper_inner": (62,),
    "lip_lower_inner": (66,),
}
_N_CONTOUR = 17
"""The first 17 of the 68 points lie on the contour; embeddings of 51 points leave them out."""


def find_file(names: tuple[str, ...], folders: list[Path]) -> Path | None:
    """The first of `names` that is in one of `folders` or in a folder of theirs whose name starts with FLAME."""
    places = [place for folder in folders for place in (folder, *sorted(folder.glob("FLAME*")))]
    return next((place / name for name in names for place in places if is_file(place / name)), None)


def read_masks(path: Path) -> dict[str, Bool[np.ndarray, "5023"]]:
    """`lips`, `nose` and `upper_face`, as far as the file has them. Raises ModelFileError."""
    content = _by_name(path)
    masks = {}
    for region, keys in _MASKS.items():
        if all(key in content for key in keys):
            mask = np.zeros(N_FLAME_VERTICES, bool)
            for key in keys:
                mask[_indices(path, key, content[key], N_FLAME_VERTICES)] = True
            masks[region] = mask
    if not masks:
        raise ModelFileError(
            f"{path}: no masks of FLAME; expected lips, nose, forehead, eye_region; has {_some(content)}"
        )
    return masks


def read_landmarks(
    path: Path, faces: np.ndarray
) -> dict[str, tuple[Int64[np.ndarray, " K"], Float32[np.ndarray, " K"]]]:
    """Vertex numbers and weights of each landmark that the file has. Raises ModelFileError."""
    content = _by_name(path)
    for face_key, weight_key in (
        ("full_lmk_faces_idx", "full_lmk_bary_coords"),
        ("static_lmk_faces_idx", "static_lmk_bary_coords"),
        ("lmk_face_idx", "lmk_b_coords"),
    ):
        if face_key in content and weight_key in content:
            break
    else:
        raise ModelFileError(
            f"{path}: no landmarks of FLAME; expected lmk_face_idx, lmk_b_coords; has {_some(content)}"
        )
    numbers = _indices(path, face_key, content[face_key], len(faces))
    weights = np.asarray(content[weight_key])
    if weights.dtype.kind != "f" or weights.size != 3 * len(numbers) or len(numbers) not in (51, 68):
        raise ModelFileError(f"{path}: {weight_key} has shape {weights.shape}; expected (51, 3) or (68, 3)")
    weights = weights.reshape(-1, 3)
    first = 0 if len(numbers) == 68 else _N_CONTOUR
    landmarks = {}
    for name, points in _IBUG.items():
        rows = [point - first for point in points]
        if min(rows) >= 0:
            landmarks[name] = (faces[numbers[rows]].ravel().astype(np.int64), _f32(weights[rows].ravel() / len(rows)))
    return landmarks


def _by_name(path: Path) -> dict[str, Any]:
    content = read_arrays(path)
    if not isinstance(content, dict):
        raise ModelFileError(f"{path} holds a {type(content).__name__}; expected arrays by name")
    return content


def _indices(path: Path, key: str, values: Any, limit: int) -> Int64[np.ndarray, " K"]:
    array = values.ravel() if isinstance(values, np.ndarray) else np.zeros(0)
    if array.size == 0 or array.dtype.kind not in "iuf" or not ((array >= 0) & (array < limit)).all():
        raise ModelFileError(f"{path}: {key} is no list of numbers from 0 to {limit - 1}")
    return array.astype(np.int64)


def _some(content: dict[str, Any]) -> str:
    return ", ".join(sorted(map(str, content))[:8]) or "nothing"


def _f32(array: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(array, np.float32)
