"""`python -m viewer compare`: predictions against their reference, or data sets beside each other."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING

from viewer.cli import check_report
from viewer.cli.arguments import HelpFormatter, add_engine_options, add_head_options, engine_options
from viewer.cli.compare_sets import Opened, check_outside, chosen_stems, load_plugins, open_sets
from viewer.cli.outcome import tell_failures, tell_shard
from viewer.cli.progress import job_progress
from viewer.cli.writing import write_to
from viewer.data_options import add_reading_options, argument, cache_folder
from viewer.errors import UsageError
from viewer.flame import HeadChoice, choose_head
from viewer.paths import user_path
from viewer.terminal import printable, say

if TYPE_CHECKING:
    from viewer.compare import Comparison
    from viewer.compare.run import Options

_DESCRIPTION = """\
Compare predictions with their reference, clip by clip: lip vertex error, dynamics, jaw, speed, each under a name that
tells its variant, with intervals over clips. REFERENCE and PREDICTION are data sets, or folders of tracks in any format
(docs/tracks.md); clips are paired by stem. Head pose is left out and identity shared, unless asked. What was measured
is kept in the cache folder: a second run measures only what changed, a run that was stopped goes on. docs/compare.md
describes output and report, docs/metrics.md every metric.

exit codes: 0 all pairs were compared (clips without a prediction are told), 1 pairs could not be compared, or none,
2 wrong usage, 130 stopped with Ctrl-C
"""
_EXAMPLES = """\
examples:
  python -m viewer compare WebTalk preds                             pooled metrics, the worst clips
  python -m viewer compare WebTalk baseline ours --html report.html  also how the two differ, with pictures
  python -m viewer compare WebTalk preds --stem-pattern '{stem}_pred' --split test --json out.json
  python -m viewer compare WebTalk preds --lip-indices lips.txt --csv - > pairs.csv
  python -m viewer compare WebTalk generated --unpaired              no common clips: how curves are spread
"""


def add_parser(commands: argparse._SubParsersAction) -> None:
    parser = commands.add_parser(
        "compare",
        help="compare predictions with their reference: metrics with intervals, the worst clips",
        description=_DESCRIPTION,
        epilog=_EXAMPLES,
        formatter_class=HelpFormatter,
    )
    data = parser.add_argument_group("data")
    folder = argument(user_path)
    data.add_argument("reference", metavar="REFERENCE", type=folder, help="data set, or folder of tracks")
    data.add_argument(
        "predictions",
        metavar="PREDICTION",
        nargs="+",
        type=folder,
        help="what is compared with it; --stem-pattern, --track-format and --map say how all of them are read, and "
        "--base where what they lack comes from (default: REFERENCE)",
    )
    add_reading_options(data)
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--stems", metavar="FILE", help="clips of the reference, one stem a line; - is standard input")
    which.add_argument("--split", metavar="NAME", help="only clips of this split of the reference, such as test")
    add_head_options(parser)
    faces = parser.add_argument_group("faces")
    faces.add_argument("--lip-indices", metavar="FILE", type=folder, help="vertices of the lips: text, npy or pkl")
    faces.add_argument("--head-pose", action="store_true", help="count the head's pose as error too")
    faces.add_argument("--own-identity", action="store_true", help="do not give predictions the reference's identity")
    parser.add_argument(
        "--unpaired",
        action="store_true",
        help="for sets without common clips: how curves are spread, and how often checks find something",
    )
    for option, what in (("--json", "as one JSON object"), ("--csv", "as CSV, a pair a line")):
        parser.add_argument(
            option, metavar="FILE", nargs="?", const="-", help=f"write it {what}; - or nothing: to standard output"
        )
    parser.add_argument("--html", metavar="FILE", type=folder, help="write a report that stands alone, with pictures")
    check_report.add_options(parser)
    parser.add_argument("--rank", metavar="METRIC", help="what clips are ranked by (default: lve_max_l2_mm)")
    parser.add_argument("--all", action="store_true", help="print every clip")
    add_engine_options(parser, does="measure")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Compare what was asked for and print or write it; returns the exit code."""
    _check_options(arguments)
    if arguments.unpaired:
        from viewer.cli.compare_unpaired import run_unpaired

        return run_unpaired(arguments)
    return _run_paired(arguments)


