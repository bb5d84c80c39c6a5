"""What doctor says: one finding is one thing that is wrong, or odd, at one place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from viewer.dataset.problem import Severity

SEVERITIES: tuple[Severity, ...] = ("error", "warn", "note")
"""Worst first. An error means data that cannot be used, or must not be used as it is."""


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong, or odd, at one place."""

    check: str
    """A key of `rules.CHECKS`."""
    severity: Severity
    message: str
    """One sentence: what was found, what was expected."""
    where: str
    """A path below the data set's folder, such as `audios.tar: audios/x.wav`; "" for the data set as a whole."""
    stem: str | None = None
    """The clip it is about."""

    def as_json(self) -> dict[str, Any]:
        """The object that `doctor --json` prints."""
        return {
            "stem": self.stem,
            "where": self.where,
            "check": self.check,
            "severity": self.severity,
            "message": self.message,
        }
