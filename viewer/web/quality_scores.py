"""Results of checks as columns of the catalogue."""

from __future__ import annotations

from collections.abc import Iterable

from viewer.dataset.catalogue import Column
from viewer.dataset.catalogue.columns import BADNESS, CHECK_PREFIX, ISSUES, SEVERITIES, WORST, Value
from viewer.dataset.catalogue.scores import Scores
from viewer.quality.finding import ClipQuality
from viewer.quality.registry import CHECKS

SOURCE = "quality"
"""Name of these columns' source in the catalogue."""


def scores_of(clips: Iterable[ClipQuality]) -> Scores:
    """The worst severity, what is not in order, the rank, and the value of each check. No columns without clips."""
    rows = {clip.stem: _row(clip) for clip in clips}
    if not rows:
        return Scores((), {})
    checks = (Column(f"{CHECK_PREFIX}{check.name}", check.title, "number", check.unit) for check in CHECKS.values())
    return Scores(
        (
            Column(WORST, "quality", "severity"),
            Column(ISSUES, "findings", "names"),
            Column(BADNESS, "badness", "number"),
            *checks,
        ),
        rows,
    )


def _row(clip: ClipQuality) -> list[Value]:
    issues = dict.fromkeys(f"{found.check}:{found.severity}" for found in clip.findings if found.severity != "ok")
    values: list[Value] = [SEVERITIES.index(clip.severity), " ".join(issues) or None, round(clip.badness, 3)]
    return values + [clip.scores.get(name) for name in CHECKS]