def _check_options(arguments: argparse.Namespace) -> None:
    """Raises UsageError for options that do not go together."""
    if arguments.json == "-" and arguments.csv == "-":
        raise UsageError("--json and --csv both go to standard output; name a file for one of them")
    written = [option for option in ("json", "csv", "html") if getattr(arguments, option) is not None]
    if arguments.shard is not None and written:
        raise UsageError(f"--{written[0]} is of all pairs; run it without --shard when all shards are through")


def _run_paired(arguments: argparse.Namespace) -> int:
    from viewer.cli import compare_text  # scipy and the metrics take longer to load than other commands to run
    from viewer.compare.run import Options

    reference, predictions = open_sets(arguments, plugins=load_plugins(arguments.plugin))
    check_outside(arguments, [reference, *predictions])
    stems = chosen_stems(arguments, reference.dataset)
    head = choose_head(
        arguments.model, expression_space=reference.dataset.expression_space, layer=arguments.flame_layer
    )
    for warning in head.warnings:
        print(f"note: {printable(warning)}", file=sys.stderr)
    options = Options(
        head_pose=arguments.head_pose,
        own_identity=arguments.own_identity,
        lip_indices=arguments.lip_indices,
        plugins=tuple(arguments.plugin),
    )
    comparisons = {
        key: _compare(arguments, reference, prediction, stems, head=head, options=options)
        for key, prediction in _named(predictions).items()
    }
    if arguments.shard is not None:
        refused = {f"{key}: {stem}": why for key, found in comparisons.items() for stem, why in found.refused.items()}
        return tell_shard(
            arguments.shard, sum(len(found.pairs) for found in comparisons.values()) + len(refused), refused
        )
    if arguments.rank is not None:
        _check_rank(arguments.rank, comparisons)
    if arguments.html is not None:
        from viewer.cli.compare_report import write_report

        write_report(
            arguments.html,
            comparisons,
            reference=reference,
            predictions=_named(predictions),
            head=head,
            options=options,
            rank_by=arguments.rank,
            gl=arguments.gl,
            app=arguments.app,
        )
        print(f"wrote {arguments.html}", file=sys.stderr)
    if arguments.json is not None:
        write_to(arguments.json, compare_text.json_text([found.as_json() for found in comparisons.values()]))
    if arguments.csv is not None:
        write_to(arguments.csv, "\n".join(compare_text.comma_separated(comparisons)))
    if "-" not in (arguments.json, arguments.csv):
        say(compare_text.overview(comparisons, rank_by=arguments.rank, complete=arguments.all))
    else:
        for found in comparisons.values():
            tell_failures(found.refused)
    return 1 if any(found.refused for found in comparisons.values()) else 0


def _compare(
    arguments: argparse.Namespace,
    reference: Opened,
    prediction: Opened,
    stems: list[str] | None,
    *,
    head: HeadChoice,
    options: Options,
) -> Comparison:
    from viewer.compare.run import compare_datasets, results_folder

    with job_progress(printable(prediction.key)[:30], "pair") as progress:
        return compare_datasets(
            reference.dataset,
            prediction.dataset,
            stems,
            head=head,
            options=options,
            out=results_folder(cache_folder(arguments), reference.dataset, prediction.dataset),
            reopen=(reference.reopen, prediction.reopen),
            progress=progress,
            **engine_options(arguments),
        )


def _named(predictions: list[Opened]) -> dict[str, Opened]:
    """By name, in order; what is named twice once."""
    return {prediction.key: prediction for prediction in predictions}


def _check_rank(metric: str, comparisons: Mapping[str, Comparison]) -> None:
    from viewer.compare.naming import full_name

    if any(full_name(found, metric) is None for found in comparisons.values()):
        known = dict.fromkeys(name for found in comparisons.values() for name in found.names)
        raise UsageError(f"--rank {metric}: no such metric here, or none has a value; expected {', '.join(known)}")
