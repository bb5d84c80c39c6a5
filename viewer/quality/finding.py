"""What is said of a clip: one finding for each check, one more for each further place that is odd."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

Severity = Literal["ok", "note", "warn", "error"]
SEVERITIES: tuple[Severity, ...] = ("error", "warn", "note", "ok")
"""Worst first. error: do not use the clip as it is; warn: look at it; note: good to know."""

_WEIGHTS: dict[Severity, float] = {"error": 3.0, "warn": 2.0, "note": 1.0, "ok": 0.0}


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check says of a clip, or of one place in it."""

    check: str
    severity: Severity
    value: float | None
    """None where the check does not apply."""
    unit: str
    percentile: float | None
    """Share of the data set's clips, in %, whose value of this check is lower; None without a data set."""
    start: float | None
    """Seconds in the clip; None where it is about the clip as a whole."""
    end: float | None
    message: str
    """One sentence for the reviewer."""

    def as_json(self) -> dict[str, Any]:
        """The object that `check --json` prints; its numbers are finite or null."""
        return {
            "check": self.check,
            "severity": self.severity,
            "value": self.value,
            "unit": self.unit,
            "percentile": self.percentile,
            "start": self.start,
            "end": self.end,
            "message": self.message,
        }

    @property
    def weight(self) -> float:
        """How bad it is: by severity, within one by how far out the value lies in the data set. 0 where all is well."""
        if self.severity == "ok":
            return 0.0
        out = 0.0 if self.percentile is None else abs(self.percentile - 50) / 50
        return _WEIGHTS[self.severity] + 0.9 * out


@dataclass(frozen=True)
class ClipQuality:
    """All that the checks say of one clip."""

    stem: str
    motion_hash: str
    """`Clip.motion_hash` of what was checked; empty where the clip could not be read."""
    findings: tuple[Finding, ...]
    """Worst first; at least one a check."""
    scores: dict[str, float | None]
    """The value of each check for the clip as a whole; the check's `worse` says which way is worse."""
    features: tuple[float, ...] = ()
    """What the motion is like, in the order of `features.NAMES`; empty where it could not be read."""

    @property
    def badness(self) -> float:
        """Rank by this: the worst finding's weight, never a mean, so that one bad place is enough."""
        return max((finding.weight for finding in self.findings), default=0.0)

    @property
    def severity(self) -> Severity:
        """That of the worst finding."""
        return min((finding.severity for finding in self.findings), key=SEVERITIES.index, default="ok")

    def as_json(self) -> dict[str, Any]:
        """The object of a clip that `check --json` prints."""
        return {"stem": self.stem, "findings": [finding.as_json() for finding in self.findings]}
