"""A head model as the player gets it, once.

A clip turns the root and the jaw; neck and eyes rest. So their pose correctives never act, their transforms are the
root's, and the neck cancels out of the jaw's chain. What is left is exact, and about a fifth smaller and faster:

    v = identity + exp_dirs · exp + jaw_dirs · (R_jaw − I)          J = joints + exp_joint_dirs · exp
    vertices = w_rest (R_root (v − J_root) + J_root)
             + w_jaw (R_root R_jaw (v − J_jaw) + R_root (J_jaw − J_root) + J_root)
"""

from __future__ import annotations

import gzip
import hashlib
from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from jaxtyping import Float, Float64

from viewer import looks
from viewer.errors import ModelFileError
from viewer.flame import FlameModel, regions
from viewer.looks import RGB
from viewer.motion.curves import STILL_POINTS, spread, still_vertices
from viewer.render.occlusion import openness
from viewer.web.wire.container import pack
from viewer.web.wire.directions import compress

JOINTS = [0, 2]
"""Of FLAME's five joints those that a clip turns: root and jaw."""
_JAW = 2
_GZIP_LEVEL = 6


@dataclass(frozen=True, eq=False)
class PackedHead:
    """A head ready to be sent."""

    key: str
    """Hash of the content: the same key means the same bytes for ever."""
    data: bytes
    gzipped: bytes


def pack_head(model: FlameModel) -> PackedHead:
    """Everything that does not change between clips; takes about two seconds for a head of FLAME's size."""
    arrays = model.arrays
    n_exp = acting_expressions(model)
    exp_dirs = np.moveaxis(arrays.exp_dirs[:, :, :n_exp], 2, 0)
    jaw_dirs = np.moveaxis(arrays.pose_dirs[:, :, 9 * (_JAW - 1) : 9 * _JAW], 2, 0)
    jaw = arrays.weights[:, _JAW].astype(np.float64)
    packed: dict[str, np.ndarray] = {
        "template": model.v_template,
        "joints": model.joints[JOINTS],
        "faces": model.faces.astype(np.uint16 if len(model.v_template) <= 1 << 16 else np.uint32),
        "weights": np.stack([arrays.weights.astype(np.float64).sum(axis=1) - jaw, jaw]).astype(np.float32),
        "exp_joint_dirs": joint_directions(model, exp_dirs),
        "openness": np.rint(255 * openness(model.v_template, model.faces)).astype(np.uint8),
    }
    packed["exp_dirs"], packed["exp_scale"] = compress(exp_dirs)
    packed["jaw_dirs"], packed["jaw_scale"] = compress(jaw_dirs)
    if model.vertex_colors is not None:
        packed["colors"] = model.vertex_colors
    legend, remark = _add_regions(model, packed)
    header: dict[str, Any] = {
        "kind": "head",
        "version": model.version,
        "licence": model.licence,
        "vertices": len(model.v_template),
        "expressions": n_exp,
        "expression_names": model.expression_names,
        "regions": legend,
        "remarks": [remark] if remark else [],
        "framing": asdict(looks.frame_head(model.v_template)),
    }
    data = pack(header, packed)
    gzipped = gzip.compress(data, _GZIP_LEVEL, mtime=0)
    return PackedHead(hashlib.sha256(data).hexdigest()[:32], data, gzipped)


def _add_regions(model: FlameModel, packed: dict[str, np.ndarray]) -> tuple[list[tuple[str, RGB]], str | None]:
    """Put a colour per vertex and points of the skull into `packed`; gives what each colour stands for, or why not."""
    try:
        found = regions(model)
    except ModelFileError as error:  # a broken file of masks must not keep a clip from playing
        return [], str(error)
    skull = spread(model.v_template, still_vertices(model, found), STILL_POINTS)
    packed["skull"] = skull.astype(packed["faces"].dtype)
    legend: dict[RGB, str] = {}
    for name, color in found.legend().items():
        legend.setdefault(color, name.removesuffix("_left").removesuffix("_right").replace("_", " "))
    if legend:
        packed["region_colors"] = found.colors()
    return [(name, color) for color, name in legend.items()], None


def joint_directions(model: FlameModel, directions: Float[np.ndarray, "K V 3"]) -> Float64[np.ndarray, "K 2 3"]:
    """How directions of the vertices move root and jaw."""
    regressor = model.arrays.joint_regressor[JOINTS]
    used = np.flatnonzero(regressor.any(axis=0))
    moved = regressor[:, used] @ directions[:, used].astype(np.float64).transpose(1, 0, 2).reshape(len(used), -1)
    return moved.reshape(len(JOINTS), len(directions), 3).transpose(1, 0, 2)


@lru_cache(maxsize=4)
def acting_expressions(model: FlameModel) -> int:
    """Number of expressions up to the last that moves anything; the demo head leaves the slots behind it empty."""
    return used_columns(model.arrays.exp_dirs)


def used_columns(array: Float[np.ndarray, "... K"]) -> int:
    """Number of columns up to the last that is not all 0."""
    used = np.flatnonzero(array.any(axis=tuple(range(array.ndim - 1))))
    return int(used[-1]) + 1 if len(used) else 0
