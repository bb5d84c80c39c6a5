"""Draws heads with OpenGL, in a process that owns the context on one thread.

The scene graph, buffers and programs are pyrender's. Its frame buffer, lights and shader, which together take about
nine tenths of its time here, are replaced through the methods meant for them: no multisampling (pictures are drawn at
twice the size and averaged down), no depth read back, lean shaders from `shaders/`.

Import this module only where PYOPENGL_PLATFORM=egl is set.
"""

from __future__ import annotations

import ctypes
from collections import OrderedDict
from itertools import repeat
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pyrender
from jaxtyping import UInt8
from OpenGL import GL
from pyrender.platforms import egl
from pyrender.renderer import Renderer
from pyrender.shader_program import ShaderProgramCache

from viewer.errors import RenderError
from viewer.render.job import Head, Job, Shot
from viewer.render.lining import Lining, Window
from viewer.render.normals import VertexNormals
from viewer.render.occlusion import openness

_SHADERS = Path(__file__).parent / "shaders"
_HEADS_KEPT = 4
_IN_PIECES = 10
"""Times its own size that a head reaches when its coefficients are garbage."""


class _Camera(pyrender.Camera):
    """A camera with a given projection."""

    projection = np.eye(4)

    def get_projection_matrix(self, width: int | None = None, height: int | None = None) -> np.ndarray:
        return self.projection


class _LeanRenderer(Renderer):
    """pyrender's renderer with one plain frame buffer and our uniforms."""

    def __init__(self) -> None:
        super().__init__(0, 0)
        self._program_cache = ShaderProgramCache(shader_dir=str(_SHADERS))
        self._uniforms: dict[str, Any] = {}
        """Set before the next draw."""
        self.lining_start = 0
        """Index of the first face of the lining in the mesh that is drawn next."""
        self.lining_window: Window | None = None
        """Where the lining is drawn in the next picture."""
        self._main_fb_dims: tuple[int, int] = (0, 0)
        self._pixels = np.empty((0, 0, 4), np.uint8)

    def prepare(self, width: int, height: int, uniforms: dict[str, Any]) -> None:
        self.viewport_width, self.viewport_height = width, height
        self._uniforms = {
            name: np.array(value, np.float32) if isinstance(value, tuple) else float(value)
            for name, value in uniforms.items()
        }

    def _configure_main_framebuffer(self) -> None:
        size = (self.viewport_width, self.viewport_height)
        if size == self._main_fb_dims:
            return
        self._delete_main_framebuffer()
        self._main_cb, self._main_db = GL.glGenRenderbuffers(2)
        self._main_fb = self._main_fb_ms = GL.glGenFramebuffers(1)
        GL.glBindFramebuffer(GL.GL_FRAMEBUFFER, self._main_fb)
        for attachment, kind, buffer in (
            (GL.GL_COLOR_ATTACHMENT0, GL.GL_RGBA8, self._main_cb),
            (GL.GL_DEPTH_ATTACHMENT, GL.GL_DEPTH_COMPONENT24, self._main_db),
        ):
            GL.glBindRenderbuffer(GL.GL_RENDERBUFFER, buffer)
            GL.glRenderbufferStorage(GL.GL_RENDERBUFFER, kind, *size)
            GL.glFramebufferRenderbuffer(GL.GL_FRAMEBUFFER, attachment, GL.GL_RENDERBUFFER, buffer)
        if (status := GL.glCheckFramebufferStatus(GL.GL_FRAMEBUFFER)) != GL.GL_FRAMEBUFFER_COMPLETE:
            raise RenderError(f"OpenGL refused a {size[0]}×{size[1]} frame buffer (status {int(status):#x})")
        self._main_fb_dims = size
        self._pixels = np.empty((size[1], size[0], 4), np.uint8)

    def _delete_main_framebuffer(self) -> None:
        if self._main_fb is not None:
            GL.glDeleteFramebuffers(1, [self._main_fb])
            GL.glDeleteRenderbuffers(2, [self._main_cb, self._main_db])
        self._main_fb = self._main_fb_ms = self._main_cb = self._main_db = None
        self._main_fb_dims = (0, 0)

    def _bind_lighting(self, scene: Any, program: Any, node: Any, flags: int) -> None:
        while self._uniforms:  # the program keeps them
            program.set_uniform(*self._uniforms.popitem())

    def _bind_and_draw_primitive(self, primitive: Any, pose: np.ndarray, program: Any, flags: int) -> None:
        # Back faces get a draw of their own, after the front has filled the depth buffer: lighting both sides in one
        # draw costs half as much again, since a software rasteriser computes both branches of a shader everywhere.
        program.set_uniform("back", 0.0)
        super()._bind_and_draw_primitive(primitive=primitive, pose=pose, program=program, flags=flags)
        program.set_uniform("back", 1.0)
        primitive._bind()
        GL.glCullFace(GL.GL_FRONT)
        start = 3 * self.lining_start
        GL.glDrawElements(primitive.mode, start, GL.GL_UNSIGNED_INT, None)
        if self.lining_window is not None:
            GL.glEnable(GL.GL_SCISSOR_TEST)
            GL.glScissor(*self._pixel_box(self.lining_window))
            rest = ctypes.c_void_p(start * primitive.indices.itemsize)
            GL.glDrawElements(primitive.mode, primitive.indices.size - start, GL.GL_UNSIGNED_INT, rest)
            GL.glDisable(GL.GL_SCISSOR_TEST)
        primitive._unbind()

    def _pixel_box(self, window: Window) -> tuple[int, int, int, int]:
        """x, y, width and height of a window; pictures are drawn upside down."""
        size = np.array([self.viewport_width, self.viewport_height])
        low = np.clip((np.array([window.left, -window.high]) + 1) / 2 * size, 0, size)
        high = np.clip((np.array([window.right, -window.low]) + 1) / 2 * size, 0, size)
        x, y = np.floor(low).astype(int)
        width, height = np.ceil(high).astype(int) - (x, y)
        return int(x), int(y), int(width), int(height)

    def _read_main_framebuffer(self, scene: Any, flags: int) -> np.ndarray:
        width, height = self._main_fb_dims
        GL.glBindFramebuffer(GL.GL_READ_FRAMEBUFFER, self._main_fb)
        GL.glReadPixels(0, 0, width, height, GL.GL_RGBA, GL.GL_UNSIGNED_BYTE, self._pixels)
        return self._pixels


