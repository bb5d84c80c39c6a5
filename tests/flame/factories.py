"""Models of FLAME's exact shapes and scale, made from a seed, and writers for every format FLAME comes in.

FLAME itself may not be redistributed, so tests use these. `random_flame` is noise on a head-sized ellipsoid: the
strictest input for the mathematics. `head_like_flame` is smooth and can be looked at.
"""

from __future__ import annotations

import contextlib
import pickle
import sys
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import scipy.sparse
from scipy.spatial import ConvexHull

Arrays = dict[str, Any]

N_VERTICES, N_FACES = 5023, 9976
JOINTS = np.array([[0, -0.146, -0.082], [0, -0.009, -0.054], [0, -0.016, -0.058], [0.032, 0.023, 0.024]])
JOINTS = np.vstack([JOINTS, JOINTS[3] * [-1, 1, 1]])
PARENTS = [4294967295, 0, 1, 1, 1]


def random_flame(seed: int = 0, *, n_vertices: int = N_VERTICES) -> Arrays:
    """A model in which every term alone moves vertices by millimetres, in float64, J_regressor dense."""
    rng = np.random.default_rng(seed)
    v_template, faces = _ellipsoid(n_vertices)
    weights = rng.dirichlet([0.3] * 5, n_vertices)
    regressor = np.zeros((5, n_vertices))
    for joint in range(5):
        chosen = rng.choice(n_vertices, 60, replace=False)
        regressor[joint, chosen] = rng.dirichlet(np.ones(60))
    # Expressions that move the joints: one smooth motion of everything in each direction of the basis.
    shared = rng.normal(0, 2e-3, (3, 400))
    return {
        "v_template": v_template + rng.normal(0, 1e-3, v_template.shape),
        "f": faces.astype(np.uint32),
        "shapedirs": rng.normal(0, 1.5e-3, (n_vertices, 3, 400)) + shared,
        "posedirs": rng.normal(0, 1.5e-3, (n_vertices, 3, 36)),
        "J_regressor": regressor,
        "weights": weights,
        "kintree_table": np.array([PARENTS, range(5)], np.int64),
        "bs_style": "lbs",
        "bs_type": "lrotmin",
    }


def head_like_flame() -> Arrays:
    """A smooth model with a nose, whose lower front follows the jaw: good enough to be rendered and to move."""
    v, faces = _ellipsoid(N_VERTICES)
    x, y, z = v.T
    front = 1 / (1 + np.exp(-(z - 0.02) / 0.01))
    v = v + 0.03 * np.exp(-((x / 0.012) ** 2) - ((y + 0.01) / 0.02) ** 2)[:, None] * front[:, None] * [0, 0, 1]
    jaw = front / (1 + np.exp((y + 0.055) / 0.006)) * np.exp(-((x / 0.06) ** 4))
    weights = np.stack([np.zeros_like(jaw), 1 - jaw, jaw, np.zeros_like(jaw), np.zeros_like(jaw)], axis=1)
    waves = np.arange(1, 401)
    # Column k moves the surface along itself, in waves that get finer with k.
    bumps = np.cos(40 * np.sqrt(waves) * (y[:, None] + 0.3 * x[:, None] * (-1.0) ** waves)) * 2e-3 / np.sqrt(waves)
    regressor = np.zeros((5, N_VERTICES))
    for joint, position in enumerate(JOINTS):
        # The affine combination of 40 spread vertices that gives the joint exactly.
        chosen = np.linspace(0, N_VERTICES - 1, 40).astype(int)
        system = np.vstack([v[chosen].T, np.ones(40)])
        regressor[joint, chosen] = np.linalg.pinv(system) @ [*position, 1]
    directions = v / np.linalg.norm(v, axis=1, keepdims=True)
    return {
        "v_template": v,
        "f": faces.astype(np.uint32),
        "shapedirs": directions[:, :, None] * bumps[:, None],
        "posedirs": np.zeros((N_VERTICES, 3, 36)),
        "J_regressor": regressor,
        "weights": weights,
        "kintree_table": np.array([PARENTS, range(5)], np.int64),
        "bs_style": "lbs",
        "bs_type": "lrotmin",
    }


def random_coefficients(seed: int, n_frames: int, *, varying_shape: bool = False) -> dict[str, np.ndarray]:
    """Coefficients of a few standard deviations and rotations up to ±π/2, as keywords of FlameModel.vertices."""
    rng = np.random.default_rng(seed)
    return {
        "exp": rng.normal(0, 1, (n_frames, 100)),
        "shape": rng.normal(0, 1, (n_frames, 300) if varying_shape else 300),
        "pose": rng.uniform(-np.pi / 2, np.pi / 2, (n_frames, 6)),
        "neck": rng.uniform(-np.pi / 2, np.pi / 2, (n_frames, 3)),
        "eyes": rng.uniform(-np.pi / 2, np.pi / 2, (n_frames, 6)),
    }


