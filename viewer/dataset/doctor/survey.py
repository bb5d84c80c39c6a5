"""Looking at every clip, in several processes, and only at those that changed since an earlier run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from viewer.dataset.dataset import Dataset
from viewer.dataset.doctor.depth import Depth
from viewer.dataset.doctor.examine import examine
from viewer.dataset.doctor.facts import ClipFacts
from viewer.dataset.doctor.finding import Finding
from viewer.dataset.doctor.kept import Kept

_BATCH = 64


@dataclass(frozen=True)
class Survey:
    """What is known of all clips."""

    facts: tuple[ClipFacts, ...]
    kept: int
    """Clips known from an earlier run."""
    warning: str | None
    """Trouble with the cache folder."""


def survey(
    dataset: Dataset,
    *,
    cache: Path,
    depth: Depth,
    processes: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Survey:
    """Facts of every clip, in the order of the stems."""
    kept = Kept(cache, str(dataset.path))
    facts: dict[str, ClipFacts] = {}
    changed: list[tuple[str, str]] = []
    for stem in dataset.stems:
        fingerprint = dataset.fingerprint(stem)
        known = kept.find(stem, fingerprint, read=depth.reads(stem))
        if known is None:
            changed.append((stem, fingerprint))
        else:
            facts[stem] = known
    n_kept = len(facts)
    for start in range(0, len(changed), _BATCH):
        batch = changed[start : start + _BATCH]
        found = [(fingerprint, examine_safely(dataset, stem, read=depth.reads(stem))) for stem, fingerprint in batch]
        kept.add(pair for pair in found if not _unfinished(pair[1]))
        facts.update((clip.stem, clip) for _, clip in found)
        if progress is not None:
            progress(len(facts), len(dataset.stems))
    return Survey(tuple(facts[stem] for stem in dataset.stems), n_kept, kept.warning)


def examine_safely(dataset: Dataset, stem: str, *, read: bool) -> ClipFacts:
    """Like `examine`; an error that is none of the data's, such as too little memory, becomes a finding."""
    try:
        return examine(dataset, stem, read=read)
    except Exception as error:  # one clip must not stop the rest, and is reported
        return unfinished(stem, f"{type(error).__name__}: {error}")


def unfinished(stem: str, reason: str) -> ClipFacts:
    """Facts of a clip that could not be looked at to the end."""
    message = f"The clip could not be checked: {reason[:300]}"
    return ClipFacts(stem, read=False, findings=(Finding("unfinished", "error", message, "", stem),))


def _unfinished(clip: ClipFacts) -> bool:
    return any(finding.check == "unfinished" for finding in clip.findings)
