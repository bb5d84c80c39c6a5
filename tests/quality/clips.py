"""Clips whose motion is known, for the checks."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import gaussian_filter1d

from viewer.clip import Clip

RATE = 16000
FPS = 25
N_EXP = 20


def smooth_motion(frames: int = 200, *, seed: int = 0, n: int = N_EXP, sigma: float = 3.0) -> np.ndarray:
    """(frames, n): every column wanders below 3 Hz, standard deviation about 1."""
    noise = np.random.default_rng(seed).standard_normal((frames + 60, n))
    found = gaussian_filter1d(noise, sigma, axis=0)[30 : 30 + frames]
    return found / found.std(axis=0)


def clip_of(exp=None, pose=None, *, frames: int = 200, seed: int = 0, space: str = "arkit52", **options) -> Clip:
    exp = 0.2 * smooth_motion(frames, seed=seed) if exp is None else np.asarray(exp, float)
    if pose is None:
        pose = np.zeros((len(exp), 6))
        pose[:, 3] = 0.1 + 0.05 * smooth_motion(len(exp), seed=seed + 1, n=1)[:, 0]
    return Clip.from_arrays(exp=exp, pose=pose, fps=FPS, expression_space=space, **options)


def sound(seconds: float, *, seed: int = 0) -> np.ndarray:
    """Noise at a tenth of full scale."""
    return 0.1 * np.random.default_rng(seed).standard_normal(round(seconds * RATE))
