"""One clip: coefficients, sound and transcript, checked on the way in."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from jaxtyping import Float32, Float64

from viewer import clock
from viewer.arrays import to_numpy
from viewer.errors import ClipError

FLAME_2020 = "flame2020"
"""Expression space of a data set that does not name one."""
MAX_COEFFICIENTS = 300
"""Most columns that `exp` or `shape` can have: FLAME has 300 of identity and 100 of expression."""
MIN_FPS, MAX_FPS = 1, 1000
"""Frames per second; what is outside is a broken number, and would ask for hours of sound or none."""
MAX_CHANNELS = 8
MAX_SAMPLE_RATE = 768_000
"""Of the sound, in samples per second."""


@dataclass(frozen=True)
class Flag:
    """Something the viewer noticed about a clip and shows beside it."""

    code: str
    """Short and stable, such as `no-audio`."""
    message: str
    """One sentence for the user."""


@dataclass(frozen=True, eq=False)
class Audio:
    """Sound of a clip."""

    samples: Float32[np.ndarray, "N C"]
    """Amplitude in -1..1, one column a channel."""
    rate: int
    """Samples per second."""

    @property
    def seconds(self) -> float:
        return len(self.samples) / self.rate


@dataclass(frozen=True, eq=False)
class Clip:
    """One clip. Arrays are read-only; use `Clip.from_arrays` to make one, it checks them."""

    stem: str
    exp: Float32[np.ndarray, "T E"]
    """Expression coefficients."""
    pose: Float32[np.ndarray, "T 6"]
    """Global rotation, then jaw rotation, each an axis-angle vector in radians."""
    shape: Float64[np.ndarray, "T S"]
    """Identity coefficients; normally the same in every frame."""
    fps: float
    audio: Audio | None = None
    transcript: str | None = None
    expression_space: str = FLAME_2020
    """Name of the expression basis that `exp` belongs to."""
    splits: tuple[str, ...] = ()
    flags: tuple[Flag, ...] = field(default=())

    @classmethod
    def from_arrays(
        cls,
        *,
        exp: Any,
        pose: Any,
        shape: Any = None,
        fps: Any = 25,
        audio: Any = None,
        sample_rate: Any = 16000,
        transcript: str | None = None,
        stem: str = "clip",
        expression_space: str = FLAME_2020,
        splits: tuple[str, ...] = (),
        flags: tuple[Flag, ...] = (),
    ) -> Clip:
        """Check arrays (NumPy, lists or torch tensors) and make a clip of them.

        exp: (T, E) float; pose: (T, 6) float, radians; shape: (S,) for one identity, (T, S) per frame, or None for the
        mean face; audio: (N,) or (N, C) float in -1..1 or integer PCM at `sample_rate`
        per second; fps: frames per second.

        Raises ClipError that names the array, what was found and what was expected.
        """
        _check_texts(stem=stem, transcript=transcript, expression_space=expression_space, splits=splits)
        exp_ = _coefficients("exp", exp, np.float32, stem)
        pose_ = _coefficients("pose", pose, np.float32, stem)
        n_frames = len(exp_)
        if pose_.shape[1] != 6:
            raise ClipError(f"{stem}: pose has width {pose_.shape[1]}; expected 6 (global rotation 3 + jaw 3)")
        if shape is None:
            shape = np.zeros((1, 0))
        shape_ = _array("shape", shape, stem)
        if shape_.ndim == 1:
            shape_ = shape_[None]
        shape_ = _coefficients("shape", shape_, np.float64, stem, empty_width_ok=True)
        if len(shape_) == 1 and n_frames != 1:
            shape_ = np.broadcast_to(shape_, (n_frames, shape_.shape[1]))
        lengths = {"exp": n_frames, "pose": len(pose_), "shape": len(shape_)}
        if len(set(lengths.values())) > 1:
            found = ", ".join(f"{name} {length}" for name, length in lengths.items())
            raise ClipError(f"{stem}: arrays differ in their number of frames: {found}")
        if not MIN_FPS <= (rate := _number(fps)) <= MAX_FPS:
            raise ClipError(f"{stem}: frame rate is {fps!r}; expected {MIN_FPS} to {MAX_FPS} (25 in this data)")
        sound = None if audio is None else Audio(_samples(audio, stem), _rate(sample_rate, stem))
        return cls(
            stem=stem,
            exp=_readonly(exp_),
            pose=_readonly(pose_),
            shape=_readonly(shape_),
            fps=rate,
            audio=sound,
            transcript=transcript,
            expression_space=expression_space,
            splits=tuple(splits),
            flags=tuple(flags),
        )

    def __len__(self) -> int:
        return len(self.exp)

    @property
    def seconds(self) -> float:
        """Duration of the motion."""
        return clock.duration(len(self), self.fps)

    @cached_property
    def content_hash(self) -> str:
        """Hash of everything that is shown or heard: same hash, same film."""
        digest = hashlib.sha256()
        for name in ("exp", "pose", "shape"):
            array = np.ascontiguousarray(getattr(self, name))
            digest.update(f"{name}{array.shape}{array.dtype}".encode())
            digest.update(array.tobytes())
        digest.update(f"{self.fps}|{self.expression_space}|{self.transcript!r}|".encode())
        if self.audio is not None:
            digest.update(f"{self.audio.rate}{self.audio.samples.shape}".encode())
            digest.update(self.audio.samples.tobytes())
        return digest.hexdigest()[:32]


def _array(name: str, values: Any, stem: str) -> np.ndarray:
    try:
        return to_numpy(values)
    except (ValueError, TypeError) as error:  # rows of unequal length, for one
        raise ClipError(f"{stem}: {name} is no array of numbers: {error}") from error


def _check_texts(*, stem: Any, transcript: Any, expression_space: Any, splits: Any) -> None:
    if not isinstance(stem, str) or not stem:
        raise ClipError(f"stem is {stem!r}; expected a text that is not empty")
    if transcript is not None and not isinstance(transcript, str):
        raise ClipError(f"{stem}: transcript is {type(transcript).__name__}; expected text or None")
    if not isinstance(expression_space, str):
        raise ClipError(f"{stem}: expression_space is {expression_space!r}; expected a name such as {FLAME_2020!r}")
    if isinstance(splits, str) or not all(isinstance(split, str) for split in splits):
        raise ClipError(f"{stem}: splits is {splits!r}; expected names in a tuple or list")


def _coefficients(name: str, array: Any, dtype: type, stem: str, empty_width_ok: bool = False) -> np.ndarray:
    array = _array(name, array, stem)
    if array.dtype.kind not in "fiu":
        raise ClipError(f"{stem}: {name} has dtype {array.dtype}; expected numbers ({np.dtype(dtype)})")
    if array.ndim != 2:
        raise ClipError(f"{stem}: {name} has shape {array.shape}; expected two dimensions (frames, coefficients)")
    if array.shape[0] == 0:
        raise ClipError(f"{stem}: {name} has no frames (shape {array.shape})")
    if array.shape[1] == 0 and not empty_width_ok:
        raise ClipError(f"{stem}: {name} has no coefficients (shape {array.shape})")
    if array.shape[1] > MAX_COEFFICIENTS:
        raise ClipError(f"{stem}: {name} has width {array.shape[1]}; expected at most {MAX_COEFFICIENTS} coefficients")
    with np.errstate(over="ignore"):  # what overflows here is reported below as not finite
        array = array.astype(dtype)
    bad = ~np.isfinite(array)
    if bad.any():
        frames = np.flatnonzero(bad.any(axis=1))
        raise ClipError(
            f"{stem}: {name} has {int(bad.sum())} values that are NaN, infinite or too large for {np.dtype(dtype)}, "
            f"in {len(frames)} of {len(array)} frames (first: frame {frames[0]})"
        )
    return array


def _samples(audio: Any, stem: str) -> np.ndarray:
    samples = _array("audio", audio, stem)
    if samples.dtype.kind == "i":
        samples = samples.astype(np.float32) / -float(np.iinfo(samples.dtype).min)
    elif samples.dtype.kind != "f":
        raise ClipError(f"{stem}: audio has dtype {samples.dtype}; expected float in -1..1 or signed integer PCM")
    if samples.ndim == 1:
        samples = samples[:, None]
    if samples.ndim != 2 or samples.shape[1] == 0:
        raise ClipError(f"{stem}: audio has shape {samples.shape}; expected (samples,) or (samples, channels)")
    if samples.shape[1] > MAX_CHANNELS:
        raise ClipError(
            f"{stem}: audio has {samples.shape[1]} channels; expected (samples, channels), at most {MAX_CHANNELS}"
        )
    samples = samples.astype(np.float32)
    if not np.isfinite(samples).all():
        raise ClipError(f"{stem}: audio has NaN or infinite samples")
    return _readonly(samples)


def _number(value: Any) -> float:
    """The number in a Python, NumPy or torch scalar or an array of one element; NaN if it holds none."""
    try:
        array = to_numpy(value)
    except ValueError:  # a ragged list
        return np.nan
    return float(array.item()) if array.size == 1 and array.dtype.kind in "fiu" else np.nan


def _rate(sample_rate: Any, stem: str) -> int:
    rate = _number(sample_rate)
    if not (0 < rate <= MAX_SAMPLE_RATE and rate.is_integer()):
        raise ClipError(
            f"{stem}: audio sample rate is {sample_rate!r}; expected a whole number above 0 (16000 in this data)"
        )
    return int(rate)


def _readonly(array: np.ndarray) -> np.ndarray:
    array = array.view()
    array.flags.writeable = False
    return array
