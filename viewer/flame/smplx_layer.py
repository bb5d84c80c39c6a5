"""The same model evaluated by the smplx package, for those who want the reference implementation itself."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from jaxtyping import Float32

from viewer.errors import UsageError
from viewer.flame.load import PARENTS, ModelArrays
from viewer.flame.model import FlameModel
from viewer.flame.skinning import Coefficients

_MAX_FRAMES = 200
"""smplx keeps about 2.5 MB of intermediates a frame."""


class SmplxFlameModel(FlameModel):
    """FlameModel on `smplx.lbs.lbs`, in float32 on the CPU.

    `smplx.FLAME` itself is not used: it unpickles model files, which executes what they say, and it insists on
    landmark files that vertices do not need. It calls the same function.
    """

    layer = "smplx"

    def __init__(self, arrays: ModelArrays) -> None:
        """Raises UsageError where smplx or torch is not installed."""
        try:
            import torch
            from smplx.lbs import lbs
        except ImportError as error:
            raise UsageError(
                f"the smplx layer needs a package that is not installed ({error.name or error}); run: "
                "pip install -r requirements-parity.txt"
            ) from error
        super().__init__(arrays)
        self._lbs = lbs
        correctives = arrays.pose_dirs.reshape(-1, arrays.pose_dirs.shape[2]).T
        named = {
            "v_template": arrays.v_template,
            "shapedirs": np.concatenate([arrays.shape_dirs, arrays.exp_dirs], axis=2),
            "posedirs": np.ascontiguousarray(correctives),
            "J_regressor": arrays.joint_regressor.astype(np.float32),
            "parents": np.array(PARENTS, np.int64),
            "lbs_weights": arrays.weights,
        }
        self._tensors = {name: torch.from_numpy(array) for name, array in named.items()}

    def _blocks(self, coefficients: Coefficients, frames_per_block: int) -> Iterator[Float32[np.ndarray, "n V 3"]]:
        for start in range(0, len(coefficients), frames_per_block):
            block = coefficients.frames(start, start + frames_per_block)
            vertices = np.empty((len(block), *self.v_template.shape), np.float32)
            for first in range(0, len(block), _MAX_FRAMES):
                vertices[first : first + _MAX_FRAMES] = self._forward(block.frames(first, first + _MAX_FRAMES))
            yield vertices

    def _forward(self, part: Coefficients) -> Float32[np.ndarray, "n V 3"]:
        import torch

        betas = np.zeros((len(part), self.n_shape + self.n_exp), np.float32)
        betas[:, : part.shape.shape[1]] = part.shape
        betas[:, self.n_shape : self.n_shape + part.exp.shape[1]] = part.exp
        rotations = part.rotations.reshape(len(part), -1).astype(np.float32)
        with torch.no_grad():
            vertices, _joints = self._lbs(torch.from_numpy(betas), torch.from_numpy(rotations), **self._tensors)
        return vertices.numpy()
