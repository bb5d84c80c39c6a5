"""Track formats: how motion is written to files, one registered reader each. docs/tracks.md describes them."""

from viewer.dataset.tracks import formats as _formats  # registers the built-in ones
from viewer.dataset.tracks.file import TrackFile
from viewer.dataset.tracks.mapping import TrackMap, read_map
from viewer.dataset.tracks.plan import Part, Plan
from viewer.dataset.tracks.plugin import load_plugin
from viewer.dataset.tracks.read import AUTOMATIC, TrackOptions, read_track, read_track_header
from viewer.dataset.tracks.registry import (
    AUTO,
    FORMATS,
    TrackFormat,
    check_format_name,
    register_format,
    track_suffixes,
)
from viewer.dataset.tracks.track import Track, TrackHeader

__all__ = [
    "AUTO",
    "AUTOMATIC",
    "FORMATS",
    "Part",
    "Plan",
    "Track",
    "TrackFile",
    "TrackFormat",
    "TrackHeader",
    "TrackMap",
    "TrackOptions",
    "check_format_name",
    "load_plugin",
    "read_map",
    "read_track",
    "read_track_header",
    "register_format",
    "track_suffixes",
]

del _formats
