"""What `check` found as text: a clip in detail, a ranked table, CSV."""

from __future__ import annotations

import json
import math
import shutil
import textwrap
from array import array
from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import pairwise

import numpy as np
from jaxtyping import Float

from viewer.cli import rows
from viewer.dataset.catalogue import Column
from viewer.dataset.problem import counted
from viewer.quality import CHECKS, ClipQuality, Finding, QualityResults, Severity
from viewer.quality.registry import NOT_APPLICABLE
from viewer.terminal import printable

WORST = 20
"""Clips of a ranking that are printed unless all are asked for."""
_NOUNS: dict[Severity, str] = {"error": "error", "warn": "warning", "note": "note"}
_BARS = "▁▂▃▄▅▆▇█"
_MARK = "▲"
_LEAST_WIDTH, _MOST_WIDTH = 60, 140
_LABEL = 16

_CSV = tuple(
    Column(name, name, "number" if name in ("value", "percentile", "start", "end") else "text")
    for name in ("stem", "check", "severity", "value", "unit", "percentile", "start", "end", "message")
)


def comma_separated(results: QualityResults) -> Iterator[str]:
    """A line for each finding, under a header; what a spreadsheet took for a formula begins with an apostrophe."""
    found = ({"stem": clip.stem, **finding.as_json()} for clip in results.clips.values() for finding in clip.findings)
    return rows.comma_separated(found, _CSV)


def json_lines(results: QualityResults) -> Iterator[str]:
    """`results.as_json()` as JSON with an indent of 1, the lines of a clip at a time."""
    yield "{"
    for name in ("dataset", "model"):
        yield f' "{name}": {json.dumps(getattr(results, name), ensure_ascii=False)},'
    stems = list(results.clips)
    yield ' "clips": [' if stems else ' "clips": []'
    for stem in stems:
        text = json.dumps(results.clips[stem].as_json(), indent=1, ensure_ascii=False, allow_nan=False)
        yield textwrap.indent(text, "  ") + ("" if stem == stems[-1] else ",")
    if stems:
        yield " ]"
    yield "}"


def ranking(results: QualityResults, *, complete: bool) -> str:
    """How many clips each check finds, then the worst clips with their reason."""
    found = Counter(clip.severity for clip in results.clips.values())
    told = ", ".join(f"{counted(found[name], 'clip')} with {noun}s" for name, noun in _NOUNS.items() if found[name])
    period = results.population.reference.seam_period
    lines = [
        printable(f"Motion of {counted(len(results), 'clip')} of {results.dataset}, on {results.model}"),
        f"  {told or 'nothing found'}",
        *([f"  seams every {period} frames"] if period else []),
        "",
        *_by_check(results),
        "",
    ]
    ranked = results.ranked()
    n_worst = len(results) if complete else len(results) - found["ok"]
    shown = ranked if complete else ranked[: min(n_worst, WORST)]
    width = min(max((len(printable(clip.stem)) for clip in shown), default=4), 40)
    for number, clip in enumerate(shown, start=1):
        reason = _line(clip.findings[0]) if clip.findings else ""
        more = sum(finding.severity != "ok" for finding in clip.findings[1:])
        lines.append(
            _cut(f"{number:>5}  {printable(clip.stem):{width}}  {reason}{f' (+{more} more)' if more > 0 else ''}")
        )
    if n_worst > len(shown):
        lines.append(f"… and {n_worst - len(shown):,} more: --all prints all, --json and --csv write them to a file")
    return "\n".join(lines).rstrip()


def detail(results: QualityResults, stem: str, *, complete: bool) -> str:
    """One clip: its findings, and its curves with marks below where something is."""
    clip, measurement = results.clips[stem], results.measurements.get(stem)
    n_clips = results.population.n_clips
    compared = f"compared with {n_clips:,} clips" if results.population.large else "compared with no data set"
    fps = None if measurement is None else measurement.fps
    title = f"Clip {stem}"
    if measurement is not None and fps:
        title += f": {counted(measurement.frames, 'frame')}, {measurement.frames / fps:.2f} s, {compared}"
    lines = [printable(title), ""]
    applicable = [finding for finding in clip.findings if not finding.message.startswith(NOT_APPLICABLE)]
    lines += [_finding(finding) for finding in (clip.findings if complete else applicable)]
    left_out = len(clip.findings) - len(applicable)
    if left_out and not complete:
        lines.append(f"  {counted(left_out, 'check')} not applicable: --all says why")
    if measurement is not None and fps:
        lines += ["", *_curves(measurement.curves, clip, measurement.frames, fps)]
    return "\n".join(lines).rstrip()


