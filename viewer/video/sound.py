"""A clip's sound made exactly as long as its motion."""

from __future__ import annotations

import numpy as np

from viewer import clock
from viewer.clip import Audio

_WORTH_A_NOTE_SECONDS = 0.04


def fit_audio(audio: Audio, n_frames: int, fps: float) -> Audio:
    """The sound padded with silence, or cut, to the duration of `n_frames` at `fps`, and held within -1..1."""
    wanted = clock.samples_in(n_frames, fps, audio.rate)
    samples = np.clip(audio.samples[:wanted], -1, 1)
    return Audio(np.pad(samples, ((0, wanted - len(samples)), (0, 0))), audio.rate)


def length_note(audio: Audio, n_frames: int, fps: float) -> str | None:
    """What `fit_audio` does to the length, in words; None below the duration of one 25 fps frame."""
    difference = (clock.samples_in(n_frames, fps, audio.rate) - len(audio.samples)) / audio.rate
    if abs(difference) < _WORTH_A_NOTE_SECONDS - 1e-9:
        return None
    what = f"padded with {difference:.2f} s of silence" if difference > 0 else f"cut by {-difference:.2f} s"
    return f"sound {what} to the motion's {clock.duration(n_frames, fps):.2f} s"
