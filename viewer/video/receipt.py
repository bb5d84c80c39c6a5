"""What an mp4 was made from, kept inside the mp4."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

from viewer._version import VERSION
from viewer.clip import LENGTH_CODES, NOT_FINITE, Clip
from viewer.flame import HeadChoice
from viewer.video.sound import length_note


@dataclass(frozen=True)
class Receipt:
    """Everything that decided how an exported clip looks and sounds."""

    stem: str
    content_hash: str
    """`Clip.content_hash` of what was shown."""
    frames: int
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

    def to_json(self) -> str:
        return json.dumps(asdict(self), ensure_ascii=False)


def alterations(clip: Clip, head: HeadChoice) -> tuple[str, ...]:
    """Where a clip, played on a head with its sound, differs from its data; one sentence each."""
    held = [flag.message for flag in clip.flags if flag.code == NOT_FINITE]
    length = [flag.message for flag in clip.flags if flag.code in LENGTH_CODES]
    if not length and clip.audio is not None:  # a small difference, or no data set that flags it
        note = length_note(clip.audio, len(clip), clip.fps)
        length = [note] if note else []
    return (*head.warnings_for(clip), *held, *length)
