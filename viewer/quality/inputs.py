"""What checks look at: a clip and what is computed of it, each once and only when asked for."""

from __future__ import annotations

from functools import cached_property

import numpy as np
from jaxtyping import Bool, Float, Float64

from viewer.clip import Clip
from viewer.errors import ClipError
from viewer.flame.skinning import rotation_matrices
from viewer.motion import jaw_angle, loudness
from viewer.quality.geometry import FaceMotion, Geometry
from viewer.speech import Alignment, Voice

GATE_DB_BELOW_LOUD = 30.0
"""Sound counts as such down to this far below the clip's loud parts."""
FAINT_DB = -65.0
"""Sound below this is none, however faint the rest is."""


class Inputs:
    """One clip, as checks see it. All arrays have T rows; look at those that `good` marks."""

    def __init__(
        self,
        clip: Clip,
        *,
        geometry: Geometry | None = None,
        alignment: Alignment | None = None,
        voice: Voice | None = None,
        no_voice: str = "the voice was not looked for",
    ) -> None:
        """geometry: of the head that the clip plays on, made once a head; alignment, voice: None where not known.

        no_voice: why the voice is not known.
        """
        self.clip = clip
        self.geometry = geometry
        self.alignment = alignment
        self.voice = voice
        self.no_voice = "the clip has no sound" if clip.audio is None else no_voice

    def __len__(self) -> int:
        return len(self.clip)

    @property
    def fps(self) -> float:
        return self.clip.fps

    @property
    def has_coefficients(self) -> bool:
        """False for a track of vertices."""
        return self.clip.vertices is None

    @cached_property
    def good(self) -> Bool[np.ndarray, " T"]:
        """Frames that are numbers in the data; the others hold a copy of a good one."""
        return ~self.clip.bad_frames

    @cached_property
    def jaw_angle(self) -> Float[np.ndarray, " T"] | None:
        """Degrees, negative where the jaw turns upwards; None for a track of vertices."""
        return jaw_angle(self.clip.pose) if self.has_coefficients else None

    @cached_property
    def head_angle(self) -> Float64[np.ndarray, " T"] | None:
        """Degrees between the head and its rest, the geodesic angle; None for a track of vertices."""
        if not self.has_coefficients:
            return None
        R = rotation_matrices(self.clip.pose[:, :3])
        return np.degrees(np.arccos(np.clip((np.trace(R, axis1=1, axis2=2) - 1) / 2, -1, 1)))

    @cached_property
    def face(self) -> FaceMotion | None:
        """Points of the face with the head held still; None without a head. Raises ClipError where it does not fit."""
        return None if self.geometry is None else self.geometry.face(self.clip)

    @property
    def opening(self) -> Float64[np.ndarray, " T"] | None:
        """Distance of the inner lips in mm; None where the head has no mouth. Raises ClipError as `face`."""
        return None if self.face is None else self.face.opening

    @cached_property
    def groups(self) -> dict[str, Float[np.ndarray, "T K"]]:
        """What moves, in parts whose numbers can be compared within each: coefficients, or points of a track in m."""
        if self.has_coefficients:
            pose = self.clip.pose
            return {"expression": self.clip.exp, "jaw": pose[:, 3:], "head": pose[:, :3]}
        try:
            face = self.face
        except ClipError:  # a track of another mesh moves all the same
            face = None
        if face is not None:
            return {"face": face.points.reshape(len(self), -1)}
        # Without a head nothing is known of the vertices: a few of them stand for all.
        step = max(self.clip.vertices.shape[1] // 100, 1) if self.clip.vertices is not None else 1
        return {"vertices": np.asarray(self.clip.vertices)[:, ::step].reshape(len(self), -1)}

    @cached_property
    def sounding(self) -> Bool[np.ndarray, " T"] | None:
        """Frames in which there is sound, whatever it is; None for a clip without sound."""
        if self.clip.audio is None:
            return None
        level = loudness(self.clip.audio, len(self), self.fps)
        return level > max(float(np.percentile(level, 95)) - GATE_DB_BELOW_LOUD, FAINT_DB)

    @cached_property
    def speaking(self) -> Bool[np.ndarray, " T"] | None:
        """Frames in which somebody speaks, where that was found out."""
        return None if self.voice is None else self.voice.active(len(self), self.fps)
