"""The one place that turns seconds into frames.

Frame `f` is shown during [f / fps, (f + 1) / fps). Everything that is tied to time (mp4, sound, words, player) follows
this rule, so that all of them agree.
"""

from __future__ import annotations

import math

# A time that was computed as f / fps must map back to f although the division rounds.
_EPSILON_FRAMES = 1e-6


def frame_at(seconds: float, fps: float, n_frames: int) -> int:
    """Index of the frame shown at `seconds`, held at the first and last frame outside the clip."""
    return min(max(math.floor(seconds * fps + _EPSILON_FRAMES), 0), n_frames - 1)


def frame_start(frame: int, fps: float) -> float:
    """Time in seconds at which `frame` appears."""
    return frame / fps


def frame_middle(frame: int, fps: float) -> float:
    """Time in seconds in the middle of `frame`: the safe place to seek to."""
    return (frame + 0.5) / fps


def duration(n_frames: int, fps: float) -> float:
    """Seconds that `n_frames` frames last."""
    return n_frames / fps


def frames_begun(seconds: float, fps: float) -> int:
    """Number of frames that begin before `seconds`: as many as it takes to show all of a sound that long."""
    return math.ceil(seconds * fps - _EPSILON_FRAMES)


def samples_in(n_frames: int, fps: float, rate: int) -> int:
    """Number of sound samples at `rate` per second that last as long as `n_frames` frames."""
    return round(n_frames * rate / fps)
