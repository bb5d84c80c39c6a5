"""Small pictures of clips for reports."""

from __future__ import annotations

from functools import partial

import cv2
import numpy as np
from jaxtyping import UInt8

from viewer import clock, heat, looks
from viewer.clip import Clip
from viewer.compare import Faces, Pair
from viewer.errors import RenderError
from viewer.flame import HeadChoice
from viewer.render import Painted, Renderer

SIZE = 240
"""Side in pixels: sharp at half the size on a dense screen, some 8 kB."""
_DRAWN = 312
"""Side of what is drawn, of which the picture is the part with the face: neck and margins are left out."""
_TOP, _LEFT = 18, (_DRAWN - SIZE) // 2
_JPEG_QUALITY = 85


def picture(clip: Clip, seconds: float, *, head: HeadChoice, renderer: Renderer) -> bytes:
    """JPEG of the face at a time. Raises ClipError for a clip that does not fit the head, and RenderError."""
    frame = clock.frame_at(seconds, clip.fps, len(clip))
    (drawn,) = renderer.frames(
        head.vertex_blocks(clip.frames(frame, frame + 1)),
        faces=head.model.faces,
        v_template=head.model.v_template,
        colors=head.model.vertex_colors,
        size=_DRAWN,
    )
    return _face(drawn)


def error_pictures(
    pair: Pair, frame: int, *, faces: Faces, renderer: Renderer, top_mm: float = heat.TOP_MM
) -> tuple[bytes, bytes, bytes]:
    """JPEG of reference, prediction and the error on the face at a frame, as they are compared.

    Where nothing is known of the error the face is grey. Raises ClipError for a clip that does not fit the head, and
    RenderError.
    """
    model = faces.head.model
    reference, prediction = (clip.frames(frame, frame + 1) for clip in faces.compared(pair))
    ((here, there),) = ((a, b) for a, b in zip(*map(faces.head.vertex_blocks, (reference, prediction)), strict=True))
    known = faces.why_not(pair) is None and not pair.bad_frames[frame]
    errors = 1000 * np.linalg.norm(there - here, axis=2) if known else np.full(here.shape[:2], np.nan)
    draw = partial(
        renderer.frames, faces=model.faces, v_template=model.v_template, colors=model.vertex_colors, size=_DRAWN
    )
    plain = list(draw([np.concatenate([here, there])]))
    legible = looks.legible(looks.look(looks.DEFAULT_LOOK))
    (painted,) = draw([Painted(here, heat.colors(errors, top_mm))], look=legible)
    return _face(plain[0]), _face(plain[1]), _face(painted)


def _face(drawn: UInt8[np.ndarray, "H W 3"]) -> bytes:
    """JPEG of the part with the face."""
    part = np.ascontiguousarray(drawn[_TOP : _TOP + SIZE, _LEFT : _LEFT + SIZE, ::-1])
    done, data = cv2.imencode(".jpg", part, [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])
    if not done:
        raise RenderError("OpenCV cannot write JPEG pictures; install the wheel of requirements.txt again")
    return data.tobytes()
