"""Lip contact, by the head's own geometry.

Averaged targets never quite close the lips, and a puppet shows it first at m, b and p. So contact is authored: windows
of time in which the lips must meet (or, for f and v, leave only a slit under the upper teeth), and for each frame the
amount of `mouthClose` that brings the gap there, found by bisection on the head that plays the clip.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float32, Int
from phones import Segment

from viewer.flame import FlameModel

_COLUMNS = np.arange(-9, 9.1, 3) * 1e-3
_COLUMN_HALF_WIDTH = 3e-3


@dataclass(frozen=True)
class ContactKind:
    """How the lips come together for a class of phones."""

    lead: float
    """Seconds by which contact precedes the phone."""
    held: float
    """Fraction of the phone after which contact is released."""
    closing: float
    """Seconds of the movement towards contact."""
    opening: float
    gap_mm: float
    """What is left between the lips, against the resting mouth."""


_LABIODENTAL_GAP_MM = 2.8
"""Lower lip at the edge of the upper teeth, upper lip raised a little above it."""

CONTACTS = {
    "M": ContactKind(lead=0.010, held=0.85, closing=0.090, opening=0.095, gap_mm=-0.35),
    "B": ContactKind(lead=0.015, held=0.75, closing=0.085, opening=0.080, gap_mm=-0.35),
    "P": ContactKind(lead=0.020, held=0.65, closing=0.085, opening=0.080, gap_mm=-0.35),
    "F": ContactKind(lead=0.010, held=0.80, closing=0.085, opening=0.075, gap_mm=_LABIODENTAL_GAP_MM),
    "V": ContactKind(lead=0.005, held=0.85, closing=0.080, opening=0.075, gap_mm=_LABIODENTAL_GAP_MM),
    "W": ContactKind(lead=0.020, held=0.80, closing=0.120, opening=0.110, gap_mm=2.2),
    "UW": ContactKind(lead=0.010, held=0.80, closing=0.120, opening=0.130, gap_mm=3.6),
}
SEALED = ("M", "B", "P")
TUCKED = ("F", "V")
NARROWED = ("W", "UW")


def contact(
    segments: Sequence[Segment], phones: Sequence[str], times: Float[np.ndarray, " T"]
) -> Float[np.ndarray, " T"]:
    """0..1 at the frames' `times`: 1 while the lips of any of `phones` (keys of `CONTACTS`) are held together.

    At least the frame nearest to the middle of each contact is held at 1, however short the phone is.
    """
    curve = np.zeros(len(times))
    for segment in segments:
        if segment.phone not in phones:
            continue
        kind = CONTACTS[segment.phone]
        start = segment.start - kind.lead
        end = segment.start + kind.held * segment.seconds
        nearest = times[np.argmin(np.abs(times - (start + end) / 2))]
        start, end = min(start, nearest), max(end, nearest)
        rise = _smoothstep((times - start + kind.closing) / kind.closing)
        fall = _smoothstep((end + kind.opening - times) / kind.opening)
        curve = np.maximum(curve, np.minimum(rise, fall))
    return curve


def _smoothstep(x: Float[np.ndarray, " T"]) -> Float[np.ndarray, " T"]:
    x = np.clip(x, 0, 1)
    return x * x * (3 - 2 * x)


class LipGap:
    """Distance between a head's lips seen from the front, in millimetres above that of the head at rest.

    The middle of the lips, out to where even a puckered mouth has its corners, is cut into columns 3 mm apart; in each
    the gap is from the lowest point of the upper lip to the highest point of the lower lip. Which lip a vertex belongs
    to is read off how far it drops when the jaw opens.
    """

    def __init__(self, head: FlameModel, lips: Int[np.ndarray, " L"]) -> None:
        """lips: indices of the head's lip vertices."""
        rest = head.vertices()
        drop = (rest - head.vertices(pose=[0, 0, 0, 0.1, 0, 0]))[0, lips, 1]
        self._upper = lips[drop < 0.35 * drop.max()]
        self._lower = lips[drop > 0.65 * drop.max()]
        self._rest_mm = self._columns(rest)

    def __call__(self, vertices: Float32[np.ndarray, "T V 3"]) -> Float[np.ndarray, " T"]:
        """Widest gap over all columns; at most 0 where the lips are closed as they are at rest. Head pose must be 0."""
        return (self._columns(vertices) - self._rest_mm).max(1)

    def _columns(self, vertices: Float32[np.ndarray, "T V 3"]) -> Float[np.ndarray, "T C"]:
        upper, lower = vertices[:, self._upper], vertices[:, self._lower]
        gaps = []
        for x in _COLUMNS:
            above = np.where(np.abs(upper[..., 0] - x) < _COLUMN_HALF_WIDTH, upper[..., 1], np.inf).min(1)
            below = np.where(np.abs(lower[..., 0] - x) < _COLUMN_HALF_WIDTH, lower[..., 1], -np.inf).max(1)
            gaps.append(1e3 * (above - below))
        return np.stack(gaps, axis=1)


def close_lips(
    *,
    gap_with: Callable[[Float[np.ndarray, " T"]], Float[np.ndarray, " T"]],
    contacts: Sequence[tuple[Float[np.ndarray, " T"], float]],
    steps: int = 14,
) -> Float[np.ndarray, " T"]:
    """`mouthClose` per frame that narrows the gap to what the strictest of `contacts` wants.

    gap_with: gap in mm of every frame for given amounts of `mouthClose`; contacts: how far each holds, 0..1 per frame,
    and the gap in mm where it holds fully.
    """
    n_frames = len(contacts[0][0])
    low, high = np.zeros(n_frames), np.ones(n_frames)
    open_gap = gap_with(low)
    wanted = open_gap
    for touching, gap_mm in contacts:
        wanted = np.minimum(wanted, open_gap + touching * (gap_mm - open_gap))
    free = wanted >= open_gap
    for _ in range(steps):
        middle = (low + high) / 2
        too_open = gap_with(middle) > wanted
        low, high = np.where(too_open, middle, low), np.where(too_open, high, middle)
    return np.where(free, 0.0, high)
