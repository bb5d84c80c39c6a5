"""The registered track formats, and telling which one a file is in."""

from __future__ import annotations

import difflib
from collections.abc import Callable
from dataclasses import dataclass

from viewer.dataset.tracks.file import SUFFIXES, TrackFile
from viewer.dataset.tracks.plan import Plan
from viewer.dataset.tracks.track import Track
from viewer.errors import ClipError, UsageError

AUTO = "auto"


@dataclass(frozen=True)
class TrackFormat:
    """A way in which motion is written to files.

    A format either makes a `plan` of where the parts are, which is then read within bounds, or has a function `read` of
    its own that returns the track. Both may raise ClipError; for `recognise` that means that the file is another.
    """

    name: str
    """For `--track-format`."""
    source: str
    """Who writes such files, for people."""
    recognise: Callable[[TrackFile], bool]
    """Whether a file is in this format, by its keys and shapes."""
    plan: Callable[[TrackFile], Plan] | None = None
    read: Callable[[TrackFile], Track] | None = None
    suffixes: tuple[str, ...] = SUFFIXES
    """Of the files to look for, in small letters."""
    registered: bool = False
    """Whether it is somebody's own: then anything that goes wrong in it is an error of that clip."""


FORMATS: dict[str, TrackFormat] = {}
"""By name; `register_format` adds to it."""


def register_format(track_format: TrackFormat) -> None:
    """Add a format of one's own. Raises UsageError for a name that is taken, or for a format that cannot read.

    Registering the same format again, as a module that is loaded twice does, replaces it.
    """
    known = FORMATS.get(track_format.name)
    if track_format.name == AUTO or (known is not None and not known.registered):
        raise UsageError(f"there is a track format {track_format.name!r} already; choose another name")
    if (track_format.plan is None) == (track_format.read is None):
        raise UsageError(f"track format {track_format.name!r} needs a plan, or else a function read")
    FORMATS[track_format.name] = TrackFormat(**{**vars(track_format), "registered": True})


def check_format_name(name: str) -> None:
    """Raises UsageError for a name that is neither "auto" nor registered."""
    if name != AUTO and name not in FORMATS:
        close = difflib.get_close_matches(name, FORMATS, n=1)
        hint = f"did you mean {close[0]}?" if close else f"expected {AUTO}, {', '.join(FORMATS)}"
        raise UsageError(f"no track format {name!r}; {hint}")


def track_suffixes() -> tuple[str, ...]:
    """Suffixes of files that may be tracks."""
    return tuple(dict.fromkeys(suffix for known in FORMATS.values() for suffix in known.suffixes))


def choose_format(file: TrackFile, name: str = AUTO) -> TrackFormat:
    """The format of a file: the one that is named, otherwise the only one that recognises it. Raises ClipError."""
    if name != AUTO:
        return FORMATS[name]
    found = [known for known in FORMATS.values() if _recognises(known, file)]
    if len(found) == 1:
        return found[0]
    if found:
        names = " or ".join(f"--track-format {known.name}" for known in found)
        raise ClipError(f"{file.name} may be read in more than one way (it holds {file.describe()}): choose {names}")
    if file.problem is not None:
        raise file.problem
    raise ClipError(
        f"{file.name} is in no known track format ({', '.join(FORMATS)}): it holds {file.describe()}. "
        "Say what is what in a map, --map FILE.toml (docs/tracks.md)"
    )


def _recognises(known: TrackFormat, file: TrackFile) -> bool:
    try:
        return bool(known.recognise(file))
    except ClipError:  # it looked at an array that is not there
        return False
    except Exception as error:
        if not known.registered:
            raise
        message = f"track format {known.name} failed to recognise {file.name}: {type(error).__name__}: {error}"
        raise ClipError(message) from error
