"""From a clip's files to a checked Clip, and from their headers to what can be told without reading them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from viewer import clock
from viewer.clip import MAX_FPS, MIN_FPS, Clip, Flag
from viewer.dataset.entry import Entry
from viewer.dataset.layout import AUDIO, FRAME_RATE, MOTION, TRANSCRIPT, Modality
from viewer.dataset.npy import read_npy_header
from viewer.dataset.npz import NpzReader, open_npz
from viewer.dataset.text import MAX_TRANSCRIPT_BYTES, Text, read_text
from viewer.dataset.wav import Sound, SoundHeader, read_sound, read_sound_header
from viewer.errors import ClipError

_FRAME_RATE_KEY = "mocap_frame_rate"
_LENGTH_TOLERANCE_SECONDS = 0.2
"""Sound and motion that differ by less are taken to be of equal length."""
_LOUDEST = 1.5
"""Float sound may overshoot 1 a little; far above it, its scale is wrong."""


@dataclass(frozen=True)
class MotionHeader:
    """What a motion file says about itself."""

    frames: int
    fps: float
    flags: tuple[Flag, ...]


def read_clip(
    stem: str, entries: Mapping[Modality, Entry], *, expression_space: str, splits: tuple[str, ...] = ()
) -> Clip:
    """Read all files of a clip. Raises ClipError where the motion cannot be used; the rest ends up in flags."""
    if MOTION not in entries:
        raise ClipError(f"{stem}: no motion file ({MOTION.folder}/{stem}{MOTION.suffix}), nothing to show")
    arrays, motion = read_motion(entries[MOTION])
    sound, sound_flags = read_clip_sound(entries.get(AUDIO))
    transcript, text_flags = read_transcript(entries.get(TRANSCRIPT))
    length_flags = [] if sound is None else compare_lengths(clock.duration(motion.frames, motion.fps), sound.seconds)
    return Clip.from_arrays(
        **arrays,
        fps=motion.fps,
        audio=None if sound is None else sound.samples,
        sample_rate=1 if sound is None else sound.header.rate,
        transcript=transcript,
        stem=stem,
        expression_space=expression_space,
        splits=splits,
        flags=(*motion.flags, *sound_flags, *text_flags, *length_flags),
    )


def read_motion_header(entry: Entry) -> MotionHeader:
    """Frames and frame rate. Raises ClipError where the file cannot be a motion."""
    with open_npz(entry) as npz:
        return _motion_header(entry.name, npz)


def read_motion(entry: Entry) -> tuple[dict[str, np.ndarray], MotionHeader]:
    """The arrays `exp`, `pose` and, where it is there, `shape`; their values are checked by Clip."""
    with open_npz(entry) as npz:
        header = _motion_header(entry.name, npz)
        return {key: npz.array(key) for key in ("exp", "pose", "shape") if key in npz}, header


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


def compare_lengths(motion_seconds: float, audio_seconds: float) -> list[Flag]:
    """A flag where sound and motion clearly differ in length."""
    difference = audio_seconds - motion_seconds
    if abs(difference) <= _LENGTH_TOLERANCE_SECONDS:
        return []
    code, word = ("audio-longer", "longer") if difference > 0 else ("audio-shorter", "shorter")
    message = f"Sound lasts {audio_seconds:.2f} s, motion {motion_seconds:.2f} s: {abs(difference):.2f} s {word}."
    return [Flag(code, message)]


def audio_length_flags(header: SoundHeader, seconds: float) -> list[Flag]:
    """A flag where a sound file holds less than its header declares."""
    if round(seconds * header.rate) >= header.declared:
        return []
    message = f"The sound file is cut off: {seconds:.2f} of {header.declared_seconds:.2f} s are there."
    return [Flag("audio-truncated", message)]


def _motion_header(name: str, npz: NpzReader) -> MotionHeader:
    exp, pose = npz.header("exp"), npz.header("pose")
    flags = []
    frames = {"exp": exp.shape, "pose": pose.shape}
    if "shape" in npz:
        shape = npz.header("shape")
        if len(shape.shape) == 2 and shape.shape[0] != 1:  # otherwise one identity for all frames
            frames["shape"] = shape.shape
    else:
        flags.append(Flag("no-shape", "The file has no identity (shape): the mean face is shown."))
    for key, dimensions in frames.items():
        if len(dimensions) != 2:
            raise ClipError(f"{name}: {key} has shape {dimensions}; expected two dimensions (frames, coefficients)")
    if pose.shape[1] != 6:
        raise ClipError(f"{name}: pose has width {pose.shape[1]}; expected 6 (global rotation 3 + jaw 3)")
    if len({dimensions[0] for dimensions in frames.values()}) > 1:
        found = ", ".join(f"{key} {dimensions[0]}" for key, dimensions in frames.items())
        raise ClipError(f"{name}: arrays differ in their number of frames: {found}")
    if exp.shape[0] == 0:
        raise ClipError(f"{name}: exp has no frames (shape {exp.shape})")
    if _FRAME_RATE_KEY not in npz:
        flags.append(Flag("no-frame-rate", f"The file has no {_FRAME_RATE_KEY}: {FRAME_RATE:g} is taken."))
    return MotionHeader(exp.shape[0], _frame_rate(name, npz), tuple(flags))


def _frame_rate(name: str, npz: NpzReader) -> float:
    if _FRAME_RATE_KEY not in npz:
        return FRAME_RATE
    value = npz.array(_FRAME_RATE_KEY)
    if value.size != 1:
        raise ClipError(f"{name}: {_FRAME_RATE_KEY} has shape {value.shape}; expected one number")
    fps = float(value.item())
    if not MIN_FPS <= fps <= MAX_FPS:
        raise ClipError(
            f"{name}: {_FRAME_RATE_KEY} is {fps:g}; expected {MIN_FPS} to {MAX_FPS} frames per second (25 in this data)"
        )
    return fps


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
