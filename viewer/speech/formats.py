"""Words in time as files: Praat's TextGrid, WebVTT with a time for each word, JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from viewer.speech.alignment import SILENCE, Alignment, SpokenWord
from viewer.speech.wire import alignment_as_json

_LINE_LETTERS = 42
"""Of a cue: what subtitles usually have in a line."""
_PAUSE_SECONDS = 0.8
"""A longer one ends a cue."""
_STATUS = {"aligned": "aligned", "estimated": "estimated", "none": "missing"}

Interval = tuple[float, float, str]


def textgrid(alignment: Alignment, seconds: float) -> str:
    """A TextGrid (Praat's long text format) with the tiers words, phones and weak, over `seconds` or more.

    The tier `weak` says "weak" where a word's times are doubtful. Silence has an empty label.
    """
    words = [(word.start, word.end, word.text) for word in alignment.words]
    weak = [(word.start, word.end, "weak") for word in alignment.words if word.weak]
    phones = [(p.start, p.end, "" if p.label == SILENCE else p.label) for p in alignment.phones]
    end = max([seconds, *(right for _, right, _ in (*words, *phones))])
    tiers = [("words", words), ("phones", phones), ("weak", weak)]
    lines = ['File type = "ooTextFile"', 'Object class = "TextGrid"', "", "xmin = 0", f"xmax = {end:.4f}"]
    lines += ["tiers? <exists>", f"size = {len(tiers)}", "item []:"]
    for number, (name, intervals) in enumerate(tiers, 1):
        whole = list(_gapless(intervals, end))
        lines += [f"    item [{number}]:", '        class = "IntervalTier"', f'        name = "{name}"']
        lines += ["        xmin = 0", f"        xmax = {end:.4f}", f"        intervals: size = {len(whole)}"]
        for index, (left, right, label) in enumerate(whole, 1):
            lines += [
                f"        intervals [{index}]:",
                f"            xmin = {left:.4f}",
                f"            xmax = {right:.4f}",
            ]
            lines.append('            text = "{}"'.format(label.replace('"', '""')))
    return "\n".join(lines) + "\n"


def _gapless(intervals: Sequence[Interval], end: float) -> Iterator[Interval]:
    """Intervals from 0 to `end`, empty ones where nothing is; what has no length is left out."""
    at = 0.0
    for left, right, label in intervals:
        left, right = max(round(left, 4), at), round(right, 4)
        if right <= left:
            continue
        if left > at:
            yield at, left, ""
        yield left, right, label
        at = right
    end = round(end, 4)
    if at < end or at == 0:
        yield at, end, ""


def vtt(alignment: Alignment) -> str:
    """WebVTT, a line a cue; within a cue a time stands before each word, and weak words have the class `weak`."""
    note = _STATUS[alignment.status] + (f": {alignment.message}" if alignment.message else "")
    blocks = ["WEBVTT", "NOTE Words are " + _escaped(note)]
    estimated = alignment.status != "aligned"
    for line in _lines(alignment.words):
        last, end = _clock(line[0].start), _clock(max(line[-1].end, line[0].start + 0.001))
        texts = []
        for word in line:
            text = f"<c.weak>{_escaped(word.text)}</c>" if word.weak and not estimated else _escaped(word.text)
            at = _clock(word.start)
            if last < at < end:  # times within a cue have to rise: what is not said appears with the word before
                text, last = f"<{at}>{text}", at
            texts.append(text)
        blocks.append(f"{_clock(line[0].start)} --> {end}\n{' '.join(texts)}")
    return "\n\n".join(blocks) + "\n"


def _lines(words: Sequence[SpokenWord]) -> list[list[SpokenWord]]:
    lines: list[list[SpokenWord]] = []
    letters = 0
    for word in words:
        if not lines or letters + len(word.text) > _LINE_LETTERS or word.start - lines[-1][-1].end > _PAUSE_SECONDS:
            lines.append([])
            letters = 0
        lines[-1].append(word)
        letters += len(word.text) + 1
    return lines


def as_json(stem: str, alignment: Alignment) -> str:
    """One JSON object: stem, and what `alignment_as_json` says."""
    return json.dumps({"stem": stem} | alignment_as_json(alignment), allow_nan=False) + "\n"


def table(alignment: Alignment) -> str:
    """A line a word: start and end in seconds, the word, and whether it is weak."""
    lines = [f"{'start':>8} {'end':>8}  word"]
    for word in alignment.words:
        mark = "   weak" if word.weak and alignment.status == "aligned" else ""
        lines.append(f"{word.start:8.3f} {word.end:8.3f}  {word.text}{mark}")
    return "\n".join(lines) + "\n"


def _clock(seconds: float) -> str:
    minutes, thousandths = divmod(round(seconds * 1000), 60_000)
    return f"{minutes // 60:02}:{minutes % 60:02}:{thousandths // 1000:02}.{thousandths % 1000:03}"


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
