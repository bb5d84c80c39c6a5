"""What checks say of the clips of a data set, for the page: of one on the spot, of all from what was kept."""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float

from viewer import jobs
from viewer.clip import Clip
from viewer.dataset import Dataset
from viewer.flame import HeadChoice
from viewer.quality import (
    CHECKS,
    ClipQuality,
    Geometry,
    Inputs,
    Measurement,
    QualityResults,
    Thresholds,
    measure,
    results_folder,
)
from viewer.quality.judge import judge
from viewer.quality.plugins import load_check_plugins
from viewer.quality.population import BAND_LEVELS
from viewer.quality.registry import NOT_APPLICABLE, STAGES
from viewer.quality.run import measure_dataset
from viewer.web.background import BackgroundRun
from viewer.web.library import Library
from viewer.web.quality_reader import NICENESS, read_results
from viewer.web.quality_scores import SOURCE, scores_of

_BAND = {"low": 5, "from": 25, "to": 75, "high": 95}
"""Percentiles between which the page shades the range of a curve."""
_DIGITS = 4
_LOOK_SECONDS = 5.0
"""Between two looks at what runs elsewhere have kept: on the command line, or on other machines."""
_SHARE = 4
"""So many times as long as it took to look and to read it waits at least."""
_log = logging.getLogger(__name__)


class QualitySource:
    """Findings of a data set's clips. Its methods may be called from any thread."""

    def __init__(
        self,
        library: Library,
        head: HeadChoice,
        *,
        cache: Path,
        reopen: Callable[[], Dataset],
        thresholds: Path | None = None,
        plugins: Sequence[str] = (),
    ) -> None:
        """cache: the folder in which results are kept; reopen: opens the same data set in another process; thresholds:
        file of limits in the place of the viewer's; plugins: files or modules of own checks."""
        self._library = library
        self._head = head
        self._cache = cache
        self._folder = results_folder(cache, library.dataset)
        self._reopen = Reopen(reopen, NICENESS)
        self._plugins = tuple(plugins)
        self._limits = thresholds
        self._thresholds = Thresholds.load(thresholds)
        self._making = threading.Lock()
        self._reading = threading.Lock()
        self._geometry: Geometry | None = None
        self._results: QualityResults | None = None
        self._counted: tuple[tuple[int, int], tuple[int, int]] | None = None
        self._version = 0
        self._seen: frozenset[object] = frozenset()
        self._closed = threading.Event()
        self.run = BackgroundRun(self._check_all, name="check", arrived=self.take_in)

    def start(self) -> None:
        """Take in what runs have kept, and from now on whatever comes, in the background."""
        threading.Thread(target=self._watch, name="quality", daemon=True).start()

    def close(self) -> None:
        """End a run; the next one goes on from there."""
        self._closed.set()
        self.run.close()

    @property
    def results(self) -> QualityResults | None:
        """What is known of all clips; None before any is checked."""
        return self._results

    def take_in(self) -> None:
        """Read the results that are kept; they become columns of the list. Raises JobError, OSError, sqlite3.Error."""
        with self._reading:
            self._seen = self._traces()  # looked at first: what comes while it is read is news
            results = read_results(
                self._folder, clips=self._counts()[1], thresholds=self._limits, plugins=self._plugins
            )
            if results is None:
                return
            self._library.catalogue.set_scores(SOURCE, scores_of(results.clips.values()))
            self._results = results
            self._version += 1

    def of_clip(self, stem: str) -> dict[str, Any]:
        """Findings of a clip as its files are now, worst first; plain values for JSON.

        Those of the run are taken where it saw this motion; it looks at words and voice too, for which nobody would
        wait here. Raises DatasetError for an unknown stem, ClipError for data that cannot be used.
        """
        clip = self._library.clip(stem)
        measured = self._measure(clip)
        results = self._results
        found = None if results is None else results.of(stem)
        kept = found is not None and found.motion_hash == clip.motion_hash
        if not kept:
            population = None if results is None else results.population
            found = judge(measured, thresholds=self._thresholds, population=population)
        assert found is not None
        return {
            "stem": stem,
            "kept": kept,
            "severity": found.severity,
            "findings": _findings(found),
            "curves": _curves(measured),
            "bands": {} if results is None else _bands(results),
        }

    def nearest(self, stem: str, count: int) -> list[dict[str, Any]]:
        """Clips whose motion is most like that of a clip, the nearest first; none before it is checked.

        Raises DatasetError for an unknown stem.
        """
        self._library.dataset.fingerprint(stem)
        results = self._results
        if results is None:
            return []
        row = self._library.catalogue.row
        near = [(other, distance, row(other)) for other, distance in results.nearest(stem, count)]
        return [
            {"stem": other, "distance": round(distance, 3), "text": values["text"]}
            for other, distance, values in near
            if values is not None  # it may have gone since
        ]

    def run_state(self) -> dict[str, Any]:
        """How far the check of all clips is; plain values for JSON."""
        # In this order: whoever is told that a run is through, or of a version, gets the counts of no earlier one.
        run, version = self.run.state, self._version
        checked, clips = self._counts()
        return asdict(run) | {"stages": len(STAGES), "checked": checked, "clips": clips, "version": version}

    def _counts(self) -> tuple[int, int]:
        """Clips that are checked, and that can be; counted anew when results or the data set changed."""
        dataset = self._library.dataset
        of = (dataset.revision, self._version)  # first: what comes while it is counted is news
        counted = self._counted
        if counted is None or counted[0] != of:
            results = self._results
            checked = 0 if results is None else sum(stem in dataset for stem in results.clips)
            self._counted = counted = of, (checked, len(dataset.playable))
        return counted[1]

    def _measure(self, clip: Clip) -> Measurement:
        with self._making:
            if self._geometry is None:
                self._geometry = Geometry(self._head)
        return measure(Inputs(clip, geometry=self._geometry))

    def _check_all(self, *, progress: Callable[[int, int, int], None], cancelled: Callable[[], bool]) -> None:
        dataset = self._library.dataset
        dataset.wait(cancelled=cancelled)
        measure_dataset(
            dataset,
            head=self._head,
            out=self._folder,
            cache=self._cache,
            reopen=self._reopen,
            speech=True,
            plugins=self._plugins,
            processes=max(jobs.cores() - 1, 1),  # the page wants one as well
            progress=progress,
            cancelled=cancelled,
        )

    def _watch(self) -> None:
        """Take in what runs keep that are not this page's own, as soon as there is some."""
        told = ""
        pause = 0.0
        while not self._closed.wait(pause):
            begin = time.monotonic()
            try:
                load_check_plugins(self._plugins)
                if not self.run.running and self._traces() != self._seen:
                    self.take_in()
            except Exception as error:  # the page works without, and there may be a next run
                if not self._closed.is_set() and str(error) != told:
                    told = str(error)
                    _log.exception("results of checks in %s cannot be used", self._folder)
            pause = max(_LOOK_SECONDS, _SHARE * (time.monotonic() - begin))

    def _traces(self) -> frozenset[object]:
        return frozenset((stage, trace) for stage in STAGES for trace in jobs.traces(self._folder / stage))


