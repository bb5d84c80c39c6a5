"""Looking at one clip: its headers, or every byte of its files. Nothing in a file stops it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

import numpy as np

from viewer.clip import Audio, Clip, Flag
from viewer.dataset.dataset import Dataset
from viewer.dataset.doctor.facts import ClipFacts
from viewer.dataset.doctor.finding import Finding
from viewer.dataset.doctor.rules import FLAGS
from viewer.dataset.layout import AUDIO, MOTION, TOKENS, TRANSCRIPT
from viewer.dataset.npy import read_npy
from viewer.dataset.read import read_clip_sound, read_transcript
from viewer.errors import ClipError

_FLAG_STARTS = {"audio": AUDIO, "transcript": TRANSCRIPT, "tokens": TOKENS}


def examine(dataset: Dataset, stem: str, *, read: bool) -> ClipFacts:
    """Facts of a clip and what is wrong with its files by themselves; `read`: decode all of them."""
    return _read(dataset, stem) if read else _headers(dataset, stem)


def _headers(dataset: Dataset, stem: str) -> ClipFacts:
    summary = dataset.summary(stem)
    return ClipFacts(
        stem=stem,
        read=False,
        frames=summary.frames,
        fps=summary.fps,
        audio_seconds=summary.audio_seconds,
        tokens=summary.tokens,
        findings=_findings(dataset, stem, summary.flags),
    )


def _read(dataset: Dataset, stem: str) -> ClipFacts:
    clip, flags = _clip(dataset, stem)
    audio = None if clip is None else clip.audio
    if clip is None:  # the rest is looked at all the same
        sound, sound_flags = read_clip_sound(dataset.entry(AUDIO, stem))
        audio = None if sound is None else Audio(sound.samples, sound.header.rate)
        flags += [*sound_flags, *read_transcript(dataset.entry(TRANSCRIPT, stem))[1]]
    motion_hash, motion_flags = (None, []) if clip is None else _motion(clip)
    audio_hash, audio_flags = (None, []) if audio is None else _sound(audio)
    tokens, token_flags = _tokens(dataset, stem)
    return ClipFacts(
        stem=stem,
        read=True,
        frames=None if clip is None else len(clip),
        fps=None if clip is None else clip.fps,
        audio_seconds=None if audio is None else audio.seconds,
        tokens=tokens,
        motion_hash=motion_hash,
        audio_hash=audio_hash,
        findings=_findings(dataset, stem, [*flags, *motion_flags, *audio_flags, *token_flags]),
    )


def _clip(dataset: Dataset, stem: str) -> tuple[Clip | None, list[Flag]]:
    if dataset.entry(MOTION, stem) is None:
        return None, []
    try:
        clip = dataset[stem]
    except ClipError as error:
        return None, [Flag("motion-unreadable", f"{error}.")]
    return clip, list(clip.flags)


def _motion(clip: Clip) -> tuple[str | None, list[Flag]]:
    """Hash of what moves, and flags."""
    flags = []
    if np.any(clip.shape != clip.shape[:1]):
        first = int(np.argmax(np.any(clip.shape != clip.shape[:1], axis=1)))
        flags.append(Flag("shape-varies", f"The identity (shape) changes within the clip, first at frame {first:,}."))
    moving = [clip.exp, clip.pose] if clip.vertices is None else [clip.vertices]
    if all(np.all(array == array[:1]) for array in moving):
        if len(clip) > 1:
            flags.append(Flag("motion-constant", f"All {len(clip):,} frames are the same."))
        return None, flags
    return _hash(moving), flags


def _sound(audio: Audio) -> tuple[str | None, list[Flag]]:
    if np.all(audio.samples == audio.samples[:1]):
        return None, [Flag("audio-silent", f"All {len(audio.samples):,} samples are the same: silence.")]
    return _hash([audio.samples, np.array(audio.rate)]), []


def _tokens(dataset: Dataset, stem: str) -> tuple[int | None, list[Flag]]:
    entry = dataset.entry(TOKENS, stem)
    if entry is None:
        return None, []
    try:
        tokens = read_npy(entry)
        if tokens.dtype.kind not in "iu" or tokens.ndim != 1 or tokens.size == 0 or tokens.min() < 0:
            raise ClipError(f"{entry.name}: {_describe_tokens(tokens)}; expected (N,) whole numbers from 0")
    except ClipError as error:
        return None, [Flag("tokens-unreadable", f"{error}.")]
    return len(tokens), []


def _describe_tokens(tokens: np.ndarray) -> str:
    lowest = f", lowest {tokens.min()}" if tokens.size else ""
    return f"shape {tokens.shape}, {tokens.dtype}{lowest}"


def _findings(dataset: Dataset, stem: str, flags: Iterable[Flag]) -> tuple[Finding, ...]:
    findings = []
    for flag in flags:
        rule = FLAGS.get(flag.code)
        if rule is None:
            continue
        entry = dataset.entry(_FLAG_STARTS.get(flag.code.split("-")[0], MOTION), stem)
        name = stem if entry is None else entry.name
        # The place is told beside the message: no need to have it in there too.
        message = flag.message.replace(f"{name}: ", "").replace(name, "the file")
        where = name.removeprefix(f"{dataset.path}/")
        findings.append(Finding(rule.check, rule.severity, message, where, stem))
    return tuple(findings)


def _hash(arrays: list[np.ndarray]) -> str:
    digest = hashlib.blake2b(digest_size=16)
    for array in arrays:
        digest.update(f"{array.shape}{array.dtype}".encode())
        digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()
