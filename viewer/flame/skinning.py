"""The mathematics of FLAME: blendshapes, pose correctives, linear blend skinning (Li et al. 2017, equations 1-3).

    v = v_template + shape_dirs · shape + exp_dirs · exp + pose_dirs · (R(pose) − I)      R of all joints but the root
    J = joint_regressor · (v_template + shape_dirs · shape + exp_dirs · exp)              expressions move joints too
    vertices = Σ_j weights_j (G_j(pose, J) v)                                             G_j: from rest to posed

Blendshapes and skinning run in float32, everything per joint in float64.

Vertices are kept in tiles of 128 and frames are taken a few at a time. That keeps intermediates in the cache and every
matrix product below the size at which OpenBLAS wakes its threads: they would spin beside the renderer and the encoder
for longer than the product takes (`benchmarks/decode.py` shows both).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Float, Float32, Float64, Int

from viewer.flame.load import N_JOINTS, PARENTS, ModelArrays

TILE = 128
"""Vertices in a tile."""
_MAX_FRAMES = 16
_SINGLE_THREAD_PRODUCT = 1 << 18
"""OpenBLAS keeps to the calling thread while rows × columns × depth is at most this."""
_N_CORRECTIVES = 9 * (N_JOINTS - 1)
# Order of the correctives' rows: those of neck and eyes first, as most data leaves them at rest and skips them.
_CORRECTIVE_JOINTS = (1, 3, 4, 2)
_RESTING_ROWS = 27
_JAW = 2
_ALL_BUT_JAW = [joint for joint in range(N_JOINTS) if joint != _JAW]


def rotation_matrices(axis_angle: Float[np.ndarray, "*batch 3"]) -> Float64[np.ndarray, "*batch 3 3"]:
    """Rodrigues' formula, accurate down to angle 0."""
    vector = np.asarray(axis_angle, np.float64)
    angle = np.linalg.norm(vector, axis=-1)[..., None, None]
    cross = np.zeros((*vector.shape[:-1], 3, 3))
    x, y, z = np.moveaxis(vector, -1, 0)
    cross[..., 0, 1], cross[..., 0, 2], cross[..., 1, 2] = -z, y, -x
    cross[..., 1, 0], cross[..., 2, 0], cross[..., 2, 1] = z, -y, x
    # np.sinc(x) = sin(πx) / πx, so both factors are finite at 0: sin θ / θ and (1 − cos θ) / θ².
    return np.eye(3) + np.sinc(angle / np.pi) * cross + 0.5 * np.sinc(angle / (2 * np.pi)) ** 2 * (cross @ cross)


def joint_transforms(
    rotations: Float64[np.ndarray, "T 5 3 3"], joints: Float64[np.ndarray, "T 5 3"]
) -> Float64[np.ndarray, "T 5 3 4"]:
    """Transform of each joint from the rest pose to the posed head, along the tree root → neck → jaw, eyes."""
    world = np.empty((*rotations.shape[:2], 3, 4))
    for joint, parent in enumerate(PARENTS):
        if parent < 0:
            world[:, joint, :, :3], world[:, joint, :, 3] = rotations[:, joint], joints[:, joint]
            continue
        bone = (joints[:, joint] - joints[:, parent])[..., None]
        world[:, joint, :, :3] = world[:, parent, :, :3] @ rotations[:, joint]
        world[:, joint, :, 3] = (world[:, parent, :, :3] @ bone)[..., 0] + world[:, parent, :, 3]
    world[..., 3] -= (world[..., :3] @ joints[..., None])[..., 0]
    return world


@dataclass(frozen=True, eq=False)
class Coefficients:
    """Input of the model for T frames, checked and complete."""

    shape: Float64[np.ndarray, "T_or_1 S"]
    """One row where the identity does not change."""
    exp: Float64[np.ndarray, "T E"]
    rotations: Float64[np.ndarray, "T 5 3"]
    """Axis-angle of root, neck, jaw, left eye, right eye; radians."""

    def __len__(self) -> int:
        return len(self.exp)

    def frames(self, start: int, stop: int) -> Coefficients:
        shape = self.shape if len(self.shape) == 1 else self.shape[start:stop]
        return Coefficients(shape, self.exp[start:stop], self.rotations[start:stop])


