"""pyrender's renderer without what a moving head does not need.

Scenes, vertex buffers and programs are pyrender's. Its frame buffer, lights, materials and shaders, which together take
about nine tenths of its time here, are replaced through the methods meant for them: no multisampling, no depth read
back, lean shaders from `shaders/`. It sets up what stays the same once for a block of frames.

Import this module only where PYOPENGL_PLATFORM=egl is set.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyrender
from jaxtyping import Float32, UInt8
from OpenGL import GL
from pyrender.renderer import Renderer
from pyrender.shader_program import ShaderProgramCache

from viewer.errors import RenderError
from viewer.render.lining import Window

_SHADERS = Path(__file__).parent / "shaders"


class PixelBox(NamedTuple):
    """A part of a picture."""

    left: int
    top: int
    width: int
    height: int

    @classmethod
    def around(cls, window: Window, size: tuple[int, int], *, step: int = 1) -> PixelBox:
        """The smallest box of whole `step`s that holds the window's part of a picture; at least one step large."""
        wide = np.array(size)
        low = np.clip((np.array([window.left, -window.high]) + 1) / 2 * wide, 0, wide - 1)
        high = np.clip((np.array([window.right, -window.low]) + 1) / 2 * wide, low + 1, wide)
        low = np.floor(low / step).astype(int) * step
        high = np.minimum(np.ceil(high / step).astype(int) * step, wide)
        return cls(*map(int, low), *map(int, high - low))


class Move(NamedTuple):
    """What changes from one frame to the next."""

    vertices: Float32[np.ndarray, "V 10"]
    """Positions, normals and colours, as they lie in pyrender's vertex buffer."""
    window: Window | None
    """The part of the picture in which backs of the lining are drawn."""


class _Canvas:
    """A frame buffer with colour and depth."""

    def __init__(self, width: int, height: int) -> None:
        self.size = (width, height)
        self._buffers = GL.glGenRenderbuffers(2)
        self.name = GL.glGenFramebuffers(1)
        GL.glBindFramebuffer(GL.GL_FRAMEBUFFER, self.name)
        for attachment, kind, buffer in (
            (GL.GL_COLOR_ATTACHMENT0, GL.GL_RGBA8, self._buffers[0]),
            (GL.GL_DEPTH_ATTACHMENT, GL.GL_DEPTH_COMPONENT24, self._buffers[1]),
        ):
            GL.glBindRenderbuffer(GL.GL_RENDERBUFFER, buffer)
            GL.glRenderbufferStorage(GL.GL_RENDERBUFFER, kind, width, height)
            GL.glFramebufferRenderbuffer(GL.GL_FRAMEBUFFER, attachment, GL.GL_RENDERBUFFER, buffer)
        if (status := GL.glCheckFramebufferStatus(GL.GL_FRAMEBUFFER)) != GL.GL_FRAMEBUFFER_COMPLETE:
            raise RenderError(f"OpenGL refused a {width}×{height} frame buffer (status {int(status):#x})")

    def delete(self) -> None:
        GL.glDeleteFramebuffers(1, [self.name])
        GL.glDeleteRenderbuffers(2, self._buffers)


