"""Comparing all pairs of two data sets, in several processes, and only those that changed since an earlier run."""

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
from viewer.compare.comparison import Comparison
from viewer.compare.faces import Faces
from viewer.compare.lips import LipRegion, lip_region
from viewer.compare.measure import Measured, measure
from viewer.compare.pairing import Matching, match, pair
from viewer.dataset import Dataset, counterpart
from viewer.dataset.tracks.plugin import import_plugin
from viewer.errors import Cancelled, CompareError, JobError, ViewerError
from viewer.flame import HeadChoice, choose_head

METHOD = 1
"""Of what is measured: what an earlier run kept under another number is measured again."""
_TIMEOUT_SECONDS = 900.0
"""For one pair: what takes longer hangs, such as a file on a server that is gone."""


@dataclass(frozen=True)
class Options:
    """How faces are compared."""

    head_pose: bool = False
    """Count the head's pose as error."""
    own_identity: bool = False
    """Leave the prediction the identity that it has."""
    lip_indices: Path | None = None
    """File of lip vertices, see `read_lip_indices`; None: those of the head."""
    plugins: tuple[str, ...] = ()
    """Files or modules of own metrics."""


DEFAULTS = Options()


def results_folder(cache: Path, reference: Dataset, prediction: Dataset) -> Path:
    """Where the results of two data sets are kept, in a cache folder."""
    names = [f"{os.path.realpath(dataset.path)}|{dataset.identity}" for dataset in (reference, prediction)]
    return cache / "compare" / hashlib.sha256(os.fsencode("|".join(names))).hexdigest()[:24]


@dataclass(frozen=True)
class PairMeasurer:
    """Measures one pair after the other; each process opens data sets and head for itself, once."""

    reopen_reference: Callable[[], Dataset]
    reopen_prediction: Callable[[], Dataset]
    model: str
    layer: str
    options: Options

    def __call__(self, stem: str) -> str:
        """JSON of a `Measured`, or of {"refused": why} for a pair that cannot be compared.

        Raises JobError where no pair could be compared: a data set or the head cannot be opened.
        """
        try:
            _load_plugins(self.options.plugins)
            reference, prediction, faces, lips = self._reference, self._prediction, self._faces, self._lips
        except ViewerError as error:
            raise JobError(str(error)) from error
        try:
            found = measure_stem(stem, reference, prediction, faces=faces, lips=lips)
        except ViewerError as error:
            return json.dumps({"refused": str(error)})
        return json.dumps(found.as_json(), separators=(",", ":"), allow_nan=False)

    @cached_property
    def _reference(self) -> Dataset:
        return self.reopen_reference()

    @cached_property
    def _prediction(self) -> Dataset:
        return self.reopen_prediction()

    @cached_property
    def _faces(self) -> Faces:
        head = choose_head(self.model, expression_space=self._reference.expression_space, layer=self.layer)
        return make_faces(head, self.options)

    @cached_property
    def _lips(self) -> LipRegion | None:
        return lip_region(self._faces.head.model, self.options.lip_indices)


def make_faces(head: HeadChoice, options: Options) -> Faces:
    return Faces(head, head_pose=options.head_pose, own_identity=options.own_identity)


def measure_stem(
    stem: str, reference: Dataset, prediction: Dataset, *, faces: Faces, lips: LipRegion | None
) -> Measured:
    """The metrics of one clip of the reference and its prediction.

    Raises CompareError where there is none or the two cannot be compared, DatasetError or ClipError where one cannot be
    read.
    """
    there = counterpart(stem, reference, prediction)
    if there is None:
        raise CompareError(f"{stem} has no prediction in {prediction.path}")
    return measure(pair(reference[stem], prediction[there]), faces, lips, prediction_stem=there)


