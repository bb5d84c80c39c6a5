"""The columns of the catalogue: what they are called, and how a clip's summary becomes a row."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Literal

from viewer.dataset.summary import ClipSummary

Kind = Literal["text", "number", "severity", "names"]
"""What values are: severities are kept as numbers, so that they sort by how bad they are; names as one text, joined."""
Value = float | str | None
EXCERPT_CHARACTERS = 160
"""Of the transcript, in a row."""
NONE = "none"
"""Name for "in no split" among the splits of a query, "not checked" among its severities, "no verdict" among these."""
SEVERITIES = ("ok", "note", "warn", "error")
"""How bad what checks found in a clip is."""
WORST = "worst"
"""Column of the worst severity of a clip's findings; of kind `severity`."""
ISSUES = "issues"
"""Column of what is not in order, `check:severity` each; of kind `names`."""
BADNESS = "badness"
"""Column of the number that clips are ranked by, the worst first."""
VERDICT = "verdict"
"""Column of the verdict that stands on a clip, one of `VERDICTS`; none where it has none."""
VERDICTS = ("good", "unsure", "bad", "stale")
"""What reviewers say of clips; stale: the clip has changed since."""
CHECK_PREFIX = "check_"
"""What the columns of checks begin with: no others do."""


@dataclass(frozen=True)
class Column:
    """One column that rows have and that can be sorted by."""

    name: str
    """Key in rows and in `Query.sort`."""
    title: str
    """For people."""
    kind: Kind
    unit: str = ""


COLUMNS = (
    Column("stem", "clip", "text"),
    Column("session", "session", "text"),
    Column("splits", "split", "text"),
    Column("frames", "frames", "number", "frames"),
    Column("seconds", "duration", "number", "s"),
    Column("fps", "frame rate", "number", "frames/s"),
    Column("audio_seconds", "sound", "number", "s"),
    Column("audio_format", "sound format", "text"),
    Column("modalities", "files", "text"),
    Column("tokens", "audio tokens", "number", "tokens"),
    Column("words", "words", "number", "words"),
    Column("text", "transcript", "text"),
    Column("flags", "flags", "text"),
    Column("playable", "playable", "number"),
)
NAMES = tuple(column.name for column in COLUMNS)

MODALITY_NAMES = ("motion", "audio", "transcript", "tokens")

DETAILS = ("text", "flag_messages")
"""Columns of a table of their own, so that searching and sorting pass over fewer bytes."""
STORED = (*(name for name in NAMES if name not in DETAILS), *DETAILS)
"""Columns that hold a row: first those of the table `clips`. Lists are texts, joined; NULL where a list is empty."""

_SEPARATOR = " "


def session_of(stem: str) -> str:
    """Session of a clip named `<session>_<segment>`; the whole stem where there is no underscore."""
    return stem.rpartition("_")[0] or stem


def joined(names: tuple[str, ...] | list[str]) -> str | None:
    """Several names as one value that can be compared, grouped and sorted; None for no names."""
    return _SEPARATOR.join(names) or None


def separated(value: str | None) -> list[str]:
    """The names in what `joined` made."""
    return value.split(_SEPARATOR) if value else []


def excerpt(transcript: str | None) -> str | None:
    """The beginning of a transcript, on one line."""
    text = " ".join((transcript or "").split())
    return (text if len(text) <= EXCERPT_CHARACTERS else text[:EXCERPT_CHARACTERS].rstrip() + "…") or None


def stored(summary: ClipSummary) -> tuple[Any, ...]:
    """Values of the columns `STORED`."""
    there = (summary.has_motion, summary.has_audio, summary.has_transcript, summary.tokens is not None)
    values = {
        "stem": summary.stem,
        "session": session_of(summary.stem),
        "splits": joined(summary.splits),
        "frames": summary.frames,
        "seconds": summary.seconds,
        "fps": summary.fps,
        "audio_seconds": summary.audio_seconds,
        "audio_format": summary.audio_format,
        "modalities": joined([name for name, has in zip(MODALITY_NAMES, there, strict=True) if has]),
        "tokens": summary.tokens,
        "words": None if summary.transcript is None else len(summary.transcript.split()),
        "text": excerpt(summary.transcript),
        "flags": joined(sorted({flag.code for flag in summary.flags})),
        "playable": int(summary.playable),
        "flag_messages": json.dumps([[flag.code, flag.message] for flag in summary.flags]) if summary.flags else None,
    }
    return tuple(values[name] for name in STORED)


def row(values: tuple[Any, ...]) -> dict[str, Any]:
    """The row for users, plain values that JSON can hold, of the columns `STORED`."""
    found = dict(zip(STORED, values, strict=True))
    for name in ("splits", "modalities"):
        found[name] = separated(found[name])
    messages = found.pop("flag_messages")
    found["flags"] = [{"code": code, "message": message} for code, message in json.loads(messages or "[]")]
    found["text"] = found["text"] or ""
    found["playable"] = bool(found["playable"])
    return found


def shown(value: Value, kind: Kind) -> Any:
    """A value of a score column as rows have it."""
    if kind == "names":
        return None if value is None else separated(str(value))
    if kind == "severity":
        return None if value is None else SEVERITIES[int(float(value))]
    return value
