"""Some vertices of a head, for measures that need no more than those."""

from __future__ import annotations

from typing import Any

import numpy as np
from jaxtyping import Float32, Int

from viewer.errors import UsageError
from viewer.flame.coefficients import check_coefficients
from viewer.flame.model import FlameModel
from viewer.flame.skinning import Skinning

_FRAMES_AT_ONCE = 512


class FlamePoints:
    """A FLAME model cut down to a few vertices: they move as on the whole model, the others cost nothing.

    Joints keep to the whole model, so identity and expression move them as always.
    """

    def __init__(self, model: FlameModel, vertices: Int[np.ndarray, " K"]) -> None:
        """vertices: their numbers in the model, in the order of the result. Raises UsageError if one does not exist."""
        self.numbers = np.asarray(vertices, np.int64)
        n_vertices = len(model.v_template)
        if self.numbers.size and not (self.numbers.min() >= 0 and self.numbers.max() < n_vertices):
            raise UsageError(
                f"vertex numbers run from {self.numbers.min()} to {self.numbers.max()}; "
                f"expected 0 to {n_vertices - 1}, as this model has {n_vertices} vertices"
            )
        self._n_shape, self._n_exp = model.n_shape, model.n_exp
        self._skinning = Skinning(model.arrays, self.numbers)

    def vertices(self, *, exp: Any = None, shape: Any = None, pose: Any = None) -> Float32[np.ndarray, "T K 3"]:
        """Positions in metres for T frames; arguments and errors as of `FlameModel.vertices`."""
        coefficients = check_coefficients(
            n_shape=self._n_shape,
            n_exp=self._n_exp,
            exp=exp,
            shape=shape,
            pose=pose,
            neck=None,
            eyes=None,
            head_pose="root",
        )
        blocks = self._skinning.blocks(coefficients, _FRAMES_AT_ONCE)
        return np.concatenate([np.empty((0, len(self.numbers), 3), np.float32), *blocks])
