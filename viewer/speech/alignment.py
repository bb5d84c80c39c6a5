"""What is known of the speech in a clip: words and phones in time, and when there is a voice. Plain data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Bool, Float32

SILENCE = "SIL"
"""Label of a phone in which nothing is said."""
VOICE_PROBABILITY = 0.5
"""Speech from here on; the threshold that the detector's authors recommend."""

Status = Literal["aligned", "estimated", "none"]


@dataclass(frozen=True)
class SpokenWord:
    """A word of the transcript, written as there, and when it is spoken, in seconds of the clip."""

    text: str
    start: float
    end: float
    weak: bool
    """Whether its times are doubtful: estimated, or a poor match with the sound."""


@dataclass(frozen=True)
class Phone:
    """A speech sound, and when it is heard, in seconds of the clip."""

    label: str
    """ARPAbet without stress, such as "AH", or SILENCE."""
    start: float
    end: float
    score: float
    """How well the sound matches, per 10 ms: log likelihood against that of the best phone; 0 is best."""


@dataclass(frozen=True)
class Alignment:
    """Words and phones of a clip in time, and how far they can be trusted."""

    status: Status
    """aligned: the times were found in the sound; estimated: words are spread over it; none: there are no words."""
    words: tuple[SpokenWord, ...]
    """All words of the transcript in their order, whatever the status."""
    phones: tuple[Phone, ...]
    """Without gaps from the first to the last, silence included; empty unless aligned."""
    confidence: float | None
    """Mean score of a 10 ms step with speech, None unless something was aligned: right transcripts -9 to -24."""
    message: str
    """Why not aligned, one sentence; "" when aligned."""


@dataclass(frozen=True, eq=False)
class Voice:
    """How probable speech is, over the length of a clip's sound."""

    probability: Float32[np.ndarray, " N"]
    """0..1, a value for each `seconds_per_value`, from the beginning of the clip."""
    seconds_per_value: float

    def active(self, n_frames: int, fps: float) -> Bool[np.ndarray, " T"]:
        """In which frames somebody speaks: where the mean probability during the frame is VOICE_PROBABILITY or more.

        Beyond the end of the sound nobody does.
        """
        edges = np.arange(n_frames + 1) / fps
        times = np.arange(len(self.probability) + 1) * self.seconds_per_value
        integral = np.concatenate([[0.0], np.cumsum(self.probability, dtype=float)]) * self.seconds_per_value
        return np.diff(np.interp(edges, times, integral)) * fps >= VOICE_PROBABILITY

    def spans(self, seconds: float) -> list[tuple[float, float]]:
        """Stretches (start, end) in seconds with speech, within the first `seconds`."""
        speaks = self.probability >= VOICE_PROBABILITY
        edges = np.flatnonzero(np.diff(np.concatenate([[False], speaks, [False]]).astype(np.int8)))
        bounded = np.minimum(edges * self.seconds_per_value, seconds).reshape(-1, 2)
        return [(float(start), float(end)) for start, end in bounded if end > start]
