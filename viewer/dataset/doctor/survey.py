"""Looking at every clip, in several processes, and only at those that changed since an earlier run."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from viewer import jobs
from viewer._version import VERSION as VIEWER
from viewer.dataset.dataset import Dataset
from viewer.dataset.doctor.depth import Depth
from viewer.dataset.doctor.examine import examine
from viewer.dataset.doctor.facts import ClipFacts
from viewer.dataset.doctor.finding import Finding
from viewer.dataset.doctor.rules import VERSION
from viewer.paths import why_not_written

_TIMEOUT_SECONDS = 300.0
"""For one clip: what takes longer hangs, such as a file on a server that is gone."""


@dataclass(frozen=True)
class Survey:
    """What is known of all clips."""

    facts: tuple[ClipFacts, ...]
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
    processes: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Survey:
    """Facts of every clip, in the order of the stems.

    reopen: opens the same data set in another process, so pickle must be able to send it. Raises JobError where no
    process can start, or another run is at work on this data set.
    """
    stems = dataset.stems
    facts: dict[str, ClipFacts] = {}
    unchanged = 0
    with ExitStack() as stack:
        folder, warning = _results_folder(cache, dataset, stack)
        for read in (True, False):
            chosen = [stem for stem in stems if depth.reads(stem) == read]
            if not chosen:
                continue
            out = folder / ("bytes" if read else "headers")
            before = jobs.read_results(out)
            results = jobs.run(
                Examiner(reopen, read),
                chosen,
                out=out,
                content=dataset.fingerprint,
                version=f"{VERSION} of viewer {VIEWER}",
                processes=processes,
                timeout=_TIMEOUT_SECONDS,
                retry=True,  # what failed may have been short of memory
                progress=_shifted(progress, len(facts), len(stems)),
            )
            unchanged += sum(stem in before and before[stem] == result for stem, result in results.items())
            facts.update((stem, _facts(result)) for stem, result in results.items())
    return Survey(tuple(facts[stem] for stem in stems), unchanged, warning)


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
    progress: Callable[[int, int], None] | None, before: int, total: int
) -> Callable[[int, int, int], None] | None:
    """`progress` over both shares of the clips, from that over one."""
    return None if progress is None else lambda done, _failed, _total: progress(before + done, total)
