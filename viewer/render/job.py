"""What the render process is asked to draw: plain arrays and numbers, checked where they enter."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float32, Int32, UInt8

from viewer import looks
from viewer.arrays import to_numpy
from viewer.errors import RenderError


class Painted(NamedTuple):
    """Frames whose vertices have colours of their own, as in a heat map. They are lit like those of a head."""

    vertices: Any
    """(n, V, 3) float, metres."""
    colors: Any
    """(n, V, 3) uint8, display-sRGB."""


Block = tuple[Float32[np.ndarray, "n V 3"], UInt8[np.ndarray, "n V 3"] | None]
"""Vertices, and their colours where they are painted."""


@dataclass(frozen=True, eq=False)
class Head:
    """A mesh whose vertices move."""

    key: str
    """Hash of the arrays below."""
    v_template: Float32[np.ndarray, "V 3"]
    faces: Int32[np.ndarray, "F 3"]
    colors: UInt8[np.ndarray, "V 3"] | None

    @classmethod
    def of(cls, v_template: Any, faces: Any, colors: Any = None) -> Head:
        """Check arrays and make a head of them. Raises RenderError that names the array."""
        v_template, faces = to_numpy(v_template), to_numpy(faces)
        if v_template.ndim != 2 or v_template.shape[1] != 3 or v_template.dtype.kind != "f" or not len(v_template):
            raise RenderError(f"v_template is {v_template.dtype} {v_template.shape}; expected float (V, 3) in metres")
        if not np.isfinite(v_template).all():
            raise RenderError("v_template holds NaN or infinite values")
        if faces.ndim != 2 or faces.shape[1] != 3 or faces.dtype.kind not in "iu" or not len(faces):
            raise RenderError(f"faces is {faces.dtype} {faces.shape}; expected whole numbers (F, 3)")
        if faces.min() < 0 or faces.max() >= len(v_template):
            raise RenderError(
                f"faces name vertices {faces.min()} to {faces.max()}, but the head has {len(v_template)} (0 to "
                f"{len(v_template) - 1}): faces and vertices belong to different models"
            )
        if colors is not None:
            colors = to_numpy(colors)
            if colors.shape != v_template.shape or colors.dtype != np.uint8:
                raise RenderError(f"colors is {colors.dtype} {colors.shape}; expected uint8 {v_template.shape}")
        arrays = (
            np.ascontiguousarray(v_template, np.float32),
            np.ascontiguousarray(faces, np.int32),
            _contiguous(colors),
        )
        digest = hashlib.sha256()
        for array in arrays:
            digest.update(b"-" if array is None else str(array.shape).encode() + array.tobytes())
        return cls(digest.hexdigest(), *arrays)

    def blocks(self, given: Iterable[Any], frames_per_block: int) -> Iterator[Block]:
        """Blocks of at most that many frames, checked. Raises RenderError that names the frame."""
        first = 0
        for item in given:
            block = to_numpy(item.vertices if isinstance(item, Painted) else item)
            colors = to_numpy(item.colors) if isinstance(item, Painted) else None
            if block.ndim != 3 or block.shape[1:] != self.v_template.shape or block.dtype.kind != "f":
                raise RenderError(
                    f"vertices are {block.dtype} {block.shape}; expected float (frames, {len(self.v_template)}, 3)"
                )
            if colors is not None and (colors.shape != block.shape or colors.dtype != np.uint8):
                raise RenderError(f"colors of frames are {colors.dtype} {colors.shape}; expected uint8 {block.shape}")
            bad = ~np.isfinite(block).all(axis=(1, 2))
            if bad.any():
                raise RenderError(
                    f"vertices of frame {first + int(bad.argmax())} hold NaN or infinite values "
                    f"({int(bad.sum())} such frames in this block of {len(block)})"
                )
            for start in range(0, len(block), frames_per_block):
                part = slice(start, start + frames_per_block)
                yield (
                    np.ascontiguousarray(block[part], np.float32),
                    _contiguous(None if colors is None else colors[part]),
                )
            first += len(block)


def _contiguous(array: np.ndarray | None) -> np.ndarray | None:
    return None if array is None else np.ascontiguousarray(array)


@dataclass(frozen=True, eq=False)
class Shot:
    """How a head is seen: light, colours, camera and picture size."""

    view: Float32[np.ndarray, "4 4"]
    projection: Float32[np.ndarray, "4 4"]
    uniforms: dict[str, Any]
    size: tuple[int, int]
    """Width and height in pixels."""
    transparent: bool = False
    """Pictures have straight alpha in the place of the background, which still decides the light at the rim."""
    supersampling: int = 2
    """A pixel is the mean of so many squared; 1: edges are not smoothed."""

    @classmethod
    def of(
        cls,
        head: Head,
        *,
        look: str | looks.Look,
        camera: str | looks.Camera,
        size: int | tuple[int, int],
        background: looks.RGB | None,
        transparent: bool = False,
        smooth: bool = True,
    ) -> Shot:
        """Raises UsageError for an unknown name, an odd size or a colour that is none."""
        look, camera = looks.look(look), looks.camera(camera)
        width, height = looks.picture_size(size)
        if background is not None:
            background = looks.rgb(background)
        aspect = width / height
        framing = looks.frame_head(head.v_template)
        return cls(
            view=np.array(looks.view_matrix(camera, framing, aspect), np.float32),
            projection=np.array(looks.projection_matrix(framing, aspect), np.float32),
            uniforms=looks.uniforms(look, camera, background, has_vertex_colors=head.colors is not None),
            size=(width, height),
            transparent=transparent,
            supersampling=2 if smooth else 1,
        )


@dataclass(frozen=True, eq=False)
class Job:
    """A few frames of one head in one shot."""

    head: Head
    shot: Shot
    vertices: Float32[np.ndarray, "n V 3"]
    colors: UInt8[np.ndarray, "n V 3"] | None = None
    """Of each frame's vertices, instead of the look's or the head's own."""
