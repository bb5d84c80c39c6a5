"""What `compare` found as text: pooled metrics, differences between predictions, the worst clips, CSV."""

from __future__ import annotations

import json
import re
import shutil
import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from viewer.cli import rows
from viewer.compare import Comparison, Measured
from viewer.compare.differences import paired_differences, says
from viewer.compare.naming import figure, full_name, interval, unit
from viewer.compare.pooling import Pooled
from viewer.dataset.catalogue import Column
from viewer.dataset.problem import counted
from viewer.terminal import printable

WORST = 10
"""Clips of each prediction that are printed unless all are asked for."""
_REFUSED = 5
_IN_RANKING = ("lve_max_l2_mm", "mve_mm", "opening_mae_mm", "jaw_error_deg", "velocity_error_mm_s")
"""Metrics that stand beside the worst clips."""
_ESTIMATED = (
    "The reference is itself estimated or synthesised, not measured on a person: its own error is in these numbers."
)
_POOLED = (
    "Mean over clips, each of which counts the same (by clip), with its 95 % bootstrap interval over clips; and over "
    "all frames, so that long clips count more (by frame). docs/metrics.md has every formula, and who computes it so."
)


def overview(comparisons: Mapping[str, Comparison], *, rank_by: str | None, complete: bool) -> str:
    """Everything for people, of predictions by name; rank_by: metric, with or without its suffix."""
    first = next(iter(comparisons.values()))
    lines = [
        printable(f"Compared with {first.reference}, on {first.model}"),
        *_wrapped(_ESTIMATED, "  ", "  "),
        *(line for remark in first.remarks for line in _wrapped(remark, "  ", "  ")),
        "",
        *(line for key, found in comparisons.items() for line in _about(key, found, complete=complete)),
        "",
        *_wrapped(_POOLED, "", ""),
        "",
        *_pooled(comparisons),
    ]
    if len(comparisons) > 1:
        lines += ["", *_differences(comparisons)]
    for key, found in comparisons.items():
        lines += ["", *_ranking(key, found, rank_by=rank_by, complete=complete)]
    return "\n".join(lines)


def comma_separated(comparisons: Mapping[str, Comparison]) -> Iterator[str]:
    """A line for each pair, under a header; what a spreadsheet took for a formula begins with an apostrophe."""
    names = tuple(dict.fromkeys(name for found in comparisons.values() for name in found.names))
    texts = ("prediction", "stem", "prediction_stem")
    numbers = ("frames", "reference_frames", "prediction_frames", "fps", "prediction_fps", "bad_frames", "worst_frame")
    columns = [
        *(Column(name, name, "text") for name in texts),
        *(Column(name, name, "number") for name in (*numbers, *names)),
        Column("remarks", "remarks", "text"),
    ]
    pairs = (
        {
            "prediction": found.prediction,
            **{name: getattr(pair, name) for name in (*texts[1:], *numbers)},
            **{name: pair.values.get(name) for name in names},
            "remarks": " ".join(pair.remarks),
        }
        for found in comparisons.values()
        for pair in found.pairs.values()
    )
    return rows.comma_separated(pairs, columns)


def json_text(comparisons: Sequence[Mapping[str, Any]]) -> str:
    """The object of one prediction itself; of several, the reference and a list of theirs."""
    first = comparisons[0]
    found = first if len(comparisons) == 1 else {"reference": first["reference"], "comparisons": comparisons}
    return json.dumps(found, indent=1, ensure_ascii=False, allow_nan=False)


def _about(key: str, found: Comparison, *, complete: bool) -> list[str]:
    """How many pairs there are, what is missing on which side, what to know of some of them."""
    pairs = found.pairs.values()
    frames = sum(pair.frames for pair in pairs)
    lines = [printable(f"{key}: {counted(len(found.pairs), 'pair')}, {counted(frames, 'frame')}")]
    if printable(found.prediction) != key:
        lines[0] += f"  ({printable(found.prediction)})"
    for what, listed in (("missing in it", found.missing), ("in it alone", found.extra)):
        if listed:
            lines += _wrapped(f"{counted(len(listed), 'clip')} {what}: {_some(listed, complete=complete)}")
    for remark, stems in _remarks(pairs, common=found.remarks).items():
        if len(stems) == len(found.pairs) > 1:
            lines += _wrapped(f"all pairs: {remark}")
        else:
            lines += _wrapped(f"{counted(len(stems), 'pair')} ({_some(stems, complete=complete)}): {remark}")
    for why, stems in _grouped((reason, stem) for stem, reason in found.refused.items()).items():
        lines += _wrapped(f"not compared: {_some(stems, complete=complete)}: {why}")
    return lines


