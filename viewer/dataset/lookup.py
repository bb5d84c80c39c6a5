"""Telling which clip a user may have meant."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from pathlib import Path

from viewer.errors import DatasetError

_SHOWN = 200
"""Characters of a stem in messages."""


def unknown_stem(stem: str, stems: Sequence[str], *, path: Path, complete: bool) -> DatasetError:
    """The error for a stem that is not among those of the data set at `path`.

    complete: whether all of its archives have been looked through.
    """
    message = f"no clip {stem[:_SHOWN]!r} in {path}"
    if not complete:
        return DatasetError(f"{message} so far: its archives are still being looked through")
    close = difflib.get_close_matches(stem[:_SHOWN], stems, n=3)
    if close:
        return DatasetError(f"{message}; did you mean {' or '.join(map(repr, close))}?")
    first = ", ".join(map(repr, stems[:3]))
    return DatasetError(f"{message}; the first of its {len(stems):,} clips are {first}")
