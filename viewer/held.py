"""Frames that hold no usable numbers, and the good ones that are shown in their place."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from jaxtyping import Bool, Float, Int64

LARGEST = 1e4
"""Coefficients, radians and metres beyond ± this are garbage: what is computed of them would overflow."""
_ROWS_AT_ONCE = 1024
_NAMED = 8


def bad_rows(array: Float[np.ndarray, "T ..."]) -> Bool[np.ndarray, " T"]:
    """Which frames have a value that is NaN, infinite or beyond ±LARGEST."""
    bad = np.empty(len(array), bool)
    for start in range(0, len(array), _ROWS_AT_ONCE):  # a track of vertices may fill much of the memory
        rows = array[start : start + _ROWS_AT_ONCE]
        bad[start : start + _ROWS_AT_ONCE] = ~(np.abs(rows) <= LARGEST).reshape(len(rows), -1).all(axis=1)
    return bad


def what_is_wrong(arrays: Iterable[Float[np.ndarray, "n ..."]]) -> str:
    """What frames that are bad hold: "NaN", "infinite or absurdly large", or both."""
    found = [kind for array in arrays for kind in _kinds(array)]
    return ", ".join(dict.fromkeys(sorted(found)))


def _kinds(array: Float[np.ndarray, "n ..."]) -> Iterable[str]:
    if np.isnan(array).any():
        yield "NaN"
    if (np.abs(array) > LARGEST).any():
        yield "infinite or absurdly large"


def stand_ins(bad: Bool[np.ndarray, " T"]) -> Int64[np.ndarray, " T"]:
    """The frame that is shown at each one: itself, else the last good one before it, else the first good one.

    Not all frames may be bad.
    """
    frames = np.where(bad, -1, np.arange(len(bad)))
    held = np.maximum.accumulate(frames)
    return np.where(held < 0, np.argmin(bad), held)


def spans(mask: Bool[np.ndarray, " T"]) -> list[tuple[int, int]]:
    """First and last frame of each stretch of frames that `mask` marks."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], mask, [False]]).astype(np.int8)))
    return [(int(first), int(end) - 1) for first, end in edges.reshape(-1, 2)]


def named(mask: Bool[np.ndarray, " T"]) -> str:
    """The frames that `mask` marks, in words: "frame 57", "frames 3, 80–81", and how many more where they are many."""
    found = spans(mask)
    texts = [str(first) if first == last else f"{first}–{last}" for first, last in found[:_NAMED]]
    left = sum(last - first + 1 for first, last in found[_NAMED:])
    more = f" and {left:,} more" if left else ""
    return f"{'frame' if mask.sum() == 1 else 'frames'} {', '.join(texts)}{more}"