class LeanRenderer(Renderer):
    """Draws blocks of frames of a scene with one mesh, upside down: rows come out of OpenGL in picture order."""

    def __init__(self) -> None:
        super().__init__(0, 0)
        self._program_cache = ShaderProgramCache(shader_dir=str(_SHADERS))
        self._canvases: list[_Canvas] = []
        """One, and for blocks of several frames a second, so that one can be filled while the other is read."""
        self._pixels = np.empty((0, 0, 4), np.uint8)
        self._uniforms: dict[str, Any] = {}
        self._moves: Iterable[Move] = ()
        self._take: Callable[[int, np.ndarray], None] = lambda n, pixels: None
        self._box = PixelBox(0, 0, 0, 0)
        self._lining_start = 0

    def draw(
        self,
        scene: pyrender.Scene,
        moves: Iterable[Move],
        *,
        lining_start: int,
        size: tuple[int, int],
        box: PixelBox,
        uniforms: dict[str, Any],
        take: Callable[[int, UInt8[np.ndarray, "h w 4"]], None],
    ) -> None:
        """Draw the scene's mesh for each move.

        lining_start: number of the first face of the lining; size: of the whole picture; box: the part of it that is
        drawn; take: called for each move with its number and the pixels of the box, which the next ones overwrite.
        Raises RenderError when OpenGL refuses such a frame buffer.
        """
        self.viewport_width, self.viewport_height = size
        self._box, self._moves, self._take = box, moves, take
        self._lining_start = lining_start
        self._uniforms = {
            name: np.array(value, np.float32) if isinstance(value, tuple) else float(value)
            for name, value in uniforms.items()
        }
        self.render(scene, pyrender.RenderFlags.OFFSCREEN)

    def _configure_forward_pass_viewport(self, flags: int) -> None:
        box = self._box
        if not self._canvases or self._canvases[0].size != (box.width, box.height):
            self._delete_main_framebuffer()
            self._canvases = [_Canvas(box.width, box.height)]
            self._pixels = np.empty((box.height, box.width, 4), np.uint8)
        GL.glViewport(-box.left, -box.top, self.viewport_width, self.viewport_height)
        GL.glEnable(GL.GL_DEPTH_TEST)
        GL.glEnable(GL.GL_CULL_FACE)
        GL.glFrontFace(GL.GL_CW)  # upside down

    def _delete_main_framebuffer(self) -> None:
        for canvas in self._canvases:
            canvas.delete()
        self._canvases = []

    def _bind_lighting(self, scene: Any, program: Any, node: Any, flags: int) -> None:
        for uniform in self._uniforms.items():
            program.set_uniform(*uniform)

    def _bind_and_draw_primitive(self, primitive: Any, pose: np.ndarray, program: Any, flags: int) -> None:
        primitive._bind()
        GL.glBindBuffer(GL.GL_ARRAY_BUFFER, primitive._buffers[0])
        n = -1
        for n, move in enumerate(self._moves):
            if n == 1 and len(self._canvases) == 1:
                self._canvases.append(_Canvas(*self._canvases[0].size))
            GL.glBindFramebuffer(GL.GL_FRAMEBUFFER, self._canvases[n % 2].name)
            GL.glClear(GL.GL_COLOR_BUFFER_BIT | GL.GL_DEPTH_BUFFER_BIT)
            self._draw_move(move, primitive.indices.size, program)
            GL.glFlush()
            if n > 0:  # a software rasteriser fills this canvas while that one is read
                self._read(n - 1)
        self._read(n)
        primitive._unbind()

    def _draw_move(self, move: Move, n_indices: int, program: Any) -> None:
        # Back faces get a draw of their own, after the front has filled the depth buffer: lighting both sides in one
        # draw costs half as much again, since a software rasteriser computes both branches of a shader everywhere.
        GL.glBufferSubData(GL.GL_ARRAY_BUFFER, 0, move.vertices.nbytes, move.vertices)
        GL.glCullFace(GL.GL_BACK)
        program.set_uniform("back", 0.0)
        _draw_indices(0, n_indices)
        GL.glCullFace(GL.GL_FRONT)
        program.set_uniform("back", 1.0)
        start = 3 * self._lining_start
        _draw_indices(0, start)
        if move.window is not None:
            left, top, width, height = PixelBox.around(move.window, (self.viewport_width, self.viewport_height))
            GL.glEnable(GL.GL_SCISSOR_TEST)
            GL.glScissor(left - self._box.left, top - self._box.top, width, height)
            _draw_indices(start, n_indices)
            GL.glDisable(GL.GL_SCISSOR_TEST)

    def _read(self, n: int) -> None:
        GL.glBindFramebuffer(GL.GL_READ_FRAMEBUFFER, self._canvases[n % 2].name)
        GL.glReadPixels(0, 0, self._box.width, self._box.height, GL.GL_RGBA, GL.GL_UNSIGNED_BYTE, self._pixels)
        self._take(n, self._pixels)

    def _read_main_framebuffer(self, scene: Any, flags: int) -> None:
        """All has been read, frame by frame."""


def _draw_indices(start: int, end: int) -> None:
    """Draw these of the index buffer."""
    GL.glDrawElements(GL.GL_TRIANGLES, end - start, GL.GL_UNSIGNED_INT, ctypes.c_void_p(start * np.uint32().nbytes))
