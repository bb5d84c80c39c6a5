"""A clip, predictions of it whose errors are known, and reading back what films of them show."""

from __future__ import annotations

from typing import Any

import numpy as np

from viewer.clip import Clip


def reference(frames: int = 12, *, transcript: str | None = None, sound: bool = True) -> Clip:
    """A mouth that opens and closes, with a tone."""
    pose = np.zeros((frames, 6), np.float32)
    pose[:, 3] = 0.12 - 0.12 * np.cos(np.arange(frames) / 2)
    tone = 0.5 * np.sin(np.arange(frames * 640) * 0.2).astype(np.float32)
    return Clip.from_arrays(
        stem="one",
        exp=np.zeros((frames, 52)),
        pose=pose,
        audio=tone if sound else None,
        transcript=transcript,
        expression_space="arkit52",
    )


def prediction(
    of: Clip, *, jaw: float = 0.0, frames: int | None = None, bad: slice | None = None, **other: Any
) -> Clip:
    """The same, with a jaw that is that many radians off; frames: its length; bad: frames that are NaN."""
    pose = np.array(of.pose[:frames])
    pose[:, 3] += jaw
    exp = np.array(of.exp[:frames])
    if bad is not None:
        exp[bad] = np.nan
    return Clip.from_arrays(
        **{"stem": of.stem, "exp": exp, "pose": pose, "fps": of.fps, "expression_space": "arkit52", **other}
    )