def _ellipsoid(n_vertices: int) -> tuple[np.ndarray, np.ndarray]:
    """A head-sized ellipsoid, open below; with 5,023 vertices it has FLAME's 9,976 faces."""
    index = np.arange(n_vertices)
    height = 1 - (2 * index + 1) / n_vertices
    angle = np.pi * (3 - np.sqrt(5)) * index  # golden angle: evenly spread points
    radius = np.sqrt(1 - height**2)
    sphere = np.stack([radius * np.cos(angle), height, radius * np.sin(angle)], axis=1)
    faces = ConvexHull(sphere).simplices
    corners = sphere[faces]
    inward = np.einsum(
        "ij,ij->i", np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), corners[:, 0]
    )
    faces[inward < 0] = faces[inward < 0][:, ::-1]
    faces = faces[np.argsort(corners[:, :, 1].mean(axis=1))[2 * n_vertices - 4 - (2 * n_vertices - 70) :]]
    return sphere * [0.078, 0.13, 0.1], faces


def write_npz(path: Path, arrays: Arrays, *, dtype: Any = np.float64) -> Path:
    """An npz as converters write it."""
    cast = {
        key: value.astype(dtype) if isinstance(value, np.ndarray) and value.dtype.kind == "f" else value
        for key, value in arrays.items()
    }
    np.savez(path, **cast)
    return path


def write_python3_pickle(
    path: Path, arrays: Arrays, *, sparse: Any = scipy.sparse.csc_matrix, protocol: int = 4
) -> Path:
    """NumPy arrays and a sparse regressor, as FLAME 2023 Open is stored."""
    with path.open("wb") as file:
        pickle.dump(arrays | {"J_regressor": sparse(arrays["J_regressor"])}, file, protocol=protocol)
    return path


def write_python2_pickle(
    path: Path,
    arrays: Arrays,
    *,
    wrapped: tuple[str, ...] = ("shapedirs",),
    selected: str | None = None,
    protocol: int = 2,
) -> Path:
    """A pickle as Python 2 wrote it, with chumpy objects for the keys `wrapped`, as FLAME 2017 to 2023 are stored.

    `selected` is stored as chumpy.reordering.Select, an indexed array.
    """
    with _chumpy_stubs() as (ch, select), path.open("wb") as file:
        content: Arrays = dict(arrays, J_regressor=scipy.sparse.csc_matrix(arrays["J_regressor"]))
        for key in wrapped:
            content[key] = ch(content[key])
        if selected:
            content[selected] = select(ch(arrays[selected][..., ::-1]), arrays[selected].shape)
        _Python2Pickler(file, protocol=protocol).dump(content)
    return path


class _Python2Pickler(pickle._Pickler):  # type: ignore[misc, name-defined]
    """Writes byte strings and module names as Python 2 and its NumPy and SciPy did."""

    dispatch: ClassVar[dict[Any, Any]] = dict(pickle._Pickler.dispatch)  # type: ignore[attr-defined]

    def save_string(self, value: bytes | str) -> None:
        content = value.encode("latin1") if isinstance(value, str) else value
        if self.proto == 0:
            self.write(b"S" + repr(content)[1:].encode() + b"\n")
        elif len(content) < 256:
            self.write(b"U" + bytes([len(content)]) + content)
        else:
            self.write(b"T" + len(content).to_bytes(4, "little") + content)
        self.memoize(value)

    dispatch[bytes] = save_string
    dispatch[str] = save_string

    def save_global(self, obj: Any, name: str | None = None) -> None:
        module = {
            "numpy._core.multiarray": "numpy.core.multiarray",
            "scipy.sparse._csc": "scipy.sparse.csc",
            "builtins": "__builtin__",
            "copyreg": "copy_reg",
        }.get(obj.__module__, obj.__module__)
        self.write(f"c{module}\n{name or obj.__qualname__}\n".encode())
        self.memoize(obj)

    dispatch[type] = save_global
    dispatch[types.FunctionType] = save_global
    dispatch[types.BuiltinFunctionType] = save_global


@contextlib.contextmanager
def _chumpy_stubs() -> Iterator[tuple[Any, Any]]:
    """Classes that pickle under chumpy's names, with the attributes chumpy's own objects have."""

    class Ch:
        def __init__(self, x: np.ndarray) -> None:
            self.x = x
            self._dirty_vars: set[str] = set()
            self._itr = None
            self._depends_on_deps = False

    class Select:
        def __init__(self, a: Ch, shape: tuple[int, ...]) -> None:
            # The stored array has its last axis reversed; the indices put it right again.
            self.a = a
            self.idxs = np.arange(a.x.size).reshape(shape)[..., ::-1].ravel()
            self.preferred_shape = shape
            self._dirty_vars: set[str] = set()

    Ch.__module__, Ch.__qualname__ = "chumpy.ch", "Ch"
    Select.__module__, Select.__qualname__ = "chumpy.reordering", "Select"
    modules = {name: types.ModuleType(name) for name in ("chumpy", "chumpy.ch", "chumpy.reordering")}
    modules["chumpy.ch"].Ch = Ch  # type: ignore[attr-defined]
    modules["chumpy.reordering"].Select = Select  # type: ignore[attr-defined]
    hidden = {name: sys.modules[name] for name in modules if name in sys.modules}
    sys.modules.update(modules)
    try:
        yield Ch, Select
    finally:
        for name in modules:
            del sys.modules[name]
        sys.modules.update(hidden)
