"""From a clip's files to a checked Clip, and from their headers to what can be told without reading them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import islice

import numpy as np

from viewer import clock
from viewer.clip import Clip, Flag
from viewer.dataset.borrow import Lender
from viewer.dataset.entry import Entry
from viewer.dataset.layout import AUDIO, MOTION, TRANSCRIPT, Modality
from viewer.dataset.npy import read_npy_header
from viewer.dataset.text import MAX_TRANSCRIPT_BYTES, Text, read_text
from viewer.dataset.tracks import AUTOMATIC, TrackHeader, TrackOptions, read_track, read_track_header
from viewer.dataset.wav import Sound, SoundHeader, read_sound, read_sound_header
from viewer.errors import ClipError

_LENGTH_TOLERANCE_SECONDS = 0.2
"""Sound and motion that differ by less are taken to be of equal length."""
TRACKS_LOOKED_AT = 3
"""To find out what a data set's expressions are made for."""
_COMMON_FRAME_RATES = (25, 30, 60, 24, 50, 100, 120)
_LOUDEST = 1.5
"""Float sound may overshoot 1 a little; far above it, its scale is wrong."""


def read_clip(
    stem: str,
    entries: Mapping[Modality, Entry],
    *,
    expression_space: str,
    splits: tuple[str, ...] = (),
    options: TrackOptions = AUTOMATIC,
    lender: Lender | None = None,
) -> Clip:
    """Read all files of a clip. Raises ClipError where the motion cannot be used; the rest ends up in flags."""
    if MOTION not in entries:
        raise ClipError(f"{stem}: no motion file ({MOTION.folder}/{stem}{MOTION.suffix}), nothing to show")
    track = read_track(entries[MOTION], options=options)
    identity = lender.identity() if lender and lender.lends_identity(track, expression_space) else None
    sound, sound_flags = read_clip_sound(entries.get(AUDIO))
    transcript, text_flags = read_transcript(entries.get(TRANSCRIPT))
    track_flags = (*track.flags, *space_flags(track.header, expression_space))
    if lender is not None:
        track_flags = lender.flags(track_flags, identity=identity is not None)
    return Clip.from_arrays(
        exp=track.exp,
        pose=track.pose,
        shape=track.shape if identity is None else identity,
        vertices=track.vertices,
        fps=track.fps,
        audio=None if sound is None else sound.samples,
        sample_rate=1 if sound is None else sound.header.rate,
        transcript=transcript,
        stem=stem,
        expression_space=expression_space,
        splits=splits,
        flags=(
            *track_flags,
            *sound_flags,
            *text_flags,
            *([] if sound is None else compare_lengths(track.header, sound.seconds)),
        ),
    )


def expression_space(entries: Iterable[Entry], options: TrackOptions) -> str | None:
    """The one that the format of the first readable track stands for; None where it stands for none."""
    for entry in islice(entries, TRACKS_LOOKED_AT):
        try:
            return read_track_header(entry, options=options).expression_space
        except ClipError:  # told where its clip is read
            continue
    return None


def read_clip_sound(entry: Entry | None) -> tuple[Sound | None, list[Flag]]:
    """Sound of a clip, as far as it can be read."""
    if entry is None:
        return None, [_NO_AUDIO]
    try:
        sound = read_sound(entry)
    except ClipError as error:
        return None, [_audio_unreadable(error)]
    flags = audio_length_flags(sound.header, sound.seconds)
    if sound.silenced:
        message = f"{sound.silenced:,} samples of the sound are NaN or infinite: replaced by silence."
        flags.append(Flag("audio-not-finite", message))
    peak = float(np.abs(sound.samples).max())
    if peak > _LOUDEST:
        flags.append(
            Flag("audio-out-of-range", f"The sound reaches {peak:.4g}; expected -1 to 1: it will be distorted.")
        )
    return sound, flags


