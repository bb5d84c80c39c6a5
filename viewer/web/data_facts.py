"""What the page says about a data set as a whole: how many, how long, what is missing, and how far jaws open."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float64

from viewer.dataset import Dataset
from viewer.dataset.catalogue import Histogram
from viewer.errors import ViewerError
from viewer.motion.curves import jaw_angle
from viewer.web.library import Library

BINS = 40
SESSIONS = 300
"""Sessions that are counted one by one."""
SAMPLE_CLIPS = 200
SAMPLE_SECONDS = 3.0
"""How many clips are read for the jaw, and how long that may take."""
_FINE_BINS = 1000


@dataclass(frozen=True, eq=False)
class JawSample:
    """Widest jaw opening of some clips, spread evenly over the data set."""

    degrees: Float64[np.ndarray, " N"]
    clips: int
    """In the whole data set."""

    def histogram(self) -> Histogram:
        """Their spread."""
        if not len(self.degrees):
            return Histogram([], [])
        counts, edges = np.histogram(self.degrees, bins=_bins(len(self.degrees)))
        return Histogram(counts.tolist(), edges.tolist())


class DataFacts:
    """Facts of the data set behind the page. Its methods may be called from any thread."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self._lock = threading.Lock()
        self._jaw: tuple[int, JawSample] | None = None

    def numbers(self) -> dict[str, Any]:
        """Counts, as far as the catalogue knows them, and what is wrong with the data set; plain values for JSON."""
        catalogue, dataset = self._library.catalogue, self._library.dataset
        complete = self._library.complete
        facets = catalogue.facets(sessions=SESSIONS)
        return {
            "clips": catalogue.page(limit=1).total,
            "complete": complete,
            "seconds": _spread(catalogue.histogram("seconds", _FINE_BINS)),
            "words": _spread(catalogue.histogram("words", _FINE_BINS)),
            "facets": facets,
            "more_sessions": len(facets["session"]) == SESSIONS,
            "problems": [
                {"where": problem.where, "severity": problem.severity, "message": problem.message}
                for problem in dataset.problems
            ],
        }

    def histogram(self, column: str) -> Histogram:
        """Values of a number column of the catalogue in at most BINS bins; in fewer where there are few clips."""
        return self._library.catalogue.histogram(column, _bins(len(self._library.dataset)))

    def jaw(self) -> JawSample:
        """Widest jaw opening of a sample of clips; read once, and again after the data set has changed."""
        dataset = self._library.dataset
        with self._lock:
            if self._jaw is None or self._jaw[0] != dataset.revision:
                self._jaw = dataset.revision, sample_jaw(dataset)
            return self._jaw[1]


def sample_jaw(dataset: Dataset, *, clips: int = SAMPLE_CLIPS, seconds: float = SAMPLE_SECONDS) -> JawSample:
    """Read at most that many clips in at most that time. Clips that cannot be read, or have no jaw, are left out."""
    stems = dataset.stems
    order = np.unique(np.linspace(0, len(stems) - 1, min(clips, len(stems))).round().astype(np.int64))
    # In an order in which any number of first clips is spread over the data set, should the time run out.
    order = np.random.default_rng(0).permutation(order)
    until = time.monotonic() + seconds
    found = []
    for place in order:
        if time.monotonic() > until:
            break
        try:
            clip = dataset[stems[place]]
        except ViewerError:  # the list of flags counts these
            continue
        if clip.vertices is None:
            found.append(float(jaw_angle(clip.pose).max()))
    return JawSample(np.array(found, np.float64), len(stems))


def _bins(values: int) -> int:
    return min(BINS, max(values // 4, 6))


def _spread(fine: Histogram) -> dict[str, float | int] | None:
    """Number of values, and about their sum and median, from a fine histogram; None where there are none."""
    counts, edges = np.array(fine.counts), np.array(fine.edges)
    if not counts.sum():
        return None
    middle = (edges[:-1] + edges[1:]) / 2
    median = middle[int(np.searchsorted(np.cumsum(counts), counts.sum() / 2))]
    return {
        "count": int(counts.sum()),
        "sum": float(counts @ middle),
        "median": float(median),
        "low": float(edges[0]),
        "high": float(edges[-1]),
    }
