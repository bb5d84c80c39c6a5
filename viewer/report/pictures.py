"""Small pictures of clips for reports."""

from __future__ import annotations

import cv2
import numpy as np

from viewer import clock
from viewer.clip import Clip
from viewer.errors import RenderError
from viewer.flame import HeadChoice
from viewer.render import Renderer

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
    face = np.ascontiguousarray(drawn[_TOP : _TOP + SIZE, _LEFT : _LEFT + SIZE, ::-1])
    done, data = cv2.imencode(".jpg", face, [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])
    if not done:
        raise RenderError("OpenCV cannot write JPEG pictures; install the wheel of requirements.txt again")
    return data.tobytes()
