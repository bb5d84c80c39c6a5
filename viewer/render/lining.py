"""Where in a picture a head is, and its lining: the inside of its back, and through which part of it that may be seen.

Drawing the backs of all faces costs a software rasteriser a quarter of a picture, most of it for the inside of the
skull, which hardly any picture shows: something lies in front of it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Float32, Int32

from viewer.topology import connected, largest_piece

_BACK = 0.5
"""Where the lining begins, from the most forward point of the skin (0) to the rearmost (1)."""
_BENT = 0.07
"""Of the head's size. The lining is drawn in any case when it is farther than this from its shape at rest, moved and
scaled as a whole, or when the rest of the skin is so far behind where the lining begins: identities and expressions
stay well below."""
_SAMPLES = 400
"""Vertices of the lining by which its shape is judged."""
_MARGIN = 0.02
"""Around openings, in a picture that spans -1 to 1: covers rounding."""


@dataclass(frozen=True)
class Window:
    """A rectangle of the picture, which spans -1 to 1 in both directions of OpenGL's clip space."""

    left: float
    right: float
    low: float
    high: float

    @property
    def in_picture(self) -> Window | None:
        """This window, if any of it is in the picture."""
        return self if self.left < 1 and self.right > -1 and self.low < 1 and self.high > -1 else None


EVERYWHERE = Window(-1, 1, -1, 1)


def extent(vertices: Float32[np.ndarray, "T V 3"], T_clip_world: Float[np.ndarray, "4 4"]) -> Window:
    """The part of the picture in which the vertices of all frames lie; everywhere if one has no place in it."""
    rows = T_clip_world[[0, 1, 3]].astype(np.float32)
    with np.errstate(all="ignore"):  # garbage may be as large as it likes
        x, y, w = rows[:, :3] @ vertices.reshape(-1, 3).T + rows[:, 3:]
        bounds = [float(bound) for axis in (x / w, y / w) for bound in (axis.min(), axis.max())]
    if not (w.min() > 0 and np.isfinite(bounds).all()):  # behind the camera there is no place in the picture
        return EVERYWHERE
    return Window(*bounds)


