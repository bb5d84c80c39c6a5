"""Reading the motion of one clip from whatever file it is in."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import TypeVar

from viewer.clip import MAX_FPS, MIN_FPS
from viewer.dataset.entry import Entry
from viewer.dataset.tracks.file import TrackFile, open_track
from viewer.dataset.tracks.mapping import TrackMap
from viewer.dataset.tracks.plan import Plan, header_by_plan, read_by_plan
from viewer.dataset.tracks.registry import AUTO, TrackFormat, choose_format
from viewer.dataset.tracks.track import Track, TrackHeader
from viewer.errors import ClipError, ViewerError

T = TypeVar("T")


@dataclasses.dataclass(frozen=True)
class TrackOptions:
    """How the motion files of a data set are to be read."""

    format: str = AUTO
    """Name of a registered format, or "auto" for the one that fits."""
    mapping: TrackMap | None = None
    """What is where, or what differs from the format."""


AUTOMATIC = TrackOptions()


def read_track(entry: Entry, *, options: TrackOptions = AUTOMATIC) -> Track:
    """The motion of a file. Its values are checked by Clip. Raises ClipError for whatever is wrong with the file."""
    with open_track(entry) as file:
        plan, own = _how(file, options)
        if own is None:
            return read_by_plan(file, plan)
        track = _guarded(own, file, lambda: _run(own, file))
        return _overridden(track, options.mapping)


def read_track_header(entry: Entry, *, options: TrackOptions = AUTOMATIC) -> TrackHeader:
    """Frames, frame rate and flags of a file, by its headers. Raises ClipError as `read_track` does.

    A format of one's own that has only a function `read` is read whole.
    """
    with open_track(entry) as file:
        plan, own = _how(file, options)
        if own is None:
            return header_by_plan(file, plan)
    return read_track(entry, options=options).header


def _how(file: TrackFile, options: TrackOptions) -> tuple[Plan, TrackFormat | None]:
    """The plan to read a file by, or the format that reads it itself."""
    mapping = options.mapping
    if mapping is not None and mapping.plan is not None:
        return mapping.plan, None
    chosen = choose_format(file, options.format if mapping is None or mapping.format is None else mapping.format)
    if chosen.plan is None:
        return Plan(), chosen
    make_plan = chosen.plan
    plan = _guarded(chosen, file, lambda: make_plan(file)) if chosen.registered else make_plan(file)
    return (plan if mapping is None else mapping.over(plan)), None


def _run(own: TrackFormat, file: TrackFile) -> Track:
    assert own.read is not None  # register_format saw to it
    track = own.read(file)
    if not isinstance(track, Track):
        raise ClipError(f"track format {own.name} returned {type(track).__name__} for {file.name}; expected a Track")
    if track.frames == 0:
        raise ClipError(f"track format {own.name} found no frames in {file.name}: it needs exp and pose, or vertices")
    if not MIN_FPS <= track.fps <= MAX_FPS:
        raise ClipError(f"track format {own.name} gave {file.name} {track.fps!r} frames per second")
    return track


def _overridden(track: Track, mapping: TrackMap | None) -> Track:
    if mapping is None:
        return track
    return dataclasses.replace(
        track,
        fps=track.fps if mapping.fps is None else mapping.fps,
        expression_space=mapping.expression_space or track.expression_space,
    )


def _guarded(own: TrackFormat, file: TrackFile, run: Callable[[], T]) -> T:
    """The result of a user's function: whatever goes wrong in it is an error of this clip alone."""
    try:
        return run()
    except ViewerError:
        raise
    except Exception as error:
        raise ClipError(f"track format {own.name} failed on {file.name}: {type(error).__name__}: {error}") from error
