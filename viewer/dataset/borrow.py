"""What a clip of predictions lacks and takes from the clip of its stem in another data set."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float64

from viewer.clip import Flag
from viewer.dataset.entry import Entry
from viewer.dataset.layout import AUDIO, MOTION, TRANSCRIPT, Modality, normal_form
from viewer.dataset.problem import Problem, some
from viewer.dataset.tracks import Track, TrackHeader, TrackOptions, read_track, read_track_header
from viewer.errors import ClipError, UsageError

if TYPE_CHECKING:
    from viewer.dataset.dataset import Dataset

PLAIN_PATTERN = "{stem}"
_LENT = {AUDIO: "sound", TRANSCRIPT: "transcript"}


@dataclass(frozen=True)
class Lender:
    """The clip that is borrowed from."""

    dataset: str
    """Name of its data set, for messages."""
    stem: str
    lent: tuple[str, ...]
    """What is taken in any case, such as "sound"."""
    motion: Entry | None
    """Its motion: the identity is taken from there where the clip has none."""
    options: TrackOptions
    expression_space: str

    def lends_identity(self, track: Track | TrackHeader, expression_space: str) -> bool:
        """Whether the track needs an identity and this clip has one in the same basis, as far as headers tell."""
        needed = track.kind == "coefficients" and not track.has_shape and self.expression_space == expression_space
        if not needed or self.motion is None:
            return False
        try:
            return read_track_header(self.motion, options=self.options).has_shape
        except ClipError:  # a fault of the other clip, which its own data set tells
            return False

    def identity(self) -> Float64[np.ndarray, " S"] | None:
        """Mean of the clip's identity over its frames, which normally are all the same; None if it cannot be used."""
        if self.motion is None:
            return None
        try:
            shape = read_track(self.motion, options=self.options).shape
        except ClipError:  # as above
            return None
        rows = np.atleast_2d(np.asarray(shape, np.float64))
        rows = rows[np.isfinite(rows).all(axis=1)]
        if not len(rows):
            return None
        return rows[0] if (rows == rows[0]).all() else rows.mean(axis=0)

    def flags(self, track_flags: Iterable[Flag], *, identity: bool) -> tuple[Flag, ...]:
        """The flags of a track, and one that says what is borrowed."""
        lent = [*self.lent, "identity"] if identity else list(self.lent)
        kept = [flag for flag in track_flags if not (identity and flag.code == "no-shape")]
        if lent:
            kept.append(Flag("borrowed", f"From {self.stem} of {self.dataset}: {', '.join(lent)}."))
        return tuple(kept)


class StemPattern:
    """How the stems of predictions are made of those of the data set they belong to, such as "{stem}_pred"."""

    def __init__(self, pattern: str = PLAIN_PATTERN):
        """Raises UsageError for a pattern that does not hold "{stem}" once."""
        if pattern.count(PLAIN_PATTERN) != 1:
            raise UsageError(f"stem pattern {pattern!r}: expected {PLAIN_PATTERN} in it once, such as '{{stem}}_pred'")
        self.pattern = pattern
        self._before, self._after = (normal_form(part) for part in pattern.split(PLAIN_PATTERN))

    def base_stem(self, stem: str) -> str | None:
        """The stem that a prediction's belongs to; None for a stem that is not made this way."""
        inner = stem[len(self._before) : len(stem) - len(self._after)]
        fits = stem.startswith(self._before) and stem.endswith(self._after) and inner
        return inner if fits else None

    def stem(self, base_stem: str) -> str:
        """The stem of the prediction that belongs to a clip of the data set."""
        return f"{self._before}{base_stem}{self._after}"


@dataclass(frozen=True)
class Parts:
    """Everything that one clip is read from."""

    entries: Mapping[Modality, Entry]
    splits: tuple[str, ...]
    lender: Lender | None = None


class Base:
    """The data set that predictions belong to."""

    def __init__(self, dataset: Dataset, pattern: StemPattern):
        self.dataset = dataset
        self.pattern = pattern

    def stem(self, stem: str) -> str | None:
        """The clip of the base that a prediction belongs to; None where there is none."""
        found = self.pattern.base_stem(stem)
        return found if found is not None and found in self.dataset else None

    def complete(self, stem: str, own: Parts) -> Parts:
        """The parts of a clip, with those of the base where it has none of its own."""
        base_stem = self.stem(stem)
        if base_stem is None:
            return own
        theirs = self.dataset.parts(base_stem)
        lent = {m: theirs.entries[m] for m in _LENT if m not in own.entries and m in theirs.entries}
        names = [_LENT[modality] for modality in lent]
        if theirs.splits and not own.splits:
            names.append("split")
        lender = Lender(
            dataset=self.dataset.name,
            stem=base_stem,
            lent=tuple(names),
            motion=theirs.entries.get(MOTION),
            options=self.dataset.track_options,
            expression_space=self.dataset.expression_space,
        )
        return Parts({**own.entries, **lent}, own.splits or theirs.splits, lender)

    def problems(self, stems: Sequence[str]) -> list[Problem]:
        """Predictions that belong to no clip of the base, told once."""
        unmatched = [stem for stem in stems if self.stem(stem) is None]
        if not unmatched:
            return []
        message = (
            f"{len(unmatched):,} of {len(stems):,} clips match none of {self.dataset.path} and play with what they "
            f"have themselves (here: {some(unmatched)}; there: {some(self.dataset.stems)})"
        )
        hint = f"names are compared by --stem-pattern '{self.pattern.pattern}'"
        return [Problem("", "base-unmatched", "warn", f"{message}; {hint}")]
