"""What the checks say of all clips, kept beside what was measured: judging 12,669 clips anew takes ten seconds.

A file is named after all that went into it, is written whole, and is never changed. So any number of commands and pages
may read and write at the same time, and what is kept is never that of other results.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import astuple
from pathlib import Path

from viewer import jobs
from viewer._version import VERSION as VIEWER
from viewer.errors import JobError
from viewer.paths import whole_file
from viewer.quality.packed import PackedClips
from viewer.quality.population import Population
from viewer.quality.registry import CHECKS
from viewer.quality.thresholds import Thresholds

JUDGEMENT = 1
"""Of what is said of the same measurements: what was kept under another number is not used."""
_FOLDER = "findings"
_MOST_KEPT = 4
"""Files of a data set: results grow while a run is at work, and limits are tried out."""


def findings_file(
    folder: Path, stages: Sequence[jobs.KeptResults], *, thresholds: Thresholds, seam_period: int | None
) -> Path:
    """Where the findings are kept that these results of runs lead to, with these limits and the checks there are."""
    checks = [
        (check.name, check.title, check.unit, check.worse, check.place, check.whole, sorted(check.limits.items()))
        for check in CHECKS.values()
    ]
    limits = [(name, [astuple(limit) for limit in limits]) for name, limits in sorted(thresholds.limits.items())]
    made_of = [JUDGEMENT, VIEWER, [results.digest() for results in stages], checks, limits, seam_period]
    return folder / _FOLDER / hashlib.blake2b(json.dumps(made_of).encode(), digest_size=12).hexdigest()


def write_findings(path: Path, clips: PackedClips, population: Population) -> None:
    """Keep findings, unless there is no room: they can be made again."""
    head = {
        "clips": [[stem, len(packed)] for stem, packed in clips.packed.items()],
        "badness": list(clips.badness),
        "population": population.as_json(),
        "digest": _digest(clips),
    }
    with suppress(JobError, OSError):
        path.parent.mkdir(exist_ok=True)
        with whole_file(path, error=JobError) as part, part.open("wb") as file:
            file.write(json.dumps(head, separators=(",", ":")).encode() + b"\n")
            file.writelines(clips.packed.values())
        kept = sorted((file for file in path.parent.iterdir() if file.is_file()), key=lambda file: file.stat().st_mtime)
        for old in kept[:-_MOST_KEPT]:
            old.unlink(missing_ok=True)


def read_findings(path: Path) -> tuple[PackedClips, Population] | None:
    """What `write_findings` kept; None where there is nothing, or it is damaged."""
    try:
        with path.open("rb") as file:
            head = json.loads(file.readline())
            clips = PackedClips.of_packed({stem: file.read(size) for stem, size in head["clips"]}, head["badness"])
        return (clips, Population.from_json(head["population"])) if _digest(clips) == head["digest"] else None
    except (OSError, KeyError, TypeError, ValueError):
        return None


def _digest(clips: PackedClips) -> str:
    """Of the findings: a file may be half there after the power failed."""
    text = hashlib.blake2b(digest_size=16)
    for packed in clips.packed.values():
        text.update(packed)
    return text.hexdigest()
