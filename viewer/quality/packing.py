"""Short arrays as text, for results that are lines of JSON."""

from __future__ import annotations

import base64

import numpy as np


def pack(array: np.ndarray, dtype: str = "<f2") -> str:
    """Base64 of the values; floats in half precision, three digits, are enough to compare clips by."""
    limits = np.finfo(dtype) if np.dtype(dtype).kind == "f" else np.iinfo(dtype)
    return base64.b64encode(np.clip(array, limits.min, limits.max).astype(dtype).tobytes()).decode()


def unpack(text: str, dtype: str = "<f2") -> np.ndarray:
    """The reverse of `pack`, as float64. Raises ValueError for what is none."""
    return unpacked_as_kept(text, dtype).astype(np.float64)


def unpacked_as_kept(text: str, dtype: str = "<f2") -> np.ndarray:
    """The same in the precision in which it was packed."""
    return np.frombuffer(base64.b64decode(text, validate=True), dtype)
