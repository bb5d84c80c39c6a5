"""`compare --unpaired`: data sets without common clips, side by side."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence

from viewer.cli import rows
from viewer.cli.arguments import engine_options
from viewer.cli.compare_sets import Opened, check_outside, chosen_stems, open_sets
from viewer.cli.compare_text import json_text
from viewer.cli.outcome import tell_failures
from viewer.cli.progress import job_progress
from viewer.cli.writing import write_to
from viewer.compare.naming import figure, interval
from viewer.compare.unpaired import CURVES, LEVELS, Level, Measured, Rate, Unpaired, compare_unpaired
from viewer.data_options import cache_folder
from viewer.dataset.catalogue import Column
from viewer.dataset.problem import counted
from viewer.errors import UsageError
from viewer.flame import choose_head
from viewer.quality import results_folder
from viewer.quality.kept import KeptMeasurements
from viewer.quality.plugins import for_dataset, load_check_plugins
from viewer.quality.run import measure_dataset
from viewer.terminal import printable, say


def run_unpaired(arguments: argparse.Namespace) -> int:
    """Compare data sets as wholes and print or write it; returns the exit code."""
    for option in ("lip_indices", "rank", "head_pose", "own_identity"):
        if getattr(arguments, option):
            raise UsageError(f"--{option.replace('_', '-')} is of pairs of clips; leave out either it or --unpaired")
    if arguments.shard is not None:
        raise UsageError(
            "--shard is of pairs of clips; for --unpaired run `check --no-speech --shard` on each data set (of "
            "predictions with --base REFERENCE), whose results are then found"
        )
    load_check_plugins(arguments.plugin)
    reference, predictions = open_sets(arguments, plugins=for_dataset(arguments.plugin))
    check_outside(arguments, [reference, *predictions])
    sides = [_measured(arguments, reference, chosen_stems(arguments, reference.dataset))]
    sides += [_measured(arguments, prediction, None) for prediction in predictions]
    found = compare_unpaired(sides[0], sides[1:])
    names = [reference.key, *(prediction.key for prediction in predictions)]
    if arguments.html is not None:
        from viewer.report import unpaired_report

        write_to(str(arguments.html), unpaired_report(found, names=names))
    if arguments.json is not None:
        write_to(arguments.json, json_text([pair.as_json() for pair in found]))
    if arguments.csv is not None:
        write_to(arguments.csv, "\n".join(_comma_separated(found)))
    if "-" not in (arguments.json, arguments.csv):
        texts = ("\n".join(_text(names[0], name, pair)) for name, pair in zip(names[1:], found, strict=True))
        say("\n\n".join(texts))
    for side in sides:
        tell_failures(side.failed)
    return 1 if any(side.failed for side in sides) else 0


def _measured(arguments: argparse.Namespace, opened: Opened, stems: Sequence[str] | None) -> Measured:
    """What `check --no-speech` measures, and keeps in the same place."""
    dataset = opened.dataset
    head = choose_head(arguments.model, expression_space=dataset.expression_space, layer=arguments.flame_layer)
    for warning in head.warnings:
        print(f"note: {printable(f'{opened.key}: {warning}')}", file=sys.stderr)
    cache = cache_folder(arguments)
    with job_progress(printable(opened.key)[:30]) as progress:
        results = measure_dataset(
            dataset,
            stems,
            head=head,
            out=results_folder(cache, dataset),
            cache=cache,
            reopen=opened.reopen,
            speech=False,
            plugins=arguments.plugin,
            progress=progress,
            **engine_options(arguments),
        )
    kept = KeptMeasurements(results)
    return Measured(str(dataset.path), str(head.model.path), dataset.expression_space, kept, kept.failed)


def _text(reference: str, prediction: str, found: Unpaired) -> Iterator[str]:
    clips = [counted(len(side), "clip") for side in (found.reference, found.prediction)]
    yield printable(f"{prediction} ({clips[1]}) beside {reference} ({clips[0]}), not clip by clip")
    yield "Percentiles over all frames, and shares of clips with a warning or an error, with 95 % intervals over clips."
    yield "Marked *: the interval of the difference does not hold 0."
    yield ""
    curves = (
        {
            "curve": ", ".join(CURVES[curve.name]) if level == LEVELS[0] else "",
            "at": f"{level} %",
            **_pair(curve.reference[level], curve.prediction[level]),
            "*": _mark(curve.difference[level].low, curve.difference[level].high),
        }
        for curve in found.curves
        for level in LEVELS
    )
    yield from _table(curves, ("curve", "at"), reference, prediction)
    yield ""
    rates = (
        {
            "check, % of clips": rate.check,
            "clips": ", ".join(f"{side.found:,} of {side.of:,}" for side in (rate.reference, rate.prediction)),
            **_pair(_percent(rate.reference), _percent(rate.prediction)),
            "*": _mark(*(rate.difference or (None, None))),
        }
        for rate in found.rates
    )
    yield from _table(rates, ("check, % of clips",), reference, prediction, "clips")


def _percent(rate: Rate) -> Level:
    low, high = rate.interval
    share = rate.share
    return Level(None, None, None) if share is None else Level(100 * share, 100 * low, 100 * high)


def _pair(reference: Level, prediction: Level) -> dict[str, str]:
    """Cells of both sides; their keys differ by blanks, which do not show."""
    return {
        "reference": figure(reference.value),
        "95 %": interval(reference.low, reference.high),
        "prediction": figure(prediction.value),
        "95 % ": interval(prediction.low, prediction.high),
    }


def _table(
    lines: Iterator[rows.Row], texts: Sequence[str], reference: str, prediction: str, *last: str
) -> Iterator[str]:
    """Under the names of the data sets, which may be the same."""
    names = {"reference": f"{reference}", "prediction": f"{prediction} "}
    columns = [
        *(Column(name, "", "text") for name in (*texts, "*")),
        *(Column(name, "", "number") for name in (names["reference"], "95 %", names["prediction"], "95 % ")),
        *(Column(name, "", "text") for name in last),
    ]
    return rows.table(({names.get(key, key): value for key, value in line.items()} for line in lines), columns)


def _mark(low: float | None, high: float | None) -> str:
    return "" if low is None or high is None or low <= 0 <= high else "*"


def _comma_separated(comparisons: Sequence[Unpaired]) -> Iterator[str]:
    """A line for each percentile of a curve and for each check, of each prediction."""
    numbers = [f"{side}{end}" for side in ("reference", "prediction", "difference") for end in ("", "_low", "_high")]
    texts = ("data_set", "kind", "name", "at", "unit")
    columns = [*(Column(name, "", "text") for name in texts), *(Column(name, "", "number") for name in numbers)]
    return rows.comma_separated((line for found in comparisons for line in _csv_rows(found)), columns)


def _csv_rows(found: Unpaired) -> Iterator[rows.Row]:
    for curve in found.curves:
        for level in LEVELS:
            sides = {"reference": curve.reference, "prediction": curve.prediction, "difference": curve.difference}
            yield {
                "data_set": found.prediction.dataset,
                "kind": "curve",
                "name": curve.name,
                "at": f"{level} %",
                "unit": CURVES[curve.name][1],
                **{key: value for side, at in sides.items() for key, value in _ends(side, at[level]).items()},
            }
    for rate in found.rates:
        apart, ends = Level(None, None, None), rate.difference
        if ends is not None and rate.reference.share is not None and rate.prediction.share is not None:
            apart = Level(100 * (rate.prediction.share - rate.reference.share), 100 * ends[0], 100 * ends[1])
        yield {
            "data_set": found.prediction.dataset,
            "kind": "check",
            "name": rate.check,
            "at": "share",
            "unit": "%",
            **_ends("reference", _percent(rate.reference)),
            **_ends("prediction", _percent(rate.prediction)),
            **_ends("difference", apart),
        }


def _ends(side: str, level: Level) -> dict[str, float | None]:
    return {side: level.value, f"{side}_low": level.low, f"{side}_high": level.high}
