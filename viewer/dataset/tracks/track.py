"""What one motion file holds, whatever its format."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Float, Float32

from viewer.clip import Flag

Kind = Literal["coefficients", "vertices"]


@dataclass(frozen=True, eq=False)
class Track:
    """Motion of one clip: coefficients (`exp` and `pose`), or `vertices`. The values are checked by Clip."""

    fps: float
    exp: Float[np.ndarray, "T E"] | None = None
    """Expression coefficients."""
    pose: Float[np.ndarray, "T 6"] | None = None
    """Global rotation, then jaw rotation, each an axis-angle vector in radians."""
    shape: Float[np.ndarray, "#T S"] | Float[np.ndarray, "S"] | None = None
    """Identity coefficients; None where the file has none."""
    vertices: Float32[np.ndarray, "T V 3"] | None = None
    """Metres."""
    expression_space: str | None = None
    """Name of the basis of `exp` and `shape`, where the format or its map says so."""
    flags: tuple[Flag, ...] = ()

    @property
    def frames(self) -> int:
        present = self.exp if self.vertices is None else self.vertices
        return 0 if present is None else len(present)

    @property
    def kind(self) -> Kind:
        return "coefficients" if self.vertices is None else "vertices"

    @property
    def has_shape(self) -> bool:
        return self.shape is not None

    @property
    def header(self) -> TrackHeader:
        """What headers alone would have told."""
        return TrackHeader(self.frames, self.fps, self.kind, self.has_shape, self.expression_space, self.flags)


@dataclass(frozen=True)
class TrackHeader:
    """What can be told of a track without reading its values."""

    frames: int
    fps: float
    kind: Kind = "coefficients"
    has_shape: bool = False
    expression_space: str | None = None
    flags: tuple[Flag, ...] = ()


NO_SHAPE = Flag("no-shape", "The file has no identity (shape): the mean face is shown.")
VERTICES_ONLY = Flag(
    "vertices-only", "The file holds vertices without coefficients: no curves of jaw angle and head pose."
)