class _Scene:
    """One head in a persistent scene."""

    def __init__(self, head: Head) -> None:
        n_vertices = len(head.v_template)
        self.normals = VertexNormals(head.faces, n_vertices)
        self.lining = Lining(head.v_template, head.faces)
        colors = np.ones((n_vertices, 4), np.float32)
        if head.colors is not None:
            colors[:, :3] = head.colors / np.float32(255)
        colors[:, 3] = openness(head.v_template, head.faces)
        self._own_colors = colors[:, :3].copy()
        self._painted = False
        self._buffer = np.concatenate([head.v_template, np.zeros_like(head.v_template), colors], axis=1)
        self._primitive = pyrender.Primitive(
            positions=head.v_template,
            normals=np.zeros_like(head.v_template),
            color_0=colors,
            indices=self.lining.faces,
            material=pyrender.MetallicRoughnessMaterial(),
        )
        self._camera = _Camera()
        self.scene = pyrender.Scene()
        self.scene.add(pyrender.Mesh([self._primitive]))
        self._camera_node = self.scene.add(self._camera)

    def aim(self, shot: Shot) -> None:
        self.scene.bg_color = (0.0,) * 4 if shot.transparent else (*shot.uniforms["background"], 1.0)
        # Upside down, so that the rows come out of OpenGL in picture order; faces then wind clockwise.
        self._camera.projection = shot.projection * np.array([[1], [-1], [1], [1]], np.float32)
        self.scene.set_pose(self._camera_node, np.linalg.inv(shot.view))

    def put(self, vertices: np.ndarray, normals: np.ndarray, colors: np.ndarray | None) -> None:
        """Replace the positions, normals and colours that the next draw uses; None: the head's own colours."""
        if colors is not None or self._painted:
            self._buffer[:, 6:9] = self._own_colors if colors is None else colors / np.float32(255)
            self._painted = colors is not None
        if self._primitive._in_context():
            self._buffer[:, :3] = vertices
            self._buffer[:, 3:6] = normals
            GL.glBindBuffer(GL.GL_ARRAY_BUFFER, self._primitive._buffers[0])
            GL.glBufferSubData(GL.GL_ARRAY_BUFFER, 0, self._buffer.nbytes, self._buffer)
        else:  # pyrender uploads these when it first draws the mesh
            self._primitive.positions, self._primitive.normals = vertices, normals
            self._primitive.color_0 = self._buffer[:, 6:]


