"""What is to be judged, in which order: queues of stems from check results, chance, the list or a file."""

from __future__ import annotations

import hashlib
import heapq
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import Protocol

import numpy as np
from jaxtyping import Float

from viewer.quality.features import robust_z
from viewer.quality.finding import ClipQuality
from viewer.quality.registry import Worse

RANDOM_CLIPS = 50
WORST_CLIPS = 50


class Results(Protocol):
    """What the checks found in a data set."""

    def ranked(self) -> Sequence[ClipQuality]:
        """All clips that were checked, the worst first."""

    def of(self, stem: str) -> ClipQuality | None:
        """What was found in one clip; None for one that was not checked."""


@dataclass(frozen=True)
class Queue:
    """Clips to judge, in order."""

    name: str
    """In URLs and on the command line: `errors`, `worst.jaw`, `odd`, `random`, `list`, `file`, `bad` …"""
    title: str
    stems: tuple[str, ...] = ()
    note: str = ""
    """What is to be known of it; why it is empty."""
    sample: bool = False
    """Whether its beginning is a random sample of the data set, whatever its length."""
    judged: bool = False
    """Whether it holds clips because of their verdicts: none of them is passed over for having one."""


def errors(results: Results) -> tuple[str, ...]:
    """Clips with an error, the worst first."""
    return tuple(clip.stem for clip in takewhile(lambda clip: clip.severity == "error", results.ranked()))


def worst(results: Results, check: str, *, worse: Worse = "high", count: int = WORST_CLIPS) -> tuple[str, ...]:
    """The clips with the worst values of a check, worst first; of equal ones in the order of stems.

    worse: which values are; "away" are those far from the median.
    """
    values = {clip.stem: clip.scores.get(check) for clip in results.ranked()}
    known = {stem: value for stem, value in values.items() if value is not None and np.isfinite(value)}
    middle = float(np.median(list(known.values()))) if worse == "away" and known else 0.0
    badness = {stem: -value if worse == "low" else abs(value - middle) if worse == "away" else value
               for stem, value in known.items()}  # fmt: skip
    return tuple(heapq.nsmallest(count, badness, key=lambda stem: (-badness[stem], stem)))


def odd(results: Results, *, count: int = WORST_CLIPS) -> tuple[str, ...]:
    """The clips that are least like the others in all their features taken together, the oddest first."""
    clips = [clip for clip in results.ranked() if len(clip.features) > 0]
    if not clips:
        return ()
    width = max(len(clip.features) for clip in clips)
    clips = [clip for clip in clips if len(clip.features) == width]
    far = oddness(np.array([clip.features for clip in clips], dtype=np.float64))
    order = sorted(range(len(clips)), key=lambda i: (-far[i], clips[i].stem))
    return tuple(clips[i].stem for i in order[:count])


def oddness(features: Float[np.ndarray, "N F"]) -> Float[np.ndarray, " N"]:
    """How far each clip lies from the middle of all: the root of the mean square of its robust z-scores.

    Features without spread, and values that are missing, say nothing.
    """
    return np.sqrt((robust_z(features) ** 2).mean(axis=1))


def shuffled(stems: Iterable[str], *, seed: int = 0) -> list[str]:
    """The stems in an order of chance that depends on nothing but the seed and each stem itself.

    So the beginning is a fair sample, two people get the same one, and clips that are added later take places between
    the others without changing their order.
    """

    def place(stem: str) -> tuple[bytes, str]:
        return hashlib.sha256(f"{seed}/{stem}".encode("utf-8", "surrogatepass")).digest(), stem

    return sorted(set(stems), key=place)
