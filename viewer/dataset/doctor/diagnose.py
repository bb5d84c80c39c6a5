"""All checks over a data set."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import Any, Unpack

from viewer import jobs
from viewer._version import VERSION
from viewer.dataset.dataset import Dataset
from viewer.dataset.doctor.compare import check_copies, check_frame_rates, check_lengths
from viewer.dataset.doctor.depth import HEADERS, Depth
from viewer.dataset.doctor.facts import ClipFacts
from viewer.dataset.doctor.finding import SEVERITIES, Finding
from viewer.dataset.doctor.layout import check_layout, check_missing
from viewer.dataset.doctor.rules import CHECKS
from viewer.dataset.doctor.splits import check_splits
from viewer.dataset.doctor.survey import survey
from viewer.dataset.sources import Source
from viewer.dataset.splits import read_split_lists

_CHECK_ORDER = {check: number for number, check in enumerate(CHECKS)}


@dataclass(frozen=True)
class Diagnosis:
    """What is wrong with a data set, and how far that was looked into."""

    summary: dict[str, Any]
    """Plain values; docs/doctor.md describes the keys."""
    findings: tuple[Finding, ...]
    """By check, in the order of `rules.CHECKS`, worst first."""
    warning: str | None = None
    """Trouble with the cache folder: the diagnosis is whole, but the next run reads all again."""

    @property
    def clean(self) -> bool:
        """Whether no finding is an error."""
        return not any(finding.severity == "error" for finding in self.findings)

    def as_json(self) -> dict[str, Any]:
        """The object that `doctor --json` prints."""
        return {"summary": self.summary, "findings": [finding.as_json() for finding in self.findings]}


def diagnose(
    dataset: Dataset,
    *,
    cache: Path,
    reopen: Callable[[], Dataset] | None = None,
    depth: Depth = HEADERS,
    progress: Callable[[int, int, int], None] | None = None,
    **how: Unpack[jobs.How],
) -> Diagnosis:
    """Run every check over an open data set.

    cache: folder in which what was read is kept for the next run.
    reopen: opens the same data set in other processes, with the same options; by default `Dataset.open` of its path.
    depth: of how many clips every byte is read.
    progress: called with (clips done, those among them that could not be looked at, clips in all).
    how: engine and processes, as for `jobs.run`; not a shard, since clips are compared with each other.

    Whatever is wrong with the data is a finding: nothing is raised for it. Raises JobError where no process can start,
    or another run is at work on the data set.
    """
    surveyed = survey(
        dataset,
        reopen=reopen or partial(Dataset.open, dataset.path, cache=cache),
        cache=cache,
        depth=depth,
        progress=progress,
        **how,
    )
    facts = surveyed.facts
    splits = {stem: dataset.parts(stem).splits for stem in dataset.stems}
    found = [
        *check_layout(dataset),
        *_check_lists(dataset),
        *check_missing(dataset),
        *(finding for clip in facts for finding in clip.findings),
        *check_frame_rates(facts),
        *check_lengths(facts),
        *check_copies(facts, splits),
    ]
    findings = tuple(sorted(found, key=_order))
    summary = {
        "viewer": VERSION,
        "path": str(dataset.path),
        "name": dataset.name,
        "sources": [_source(source) for source in dataset.sources],
        **_totals(facts),
        "unchanged": surveyed.unchanged,
        "share": depth.share,
        "findings": _counts(findings),
        "checks": {check: _counts(group) for check, group in groupby(findings, key=lambda finding: finding.check)},
    }
    return Diagnosis(summary, findings, surveyed.warning)


def _check_lists(dataset: Dataset) -> list[Finding]:
    lists = read_split_lists(dataset.path).lines
    if not lists and dataset.base is not None:  # predictions are in the splits of what they belong to
        return []
    return check_splits(lists, frozenset(dataset.stems))


def _source(source: Source) -> dict[str, Any]:
    return {
        "folder": source.modality.folder,
        "found": source.found,
        "in_folder": source.in_folder,
        "in_archive": source.in_archive,
    }


def _totals(facts: Sequence[ClipFacts]) -> dict[str, Any]:
    seconds = sum(clip.frames / clip.fps for clip in facts if clip.frames is not None and clip.fps is not None)
    return {"clips": len(facts), "seconds": round(seconds, 3), "read": sum(clip.read for clip in facts)}


def _counts(findings: Iterable[Finding]) -> dict[str, int]:
    found = Counter(finding.severity for finding in findings)
    return {severity: found[severity] for severity in SEVERITIES}


def _order(finding: Finding) -> tuple[int, int, str, str]:
    return _CHECK_ORDER[finding.check], SEVERITIES.index(finding.severity), finding.stem or "", finding.where
