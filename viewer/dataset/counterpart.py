"""Which clip of one data set belongs to a clip of another."""

from __future__ import annotations

from viewer.dataset.dataset import Dataset


def counterpart(stem: str, of: Dataset, there: Dataset) -> str | None:
    """The clip of the data set `there` that belongs to a clip `of` this one, by name or as predictions belong to it."""
    names = (there.stem_pattern.stem(of.stem_pattern.base_stem(stem) or stem), stem)
    return next((name for name in names if name in there), None)