def compare_datasets(
    reference: Dataset,
    prediction: Dataset,
    stems: Iterable[str] | None = None,
    *,
    head: HeadChoice,
    options: Options = DEFAULTS,
    out: Path | None = None,
    reopen: tuple[Callable[[], Dataset], Callable[[], Dataset]] | None = None,
    progress: Callable[[int, int, int], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
    **how: Unpack[jobs.How],
) -> Comparison:
    """Compare each clip that has a prediction; a run that was stopped goes on where it was.

    stems: of the reference (default: all that have motion).
    out: folder of the results, `results_folder` or another; None: nothing is kept, all is done in this process.
    reopen: open reference and prediction in another process, so pickle must be able to send them; needed with `out`.
    progress: called with (done, failed, total).
    how: engine, shard, processes, as for `jobs.run`; with `out`. Of a shard only its pairs are pooled.

    Nothing in a pair stops the others: what cannot be read or compared is in `refused`. Raises CompareError where no
    pair could be compared, and as `match`; Cancelled; JobError where no process can start, another run is at work, or
    results cannot be written.
    """
    _load_plugins(options.plugins)
    found = match(reference, prediction, stems)
    lips = lip_region(head.model, options.lip_indices)
    faces = make_faces(head, options)
    chosen = [stem for stem, _ in found.pairs]
    if out is None or reopen is None:
        outcomes = _here(reference, prediction, chosen, faces, lips, progress, cancelled)
    else:
        kept = jobs.run(
            PairMeasurer(*reopen, str(head.model.path), head.model.layer, options),
            chosen,
            out=out,
            content=_content(reference, prediction, found),
            version=_version(head, options, lips, faces),
            timeout=_TIMEOUT_SECONDS,
            retry=True,  # what failed may have been short of memory
            progress=progress,
            cancelled=cancelled,
            **how,
        )
        outcomes = {stem: _outcome(result) for stem, result in kept.items()}
    pairs = {stem: outcome for stem, outcome in outcomes.items() if isinstance(outcome, Measured)}
    refused = {stem: outcome for stem, outcome in outcomes.items() if isinstance(outcome, str)}
    if not pairs and refused:
        stem, why = next(iter(refused.items()))
        raise CompareError(f"none of {len(refused):,} pairs could be compared, such as {stem}: {why}")
    return Comparison(
        reference=str(reference.path),
        prediction=str(prediction.path),
        model=str(head.model.path),
        pairs=pairs,
        refused=refused,
        missing=found.missing,
        extra=found.extra,
        remarks=_remarks(lips, options),
    )


def _here(
    reference: Dataset,
    prediction: Dataset,
    stems: Sequence[str],
    faces: Faces,
    lips: LipRegion | None,
    progress: Callable[[int, int, int], None] | None,
    cancelled: Callable[[], bool] | None,
) -> dict[str, Measured | str]:
    """Metrics of each pair, or why there are none; in this process."""
    outcomes: dict[str, Measured | str] = {}
    for stem in stems:
        if cancelled is not None and cancelled():
            raise Cancelled(f"stopped after {len(outcomes):,} of {len(stems):,}")
        try:
            outcomes[stem] = measure_stem(stem, reference, prediction, faces=faces, lips=lips)
        except ViewerError as error:
            outcomes[stem] = str(error)
        if progress is not None:
            failed = sum(isinstance(outcome, str) for outcome in outcomes.values())
            progress(len(outcomes), failed, len(stems))
    return outcomes


def _outcome(result: jobs.Result) -> Measured | str:
    """What a worker found of a pair, or why it found nothing."""
    if not result.ok:
        return result.error or result.status
    found = json.loads(result.value)
    return str(found["refused"]) if "refused" in found else Measured.from_json(found)


def _content(reference: Dataset, prediction: Dataset, found: Matching) -> Callable[[str], str]:
    """The state of the files that a pair is read from."""
    there = dict(found.pairs)
    return lambda stem: f"{reference.fingerprint(stem)}|{prediction.fingerprint(there[stem])}"


def _version(head: HeadChoice, options: Options, lips: LipRegion | None, faces: Faces) -> str:
    """Stands for all that metrics depend on besides the clips."""
    of_lips = "" if lips is None else hashlib.sha256(lips.indices.tobytes()).hexdigest()
    plugins = _plugins_key(options.plugins)
    asked = f"{options.head_pose}|{options.own_identity}|{of_lips}|{faces.regions.source}|{plugins}"
    return f"{METHOD} of viewer {VIEWER}|{head.model.hash}|{head.zero_expression}|{asked}"


def _remarks(lips: LipRegion | None, options: Options) -> tuple[str, ...]:
    """How the comparison was asked for, in sentences."""
    found = [
        "Head pose counts as error." if options.head_pose else "Head pose is zeroed in both.",
        "Each track has its own identity." if options.own_identity else "Predictions have the reference's identity.",
    ]
    if lips is not None:
        found.append(f"Lips: {len(lips.indices):,} vertices, {lips.source}.")
        if lips.derived:
            found.append("Metrics whose name ends in _derived are of such regions: no published number is.")
    return tuple(found)


def _load_plugins(names: Sequence[str]) -> None:
    for name in names:
        import_plugin(name)


def _plugins_key(names: Sequence[str]) -> str:
    if not names:
        return ""
    from viewer.quality.plugins import plugins_key  # takes the checks along

    return plugins_key(names)
