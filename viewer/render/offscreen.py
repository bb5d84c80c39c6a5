"""Draws heads with OpenGL, in a process that owns the context on one thread.

Pictures are drawn at twice the size and averaged down, and only where the head is.

Import this module only where PYOPENGL_PLATFORM=egl is set.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from itertools import repeat

import cv2
import numpy as np
import pyrender
from jaxtyping import UInt8
from OpenGL import GL
from pyrender.platforms import egl

from viewer.errors import RenderError
from viewer.render.job import Head, Job, Shot
from viewer.render.lean import LeanRenderer, Move, PixelBox
from viewer.render.lining import Lining, extent
from viewer.render.normals import VertexNormals
from viewer.render.occlusion import openness

_HEADS_KEPT = 4
_IN_PIECES = 10
"""Times its own size that a head reaches when its coefficients are garbage."""
_STEP = 128
"""Pixels, before averaging: the part of a picture that is drawn grows by so many, since for another size OpenGL needs
another frame buffer."""


class _Camera(pyrender.Camera):
    """A camera with a given projection."""

    projection = np.eye(4)

    def get_projection_matrix(self, width: int | None = None, height: int | None = None) -> np.ndarray:
        return self.projection


class _Scene:
    """One head in a persistent scene."""

    def __init__(self, head: Head) -> None:
        n_vertices = len(head.v_template)
        self._normals = VertexNormals(head.faces, n_vertices)
        self.lining = Lining(head.v_template, head.faces)
        self._buffer = np.ones((n_vertices, 10), np.float32)
        if head.colors is not None:
            self._buffer[:, 6:9] = head.colors / np.float32(255)
        self._buffer[:, 9] = openness(head.v_template, head.faces)
        self._own_colors = self._buffer[:, 6:9].copy()
        self._painted = False
        primitive = pyrender.Primitive(
            positions=head.v_template,
            normals=np.zeros_like(head.v_template),
            color_0=self._buffer[:, 6:],
            indices=self.lining.faces,
            material=pyrender.MetallicRoughnessMaterial(),
        )
        self._camera = _Camera()
        self.scene = pyrender.Scene()
        self.scene.add(pyrender.Mesh([primitive]))
        self._camera_node = self.scene.add(self._camera)

    def aim(self, shot: Shot) -> None:
        self.scene.bg_color = (0.0,) * 4 if shot.transparent else (*shot.uniforms["background"], 1.0)
        # Upside down, so that the rows come out of OpenGL in picture order; faces then wind clockwise.
        self._camera.projection = shot.projection * np.array([[1], [-1], [1], [1]], np.float32)
        self.scene.set_pose(self._camera_node, np.linalg.inv(shot.view))

    def moves(self, job: Job) -> Iterator[Move]:
        """What changes from one of a job's frames to the next; the vertices of each are overwritten by the next."""
        T_clip_world = job.shot.projection @ job.shot.view
        colors = repeat(None, len(job.vertices)) if job.colors is None else job.colors
        normals, windows = self._normals(job.vertices), self.lining.windows(job.vertices, T_clip_world)
        for vertices, normal, painted, window in zip(job.vertices, normals, colors, windows, strict=True):
            self._buffer[:, :3] = vertices
            self._buffer[:, 3:6] = normal
            if painted is not None or self._painted:
                self._buffer[:, 6:9] = self._own_colors if painted is None else painted / np.float32(255)
                self._painted = painted is not None
            yield Move(self._buffer, window)


