"""A data set whose summaries are given, so that tests of the catalogue need no files."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from viewer.clip import Flag
from viewer.dataset import ClipSummary
from viewer.errors import DatasetError


class ListedDataset:
    """As much of `Dataset` as the catalogue uses; change `summaries` to change the files."""

    def __init__(self, path: Path, summaries: Iterable[ClipSummary] = ()) -> None:
        self.path = path
        self.identity = ""
        self.complete = True
        self.summaries = {summary.stem: summary for summary in summaries}
        self.read: list[str] = []
        """Stems whose summary was asked for."""

    @property
    def stems(self) -> tuple[str, ...]:
        return tuple(sorted(self.summaries))

    def listing(self) -> tuple[tuple[str, ...], bool]:
        complete = self.complete
        return self.stems, complete

    def __contains__(self, stem: object) -> bool:
        return stem in self.summaries

    def fingerprint(self, stem: str) -> str:
        if stem not in self.summaries:
            raise DatasetError(f"no clip {stem}")
        return repr(self.summaries[stem])

    def summary(self, stem: str, *, keep: bool = True) -> ClipSummary:
        self.read.append(stem)
        return self.summaries[stem]


def clip(stem: str, *, seconds: float | None = 8.0, text: str | None = "hello", flags: Iterable[str] = (), **more):
    """A summary of a clip of `seconds` at 25 frames per second."""
    fields = {
        "stem": stem,
        "frames": None if seconds is None else round(25 * seconds),
        "fps": None if seconds is None else 25.0,
        "seconds": seconds,
        "has_motion": seconds is not None,
        "has_transcript": text is not None,
        "transcript": text,
        "flags": tuple(Flag(code, f"It is {code}.") for code in flags),
    }
    return ClipSummary(**(fields | more))
