"""Clips on the demo head whose differences are known."""

from __future__ import annotations

from typing import Any

import numpy as np

from viewer.clip import Clip

SPACE = "arkit52"


def motion(frames: int = 20, *, seed: int = 0, n_exp: int = 52) -> dict[str, Any]:
    """Expressions in 0..1, a head and a jaw that turn, an identity; as keywords of Clip.from_arrays."""
    rng = np.random.default_rng(seed)
    pose = rng.normal(0, 0.1, (frames, 6))
    pose[:, 3] = np.abs(pose[:, 3])
    return {"exp": rng.uniform(0, 1, (frames, n_exp)), "pose": pose, "shape": rng.normal(0, 1, 20)}


def clip_of(frames: int = 20, *, seed: int = 0, **changes: Any) -> Clip:
    return Clip.from_arrays(**{"expression_space": SPACE, "stem": "a_0", **motion(frames, seed=seed), **changes})


def track_of(vertices: np.ndarray, **options: Any) -> Clip:
    return Clip.from_arrays(vertices=vertices, stem="a_0", expression_space=SPACE, **options)
