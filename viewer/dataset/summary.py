"""What can be told of a clip from the headers of its files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from viewer import clock
from viewer.clip import FLAME_2020, Flag
from viewer.dataset import read
from viewer.dataset.borrow import Lender
from viewer.dataset.entry import Entry
from viewer.dataset.layout import AUDIO, MOTION, TOKENS, TRANSCRIPT, Modality
from viewer.dataset.tracks import AUTOMATIC, TrackHeader, TrackOptions, read_track_header
from viewer.errors import ClipError


@dataclass(frozen=True)
class ClipSummary:
    """One line of a list of clips."""

    stem: str
    splits: tuple[str, ...] = ()
    frames: int | None = None
    """None where there is no motion that can be read: such a clip cannot be played."""
    fps: float | None = None
    seconds: float | None = None
    """Duration of the motion; of the sound where there is no motion."""
    audio_seconds: float | None = None
    audio_format: str | None = None
    """Such as "PCM 16-bit, 16000 Hz, mono"."""
    has_motion: bool = False
    """Whether there is a motion file; `frames` tells whether it can be read. The same for the next two."""
    has_audio: bool = False
    has_transcript: bool = False
    transcript: str | None = None
    tokens: int | None = None
    """Number of audio tokens; None where there are none, or none that can be read."""
    flags: tuple[Flag, ...] = ()

    @property
    def playable(self) -> bool:
        """Whether there is motion that can be shown, as far as headers tell."""
        return self.frames is not None


def summarise(
    stem: str,
    entries: Mapping[Modality, Entry],
    *,
    expression_space: str = FLAME_2020,
    splits: tuple[str, ...] = (),
    options: TrackOptions = AUTOMATIC,
    lender: Lender | None = None,
) -> ClipSummary:
    """Read the headers of a clip's files. Whatever is wrong with them ends up in flags."""
    motion, motion_flags = _motion(entries.get(MOTION), options)
    if motion is not None:
        motion_flags = (*motion_flags, *read.space_flags(motion, expression_space))
    if lender is not None:
        identity = motion is not None and lender.lends_identity(motion, expression_space)
        motion_flags = lender.flags(motion_flags, identity=identity)
    audio, audio_flags = read.read_clip_sound_header(entries.get(AUDIO))
    transcript, transcript_flags = read.read_transcript(entries.get(TRANSCRIPT))
    tokens, token_flags = read.read_token_count(entries.get(TOKENS))
    seconds = None if motion is None else clock.duration(motion.frames, motion.fps)
    length_flags = [] if motion is None or audio is None else read.compare_lengths(motion, audio.seconds)
    return ClipSummary(
        stem=stem,
        splits=splits,
        frames=None if motion is None else motion.frames,
        fps=None if motion is None else motion.fps,
        seconds=audio.seconds if seconds is None and audio is not None else seconds,
        audio_seconds=None if audio is None else audio.seconds,
        audio_format=None if audio is None else audio.description,
        has_motion=MOTION in entries,
        has_audio=AUDIO in entries,
        has_transcript=TRANSCRIPT in entries,
        transcript=transcript,
        tokens=tokens,
        flags=(*motion_flags, *audio_flags, *transcript_flags, *token_flags, *length_flags),
    )


def _motion(entry: Entry | None, options: TrackOptions) -> tuple[TrackHeader | None, tuple[Flag, ...]]:
    if entry is None:
        return None, (Flag("no-motion", "No motion file: there is nothing to show."),)
    try:
        header = read_track_header(entry, options=options)
    except ClipError as error:
        return None, (Flag("motion-unreadable", f"The motion cannot be used: {error}."),)
    return header, header.flags
