"""What the catalogue must answer, said once more in plain Python over a list of summaries."""

from __future__ import annotations

import re
import unicodedata
from typing import Any

from viewer.dataset import ClipSummary
from viewer.dataset.catalogue import Query

_UNSPACED = "\u0e00-\u0eff\u3040-\u30ff\u4e00-\u9fff"  # Thai, Lao, kana, ideographs: one character a word
_WORD = re.compile(f"[{_UNSPACED}]|[^\\W_{_UNSPACED}]+")


def fold(text: str) -> str:
    text = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    return unicodedata.normalize("NFKC", "".join(c for c in text if not "\u0300" <= c <= "\u036f"))


def begins_in(wanted: list[str], words: list[str]) -> bool:
    """Whether `wanted` follow on each other in `words`, the last one perhaps unfinished."""
    n = len(wanted)
    return any(
        words[i : i + n - 1] == wanted[:-1] and words[i + n - 1].startswith(wanted[-1])
        for i in range(len(words) - n + 1)
    )


def found(summary: ClipSummary, search: str) -> bool:
    stem = fold(summary.stem)
    places = [_WORD.findall(stem), _WORD.findall(fold(summary.transcript or ""))]
    for term in fold(search).split():
        words = _WORD.findall(term)
        in_stem = len(term) >= 3 and term in stem
        if words and not in_stem and not any(begins_in(words, place) for place in places):
            return False
    return True


def modalities(summary: ClipSummary) -> list[str]:
    there = {
        "motion": summary.has_motion,
        "audio": summary.has_audio,
        "transcript": summary.has_transcript,
        "tokens": summary.tokens is not None,
    }
    return [name for name, has in there.items() if has]


def passes(summary: ClipSummary, query: Query) -> bool:
    low, high = query.seconds
    seconds = summary.seconds
    has = modalities(summary)
    return (
        found(summary, query.search)
        and (not query.splits or bool(set(query.splits) & set(summary.splits or ("none",))))
        and (not query.sessions or session(summary) in query.sessions)
        and all((name.removeprefix("no-") in has) != name.startswith("no-") for name in query.modalities)
        and (not query.flags or any(flag.code in query.flags for flag in summary.flags))
        and (low is None or (seconds is not None and seconds >= low))
        and (high is None or (seconds is not None and seconds <= high))
    )


def session(summary: ClipSummary) -> str:
    return summary.stem.rsplit("_", 1)[0] or summary.stem


def value(summary: ClipSummary, column: str) -> Any:
    """What a column sorts by; None where there is nothing."""
    if column == "session":
        return session(summary)
    if column == "splits":
        return " ".join(summary.splits) or None
    if column == "modalities":
        return " ".join(modalities(summary)) or None
    if column == "flags":
        return " ".join(sorted({flag.code for flag in summary.flags})) or None
    if column == "words":
        return None if summary.transcript is None else len(summary.transcript.split())
    if column == "text":
        return " ".join((summary.transcript or "").split()) or None
    if column == "playable":
        return int(summary.playable)
    return getattr(summary, column)


def answer(summaries: list[ClipSummary], query: Query) -> list[str]:
    """Stems that a query finds, in its order."""
    chosen = [summary for summary in summaries if passes(summary, query)]
    valued = [s for s in chosen if value(s, query.sort) is not None]
    valued.sort(key=lambda s: (value(s, query.sort), s.stem), reverse=query.descending)
    rest = [s for s in chosen if value(s, query.sort) is None]
    rest.sort(key=lambda s: s.stem, reverse=query.descending)
    return [s.stem for s in (*valued, *rest)]
