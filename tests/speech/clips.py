"""Clips for the tests of speech."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np

from viewer.clip import Audio, Clip
from viewer.dataset import Dataset

RATE = 16000
BY_EYE = json.loads(Path(__file__).with_name("by_eye.json").read_text())["clips"]
_DEMO = Dataset.demo()


def demo(stem: str = "librivox-austen_0930") -> Clip:
    """Speech of a person, with its transcript."""
    return _DEMO[stem]


def clip_of(
    samples: np.ndarray | None, transcript: str | None, *, rate: int = RATE, seconds: float | None = None
) -> Clip:
    """A clip with that sound, whose face does not move."""
    if seconds is None:
        seconds = 2.0 if samples is None else len(samples) / rate
    frames = max(round(seconds * 25), 1)
    return Clip.from_arrays(
        exp=np.zeros((frames, 1)), pose=np.zeros((frames, 6)), audio=samples, sample_rate=rate, transcript=transcript
    )


def with_sound(clip: Clip, samples: np.ndarray, rate: int) -> Clip:
    """The clip with another sound."""
    return replace(clip, audio=Audio(samples.astype(np.float32), rate))


def noise(seconds: float, level: float = 0.1) -> np.ndarray:
    return np.random.default_rng(0).normal(0, level, round(seconds * RATE))


def music(seconds: float) -> np.ndarray:
    """Chords of decaying harmonics, one each half second."""
    t = np.arange(round(seconds * RATE)) / RATE
    beat = t % 0.5
    roots = np.array([220.0, 261.6, 196.0, 246.9])[(t / 0.5).astype(int) % 4]
    phase = 2 * np.pi * np.cumsum(roots) / RATE
    return 0.1 * np.exp(-4 * beat) * sum(np.sin(phase * k * n) / n for k in (1, 1.25, 1.5) for n in range(1, 6))
