"""Checks that need more than one file, or more than one clip."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence

from viewer import clock
from viewer.dataset.doctor.facts import ClipFacts
from viewer.dataset.doctor.finding import Finding
from viewer.dataset.doctor.rules import FRAMES_ERROR, FRAMES_NOTE, TOKENS_ERROR, TOKENS_PER_SECOND, TOKENS_WARN
from viewer.dataset.layout import AUDIO, FRAME_RATE, MOTION, SPLITS, TOKENS

_NO_SPLIT = len(SPLITS)


def check_lengths(facts: Iterable[ClipFacts]) -> list[Finding]:
    """Frames and tokens of each clip against the duration of its sound."""
    findings = []
    for clip in facts:
        if clip.audio_seconds is None:
            continue
        if clip.frames is not None and clip.fps is not None:
            expected = clock.frames_begun(clip.audio_seconds, clip.fps)
            off = clip.frames - expected
            if abs(off) > FRAMES_NOTE:
                message = (
                    f"{clip.frames:,} frames ({clip.frames / clip.fps:.2f} s) for {clip.audio_seconds:.2f} s of sound: "
                    f"{_more_or_less(off, 'frame')} than the {expected:,} expected."
                )
                findings.append(
                    Finding("length", "error" if abs(off) > FRAMES_ERROR else "note", message, MOTION.folder, clip.stem)
                )
        if clip.tokens is not None:
            expected = clock.frames_begun(clip.audio_seconds, TOKENS_PER_SECOND)
            off = clip.tokens - expected
            if abs(off) > TOKENS_WARN:
                message = (
                    f"{clip.tokens:,} tokens for {clip.audio_seconds:.2f} s of sound: {_more_or_less(off, 'token')} "
                    f"than the {expected:,} expected at {TOKENS_PER_SECOND:g} a second."
                )
                findings.append(
                    Finding(
                        "token-count",
                        "error" if abs(off) > TOKENS_ERROR else "warn",
                        message,
                        TOKENS.folder,
                        clip.stem,
                    )
                )
    return findings


def check_frame_rates(facts: Iterable[ClipFacts]) -> list[Finding]:
    """Clips whose frame rate is not that of most."""
    rates = {clip.stem: clip.fps for clip in facts if clip.fps is not None}
    if not rates:
        return []
    (usual, count), *_ = Counter(rates.values()).most_common(1)
    findings = []
    if usual != FRAME_RATE:
        message = f"Most clips have {usual:g} frames a second; {FRAME_RATE:g} are expected in this layout."
        findings.append(Finding("frame-rate", "warn", message, MOTION.folder))
    for stem, rate in rates.items():
        if rate != usual:
            message = f"{rate:g} frames a second; {count:,} of {len(rates):,} clips have {usual:g}."
            findings.append(Finding("frame-rate", "warn", message, MOTION.folder, stem))
    return findings


def check_copies(facts: Sequence[ClipFacts], splits: Mapping[str, tuple[str, ...]]) -> list[Finding]:
    """Clips with the same motion or the same sound: an error where they are in different splits, a leak."""
    findings = []
    for check, noun, folder, hashes in (
        ("same-motion", "motion", MOTION.folder, {clip.stem: clip.motion_hash for clip in facts}),
        ("same-audio", "sound", AUDIO.folder, {clip.stem: clip.audio_hash for clip in facts}),
    ):
        groups: dict[str, list[str]] = defaultdict(list)
        for stem, digest in hashes.items():
            if digest is not None:
                groups[digest].append(stem)
        for stems in groups.values():
            first, *copies = sorted(stems, key=lambda stem: (_rank(splits.get(stem, ())), stem))
            for stem in copies:
                ours, theirs = splits.get(stem, ()), splits.get(first, ())
                leak = bool(ours and theirs) and ours != theirs
                message = f"The same {noun} as {first}" + (
                    f", which is in {' and '.join(theirs)}; this clip is in {' and '.join(ours)}." if leak else "."
                )
                findings.append(Finding(check, "error" if leak else "warn", message, folder, stem))
    return findings


def _rank(splits: tuple[str, ...]) -> int:
    """Training clips first: the copy that is reported is the one in val or test."""
    return min((SPLITS.index(split) for split in splits), default=_NO_SPLIT)


def _more_or_less(difference: int, noun: str) -> str:
    number = abs(difference)
    return f"{number:,} {noun}{'' if number == 1 else 's'} {'more' if difference > 0 else 'fewer'}"