class Offscreen:
    """An OpenGL context without a window. Use it from the thread that made it, one per process."""

    def __init__(self, device: int) -> None:
        self._platform = egl.EGLPlatform(16, 16, device=egl.get_device_by_index(device))
        self._platform.init_context()
        self._renderer = _LeanRenderer()
        self._scenes: OrderedDict[str, _Scene] = OrderedDict()
        GL.glFrontFace(GL.GL_CW)

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
        uniforms = job.shot.uniforms if job.colors is None else {**job.shot.uniforms, "vertex_colors": 1.0}
        factor = job.shot.supersampling
        self._renderer.prepare(factor * width, factor * height, uniforms)
        self._renderer.lining_start = scene.lining.start
        T_clip_world = job.shot.projection @ job.shot.view
        frames = np.empty((len(job.vertices), height, width, 4 if job.shot.transparent else 3), np.uint8)
        small = np.empty((height, width, 4), np.uint8)
        colors = repeat(None, len(frames)) if job.colors is None else job.colors
        moving = zip(frames, job.vertices, scene.normals(job.vertices), colors, strict=True)
        for frame, vertices, normals, painted in moving:
            scene.put(vertices, normals, painted)
            self._renderer.lining_window = scene.lining.window(vertices, T_clip_world)
            pixels = self._renderer.render(scene.scene, pyrender.RenderFlags.OFFSCREEN)
            if factor > 1:
                cv2.resize(pixels, (width, height), small, interpolation=cv2.INTER_AREA)
            else:
                small = pixels
            if job.shot.transparent:
                frame[:] = _straight(small, pixels, factor)
            else:
                cv2.cvtColor(small, cv2.COLOR_RGBA2RGB, frame)
            if _is_uniform(frame) and not _may_fill(frame[0, 0], vertices, job):
                raise RenderError(
                    f"Nothing of the head is in the picture; its vertices lie in {_extent(vertices)} metres, "
                    f"the head model in {_extent(job.head.v_template)}"
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


def _is_uniform(frame: np.ndarray) -> bool:
    """Whether every pixel is the same; a coarse grid answers for almost every picture."""
    return all(bool((part == frame[0, 0]).all()) for part in (frame[::16, ::16], frame))


def _may_fill(color: np.ndarray, vertices: np.ndarray, job: Job) -> bool:
    """Whether a picture of one colour may be that of one triangle: of a head that has gone to pieces, seen in part."""
    background = (0,) * 4 if job.shot.transparent else np.rint(255 * np.array(job.shot.uniforms["background"]))
    return bool((color != background).any() and np.ptp(vertices) > _IN_PIECES * np.ptp(job.head.v_template))


def _extent(vertices: np.ndarray) -> str:
    low, high = vertices.min(axis=0), vertices.max(axis=0)
    return " × ".join(f"{a:.3g}..{b:.3g}" for a, b in zip(low, high, strict=True))