def _remarks(pairs: Iterable[Measured], *, common: Sequence[str]) -> dict[str, list[str]]:
    """Stems by remark; those that differ in their numbers alone, as lengths do, count as one, told by the first."""
    found: dict[str, dict[str, list[str]]] = {}
    for pair in pairs:
        for remark in pair.remarks:
            if remark not in common:
                found.setdefault(re.sub(r"\d+", "0", remark), {}).setdefault(remark, []).append(pair.stem)
    told = {}
    for alike in found.values():
        first = next(iter(alike))
        told[first if len(alike) == 1 else f"such as: {first}"] = [stem for stems in alike.values() for stem in stems]
    return told


def _grouped(pairs: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for key, stem in pairs:
        found.setdefault(key.removeprefix(f"{stem}: "), []).append(stem)
    return found


def _pooled(comparisons: Mapping[str, Comparison]) -> Iterator[str]:
    several = len(comparisons) > 1
    names = dict.fromkeys(name for found in comparisons.values() for name in found.names)
    columns = [
        Column("metric", "", "text"),
        *([Column("prediction", "", "text")] if several else []),
        *(Column(name, "", "number") for name in ("by clip", "95 %", "by frame")),
        Column("unit", "", "text"),
    ]
    table: list[dict[str, Any]] = []
    for name in names:
        label = name
        for key, found in comparisons.items():
            by_clip, by_frame = found.pooled.get(name, _NOTHING), found.pooled_by_frame.get(name, _NOTHING)
            table.append(
                {
                    "metric": label,
                    "prediction": key,
                    "by clip": figure(by_clip.mean),
                    "95 %": interval(by_clip.low, by_clip.high),
                    "by frame": figure(by_frame.mean),
                    "unit": unit(name),
                }
            )
            label = ""
    return rows.table(table, columns)


_NOTHING = Pooled(None, None, None, 0)


def _differences(comparisons: Mapping[str, Comparison]) -> Iterator[str]:
    """Each prediction against the first."""
    (key, first), *others = comparisons.items()
    columns = [
        Column("metric", "", "text"),
        *(Column(name, "", "number") for name in ("difference", "95 %")),
        Column("unit", "", "text"),
        Column("says", "", "text"),
    ]
    for other, found in others:
        differences = paired_differences(first, found)
        n_clips = max((difference.clips for difference in differences.values()), default=0)
        yield printable(f"{other} minus {key}, clip by clip, on {counted(n_clips, 'clip')} that both have")
        yield "Unclear: the interval holds 0, so that the difference may be chance."
        yield ""
        table = [
            {
                "metric": name,
                "difference": figure(difference.mean),
                "95 %": interval(difference.low, difference.high),
                "unit": unit(name),
                "says": says(difference),
            }
            for name, difference in differences.items()
            if difference.mean is not None
        ]
        yield from rows.table(table, columns)


def _place(pair: Measured) -> str:
    return "–" if pair.worst_frame is None else f"{pair.worst_frame} ({pair.worst_frame / pair.fps:.2f} s)"


def _ranking(key: str, found: Comparison, *, rank_by: str | None, complete: bool) -> Iterator[str]:
    name = full_name(found, rank_by)
    if name is None:
        yield printable(f"{key}: no clip has a value to rank by")
        return
    ranked = found.ranked(name)
    shown = ranked if complete else ranked[:WORST]
    yield printable(f"Worst clips of {key}, by {name}")
    yield ""
    names = list(dict.fromkeys([name, *(n for short in _IN_RANKING if (n := full_name(found, short)) is not None)]))
    columns = [
        Column("#", "", "number"),
        Column("clip", "", "text"),
        Column(name, "", "number"),
        Column("worst frame", "", "number"),
        Column("frames", "", "number"),
        *(Column(metric, "", "number") for metric in names if metric != name),
    ]
    table = (
        {
            "#": f"{number}",
            "clip": pair.stem,
            "worst frame": _place(pair),
            "frames": f"{pair.frames:,}",
            **{metric: figure(pair.values.get(metric)) for metric in names},
        }
        for number, pair in enumerate(shown, 1)
    )
    yield from rows.table(table, columns)
    if len(ranked) > len(shown):
        yield f"… and {len(ranked) - len(shown):,} more: --all prints all, --json and --csv write them to a file"


def _some(stems: Sequence[str], *, complete: bool) -> str:
    shown = stems if complete else stems[:_REFUSED]
    return ", ".join(map(printable, shown)) + (
        f", … ({len(stems) - len(shown):,} more)" if len(stems) > len(shown) else ""
    )


def _wrapped(text: str, first: str = "  ", others: str = "    ") -> list[str]:
    return textwrap.wrap(
        printable(text),
        width=min(max(shutil.get_terminal_size().columns, 60), 120),
        initial_indent=first,
        subsequent_indent=others,
        break_long_words=False,  # paths can be copied
        break_on_hyphens=False,
    )