class Lining:
    """Finds the faces of the lining, and for each frame the window through which their backs may be seen.

    Close each boundary loop of the skin (neck, eye sockets, mouth) with a fan of triangles around its centre. From
    outside, such a surface shows the back of a face only where it is turned inside out or pushed through itself. For
    the rear of a head, which is nearly rigid, a look at its shape rules that out; what remains is what is seen through
    those fans that face the camera.
    """

    def __init__(self, v_template: Float32[np.ndarray, "V 3"], faces: Int32[np.ndarray, "F 3"]) -> None:
        """v_template: facing +z."""
        n_vertices = len(v_template)
        edges = np.stack([faces, np.roll(faces, -1, axis=1)], axis=2).reshape(-1, 2)
        skin = largest_piece(faces, n_vertices)
        z = v_template[skin, 2]
        self._plane = float(z.max() + _BACK * (z.min() - z.max()))
        behind = skin & (v_template[:, 2] < self._plane)
        is_lining = behind[faces].all(axis=1)
        self.faces = np.concatenate([faces[~is_lining], faces[is_lining]])
        """All faces, those of the lining last."""
        self.start = int((~is_lining).sum())
        """Number of the first face of the lining."""
        self._others = np.flatnonzero(skin & ~behind)
        own = np.flatnonzero(behind)
        self._own = own[:: max(1, len(own) // _SAMPLES)]
        self._rest = _centred(v_template[self._own].astype(np.float64))
        self._size = float(np.ptp(v_template[skin], axis=0).max())

        passes = edges @ np.array([n_vertices, 1], np.int64)  # a number for each edge and direction
        is_rim = skin[edges[:, 0]] & ~np.isin(passes, edges @ np.array([1, n_vertices], np.int64))
        self._rim = edges[is_rim][:, ::-1]  # as a fan would pass it
        _, self._loop = np.unique(connected(self._rim, n_vertices)[self._rim[:, 0]], return_inverse=True)
        member = np.arange(self._loop.max(initial=-1) + 1)[:, None] == self._loop
        self._mean = member / np.maximum(member.sum(axis=1, keepdims=True), 1)
        # No edge is passed twice in one direction: neighbours agree on what is outside.
        self._has_outside = len(np.unique(passes)) == len(passes)

    def windows(
        self, vertices: Float32[np.ndarray, "T V 3"], T_clip_world: Float[np.ndarray, "4 4"]
    ) -> list[Window | None]:
        """For each frame, the part of the picture in which the lining must be drawn; None where it cannot be seen."""
        if self.start == len(self.faces):
            return [None] * len(vertices)
        if not self._has_outside:
            return [EVERYWHERE] * len(vertices)
        through = self._through_openings(vertices, T_clip_world)
        keep = self._keep_their_shape(vertices)
        return [window if kept else EVERYWHERE for window, kept in zip(through, keep, strict=True)]

    def _keep_their_shape(self, vertices: Float32[np.ndarray, "T V 3"]) -> Bool[np.ndarray, " T"]:
        own = vertices[:, self._own].astype(np.float64)
        centre = own.mean(axis=1)
        own -= centre[:, None]
        # The similarity that fits best: S. Umeyama, "Least-squares estimation of transformation parameters between two
        # point patterns", IEEE TPAMI 13(4), 1991.
        rest, rest_centre = self._rest
        U, stretch, Vt = np.linalg.svd(own.transpose(0, 2, 1) @ rest)
        mirror = np.ones_like(stretch)
        mirror[:, 2] = np.sign(np.linalg.det(U @ Vt))
        scale = (stretch * mirror).sum(axis=1) / (rest**2).sum()
        T_own_rest = scale[:, None, None] * (U * mirror[:, None]) @ Vt
        bend = np.abs(own - rest @ T_own_rest.transpose(0, 2, 1)).max(axis=(1, 2))
        forward = T_own_rest[:, :, 2] / scale[:, None] ** 2
        # Of all vertices: that is faster than to pick some first.
        depth = (vertices @ forward[:, :, None].astype(np.float32))[:, self._others, 0].min(axis=1)
        depth = depth - (centre * forward).sum(axis=1) + rest_centre[2]
        margin = _BENT * self._size
        return (bend < margin) & (depth > self._plane - margin)

    def _through_openings(
        self, vertices: Float32[np.ndarray, "T V 3"], T_clip_world: Float[np.ndarray, "4 4"]
    ) -> list[Window | None]:
        if not len(self._rim):
            return [None] * len(vertices)
        rim = vertices[:, self._rim].astype(np.float64)
        centres = self._mean @ rim[:, :, 0]
        fans = np.concatenate([rim, centres[:, self._loop, None]], axis=2)
        x, y, w = np.moveaxis(fans @ T_clip_world[[0, 1, 3], :3].T + T_clip_world[[0, 1, 3], 3], 3, 0)
        in_front = w.min(axis=(1, 2)) > 0  # behind the camera there is no place in the picture
        with np.errstate(all="ignore"):
            x, y = x / w, y / w
            before, after, middle = range(3)  # corners of a triangle of a fan
            facing = (x[..., after] - x[..., before]) * (y[..., middle] - y[..., before]) > (
                y[..., after] - y[..., before]
            ) * (x[..., middle] - x[..., before])
        low, high = (
            [least(np.where(facing[..., None], axis, nothing), axis=(1, 2)) for axis in (x, y)]
            for least, nothing in ((np.min, np.inf), (np.max, -np.inf))
        )
        edges = zip(low[0] - _MARGIN, high[0] + _MARGIN, low[1] - _MARGIN, high[1] + _MARGIN, strict=True)
        return [
            Window(*map(float, found)).in_picture if seen else EVERYWHERE
            for found, seen in zip(edges, in_front, strict=True)
        ]


def _centred(points: Float[np.ndarray, "n 3"]) -> tuple[Float[np.ndarray, "n 3"], Float[np.ndarray, " 3"]]:
    centre = points.mean(axis=0) if len(points) else np.zeros(3)
    return points - centre, centre
