"""Checking all clips of a data set, in several processes, and only those that changed since an earlier run."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from viewer import jobs
from viewer._version import VERSION as VIEWER
from viewer.dataset import Dataset
from viewer.errors import JobError
from viewer.flame import HeadChoice, choose_head
from viewer.paths import why_not_written
from viewer.quality.geometry import Geometry
from viewer.quality.inputs import Inputs
from viewer.quality.measure import measure
from viewer.quality.plugins import load_check_plugins, plugins_key
from viewer.quality.registry import Stage, of_stage
from viewer.quality.results import QualityResults, read_measurements, write_about
from viewer.quality.thresholds import Thresholds

METHOD = 1
"""Of what is measured: what an earlier run kept under another number is measured again."""
SPEECH_FOLDER = "speech"
"""In the cache folder: words and voice of clips, by what is heard."""
_TIMEOUT_SECONDS = 900.0
"""For one clip: what takes longer hangs, such as a file on a server that is gone."""


def results_folder(cache: Path, dataset: Dataset) -> Path:
    """Where the results of a data set are kept, in a cache folder."""
    name = f"{os.path.realpath(dataset.path)}|{dataset.identity}"
    return cache / "quality" / hashlib.sha256(os.fsencode(name)).hexdigest()[:24]


@dataclass(frozen=True)
class Measurer:
    """Measures one clip after the other; each process opens data set, head and speech for itself, once."""

    reopen: Callable[[], Dataset]
    model: str
    layer: str
    stage: Stage
    speech: Path
    plugins: tuple[str, ...] = ()

    def __call__(self, stem: str) -> str:
        """JSON of a `Measurement`: a text takes a tenth of the memory of its objects."""
        clip = self._dataset[stem]
        words = voice = None
        if self.stage == "speech":
            words, voice = self._speech.alignment(clip), self._speech.voice(clip)
        inputs = Inputs(clip, geometry=self._geometry, alignment=words, voice=voice)
        found = measure(inputs, of_stage(self.stage), features=self.stage == "motion")
        return json.dumps(found.as_json(), separators=(",", ":"))

    @cached_property
    def _dataset(self) -> Dataset:
        load_check_plugins(self.plugins)
        return self.reopen()

    @cached_property
    def _geometry(self) -> Geometry:
        return Geometry(choose_head(self.model, expression_space=self._dataset.expression_space, layer=self.layer))

    @cached_property
    def _speech(self) -> Any:
        from viewer.speech import SpeechCache  # type: ignore[attr-defined]

        return SpeechCache(self.speech)


def check_dataset(
    dataset: Dataset,
    stems: Iterable[str] | None = None,
    *,
    head: HeadChoice,
    out: Path,
    cache: Path,
    reopen: Callable[[], Dataset],
    speech: bool,
    plugins: Sequence[str] = (),
    thresholds: Thresholds | None = None,
    seam_period: int | None = None,
    processes: int | None = None,
    progress: Callable[[int, int, int], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> QualityResults:
    """Check clips, by default all that have motion; a run that was stopped goes on where it was.

    out: folder of the results, `results_folder` or another; cache: the cache folder, for words and voice.
    reopen: opens the same data set in another process, so pickle must be able to send it.
    speech: also the checks that need words and voice, which take some 0.3 s of a core for a clip of 8 s, once.
    progress: called with (done, failed, total); with speech every clip counts twice.

    Nothing in a clip stops the others: one that cannot be read is a finding. Raises Cancelled, and JobError where no
    process can start, another run is at work, or results cannot be written.
    """
    chosen = tuple(dataset.playable if stems is None else stems)
    load_check_plugins(plugins)
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise JobError(f"results cannot be written to {out}: {why_not_written(error)}") from error
    write_about(out, dataset=str(dataset.path), model=str(head.model.path))
    stages: tuple[Stage, ...] = ("motion", "speech") if speech else ("motion",)
    results = []
    for number, stage in enumerate(stages):
        results.append(
            jobs.run(
                Measurer(reopen, str(head.model.path), head.model.layer, stage, cache / SPEECH_FOLDER, tuple(plugins)),
                chosen,
                out=out / stage,
                content=dataset.fingerprint,
                version=_version(head, plugins),
                processes=processes,
                timeout=_TIMEOUT_SECONDS,
                retry=True,  # what failed may have been short of memory
                progress=_of_several(progress, number, len(stages)),
                cancelled=cancelled,
            )
        )
    measurements, failed = read_measurements(results)
    return QualityResults.build(
        measurements,
        dataset=str(dataset.path),
        model=str(head.model.path),
        failed=failed,
        thresholds=thresholds,
        seam_period=seam_period,
    )


def _version(head: HeadChoice, plugins: Sequence[str]) -> str:
    """Stands for all that a measurement depends on besides the clip."""
    return f"{METHOD} of viewer {VIEWER}|{head.model.hash}|{head.zero_expression}|{plugins_key(plugins)}"


def _of_several(
    progress: Callable[[int, int, int], None] | None, number: int, count: int
) -> Callable[[int, int, int], None] | None:
    """`progress` over all stages, from that over one."""
    if progress is None:
        return None
    report = progress
    return lambda done, failed, total: report(number * total + done, failed, count * total)