class Offscreen:
    """An OpenGL context without a window. Use it from the thread that made it, one per process."""

    def __init__(self, device: int) -> None:
        self._platform = egl.EGLPlatform(16, 16, device=egl.get_device_by_index(device))
        self._platform.init_context()
        self._renderer = LeanRenderer()
        self._scenes: OrderedDict[str, _Scene] = OrderedDict()

    @property
    def strings(self) -> dict[str, str]:
        """What OpenGL says it is."""
        names = {"renderer": GL.GL_RENDERER, "vendor": GL.GL_VENDOR, "version": GL.GL_VERSION}
        return {name: GL.glGetString(value).decode(errors="replace") for name, value in names.items()}

    def draw(self, job: Job) -> UInt8[np.ndarray, "n H W C"]:
        """Pictures of a job's frames; four channels, the last one straight alpha, where the shot is transparent.

        Raises RenderError when nothing of the head is in a picture, and GLError when OpenGL fails.
        """
        scene = self._scene(job.head)
        scene.aim(job.shot)
        width, height = job.shot.size
        factor = job.shot.supersampling
        drawn = (factor * width, factor * height)
        box = PixelBox.around(extent(job.vertices, job.shot.projection @ job.shot.view), drawn, step=_STEP)
        rows = slice(box.top // factor, (box.top + box.height) // factor)
        columns = slice(box.left // factor, (box.left + box.width) // factor)
        frames = np.empty((len(job.vertices), height, width, 4 if job.shot.transparent else 3), np.uint8)
        frames[0, 0] = _background(job.shot)
        frames.reshape(-1, frames[0, 0].size)[1:] = frames[0, 0].ravel()  # in rows: fast
        small = np.empty((rows.stop - rows.start, columns.stop - columns.start, 4), np.uint8)

        def take(n: int, pixels: np.ndarray) -> None:
            part = frames[n, rows, columns]
            mean = (
                pixels if factor == 1 else cv2.resize(pixels, small.shape[1::-1], small, interpolation=cv2.INTER_AREA)
            )
            if job.shot.transparent:
                part[:] = _straight(mean, pixels, factor)
            else:
                cv2.cvtColor(mean, cv2.COLOR_RGBA2RGB, part)
            if _is_uniform(frames[n]) and not _may_fill(frames[n, 0, 0], job.vertices[n], job):
                raise RenderError(
                    f"Nothing of the head is in the picture; its vertices lie in {_extent(job.vertices[n])} metres, "
                    f"the head model in {_extent(job.head.v_template)}"
                )

        self._renderer.draw(
            scene.scene,
            scene.moves(job),
            lining_start=scene.lining.start,
            size=drawn,
            box=box,
            uniforms=job.shot.uniforms if job.colors is None else {**job.shot.uniforms, "vertex_colors": 1.0},
            take=take,
        )
        return frames

    def _scene(self, head: Head) -> _Scene:
        scene = self._scenes.pop(head.key, None) or _Scene(head)
        self._scenes[head.key] = scene
        while len(self._scenes) > _HEADS_KEPT:
            self._scenes.popitem(last=False)
        return scene


def _straight(small: np.ndarray, pixels: np.ndarray, factor: int) -> np.ndarray:
    """`small`, the mean of blocks of `pixels`, with colours that are those of the covered ones alone: straight alpha.

    The mean of a block at the head's edge holds its colour mixed with the black around it.
    """
    height, width = small.shape[:2]
    rows, columns = np.nonzero((small[..., 3] > 0) & (small[..., 3] < 255))
    blocks = pixels.reshape(height, factor, width, factor, 4)[rows, :, columns]
    blocks = blocks.reshape(len(rows), factor**2, 4)
    covered = (blocks[:, :, 3:] > 0).sum(axis=1)
    small[rows, columns, :3] = np.rint(blocks[:, :, :3].sum(axis=1) / covered)
    return small


def _background(shot: Shot) -> UInt8[np.ndarray, " C"]:
    if shot.transparent:
        return np.zeros(4, np.uint8)
    return np.rint(255 * np.array(shot.uniforms["background"])).astype(np.uint8)


def _is_uniform(frame: np.ndarray) -> bool:
    """Whether every pixel is the same; a coarse grid answers for almost every picture."""
    return all(bool((part == frame[0, 0]).all()) for part in (frame[::16, ::16], frame))


def _may_fill(color: np.ndarray, vertices: np.ndarray, job: Job) -> bool:
    """Whether a picture of one colour may be that of one triangle: of a head that has gone to pieces, seen in part."""
    return bool((color != _background(job.shot)).any() and np.ptp(vertices) > _IN_PIECES * np.ptp(job.head.v_template))


def _extent(vertices: np.ndarray) -> str:
    low, high = vertices.min(axis=0), vertices.max(axis=0)
    return " × ".join(f"{a:.3g}..{b:.3g}" for a, b in zip(low, high, strict=True))