@dataclass(frozen=True)
class Reopen:
    """Opens the data set in a process that checks clips, which from then on gives way to whoever plays one."""

    opened: Callable[[], Dataset]
    niceness: int

    def __call__(self) -> Dataset:
        os.nice(self.niceness)
        return self.opened()


def _findings(found: ClipQuality) -> list[dict[str, Any]]:
    return [
        finding.as_json()
        | {
            "title": CHECKS[finding.check].title if finding.check in CHECKS else finding.check,
            "applies": not finding.message.startswith(NOT_APPLICABLE),
        }
        for finding in found.findings
    ]


def _curves(measured: Measurement) -> list[dict[str, Any]]:
    return [
        {
            "name": f"check_{name}",
            "label": CHECKS[name].title,
            "unit": CHECKS[name].unit,
            "values": _plain(values),
        }
        for name, values in measured.curves.items()
    ]


def _plain(values: Float[np.ndarray, " T"]) -> list[float | None]:
    """Numbers as JSON has them, null for NaN and infinity."""
    return [round(float(value), _DIGITS) if np.isfinite(value) else None for value in values]


def _bands(results: QualityResults) -> dict[str, dict[str, float]]:
    places = {name: BAND_LEVELS.index(level) for name, level in _BAND.items()}
    return {
        curve: {name: float(values[place]) for name, place in places.items()}
        for curve, values in results.population.bands.items()
    }