def read_clip_sound_header(entry: Entry | None) -> tuple[SoundHeader | None, list[Flag]]:
    """Like `read_clip_sound`, from the header alone."""
    if entry is None:
        return None, [_NO_AUDIO]
    try:
        header = read_sound_header(entry)
    except ClipError as error:
        return None, [_audio_unreadable(error)]
    return header, audio_length_flags(header, header.seconds)


def read_transcript(entry: Entry | None) -> tuple[str | None, list[Flag]]:
    """Transcript of a clip, fit to be shown."""
    if entry is None:
        return None, [Flag("no-transcript", "No transcript.")]
    try:
        text = read_text(entry)
    except ClipError as error:
        return None, [Flag("transcript-unreadable", f"The transcript is left out: {error}.")]
    return text.text, list(_text_flags(text))


def read_token_count(entry: Entry | None) -> tuple[int | None, list[Flag]]:
    """How many audio tokens a clip has: None where it has no such file, or none that can be read."""
    if entry is None:
        return None, []
    try:
        header = read_npy_header(entry)
        if len(header.shape) != 1 or header.dtype.kind not in "iu":
            raise ClipError(f"{entry.name} has shape {header.shape} of {header.dtype}; expected (N,) whole numbers")
    except ClipError as error:
        return None, [Flag("tokens-unreadable", f"The audio tokens cannot be read: {error}.")]
    return header.shape[0], []


def compare_lengths(motion: TrackHeader, audio_seconds: float) -> list[Flag]:
    """A flag where sound and motion clearly differ in length."""
    motion_seconds = clock.duration(motion.frames, motion.fps)
    difference = audio_seconds - motion_seconds
    if abs(difference) <= _LENGTH_TOLERANCE_SECONDS:
        return []
    code, what = ("audio-longer", "are cut off") if difference > 0 else ("audio-shorter", "are silent")
    message = f"Sound lasts {audio_seconds:.2f} s, motion {motion_seconds:.2f} s: {abs(difference):.2f} s {what}."
    if any(flag.code == "no-frame-rate" for flag in motion.flags):
        for fps in _COMMON_FRAME_RATES:
            if abs(clock.duration(motion.frames, fps) - audio_seconds) <= _LENGTH_TOLERANCE_SECONDS:
                message += f" At {fps} frames per second they would agree: fps = {fps} in a map (--map)."
                break
    return [Flag(code, message)]


def space_flags(motion: TrackHeader, expression_space: str) -> list[Flag]:
    """A flag where a file's format has other expressions than those the data set is played with."""
    if motion.expression_space in (None, expression_space):
        return []
    message = (
        f"Expressions of this format are made for {motion.expression_space}, but played as {expression_space}. "
        "dataset.json or a map can name their space."
    )
    return [Flag("expression-space", message)]


def audio_length_flags(header: SoundHeader, seconds: float) -> list[Flag]:
    """A flag where a sound file holds less than its header declares."""
    if round(seconds * header.rate) >= header.declared:
        return []
    message = f"The sound file is cut off: {seconds:.2f} of {header.declared_seconds:.2f} s are there."
    return [Flag("audio-truncated", message)]


def _text_flags(text: Text) -> list[Flag]:
    flags = []
    if not text.text:
        flags.append(Flag("transcript-empty", "The transcript is empty."))
    if text.encoding != "utf-8":
        flags.append(Flag("transcript-encoding", f"The transcript is not UTF-8: read as {text.encoding}."))
    if text.cleaned:
        flags.append(Flag("transcript-characters", "Control or undecodable characters of the transcript are left out."))
    if text.cut:
        message = f"The transcript is cut after {MAX_TRANSCRIPT_BYTES // 1024} KiB."
        flags.append(Flag("transcript-cut", message))
    return flags


_NO_AUDIO = Flag("no-audio", "No sound: the clip plays silently.")


def _audio_unreadable(error: ClipError) -> Flag:
    return Flag("audio-unreadable", f"The clip plays silently: {error}.")
