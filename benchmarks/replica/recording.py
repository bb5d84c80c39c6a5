"""One long generated recording: a voice, and a face that moves with it. Every clip of a replica is cut from it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32
from scipy.ndimage import gaussian_filter1d

FPS = 25
RATE = 16000
SAMPLES_PER_FRAME = RATE // FPS
TOKENS_PER_SECOND = 12.5
SAMPLES_PER_TOKEN = int(RATE / TOKENS_PER_SECOND)
TOKEN_VALUES = 16384
COEFFICIENTS = 100


@dataclass(frozen=True, eq=False)
class Recording:
    """Sound and motion of the same minutes."""

    samples: Float32[np.ndarray, "N"]
    """-1..1, 16 kHz."""
    exp: Float32[np.ndarray, "F 100"]
    pose: Float32[np.ndarray, "F 6"]

    @property
    def frames(self) -> int:
        return len(self.exp)


def record(rng: np.random.Generator, *, seconds: int = 300) -> Recording:
    """Syllables at about 4 Hz with pauses: harmonics of a wandering pitch, and a jaw that opens with them."""
    frames = seconds * FPS
    opening = _syllables(rng, frames)
    exp = gaussian_filter1d(rng.standard_normal((frames, COEFFICIENTS), np.float32), 2.0, axis=0)
    exp *= np.geomspace(2.0, 0.1, COEFFICIENTS, dtype=np.float32) * (0.3 + opening[:, None])
    pose = gaussian_filter1d(rng.standard_normal((frames, 6), np.float32), 12.0, axis=0)
    pose *= np.array([0.5, 0.5, 0.2, 0.0, 0.02, 0.02], np.float32)
    pose[:, 3] += 0.18 * opening
    return Recording(_voice(rng, opening), exp.astype(np.float32), pose.astype(np.float32))


def _syllables(rng: np.random.Generator, frames: int) -> Float32[np.ndarray, "F"]:
    """How far the mouth is open, 0..1."""
    opening = np.zeros(frames, np.float32)
    at = 0
    while at < frames:
        length = int(rng.integers(4, 8))
        bump = np.sin(np.pi * np.arange(length) / length) ** 2 * rng.uniform(0.2, 1.0)
        opening[at : at + length] = bump[: frames - at]
        at += length + (int(rng.integers(5, 20)) if rng.random() < 0.08 else 0)
    return opening


def _voice(rng: np.random.Generator, opening: Float32[np.ndarray, "F"]) -> Float32[np.ndarray, "N"]:
    pitch = np.repeat(150 + 40 * gaussian_filter1d(rng.standard_normal(len(opening)), 8.0), SAMPLES_PER_FRAME)
    phase = 2 * np.pi * np.cumsum(pitch / RATE)
    at_frames = (np.arange(len(opening)) + 0.5) * SAMPLES_PER_FRAME
    envelope = np.interp(np.arange(len(phase)), at_frames, opening)
    sound = sum(np.sin(k * phase) / k for k in range(1, 6))
    noise = 0.002 * rng.standard_normal(len(phase), np.float32)  # a pause of real sound is never all zeros
    return (0.25 * envelope * sound + noise).astype(np.float32)
