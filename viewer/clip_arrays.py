"""Checks of the arrays that a clip is made of. Each raises ClipError that says what was found and expected."""

from __future__ import annotations

from typing import Any

import numpy as np
from jaxtyping import Float, Float32

from viewer.arrays import to_numpy
from viewer.errors import ClipError

MAX_COEFFICIENTS = 300
"""Most columns that `exp` or `shape` can have: FLAME has 300 of identity and 100 of expression."""
MAX_CHANNELS = 8
MAX_SAMPLE_RATE = 768_000
"""Of the sound, in samples per second."""


def coefficients(
    name: str, values: Any, dtype: type, stem: str, *, width: int | None = None
) -> Float[np.ndarray, "T K"]:
    """A copy of a row a frame; `width` None allows 1 to MAX_COEFFICIENTS. Values may be anything, NaN included."""
    array = _numbers(name, values, stem, np.dtype(dtype))
    if array.ndim != 2:
        raise ClipError(f"{stem}: {name} has shape {array.shape}; expected two dimensions (frames, coefficients)")
    if array.shape[0] == 0:
        raise ClipError(f"{stem}: {name} has no frames (shape {array.shape})")
    if width is not None and array.shape[1] != width:
        raise ClipError(f"{stem}: {name} has width {array.shape[1]}; expected {width} (global rotation 3 + jaw 3)")
    if array.shape[1] == 0:
        raise ClipError(f"{stem}: {name} has no coefficients (shape {array.shape})")
    if array.shape[1] > MAX_COEFFICIENTS:
        raise ClipError(f"{stem}: {name} has width {array.shape[1]}; expected at most {MAX_COEFFICIENTS} coefficients")
    return _converted(array, dtype)


def identity(values: Any, stem: str) -> Float[np.ndarray, "T_or_1 S"]:
    """Identity of all frames or of each, float64; the mean face (S = 0) for None."""
    if values is None:
        return np.zeros((1, 0))
    array = _array("shape", values, stem)
    array = array[None] if array.ndim == 1 else array
    if array.ndim == 2 and len(array) and array.shape[1] == 0:
        return np.zeros(array.shape)
    return coefficients("shape", array, np.float64, stem)


def vertex_track(values: Any, stem: str) -> Float32[np.ndarray, "T V 3"]:
    """A copy of positions in metres, from (T, V, 3) or the same flat, (T, 3V)."""
    array = _numbers("vertices", values, stem, np.dtype(np.float32))
    if array.ndim == 2 and array.shape[1] % 3 == 0:
        array = array.reshape(len(array), -1, 3)
    if array.ndim != 3 or array.shape[2] != 3 or 0 in array.shape:
        raise ClipError(f"{stem}: vertices has shape {array.shape}; expected (frames, vertices, 3) or (frames, 3V)")
    return _converted(array, np.float32)


def samples(values: Any, stem: str) -> Float32[np.ndarray, "N C"]:
    """Sound in -1..1, one column a channel, from floats or signed integer PCM."""
    array = _array("audio", values, stem)
    if array.dtype.kind == "i":
        array = array.astype(np.float32) / -float(np.iinfo(array.dtype).min)
    elif array.dtype.kind != "f":
        raise ClipError(f"{stem}: audio has dtype {array.dtype}; expected float in -1..1 or signed integer PCM")
    if array.ndim == 1:
        array = array[:, None]
    if array.ndim != 2 or array.shape[1] == 0:
        raise ClipError(f"{stem}: audio has shape {array.shape}; expected (samples,) or (samples, channels)")
    if array.shape[1] > MAX_CHANNELS:
        raise ClipError(
            f"{stem}: audio has {array.shape[1]} channels; expected (samples, channels), at most {MAX_CHANNELS}"
        )
    array = array.astype(np.float32)
    if not np.isfinite(array).all():
        raise ClipError(f"{stem}: audio has NaN or infinite samples")
    return array


def sample_rate(value: Any, stem: str) -> int:
    """Samples per second."""
    rate = number(value)
    if not (0 < rate <= MAX_SAMPLE_RATE and rate.is_integer()):
        raise ClipError(f"{stem}: audio sample rate is {value!r}; expected a whole number above 0 (16000 in this data)")
    return int(rate)


def number(value: Any) -> float:
    """The number in a Python, NumPy or torch scalar or an array of one element; NaN if it holds none."""
    try:
        array = to_numpy(value)
    except ValueError:  # a ragged list
        return np.nan
    return float(array.item()) if array.size == 1 and array.dtype.kind in "fiu" else np.nan


def readonly(array: np.ndarray) -> np.ndarray:
    """A view that cannot be written."""
    array = array.view()
    array.flags.writeable = False
    return array


def _array(name: str, values: Any, stem: str) -> np.ndarray:
    try:
        return to_numpy(values)
    except (ValueError, TypeError) as error:  # rows of unequal length, for one
        raise ClipError(f"{stem}: {name} is no array of numbers: {error}") from error


def _numbers(name: str, values: Any, stem: str, dtype: np.dtype) -> np.ndarray:
    array = _array(name, values, stem)
    if array.dtype.kind not in "fiu":
        raise ClipError(f"{stem}: {name} has dtype {array.dtype}; expected numbers ({dtype})")
    return array


def _converted(array: np.ndarray, dtype: type) -> np.ndarray:
    with np.errstate(over="ignore"):  # what overflows becomes infinite, and its frame is held
        return array.astype(dtype, order="C")