def sparkline(values: Float[np.ndarray, " T"], width: int) -> str:
    """A curve in `width` letters: the largest value of each part; a space where there is none."""
    edges = np.linspace(0, len(values), min(width, len(values)) + 1).round().astype(int)
    parts = [values[a:b][np.isfinite(values[a:b])] for a, b in pairwise(edges)]
    tops = np.array([part.max() if len(part) else math.nan for part in parts])
    low, high = float(np.nanmin(values)), float(np.nanmax(values))
    scale = (len(_BARS) - 1) / (high - low) if high > low else 0.0
    return "".join(" " if math.isnan(top) else _BARS[round((top - low) * scale)] for top in tops)


def _by_check(results: QualityResults) -> list[str]:
    header = (
        f"  {'check':15} {'errors':>7} {'warnings':>9} {'notes':>7} {'not applic.':>12} {'median':>9} {'99 %':>9}  unit"
    )
    lines = [header]
    worst: dict[str, Counter[Severity]] = {name: Counter() for name in CHECKS}
    values: dict[str, array[float]] = {name: array("d") for name in CHECKS}
    for clip in results.clips.values():
        for name in CHECKS:
            worst[name][_worst_of(clip, name)] += 1
            if (score := clip.scores.get(name)) is not None:
                values[name].append(score)
    for name, check in CHECKS.items():
        known = values[name]
        cells = [worst[name][wanted] for wanted in _NOUNS]
        median, high = (f"{np.percentile(known, level):.3g}" if known else "–" for level in (50, 99))
        errors, warnings, notes = (f"{cell:,}" if cell else "·" for cell in cells)
        lines.append(
            f"  {name:15} {errors:>7} {warnings:>9} {notes:>7} {len(results) - len(known):>12,} {median:>9} {high:>9}  "
            f"{check.unit}".rstrip()
        )
    return lines


def _worst_of(clip: ClipQuality, check: str) -> Severity:
    return next((finding.severity for finding in clip.findings if finding.check == check), "ok")


def _finding(finding: Finding) -> str:
    label = {"warn": "warning"}.get(finding.severity, finding.severity)
    percentile = "" if finding.percentile is None else f"{finding.percentile:.1f} %"
    return textwrap.fill(
        printable(finding.message),
        width=_width(),
        initial_indent=f"  {label:8} {finding.check:15} {percentile:>8}  ",
        subsequent_indent=" " * 38,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _curves(curves: Mapping[str, Float[np.ndarray, " T"]], clip: ClipQuality, n_frames: int, fps: float) -> list[str]:
    width = min(_width() - _LABEL - 24, n_frames)
    lines = []
    for name, values in curves.items():
        check = CHECKS[name]
        if np.isfinite(values).any() and np.nanmax(values) > np.nanmin(values):
            low, high = np.nanmin(values), np.nanmax(values)
            lines.append(f"  {name:{_LABEL}}{sparkline(values, width)}  {low:.3g} to {high:.3g} {check.unit}".rstrip())
            lines += _marks(clip, name, width, n_frames / fps)
    if lines:
        lines.append(f"  {'':{_LABEL}}0 s{f'{n_frames / fps:.2f} s':>{max(width - 3, 0)}}")
    return lines


def _marks(clip: ClipQuality, check: str, width: int, seconds: float) -> list[str]:
    line = [" "] * width
    for finding in clip.findings:
        if finding.check == check and finding.severity != "ok" and finding.start is not None:
            line[min(int(finding.start / seconds * width), width - 1)] = _MARK
    return [f"  {'':{_LABEL}}{''.join(line)}".rstrip()] if _MARK in line else []


def _line(finding: Finding) -> str:
    label = {"warn": "warning"}.get(finding.severity, finding.severity)
    return printable(f"{label:8} {finding.message}")


def _width() -> int:
    return min(max(shutil.get_terminal_size().columns, _LEAST_WIDTH), _MOST_WIDTH)


def _cut(line: str) -> str:
    room = max(shutil.get_terminal_size().columns, _LEAST_WIDTH)
    return line if len(line) <= room else f"{line[: room - 1]}…"
