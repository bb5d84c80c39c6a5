"""Checking all clips of a data set, in several processes, and only those that changed since an earlier run."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Unpack

from viewer import jobs
from viewer._version import VERSION as VIEWER
from viewer.clip import Clip
from viewer.dataset import Dataset
from viewer.errors import ClipError, JobError
from viewer.flame import HeadChoice, choose_head
from viewer.paths import why_not_written
from viewer.quality.geometry import Geometry
from viewer.quality.inputs import Inputs
from viewer.quality.kept import KeptMeasurements
from viewer.quality.measure import Measurement, measure
from viewer.quality.plugins import load_check_plugins, plugins_key
from viewer.quality.population import read_population, write_population
from viewer.quality.registry import STAGES, Stage, of_stage
from viewer.quality.results import QualityResults, write_about
from viewer.quality.thresholds import Thresholds
from viewer.speech import SpeechCache, SpeechError

METHOD = 4
"""Of what is measured: what an earlier run kept under another number is measured again."""
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
    cache: Path
    """Where words and voice are kept."""
    plugins: tuple[str, ...] = ()

    def __call__(self, stem: str) -> str:
        """JSON of a `Measurement`: a text takes a tenth of the memory of its objects."""
        clip = self._dataset[stem]
        spoken = self._speech if self.stage == "speech" else None
        found = measure(_inputs(clip, self._geometry, spoken), of_stage(self.stage), features=self.stage == "motion")
        return json.dumps(found.as_json(), separators=(",", ":"))

    @cached_property
    def _dataset(self) -> Dataset:
        load_check_plugins(self.plugins)
        return self.reopen()

    @cached_property
    def _geometry(self) -> Geometry:
        return Geometry(choose_head(self.model, expression_space=self._dataset.expression_space, layer=self.layer))

    @cached_property
    def _speech(self) -> SpeechCache:
        return SpeechCache(self.cache)


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
    progress: Callable[[int, int, int], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
    **how: Unpack[jobs.How],
) -> QualityResults:
    """Check clips, by default all that have motion; a run that was stopped goes on where it was.

    out: folder of the results, `results_folder` or another; cache: the cache folder, for words and voice.
    reopen: opens the same data set in another process, so pickle must be able to send it.
    speech: also the checks that need words and voice, which take some 0.3 s of a core for a clip of 8 s, once.
    progress: called with (done, failed, total); with speech every clip counts twice.
    how: engine, shard, processes, as for `jobs.run`; of a shard the clips are checked and compared by themselves.

    Nothing in a clip stops the others: one that cannot be read is a finding. Raises Cancelled, and JobError where no
    process can start, another run is at work, or results cannot be written.
    """
    chosen = tuple(dataset.playable if stems is None else stems)
    results = measure_dataset(
        dataset,
        chosen,
        head=head,
        out=out,
        cache=cache,
        reopen=reopen,
        speech=speech,
        plugins=plugins,
        progress=progress,
        cancelled=cancelled,
        **how,
    )
    population = None
    if 2 * len(results[0]) < len(dataset.playable):  # too few to stand for all
        population = read_population(out, seam_period=seam_period)
    path, model = str(dataset.path), str(head.model.path)
    if population is None:
        built = QualityResults.of_runs(
            results, folder=out, dataset=path, model=model, thresholds=thresholds, seam_period=seam_period
        )
    else:
        kept = KeptMeasurements(results)
        built = QualityResults.build(
            kept, dataset=path, model=model, failed=kept.failed, thresholds=thresholds, population=population
        )
    if len(results[0]) == len(dataset.playable):
        write_population(out, built.population)
    return built


def measure_dataset(
    dataset: Dataset,
    stems: Iterable[str] | None = None,
    *,
    head: HeadChoice,
    out: Path,
    cache: Path,
    reopen: Callable[[], Dataset],
    speech: bool,
    plugins: Sequence[str] = (),
    progress: Callable[[int, int, int], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
    **how: Unpack[jobs.How],
) -> list[jobs.KeptResults]:
    """What `check_dataset` does before clips are compared: what was measured in each stage, which `out` keeps as well.

    Takes and raises the same.
    """
    chosen = tuple(dataset.playable if stems is None else stems)
    load_check_plugins(plugins)
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise JobError(f"results cannot be written to {out}: {why_not_written(error)}") from error
    write_about(out, dataset=str(dataset.path), model=str(head.model.path))
    stages = STAGES if speech else STAGES[:1]
    results: list[jobs.KeptResults] = []
    for number, stage in enumerate(stages):
        results.append(
            jobs.run(
                Measurer(reopen, str(head.model.path), head.model.layer, stage, cache, tuple(plugins)),
                chosen,
                out=out / stage,
                content=dataset.fingerprint,
                version=_version(head, plugins),
                timeout=_TIMEOUT_SECONDS,
                retry=True,  # what failed may have been short of memory
                progress=_of_several(progress, number, len(stages)),
                cancelled=cancelled,
                **how,
            )
        )
    return results


def measure_clips(
    dataset: Dataset,
    stems: Iterable[str],
    *,
    head: HeadChoice,
    out: Path,
    cache: Path,
    speech: bool,
    thresholds: Thresholds | None = None,
    seam_period: int | None = None,
) -> QualityResults:
    """A few clips, in this process, with the curves of their checks; nothing but words and voice is kept.

    out: `results_folder` of the data set, with which they are compared once it has been checked as a whole.
    """
    geometry, spoken = Geometry(head), SpeechCache(cache) if speech else None
    measurements: dict[str, Measurement] = {}
    failed: dict[str, str] = {}
    for stem in stems:
        try:
            clip = dataset[stem]
        except ClipError as error:
            failed[stem] = str(error)
            continue
        measurements[stem] = measure(_inputs(clip, geometry, spoken))
    return QualityResults.build(
        measurements,
        dataset=str(dataset.path),
        model=str(head.model.path),
        failed=failed,
        thresholds=thresholds,
        seam_period=seam_period,
        population=read_population(out, seam_period=seam_period),
    )


def _inputs(clip: Clip, geometry: Geometry, speech: SpeechCache | None) -> Inputs:
    """What checks look at; speech: None for no words and voice."""
    if speech is None:
        return Inputs(clip, geometry=geometry)
    words = speech.alignment(clip)
    try:
        return Inputs(clip, geometry=geometry, alignment=words, voice=speech.voice(clip))
    except SpeechError as error:  # its detector is not installed: the checks that need it say so
        return Inputs(clip, geometry=geometry, alignment=words, no_voice=str(error))


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
