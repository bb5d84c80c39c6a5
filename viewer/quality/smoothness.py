"""How far single frames, and single steps, leave the path of the motion around them.

Each number that moves is measured by its own usual step, so that expressions, jaw and head count alike in any
expression space. What many of them do at once counts: a blink is as quick as a pop, but moves few coefficients. Beyond
twice the usual step a single number counts by the logarithm.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np
from jaxtyping import Bool, Float, Float64

_STEP_PERCENTILE = 75
"""The usual step of a number: speech moves at most of the time, pauses are no measure."""
_COUNTED = 2.0
"""Steps of a single number up to which it counts in full."""
_ACTIVE = 0.05
"""Of the most active number's spread: those that move less are at rest."""
_LEAST_STEP = 0.1
"""Of the most active number's RMS step: no usual step is smaller."""
_REST = 1e-5
"""Spread of a group that does not move at all; coefficients, radians or metres."""

Motion = Float[np.ndarray, "T K"]


def off_path(groups: Iterable[Motion], good: Bool[np.ndarray, " T"]) -> Float64[np.ndarray, " T"]:
    """How far each frame stands off the cubic through the two frames on either side, in usual steps; NaN at the ends.

    x_t - (-x_{t-2} + 4 x_{t-1} + 4 x_{t+1} - x_{t+2}) / 6; the largest of the groups, RMS over the numbers of one.
    """

    def leave(x: Float64[np.ndarray, "T K"]) -> Float64[np.ndarray, "T_minus_4 K"]:
        return x[2:-2] - (4 * (x[1:-3] + x[3:-1]) - x[:-4] - x[4:]) / 6

    return _largest(groups, good, leave, before=2, after=2)


def jump(groups: Iterable[Motion], good: Bool[np.ndarray, " T"]) -> Float64[np.ndarray, " T"]:
    """How far each frame's step, from the frame before, differs from the mean of the steps before and after it.

    In usual steps, as `off_path`; NaN at the ends.
    """

    def leap(x: Float64[np.ndarray, "T K"]) -> Float64[np.ndarray, "T_minus_3 K"]:
        step = np.diff(x, axis=0)
        return step[1:-1] - (step[:-2] + step[2:]) / 2

    return _largest(groups, good, leap, before=2, after=1)


def fast_share(groups: Iterable[Motion], good: Bool[np.ndarray, " T"], fps: float) -> float | None:
    """Share of the power above 0.3 Hz that lies above 8 Hz, faster than mouths move: median over the active numbers.

    The largest of the groups; None where nothing moves, for less than a second, or at a frame rate that
    cannot show it. Hann window; bad frames are bridged.
    """
    shares = []
    for group in groups:
        active = _active(group[good])
        if not active.any() or len(group) < fps or fps <= 2 * _FAST_HZ:
            continue
        x = _bridged(group[:, active].astype(np.float64), good)
        window = np.hanning(len(x) + 2)[1:-1, None]
        power = np.abs(np.fft.rfft((x - x.mean(axis=0)) * window, axis=0)) ** 2
        hz = np.fft.rfftfreq(len(x), 1 / fps)
        total = power[hz > _SLOW_HZ].sum(axis=0)
        if (total > 0).any():
            shares.append(float(np.median(power[hz > _FAST_HZ].sum(axis=0)[total > 0] / total[total > 0])))
    return max(shares, default=None)


_SLOW_HZ, _FAST_HZ = 0.3, 8.0


def _largest(
    groups: Iterable[Motion],
    good: Bool[np.ndarray, " T"],
    difference: Callable[[Float64[np.ndarray, "T K"]], Float64[np.ndarray, "N K"]],
    *,
    before: int,
    after: int,
) -> Float64[np.ndarray, " T"]:
    found = np.full(len(good), np.nan)
    if len(good) <= before + after:
        return found
    known = np.ones(len(good) - before - after, bool)
    for shift in range(before + after + 1):
        known &= good[shift : shift + len(known)]
    largest = np.zeros(len(known))
    for group in groups:
        active = _active(group[good])
        if active.any():
            x = group[:, active].astype(np.float64)
            steps = np.abs(difference(x)) / _usual_step(x, good)
            over = np.maximum(steps, _COUNTED)
            steps = np.minimum(steps, _COUNTED) + _COUNTED * np.log(over / _COUNTED)
            largest = np.maximum(largest, np.sqrt((steps**2).mean(axis=1)))
    found[before : len(good) - after][known] = largest[known]
    return found


def _active(x: Motion) -> Bool[np.ndarray, " K"]:
    spread = x.std(axis=0, dtype=np.float64) if len(x) else np.zeros(x.shape[1])
    return (spread > _REST) & (spread > _ACTIVE * spread.max(initial=0))


def _usual_step(x: Float64[np.ndarray, "T K"], good: Bool[np.ndarray, " T"]) -> Float64[np.ndarray, " K"]:
    steps = np.abs(np.diff(x, axis=0)[good[1:] & good[:-1]])
    if not len(steps):
        return np.ones(x.shape[1])
    least = _LEAST_STEP * np.sqrt((steps**2).mean(axis=0)).max()
    return np.maximum(np.percentile(steps, _STEP_PERCENTILE, axis=0), max(least, 1e-12))


def _bridged(x: Float64[np.ndarray, "T K"], good: Bool[np.ndarray, " T"]) -> Float64[np.ndarray, "T K"]:
    """Bad frames on straight lines between the good ones."""
    if good.all():
        return x
    at, frames = np.flatnonzero(good), np.arange(len(x))
    return np.stack([np.interp(frames, at, column[good]) for column in x.T], axis=1)
