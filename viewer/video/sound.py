"""A clip's sound made exactly as long as its motion."""

from __future__ import annotations

import numpy as np

from viewer import clock
from viewer.clip import Audio

_WORTH_A_NOTE_SECONDS = 0.04


def fit_audio(audio: Audio, n_frames: int, fps: float) -> tuple[Audio, str | None]:
    """Pad with silence, or cut, to the duration of `n_frames` at `fps`.

    Returns the sound and, when the difference is at least one 25 fps frame, a sentence that says what was done.
    """
    wanted = clock.samples_in(n_frames, fps, audio.rate)
    found = len(audio.samples)
    difference = (wanted - found) / audio.rate
    if found < wanted:
        samples = np.pad(audio.samples, ((0, wanted - found), (0, 0)))
        what = f"sound padded with {difference:.2f} s of silence"
    else:
        samples = audio.samples[:wanted]
        what = f"sound cut by {-difference:.2f} s"
    note = f"{what} to the motion's {clock.duration(n_frames, fps):.2f} s"
    return Audio(samples, audio.rate), note if abs(difference) >= _WORTH_A_NOTE_SECONDS - 1e-9 else None
