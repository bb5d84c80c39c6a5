"""Words of a transcript in time, estimated from where the clip has sound."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool

from viewer.clip import Audio, Clip

_HOP_SECONDS = 0.01
_GATE_DB_BELOW_LOUD = 30.0
_SHORTEST_PAUSE_SECONDS = 0.15


@dataclass(frozen=True)
class Word:
    """A word of the transcript and the time it is spoken, in seconds."""

    text: str
    start: float
    end: float


def estimate_words(clip: Clip) -> list[Word]:
    """Spread the transcript over the clip's speech in proportion to the words' letters.

    An estimate for following along, not an alignment: it knows where there is sound, not what is said. Pauses of at
    least 0.15 s are left out; without sound the words are spread over the whole clip.
    """
    texts = (clip.transcript or "").split()
    if not texts:
        return []
    spans = speech_spans(clip.audio, clip.seconds) if clip.audio is not None else [(0.0, clip.seconds)]
    weights = np.array([1 + sum(character.isalnum() for character in text) for text in texts], float)
    edges = np.concatenate([[0.0], np.cumsum(weights) / weights.sum()])
    lengths = np.array([end - start for start, end in spans])
    spoken = edges * lengths.sum()
    span_ends = np.cumsum(lengths)
    span_starts = span_ends - lengths
    # A word that begins exactly where a span ends belongs to the next span, one that ends there to this one.
    last = len(spans) - 1
    start_span = np.minimum(np.searchsorted(span_ends, spoken[:-1] + 1e-9, side="right"), last)
    end_span = np.minimum(np.searchsorted(span_ends, spoken[1:] - 1e-9, side="left"), last)
    offsets = np.array([start for start, _ in spans]) - span_starts
    starts = spoken[:-1] + offsets[start_span]
    ends = spoken[1:] + offsets[end_span]
    return [Word(text, float(start), float(end)) for text, start, end in zip(texts, starts, ends, strict=True)]


def speech_spans(audio: Audio, seconds: float) -> list[tuple[float, float]]:
    """Stretches (start, end) of the first `seconds` that are louder than a gate; the whole clip when none is."""
    loud = _loud_hops(audio, seconds)
    hops_in_pause = round(_SHORTEST_PAUSE_SECONDS / _HOP_SECONDS)
    edges = np.flatnonzero(np.diff(np.concatenate([[False], loud, [False]]).astype(np.int8)))
    spans: list[tuple[int, int]] = []
    for start, end in edges.reshape(-1, 2).tolist():
        if spans and start - spans[-1][1] < hops_in_pause:
            spans[-1] = (spans[-1][0], end)
        else:
            spans.append((start, end))
    bounded = [(start * _HOP_SECONDS, min(end * _HOP_SECONDS, seconds)) for start, end in spans]
    return [span for span in bounded if span[1] > span[0]] or [(0.0, seconds)]


def _loud_hops(audio: Audio, seconds: float) -> Bool[np.ndarray, "N"]:
    """Which 10 ms hops are within 30 dB of the clip's loud parts."""
    hop = max(round(audio.rate * _HOP_SECONDS), 1)
    mono = audio.samples[: round(seconds * audio.rate)].mean(axis=1)
    n_hops = len(mono) // hop
    if n_hops == 0:
        return np.zeros(0, bool)
    power = (mono[: n_hops * hop].reshape(n_hops, hop) ** 2).mean(axis=1)
    gate = np.percentile(power, 95) * 10 ** (-_GATE_DB_BELOW_LOUD / 10)
    return power > max(gate, 1e-9)
