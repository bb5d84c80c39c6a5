"""From a FLAME file to checked arrays."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float, Float32, Int32, UInt8

from viewer.errors import ModelFileError
from viewer.flame.files import read_arrays
from viewer.flame.unpickle import UnsafePickleError, flat_array
from viewer.paths import user_path

N_SHAPE = 300
"""Columns of `shapedirs` that are identity; expression follows."""
N_EXP = 100
N_JOINTS = 5
PARENTS = (-1, 0, 1, 1, 1)
"""Joints: root, neck, jaw, left eye, right eye."""
_OTHER_MODELS = {16: "MANO (a hand)", 24: "SMPL (a body)", 52: "SMPL-H (a body)", 55: "SMPL-X (a body)"}
_REQUIRED = ("v_template", "f", "shapedirs", "posedirs", "J_regressor", "weights", "kintree_table")


@dataclass(frozen=True, eq=False)
class ModelArrays:
    """Everything a FLAME file says, checked. Lengths in metres."""

    path: Path
    v_template: Float32[np.ndarray, "V 3"]
    faces: Int32[np.ndarray, "F 3"]
    shape_dirs: Float32[np.ndarray, "V 3 S"]
    exp_dirs: Float32[np.ndarray, "V 3 E"]
    pose_dirs: Float32[np.ndarray, "V 3 36"]
    joint_regressor: Float[np.ndarray, "5 V"]
    weights: Float32[np.ndarray, "V 5"]
    part: UInt8[np.ndarray, " V"] | None
    part_names: tuple[str, ...]
    vertex_colors: UInt8[np.ndarray, "V 3"] | None
    expression_names: tuple[str, ...]
    metadata: dict[str, str]
    """Short texts of the file, such as `expression_space`, `licence` or `expr_source`."""

    def digest(self) -> str:
        """Hash of the arrays that decide where vertices are, the same for every format and precision of storage."""
        digest = hashlib.blake2b(digest_size=16)
        for name in ("v_template", "faces", "shape_dirs", "exp_dirs", "pose_dirs", "joint_regressor", "weights"):
            array = getattr(self, name)
            array = np.ascontiguousarray(array, np.int32 if name == "faces" else np.float32)
            digest.update(f"{name}{array.shape}".encode())
            digest.update(array.data)
        return digest.hexdigest()

    def appearance_digest(self) -> str:
        """Hash of what is drawn besides geometry: vertex colours and parts, with or without them."""
        digest = hashlib.blake2b(digest_size=16)
        for array in (self.vertex_colors, self.part):
            digest.update(b"none" if array is None else f"{array.shape}".encode() + array.tobytes())
        return digest.hexdigest()


def load_arrays(path: str | Path) -> ModelArrays:
    """Read and check a FLAME model: .pkl of Python 2 or 3, with or without chumpy, or .npz.

    `shapedirs` has 300 identity columns and up to 100 expression columns; a file with another split says so with a
    number `n_shape`, or keeps its expressions apart under `expressiondirs` or `exprdirs`.

    Raises ModelFileError that says what was found and what was expected.
    """
    path = user_path(path)
    content = read_arrays(path)
    if not isinstance(content, dict):
        raise ModelFileError(f"{path} holds a {type(content).__name__}; expected the arrays of a FLAME model by name")
    return _Checker(path, content).model()


class _Checker:
    """Checks of one file; every complaint starts with its path."""

    def __init__(self, path: Path, content: dict[str, Any]) -> None:
        self.path = path
        self.content = content

    def fail(self, message: str) -> ModelFileError:
        return ModelFileError(f"{self.path}: {message}")

    def model(self) -> ModelArrays:
        self.refuse_other_models()
        missing = [key for key in _REQUIRED if key not in self.content]
        if missing:
            found = ", ".join(sorted(map(str, self.content))[:12]) or "nothing"
            raise self.fail(f"no FLAME model: {', '.join(missing)} missing; the file has {found}")
        v_template = self.floats("v_template", (None, 3))
        n_vertices = len(v_template)
        self.check_scale(v_template)
        self.check_tree()
        shape_dirs, exp_dirs = self.directions(n_vertices)
        weights = self.floats("weights", (n_vertices, N_JOINTS))
        if (weights < -1e-4).any() or np.abs(weights.sum(axis=1) - 1).max() > 1e-3:
            raise self.fail("weights are no skinning weights: rows must be positive and sum to 1")
        part, part_names = self.parts(n_vertices)
        return ModelArrays(
            path=self.path,
            v_template=_f32(v_template),
            faces=self.faces(n_vertices),
            shape_dirs=_f32(shape_dirs),
            exp_dirs=_f32(exp_dirs),
            pose_dirs=_f32(self.floats("posedirs", (n_vertices, 3, 9 * (N_JOINTS - 1)))),
            joint_regressor=self.floats("J_regressor", (N_JOINTS, n_vertices)).astype(np.float64),
            weights=_f32(weights),
            part=part,
            part_names=part_names,
            vertex_colors=self.vertex_colors(n_vertices),
            expression_names=self.names("expression_names", at_most=exp_dirs.shape[2]),
            metadata=_texts(self.content),
        )

    def refuse_other_models(self) -> None:
        tree = self.content.get("kintree_table")
        if isinstance(tree, np.ndarray) and tree.ndim == 2 and tree.shape[1] in _OTHER_MODELS:
            name, joints = _OTHER_MODELS[tree.shape[1]], tree.shape[1]
            raise self.fail(f"this is {name}, with {joints} joints; expected FLAME (a head), with {N_JOINTS}")

    def flat(self, key: str) -> np.ndarray:
        if self.content[key] is None:
            raise self.fail(f"{key} is stored as something else than an array; expected numbers")
        try:
            return flat_array(self.content[key])
        except UnsafePickleError as error:
            raise self.fail(f"{key}: {error}") from error

    def floats(self, key: str, shape: tuple[int | None, ...]) -> np.ndarray:
        """The array `key`, finite and of the given shape (None: any length above 0)."""
        array = self.flat(key)
        if array.dtype.kind not in "fiu":
            raise self.fail(f"{key} is an array of {array.dtype}; expected numbers")
        fits = array.ndim == len(shape) and all(
            found == wanted or (wanted is None and found > 0) for found, wanted in zip(array.shape, shape, strict=False)
        )
        if not fits:
            wanted_shape = ", ".join("any" if wanted is None else str(wanted) for wanted in shape)
            raise self.fail(f"{key} has shape {array.shape}; expected ({wanted_shape})")
        if not np.isfinite(array).all():
            raise self.fail(f"{key} has {int((~np.isfinite(array)).sum())} values that are NaN or infinite")
        return array

    def integers(self, key: str, shape: tuple[int | None, ...]) -> np.ndarray:
        array = self.floats(key, shape)
        if array.dtype.kind == "f" and (array != np.round(array)).any():
            raise self.fail(f"{key} has values that are no whole numbers")
        return array.astype(np.int64)

    def check_scale(self, v_template: np.ndarray) -> None:
        extent = float(np.ptp(v_template.astype(np.float64), axis=0).max())
        if not 0.05 < extent < 2:
            unit = " (millimetres?)" if 50 < extent < 2000 else ""
            raise self.fail(f"v_template is {extent:.3g} long{unit}; expected a head in metres, about 0.3")

    def check_tree(self) -> None:
        tree = self.integers("kintree_table", (2, None))
        # The root's parent is -1, stored unsigned as 4294967295 or so.
        parents = (-1, *tree[0, 1:].tolist())
        if parents != PARENTS:
            raise self.fail(f"kintree_table has parents {list(parents)}; expected {list(PARENTS)} (root neck jaw eyes)")

    def directions(self, n_vertices: int) -> tuple[np.ndarray, np.ndarray]:
        shapedirs = self.floats("shapedirs", (n_vertices, 3, None))
        columns = shapedirs.shape[2]
        for key in ("expressiondirs", "exprdirs"):
            if key in self.content:
                exp_dirs = self.floats(key, (n_vertices, 3, None))
                return shapedirs[:, :, :N_SHAPE], exp_dirs[:, :, :N_EXP]
        n_shape = N_SHAPE
        if "n_shape" in self.content:
            n_shape = int(self.integers("n_shape", ()))
        if not 0 <= n_shape <= min(columns, N_SHAPE) or columns - n_shape > N_EXP:
            raise self.fail(
                f"shapedirs has {columns} columns, {n_shape} of them identity; expected {N_SHAPE} identity columns and "
                f"up to {N_EXP} expression columns (a file cut otherwise names its identity columns with `n_shape`)"
            )
        return shapedirs[:, :, :n_shape], shapedirs[:, :, n_shape:]

    def faces(self, n_vertices: int) -> np.ndarray:
        faces = self.integers("f", (None, 3))
        if faces.min() < 0 or faces.max() >= n_vertices:
            raise self.fail(f"f names vertices {faces.min()}…{faces.max()}; the model has {n_vertices}")
        return faces.astype(np.int32)

    def parts(self, n_vertices: int) -> tuple[np.ndarray | None, tuple[str, ...]]:
        names = self.names("part_names")
        if "part" not in self.content or not names:
            return None, ()
        part = self.integers("part", (n_vertices,))
        if part.min() < 0 or part.max() >= len(names):
            raise self.fail(f"part has numbers {part.min()}…{part.max()}; part_names has {len(names)} names")
        return part.astype(np.uint8), names

    def vertex_colors(self, n_vertices: int) -> np.ndarray | None:
        if "vertex_colors" not in self.content:
            return None
        colors = self.integers("vertex_colors", (n_vertices, 3))
        if colors.min() < 0 or colors.max() > 255:
            raise self.fail("vertex_colors has values outside 0…255")
        return colors.astype(np.uint8)

    def names(self, key: str, *, at_most: int = 256) -> tuple[str, ...]:
        if key not in self.content:
            return ()
        names = tuple(str(name)[:100] for name in self.flat(key).reshape(-1))
        if len(names) > at_most:
            raise self.fail(f"{key} has {len(names)} names for {at_most} entries")
        return names


def _f32(array: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(array, np.float32)


def _texts(content: dict[str, Any]) -> dict[str, str]:
    """Short texts of a file, also those one level down, in a dictionary of metadata."""
    levels = [value for value in content.values() if isinstance(value, dict)]
    return {
        str(key): str(value)[:2000]
        for level in (*levels, content)
        for key, value in level.items()
        if isinstance(value, str) or (isinstance(value, np.ndarray) and value.ndim == 0 and value.dtype.kind == "U")
    }
