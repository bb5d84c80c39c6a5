"""What a reviewer says of a clip."""

from __future__ import annotations

import getpass
import math
import unicodedata
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal, get_args

from viewer.errors import UsageError

Kind = Literal["good", "bad", "unsure"]
KINDS: tuple[Kind, ...] = get_args(Kind)
MAX_REASON, MAX_NOTE, MAX_REVIEWER, MAX_STEM = 100, 2000, 100, 4096
"""Characters."""
MAX_SECONDS = 1e6

_STEERING = ("Cc", "Zl", "Zp")

REASONS = {
    "integrity": "damaged or missing data",
    "duration": "motion and sound differ in length",
    "range": "values out of range",
    "jaw": "jaw opens too far or too little",
    "head": "head moves wrongly",
    "frozen": "face stands still",
    "pop": "jump between frames",
    "seam": "jump at regular intervals",
    "jitter": "trembling",
    "av_lag": "lips early or late",
    "silence_motion": "mouth moves in silence",
    "speech_closed": "mouth shut while speaking",
    "bilabial": "lips stay open on p, b, m",
    "lips_crossing": "lips pass through each other",
    "blinks": "too many or too few blinks",
    "expressiveness": "little expression",
    "identity": "shape of the head changes",
    "transcript": "other words than are spoken",
}
"""What reasons are picked from, in words, by the names of the checks that look for the same."""


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """One judgement. Its texts are on one line; raises UsageError for what is too long or means nothing."""

    stem: str
    motion_hash: str
    """Of the motion that was judged (`Clip.motion_hash`), or `desk.UNREADABLE`."""
    verdict: Kind
    reason: str = ""
    """Name of a check, or words of the reviewer's own."""
    note: str = ""
    time: float | None = None
    """Where to look, in seconds of the clip."""
    reviewer: str = ""
    at: str = ""
    """When, in UTC: 2024-05-01T12:00:00Z; empty becomes now."""

    def __post_init__(self) -> None:
        if self.verdict not in KINDS:
            raise UsageError(f"{self.verdict!r:.80} is no verdict; expected {', '.join(KINDS)}")
        if self.time is not None and not 0 <= self.time <= MAX_SECONDS:  # NaN too is outside
            raise UsageError(f"the time mark is at {self.time} s; expected a second of the clip")
        for name, most in (("reason", MAX_REASON), ("note", MAX_NOTE), ("reviewer", MAX_REVIEWER), ("stem", MAX_STEM)):
            text = getattr(self, name)
            if not isinstance(text, str):
                raise UsageError(f"the {name} is {text!r:.80}; expected a text")
            if len(text) > most:
                raise UsageError(f"the {name} has {len(text):,} characters; expected at most {most:,}")
        for name in ("reason", "note", "reviewer"):
            object.__setattr__(self, name, one_line(getattr(self, name)))
        object.__setattr__(self, "at", checked_time(self.at) if self.at else now())
        if self.time is not None:
            object.__setattr__(self, "time", math.floor(self.time * 1000 + 0.5) / 1000)


def one_line(text: str) -> str:
    """Text without line ends and control characters, and with whole letters: what databases and tables can hold."""
    whole = text.encode("utf-8", "replace").decode()  # half a surrogate pair is no letter
    return " ".join("".join(" " if unicodedata.category(c) in _STEERING else c for c in whole).split())


def now() -> str:
    """This second in UTC."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def checked_time(text: str) -> str:
    """A time as verdicts have it. Raises UsageError for what is none."""
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (ValueError, OverflowError):
        raise UsageError(f"{text!r:.80} is no time; expected the form 2024-05-01T12:00:00Z") from None


def default_reviewer() -> str:
    """Name of the user that runs this; empty where the system knows none."""
    try:
        return one_line(getpass.getuser())[:MAX_REVIEWER]
    except (OSError, KeyError):  # KeyError before Python 3.13
        return ""