def mean_joints(model: ModelArrays) -> Float64[np.ndarray, "5 3"]:
    """Joints of the mean face in metres; needs nothing of what posing needs."""
    return _regressed(model, model.v_template)


def _regressed(model: ModelArrays, array: Float32[np.ndarray, "V *rest"]) -> Float64[np.ndarray, "5 *rest"]:
    """What the regressor of the joints makes of values at the vertices."""
    used = np.flatnonzero((model.joint_regressor != 0).any(axis=0))
    return np.tensordot(model.joint_regressor[:, used], array[used].astype(np.float64), axes=1)


class Skinning:
    """The arrays of one model, or of some of its vertices, laid out for speed."""

    def __init__(self, model: ModelArrays, vertices: Int[np.ndarray, " K"] | None = None) -> None:
        """vertices: numbers of those to pose, in the order of the result; None: all of them."""
        chosen = slice(None) if vertices is None else vertices
        template = model.v_template[chosen]
        self.n_vertices = len(template)
        correctives = model.pose_dirs[chosen].reshape(self.n_vertices, 3, N_JOINTS - 1, 9)
        ordered = correctives[:, :, [joint - 1 for joint in _CORRECTIVE_JOINTS]].reshape(
            self.n_vertices, 3, _N_CORRECTIVES
        )
        self._template = self._tiled(template[:, :, None])[:, :, 0]
        self._shape_dirs = self._tiled(model.shape_dirs[chosen])
        self._dirs = self._tiled(np.concatenate([ordered, model.exp_dirs[chosen]], axis=2))
        weights = np.zeros((self._template.shape[0] * TILE, N_JOINTS), np.float32)
        weights[: self.n_vertices] = model.weights[chosen]
        self._weights = np.ascontiguousarray(weights.reshape(-1, TILE, N_JOINTS).transpose(0, 2, 1))
        self._weights_sum_to_1 = bool(np.allclose(weights[: self.n_vertices].sum(axis=1), 1, rtol=0, atol=1e-6))
        self._model = model
        self._last_identity = (b"", self._template)

    def _tiled(self, dirs: Float32[np.ndarray, "V 3 K"]) -> Float32[np.ndarray, "tiles 3 K TILE"]:
        n_tiles = max(-(-self.n_vertices // TILE), 1)
        padded = np.zeros((n_tiles * TILE, *dirs.shape[1:]), np.float32)
        padded[: self.n_vertices] = dirs
        return np.ascontiguousarray(padded.reshape(n_tiles, TILE, 3, -1).transpose(0, 2, 3, 1))

    @cached_property
    def _joint_dirs(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Joints of the mean face (5, 3), and how shape (5, 3, S) and expression (5, 3, E) move them; float64."""
        model = self._model
        return mean_joints(model), _regressed(model, model.shape_dirs), _regressed(model, model.exp_dirs)

    def joints(self, shape: np.ndarray, exp: np.ndarray) -> Float64[np.ndarray, "T 5 3"]:
        """Joints of the unposed face in metres."""
        template, shape_dirs, exp_dirs = self._joint_dirs
        moved = template + np.tensordot(shape, shape_dirs[:, :, : shape.shape[1]], axes=(1, 2))
        return moved + np.tensordot(exp, exp_dirs[:, :, : exp.shape[1]], axes=(1, 2))

    def identity(self, shape: Float64[np.ndarray, " S"]) -> Float32[np.ndarray, "tiles 3 TILE"]:
        """Unposed vertices of one identity, summed in float64; kept for the next call, which is often for the same."""
        if not shape.any():
            return self._template
        key, folded = self._last_identity
        if key == shape.tobytes():
            return folded
        folded = np.empty_like(self._template)
        for tile, dirs in enumerate(self._shape_dirs):
            folded[tile] = self._template[tile] + shape @ dirs[:, : len(shape)].astype(np.float64)
        self._last_identity = (shape.tobytes(), folded)
        return folded

    def blocks(self, coefficients: Coefficients, frames_per_block: int) -> Iterator[Float32[np.ndarray, "n V 3"]]:
        """Vertices of `frames_per_block` frames at a time, in metres."""
        constant = len(coefficients.shape) == 1
        identity = self.identity(coefficients.shape[0]) if constant else self._template
        for start in range(0, len(coefficients), frames_per_block):
            block = coefficients.frames(start, start + frames_per_block)
            vertices = np.empty((len(block), self.n_vertices, 3), np.float32)
            self._pose(block, identity, None if constant else block.shape.astype(np.float32), vertices)
            yield vertices

    def _pose(
        self,
        block: Coefficients,
        identity: Float32[np.ndarray, "tiles 3 TILE"],
        shape: Float32[np.ndarray, "n S"] | None,
        out: Float32[np.ndarray, "n V 3"],
    ) -> None:
        rotations = rotation_matrices(block.rotations)
        transforms = joint_transforms(rotations, self.joints(block.shape, block.exp)).astype(np.float32)
        features = (rotations[:, list(_CORRECTIVE_JOINTS)] - np.eye(3)).reshape(len(block), -1)
        first = _RESTING_ROWS if not features[:, :_RESTING_ROWS].any() else 0
        inputs = np.concatenate([features[:, first:], block.exp], axis=1).astype(np.float32)
        dirs = self._dirs[:, :, first : _N_CORRECTIVES + block.exp.shape[1]]
        depth = max(dirs.shape[2], 0 if shape is None else shape.shape[1])
        step = min(max(_SINGLE_THREAD_PRODUCT // (depth * TILE), 1), _MAX_FRAMES)
        jaw_alone = self._weights_sum_to_1 and not block.rotations[:, _ALL_BUT_JAW].any()
        for start in range(0, len(block), step):
            frames = slice(start, start + step)
            unposed = inputs[frames] @ dirs
            unposed += identity[:, :, None]
            if shape is not None:
                unposed += shape[frames] @ self._shape_dirs[:, :, : shape.shape[1]]
            posed = (
                self._turn_jaw(unposed, transforms[frames]) if jaw_alone else self._skin(unposed, transforms[frames])
            )
            n = posed.shape[2]
            out[frames] = posed.transpose(2, 0, 3, 1).reshape(n, -1, 3)[:, : self.n_vertices]

    def _skin(
        self, unposed: Float32[np.ndarray, "tiles 3 n TILE"], transforms: Float32[np.ndarray, "n 5 3 4"]
    ) -> Float32[np.ndarray, "tiles 3 n TILE"]:
        n = len(transforms)
        by_entry = transforms.transpose(2, 3, 0, 1).reshape(12 * n, N_JOINTS)
        blended = (by_entry @ self._weights).reshape(-1, 3, 4, n, TILE)
        posed = blended[:, :, 3]
        for axis in range(3):
            column = blended[:, :, axis]
            column *= unposed[:, None, axis]
            posed += column
        return posed

    def _turn_jaw(
        self, unposed: Float32[np.ndarray, "tiles 3 n TILE"], transforms: Float32[np.ndarray, "n 5 3 4"]
    ) -> Float32[np.ndarray, "tiles 3 n TILE"]:
        """What `_skin` does where all joints but the jaw are at rest, in half the time: v + weight · (G − I) v."""
        moves = transforms[:, _JAW] - np.eye(3, 4, dtype=np.float32)
        moved = []
        for axis in range(3):
            way = moves[:, axis, 3, None] + unposed[:, 0] * moves[:, axis, 0, None]
            way += unposed[:, 1] * moves[:, axis, 1, None]
            way += unposed[:, 2] * moves[:, axis, 2, None]
            way *= self._weights[:, _JAW, None]
            moved.append(way)
        for axis, way in enumerate(moved):
            unposed[:, axis] += way
        return unposed
