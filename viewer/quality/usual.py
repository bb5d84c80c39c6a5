"""What is usual among the clips of a data set, from the measurement of each."""

from __future__ import annotations

from array import array
from collections.abc import Collection, Iterable

import numpy as np
from jaxtyping import Float64

from viewer.quality import seams
from viewer.quality.judge import settled
from viewer.quality.measure import Measurement
from viewer.quality.packing import unpack, unpacked_as_kept
from viewer.quality.population import (
    BAND_LEVELS,
    Extremes,
    Population,
    Reference,
    of_values,
    pooled_band,
    usual_extremes,
)
from viewer.quality.registry import CHECKS

_FEWEST_FOR_EXTREMES, _FEWEST_FOR_LAG = 5, 5


def compare(clips: Collection[Measurement], *, seam_period: int | None = None) -> Population:
    """What is usual among clips. They are gone through twice: what a check's value is may depend on all of them.

    seam_period: frames, 0 for motion without seams, None: as the data shows.
    """
    seen = _Seen()
    profiles = (profile for clip in clips if (profile := seen.take(clip)) is not None)
    found = seams.estimate_period(profiles)
    lag = float(np.median(seen.lags)) if len(seen.lags) >= _FEWEST_FOR_LAG else 0.0
    reference = Reference(seen.extremes(), found if seam_period is None else seam_period, lag)
    return Population(seen.n_clips, of_values(settled_values(clips, reference)), seen.bands(), reference)


def settled_values(clips: Iterable[Measurement], reference: Reference) -> dict[str, array[float]]:
    """Values of each check over the clips that it applies to."""
    values = {name: array("d") for name in CHECKS}
    for clip in clips:
        for name, measured in clip.found.items():
            if name in CHECKS and (value := settled(CHECKS[name], measured, reference).value) is not None:
                values[name].append(value)
    return values


class _Seen:
    """What the first look at each clip leaves: about a kilobyte a clip."""

    def __init__(self) -> None:
        self.n_clips = 0
        self.lags = array("d")
        self._ends: dict[int, tuple[bytearray, bytearray]] = {}
        self._bands: dict[str, tuple[array[float], array[int]]] = {}

    def take(self, clip: Measurement) -> Float64[np.ndarray, " T"] | None:
        """Look at a clip; returns its jumps frame by frame, in usual steps, where they are known."""
        self.n_clips += 1
        if (lag := clip.found.get("av_lag")) is not None and lag.value is not None:
            self.lags.append(lag.value)
        for curve, levels in clip.bands.items():
            known, weights = self._bands.setdefault(curve, (array("d"), array("q")))
            known.extend(levels)
            weights.append(clip.frames)
        if (found := clip.found.get("range")) is not None and found.data:
            low, high = (unpacked_as_kept(found.data[end]) for end in ("low", "high"))
            lows, highs = self._ends.setdefault(len(low), (bytearray(), bytearray()))
            lows += low.tobytes()
            highs += high.tobytes()
        seam = clip.found.get("seam")
        return None if seam is None or not seam.data else unpack(seam.data["jumps"], "u1") / seams.PARTS

    def extremes(self) -> dict[int, Extremes]:
        """Those that are usual, by the number of coefficients; of few clips nobody can tell."""
        by_width = {
            width: [np.frombuffer(clips, "<f2").reshape(-1, width) for clips in ends]
            for width, ends in self._ends.items()
        }
        return {
            width: usual_extremes(low, high)
            for width, (low, high) in by_width.items()
            if len(low) >= _FEWEST_FOR_EXTREMES
        }

    def bands(self) -> dict[str, Float64[np.ndarray, " B"]]:
        """Of each curve, over all frames."""
        return {
            curve: pooled_band(np.frombuffer(levels).reshape(-1, len(BAND_LEVELS)), np.frombuffer(weights, np.int64))
            for curve, (levels, weights) in self._bands.items()
        }
