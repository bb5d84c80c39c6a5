"""What an mp4 was made from, kept inside the mp4."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

from viewer._version import VERSION
from viewer.clip import LENGTH_CODES, NOT_FINITE, Clip
from viewer.flame import HeadChoice
from viewer.video.sound import length_note


@dataclass(frozen=True)
class ComparedTrack:
    """A prediction that is shown beside the clip."""

    label: str
    """What stands above its picture: the name of its data set."""
    stem: str
    content_hash: str
    frames: int
    """Of the whole prediction, at its own rate."""
    fps: float
    remarks: tuple[str, ...]
    """How it was brought onto the clip's frames."""


@dataclass(frozen=True)
class Receipt:
    """Everything that decided how an exported clip looks and sounds."""

    stem: str
    content_hash: str
    """`Clip.content_hash` of what was shown."""
    frames: int
    """Of the film."""
    fps: float
    seconds: float
    model_version: str
    model_hash: str
    look: str
    camera: str
    size: tuple[int, int]
    """Width and height in pixels."""
    crf: int
    altered: tuple[str, ...]
    """Where picture or sound differ from the data: zeroed expressions, held frames, cut sound, captions."""
    flags: tuple[str, ...]
    """What the viewer noticed about the clip."""
    gl_renderer: str
    version: str = VERSION
    speed: float = 1.0
    """Of the film, as a share of the clip's own."""
    tracks: tuple[ComparedTrack, ...] = ()
    """Predictions beside the clip, which is then the reference; in their order."""
    heat_top_mm: float | None = None
    """Error at which the colours of heat maps end."""

    def to_json(self) -> str:
        return json.dumps(asdict(self), ensure_ascii=False)


def alterations(clip: Clip, head: HeadChoice, *, sound: bool = True) -> tuple[str, ...]:
    """Where a clip, played on a head with its sound, differs from its data; one sentence each.

    sound: whether it is heard.
    """
    held = [flag.message for flag in clip.flags if flag.code == NOT_FINITE]
    length = [flag.message for flag in clip.flags if flag.code in LENGTH_CODES and sound]
    if sound and not length and clip.audio is not None:  # a small difference, or no data set that flags it
        note = length_note(clip.audio, len(clip), clip.fps)
        length = [note] if note else []
    return (*head.warnings_for(clip), *held, *length)
