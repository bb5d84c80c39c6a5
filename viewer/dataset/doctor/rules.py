"""What doctor looks for, how bad each thing is, and every tolerance with its reason; for users: docs/doctor.md."""

from __future__ import annotations

from dataclasses import dataclass

from viewer.dataset.problem import Severity

VERSION = 1
"""Of what is read from a clip: what an earlier run kept under another number is read again."""

CHECKS = {
    "layout": "folders, archives and lists that should be there",
    "archive": "damage in archives, and members that do not belong there",
    "split-unknown": "split lists that name clips without files",
    "split-overlap": "clips in more than one split",
    "split-repeat": "clips twice in the same list",
    "split-missing": "clips in no split",
    "missing": "clips that lack a file which others have",
    "motion": "motion files that cannot be read, or whose arrays do not fit together",
    "motion-values": "frames that are NaN or infinite, motion that never changes",
    "shape": "identity that is missing, or changes within a clip",
    "frame-rate": "frame rates that are missing, or not those of most clips",
    "audio": "sound files that cannot be read, are cut off, silent or broken",
    "transcript": "transcripts that cannot be read, are empty or not UTF-8",
    "tokens": "audio token files that cannot be read, or hold no tokens",
    "length": "number of frames against the duration of the sound",
    "token-count": "number of audio tokens against the duration of the sound",
    "same-motion": "the same motion in more than one clip",
    "same-audio": "the same sound in more than one clip",
    "unfinished": "clips that could not be checked to the end",
}
"""Every check, in the order of the report, and what it finds."""


@dataclass(frozen=True)
class Rule:
    """Where a flag of a clip is reported."""

    check: str
    severity: Severity


ARCHIVE_PROBLEMS = ("archive", "member")
"""How the checks of problems with archives begin, of those that listing a data set finds; the others are about its
layout."""
TOLD_ELSEWHERE = ("split-unknown", "split-overlap", "index-not-kept")
"""Checks of problems that are told clip by clip here, or say nothing about the data."""

FLAGS = {
    "motion-unreadable": Rule("motion", "error"),
    "motion-not-finite": Rule("motion-values", "error"),
    "motion-constant": Rule("motion-values", "warn"),
    "no-exp": Rule("motion", "warn"),
    "no-pose": Rule("motion", "warn"),
    "expression-space": Rule("motion", "warn"),
    "no-shape": Rule("shape", "note"),
    "shape-varies": Rule("shape", "warn"),
    "no-frame-rate": Rule("frame-rate", "note"),
    "audio-unreadable": Rule("audio", "error"),
    "audio-truncated": Rule("audio", "error"),
    "audio-not-finite": Rule("audio", "error"),
    "audio-out-of-range": Rule("audio", "warn"),
    "audio-silent": Rule("audio", "warn"),
    "transcript-unreadable": Rule("transcript", "error"),
    "transcript-empty": Rule("transcript", "warn"),
    "transcript-encoding": Rule("transcript", "warn"),
    "transcript-characters": Rule("transcript", "note"),
    "transcript-cut": Rule("transcript", "warn"),
    "tokens-unreadable": Rule("tokens", "error"),
}
"""What is made of the flags that reading a clip raises. What is not here is told by a check of its own (missing files,
lengths), or is how a track format is."""

MISSING: dict[str, Severity] = {
    "FLAME_coeffs_25": "error",  # a clip that cannot be trained on or watched
    "audios": "warn",
    "transcripts": "warn",
    "audios_token_glm": "note",
}
"""How bad it is that a clip lacks its file in a folder that holds those of others."""

OPTIONAL = ("audios_token_glm",)
"""Folders that a data set may do without."""

FRAMES_NOTE, FRAMES_ERROR = 0, 2
"""The motion of a clip has one frame for every 1 / fps of sound begun: T = ceil(seconds x fps). A frame or two more or
less is rounding of whoever wrote it; beyond 2 frames (80 ms at 25) sound or lips are missing at the end."""

TOKENS_PER_SECOND = 12.5
"""Of the GLM-4-Voice tokenizer: one token for 80 ms."""
TOKENS_WARN, TOKENS_ERROR = 1, 12
"""Tokens are counted in whole 80 ms, rounded in either direction: one more or less says nothing. Beyond 12, about a
second, they belong to other sound."""
