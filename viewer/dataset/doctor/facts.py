"""What is known of one clip once its files were looked at: kept between runs, so plain values only."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

from viewer.dataset.doctor.finding import Finding


@dataclass(frozen=True)
class ClipFacts:
    """One clip, by its headers or by all of its bytes."""

    stem: str
    read: bool
    """Whether all of its bytes were read, not only headers."""
    frames: int | None = None
    """None where there is no motion that can be read; so are the others."""
    fps: float | None = None
    audio_seconds: float | None = None
    tokens: int | None = None
    motion_hash: str | None = None
    """Of the values of exp and pose; None unless read, and for motion that never changes."""
    audio_hash: str | None = None
    """Of the samples; None unless read, and for silence."""
    findings: tuple[Finding, ...] = ()
    """About its files by themselves."""

    def as_json(self) -> dict[str, Any]:
        return {**dataclasses.asdict(self), "findings": [finding.as_json() for finding in self.findings]}

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> ClipFacts:
        """The reverse of `as_json`. Raises TypeError or KeyError for what is no such object."""
        return cls(**{**value, "findings": tuple(Finding(**finding) for finding in value["findings"])})
