"""What a clip of predictions lacks and takes from the clip of its stem in another data set."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64

from viewer.clip import Flag
from viewer.dataset.entry import Entry
from viewer.dataset.tracks import Track, TrackHeader, TrackOptions, read_track, read_track_header
from viewer.errors import ClipError


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
