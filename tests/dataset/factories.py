"""Small data sets on disk in the exact layout: `make_dataset(tmp_path / "data", stems=("a_0", "a_1"))`."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

RATE = 16000
FPS = 25


def motion_arrays(
    *, frames: int = 50, seed: int = 0, n_exp: int = 100, n_shape: int = 100, fps: Any = FPS
) -> dict[str, Any]:
    """Arrays of one motion file, in the dtypes of the data: a jaw that opens and closes, a constant identity."""
    rng = np.random.default_rng(seed)
    pose = np.zeros((frames, 6), np.float32)
    pose[:, 3] = 0.1 * np.sin(np.arange(frames) / 3) ** 2
    return {
        "exp": (0.1 * rng.standard_normal((frames, n_exp))).astype(np.float32),
        "shape": np.tile(rng.standard_normal(n_shape), (frames, 1)),
        "pose": pose,
        "mocap_frame_rate": fps,
    }


def tone(seconds: float, *, rate: int = RATE, channels: int = 1) -> np.ndarray:
    """A 220 Hz tone: float (N, channels) at half of full scale."""
    time = np.arange(round(seconds * rate)) / rate
    return np.tile(0.5 * np.sin(2 * np.pi * 220 * time)[:, None], (1, channels))


def write_motion(root: Path, stem: str, arrays: dict[str, Any] | None = None, **options: Any) -> Path:
    path = root / "FLAME_coeffs_25" / f"{stem}.npz"
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez(path, **(motion_arrays(**options) if arrays is None else arrays))
    return path


def write_audio(
    root: Path, stem: str, samples: np.ndarray, *, rate: int = RATE, subtype: str = "PCM_16", container: str = "WAV"
) -> Path:
    path = root / "audios" / f"{stem}.wav"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:  # a file object, so that the suffix does not choose the format
        soundfile.write(file, samples, rate, subtype=subtype, format=container)
    return path


def write_transcript(root: Path, stem: str, text: str | bytes) -> Path:
    path = root / "transcripts" / f"{stem}.txt"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def make_clip(
    root: Path, stem: str, *, frames: int = 50, seed: int = 0, fps: float = FPS, text: str = "Hello there, this is {}."
) -> None:
    """Write the three files of one clip; its sound lasts as long as its motion."""
    write_motion(root, stem, frames=frames, seed=seed, fps=fps)
    write_audio(root, stem, tone(frames / fps))
    write_transcript(root, stem, text.format(stem))


def make_dataset(
    root: Path,
    *,
    stems: Iterable[str] = ("alice_0", "alice_1", "bob_0"),
    frames: int = 50,
    splits: dict[str, Iterable[str]] | None = None,
    description: dict[str, Any] | None = None,
) -> Path:
    """Write a data set and return its folder. By default all stems are in train.txt and there is no dataset.json."""
    stems = tuple(stems)
    root.mkdir(parents=True, exist_ok=True)
    for seed, stem in enumerate(stems):
        make_clip(root, stem, frames=frames, seed=seed)
    for split, members in (splits or {"train": stems}).items():
        (root / f"{split}.txt").write_text("".join(f"{stem}\n" for stem in members), encoding="utf-8")
    if description is not None:
        (root / "dataset.json").write_text(json.dumps(description), encoding="utf-8")
    return root
