"""FLAME: coefficients in, vertices out."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, Self

import numpy as np
from jaxtyping import Float32, Float64, Int32, UInt8

from viewer.errors import UsageError
from viewer.flame.coefficients import check_coefficients
from viewer.flame.load import ModelArrays, load_arrays
from viewer.flame.skinning import Coefficients, Skinning, mean_joints
from viewer.flame.version import Version, guess_version

HeadPose = Literal["root", "neck"]


class FlameModel:
    """A head model in FLAME's format. Lengths in metres, y up, z out of the face, +x on the subject's left."""

    layer = "numpy"

    def __init__(self, arrays: ModelArrays) -> None:
        self.arrays = arrays
        self.path: Path = arrays.path
        self.v_template: Float32[np.ndarray, "V 3"] = arrays.v_template
        self.faces: Int32[np.ndarray, "F 3"] = arrays.faces
        self.n_shape: int = arrays.shape_dirs.shape[2]
        self.n_exp: int = arrays.exp_dirs.shape[2]
        self.expression_names: tuple[str, ...] = arrays.expression_names
        self.vertex_colors: UInt8[np.ndarray, "V 3"] | None = arrays.vertex_colors
        self.part: UInt8[np.ndarray, " V"] | None = arrays.part
        self.part_names: tuple[str, ...] = arrays.part_names

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Read a FLAME file: .pkl of Python 2 or 3, with or without chumpy, or .npz. Nothing in it is executed.

        Raises ModelFileError that says what the file is instead, and what to do.
        """
        return cls(load_arrays(path))

    @cached_property
    def hash(self) -> str:
        """Hash of the geometry: the same for one model in different formats, 32 hex digits."""
        return self.arrays.digest()

    @cached_property
    def appearance_hash(self) -> str:
        """Hash of vertex colours and parts: with `hash`, all of the model that a picture depends on. 32 hex digits."""
        return self.arrays.appearance_digest()

    @cached_property
    def _version(self) -> Version:
        return guess_version(self.arrays, self.joints)

    @property
    def version(self) -> str:
        """Best guess, such as "FLAME 2020"; `viewer.flame.version` says from what."""
        return self._version.name

    @property
    def version_evidence(self) -> str:
        """What the guess rests on, such as "file name"."""
        return self._version.evidence

    @property
    def expression_space(self) -> str:
        """Name of the basis that `exp` belongs to, such as "flame2020"."""
        return self._version.expression_space

    @property
    def warnings(self) -> tuple[str, ...]:
        """What a user of this file should know."""
        return self._version.warnings

    @property
    def source(self) -> str:
        return self.arrays.metadata.get("source", self.version)

    @property
    def licence(self) -> str:
        return self.arrays.metadata.get("licence", self._version.licence)

    @cached_property
    def joints(self) -> Float64[np.ndarray, "5 3"]:
        """Root, neck, jaw, left eye, right eye of the mean face, in metres."""
        return mean_joints(self.arrays)

    def vertices(
        self,
        *,
        exp: Any = None,
        shape: Any = None,
        pose: Any = None,
        neck: Any = None,
        eyes: Any = None,
        head_pose: HeadPose = "root",
    ) -> Float32[np.ndarray, "T V 3"]:
        """Vertices in metres for T frames.

        exp: (T, E) or (E,), at most `n_exp` columns; shape: (S,) or (T, S), at most `n_shape` columns; pose: (T, 6)
        or (6,), axis-angle in radians, global rotation then jaw; neck: (T, 3) or (3,); eyes: (T, 6) or (6,), left then
        right. NumPy arrays, lists or torch tensors. What is left out is 0; one row stands for every frame; columns
        beyond the model are dropped if they are 0.

        head_pose: "root" turns head and shoulders with pose[:, :3], as data in this format means it; "neck" turns the
        head on its neck.

        Raises UsageError that names the array, what was found and what was expected.
        """
        coefficients = self._coefficients(exp, shape, pose, neck, eyes, head_pose)
        if not len(coefficients):
            return np.empty((0, *self.v_template.shape), np.float32)
        return next(self._blocks(coefficients, len(coefficients)))

    def vertex_blocks(
        self,
        *,
        exp: Any = None,
        shape: Any = None,
        pose: Any = None,
        neck: Any = None,
        eyes: Any = None,
        head_pose: HeadPose = "root",
        frames_per_block: int = 256,
    ) -> Iterator[Float32[np.ndarray, "n V 3"]]:
        """The same as `vertices`, some frames at a time, so that memory does not grow with the number of frames.

        Arguments are checked by the call itself, before the first block is asked for.
        """
        if frames_per_block < 1:
            raise UsageError(f"frames_per_block is {frames_per_block}; expected 1 or more")
        return self._blocks(self._coefficients(exp, shape, pose, neck, eyes, head_pose), frames_per_block)

    def _coefficients(self, exp: Any, shape: Any, pose: Any, neck: Any, eyes: Any, head_pose: str) -> Coefficients:
        return check_coefficients(
            n_shape=self.n_shape,
            n_exp=self.n_exp,
            exp=exp,
            shape=shape,
            pose=pose,
            neck=neck,
            eyes=eyes,
            head_pose=head_pose,
        )

    def _blocks(self, coefficients: Coefficients, frames_per_block: int) -> Iterator[Float32[np.ndarray, "n V 3"]]:
        """Where another backend steps in: vertices of checked coefficients, block by block."""
        return self._skinning.blocks(coefficients, frames_per_block)

    @cached_property
    def _skinning(self) -> Skinning:
        return Skinning(self.arrays)

    def __repr__(self) -> str:
        return f"<FlameModel {self.version}, {len(self.v_template)} vertices, {self.path}>"
