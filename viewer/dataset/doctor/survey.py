"""Looking at every clip, in several processes, and only at those that changed since an earlier run."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Unpack

from viewer import jobs
from viewer._version import VERSION as VIEWER
from viewer.dataset.dataset import Dataset
from viewer.dataset.doctor.depth import Depth
from viewer.dataset.doctor.examine import examine
from viewer.dataset.doctor.facts import ClipFacts
from viewer.dataset.doctor.finding import Finding
from viewer.dataset.doctor.rules import VERSION
from viewer.errors import JobError
from viewer.paths import why_not_written

_TIMEOUT_SECONDS = 300.0
"""For one clip: what takes longer hangs, such as a file on a server that is gone."""


@dataclass(frozen=True)
class Survey:
    """What is known of all clips."""

    facts: tuple[ClipFacts, ...]
    failed: Mapping[str, str]
    """Clips that could not be looked at, and why; a finding of each says so too."""
    unchanged: int
    """Clips that an earlier run had looked at."""
    warning: str | None
    """Trouble with the cache folder."""


@dataclass(frozen=True)
class Examiner:
    """Looks at one clip after the other; each process opens the data set for itself, once."""

    reopen: Callable[[], Dataset]
    read: bool
    """Every byte, or headers."""

    def __call__(self, stem: str) -> dict[str, Any]:
        return examine(self._dataset, stem, read=self.read).as_json()

    @cached_property
    def _dataset(self) -> Dataset:
        return self.reopen()


def survey(
    dataset: Dataset,
    *,
    reopen: Callable[[], Dataset],
    cache: Path,
    depth: Depth,
    progress: Callable[[int, int, int], None] | None = None,
    **how: Unpack[jobs.How],
) -> Survey:
    """Facts of every clip, or of those of a shard, in the order of the stems.

    reopen: opens the same data set in another process, so pickle must be able to send it. progress, how (engine, shard,
    processes): as for `jobs.run`. Raises JobError where no process can start, or another run is at work on this data
    set, or where a shard could not keep what it read.
    """
    stems = jobs.share(dataset.stems, how.get("shard"))
    facts: dict[str, ClipFacts] = {}
    failed: dict[str, str] = {}
    unchanged = 0
    with ExitStack() as stack:
        folder, warning = _results_folder(cache, dataset, stack)
        if warning is not None and how.get("shard") is not None:
            raise JobError(warning)
        parts = {read: [stem for stem in stems if depth.reads(stem) == read] for read in (True, False)}
        for read, chosen in parts.items():
            if not chosen:
                continue
            out = folder / ("bytes" if read else "headers")
            before = jobs.read_results(out)
            others = len(parts[not read])
            results = jobs.run(
                Examiner(reopen, read),
                chosen,
                out=out,
                content=dataset.fingerprint,
                version=f"{VERSION} of viewer {VIEWER}",
                timeout=_TIMEOUT_SECONDS,
                retry=True,  # what failed may have been short of memory
                progress=_shifted(progress, len(facts), len(failed), others),
                **how,
            )
            failed |= results.failures()
            for stem, result in results.items():
                facts[stem] = _facts(result)
                unchanged += stem in before and before.without_value(stem).when == result.when
    return Survey(tuple(facts[stem] for stem in stems), failed, unchanged, warning)


def _facts(result: jobs.Result) -> ClipFacts:
    if result.ok:
        return ClipFacts.from_json(result.value)
    message = f"The clip could not be checked: {result.error}."
    return ClipFacts(result.key, read=False, findings=(Finding("unfinished", "error", message, "", result.key),))


def _results_folder(cache: Path, dataset: Dataset, stack: ExitStack) -> tuple[Path, str | None]:
    """Where results are kept; a temporary folder, and why, where the cache folder cannot be written to."""
    name = hashlib.sha256(os.fsencode(os.path.realpath(dataset.path))).hexdigest()[:24]
    folder = cache / "doctor" / name
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return folder, None
    except OSError as error:
        warning = f"what was read is not kept for the next run: {folder}: {why_not_written(error)}"
        return Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="flame-viewer-doctor-"))), warning


def _shifted(
    progress: Callable[[int, int, int], None] | None, done: int, failed: int, others: int
) -> Callable[[int, int, int], None] | None:
    """`progress` over all clips, from that over one of the two parts. others: clips of the other part."""
    if progress is None:
        return None
    report = progress
    return lambda done_here, failed_here, total: report(done + done_here, failed + failed_here, others + total)
