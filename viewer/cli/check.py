"""`python -m viewer check`: the motion quality of one clip in detail, or of all clips, ranked."""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from viewer import jobs
from viewer.cli import check_report, check_self_test
from viewer.cli.arguments import HelpFormatter, add_data_options, add_engine_options, engine_options
from viewer.cli.opening import open_complete
from viewer.cli.outcome import tell_shard
from viewer.cli.progress import job_progress
from viewer.cli.writing import write_to
from viewer.data_options import argument, cache_folder, open_dataset
from viewer.dataset import Dataset
from viewer.errors import UsageError
from viewer.flame import HeadChoice, choose_head
from viewer.paths import user_path
from viewer.terminal import say

if TYPE_CHECKING:
    from viewer.quality import QualityResults, Thresholds

FAILED = 2
"""Exit code where clips could not be checked; 1 means that something is wrong with them."""
DETAILED = 10
"""Clips up to which each is shown in detail."""
_SPEECH_SHARE = 0.07
"""Of a clip's duration, that one core takes to find its words and voice."""
_WORTH_TELLING_SECONDS = 60

_DESCRIPTION = """\
Check the motion of clips: broken numbers, poses out of range, frozen faces, pops, seams, jitter, lips against
the sound, lids, identity, transcripts. Named clips are shown in detail; without names all clips are checked and ranked.
Values are kept in the cache folder: a second run measures only what changed, a run that was stopped goes on, and other
limits need no measuring. docs/quality.md describes every check, its formula and weaknesses.

exit codes: 0 no errors (there may be warnings and notes), 1 errors were found, 2 the clips could not be checked
"""
_EXAMPLES = """\
examples:
  python -m viewer check                                    the demo clips
  python -m viewer check STEM --data WebTalk                one clip in detail, compared with the data set if checked
  python -m viewer check --data WebTalk --no-speech         all clips, without words and voice: minutes
  python -m viewer check --data WebTalk --json - | jq -r '.clips[] | select(.findings[0].severity == "error") | .stem'
  python -m viewer check --data WebTalk --html report.html  a report to hand on
  python -m viewer check --data WebTalk --self-test         what the checks find of defects planted in these clips
  python -m viewer check --data WebTalk --calibrate my.toml
  python -m viewer check --data WebTalk --thresholds my.toml
"""


def add_parser(commands: argparse._SubParsersAction) -> None:
    parser = commands.add_parser(
        "check",
        help="check motion quality: one clip in detail, or all of them, ranked",
        description=_DESCRIPTION,
        epilog=_EXAMPLES,
        formatter_class=HelpFormatter,
    )
    parser.add_argument("stems", metavar="STEM", nargs="*", help="clips to check (default: all that have motion)")
    add_data_options(parser)
    output = parser.add_mutually_exclusive_group()
    output.add_argument("--json", metavar="FILE", help="write findings as one JSON object; - for standard output")
    output.add_argument("--csv", metavar="FILE", help="write findings as CSV, one a line; - for standard output")
    output.add_argument(
        "--html",
        metavar="FILE",
        type=argument(user_path),
        help="write a report that stands alone: ranking, histograms, pictures of the worst clips",
    )
    check_report.add_options(parser)
    parser.add_argument("--all", action="store_true", help="print every clip, and all findings of clips in detail")
    parser.add_argument("--no-speech", dest="speech", action="store_false", help="leave out what needs words and voice")
    parser.add_argument(
        "--thresholds", metavar="FILE", type=argument(user_path), help="TOML of limits in the place of the viewer's"
    )
    parser.add_argument(
        "--calibrate", metavar="FILE", type=argument(user_path), help="write limits that fit this data set to a TOML"
    )
    parser.add_argument(
        "--seam-period",
        metavar="N",
        type=argument(_frames),
        help="frames between seams of the motion, 0 for none (default: as the data shows, else 4 s)",
    )
    parser.add_argument(
        "--self-test",
        metavar="N",
        nargs="?",
        const=check_self_test.CLIPS,
        type=argument(check_self_test.clips_to_test),
        help="plant defects in N of these clips (default: %(const)s) and tell which the checks find",
    )
    add_engine_options(parser, does="measure")
    parser.set_defaults(run=run, failed=FAILED)


def run(arguments: argparse.Namespace) -> int:
    """Check what was asked for and print or write it; returns the exit code."""
    from viewer.quality import Thresholds  # scipy and the checks take longer to load than other commands to run
    from viewer.quality.plugins import for_dataset, load_check_plugins

    _check_options(arguments)
    load_check_plugins(arguments.plugin)
    opening = argparse.Namespace(**vars(arguments) | {"plugin": list(for_dataset(arguments.plugin))})
    thresholds = Thresholds.load(arguments.thresholds)
    dataset = open_complete(opening)
    for stem in arguments.stems:
        dataset.parts(stem)  # a typing error is told before anything is measured
    _check_outside(arguments, dataset)
    head = choose_head(arguments.model, expression_space=dataset.expression_space, layer=arguments.flame_layer)
    for warning in head.warnings:
        print(f"note: {warning}", file=sys.stderr)
    stems: Sequence[str] = tuple(dict.fromkeys(arguments.stems)) or dataset.playable
    if arguments.self_test is not None:
        return _self_test(arguments, dataset, stems, head, thresholds)
    if arguments.shard is not None:
        return _measure_shard(arguments, opening, dataset, jobs.share(stems, arguments.shard), head)
    _tell_cost(arguments, dataset, stems)
    results = _results(arguments, opening, dataset, stems, head, thresholds)
    if arguments.html is not None:
        check_report.write_report(
            arguments.html, results, dataset=dataset, head=head, gl=arguments.gl, app=arguments.app
        )
        print(f"wrote {arguments.html}", file=sys.stderr)
    _write(arguments, results, detailed=0 < len(arguments.stems) <= DETAILED)
    return 1 if any(clip.severity == "error" for clip in results.ranked()[:1]) else 0


def _check_outside(arguments: argparse.Namespace, dataset: Dataset) -> None:
    """Raises UsageError for a file to write that lies in the data set."""
    for option in ("json", "csv", "html", "calibrate"):
        file = getattr(arguments, option)
        if file is not None and file != "-":
            dataset.check_outside(user_path(file), option=f"--{option}")


def _check_options(arguments: argparse.Namespace) -> None:
    """Raises UsageError for options that do not go together."""
    if arguments.shard is None:
        return
    for option in ("json", "csv", "html", "calibrate", "self_test"):
        if getattr(arguments, option) is not None:
            raise UsageError(
                f"--{option.replace('_', '-')} needs all clips, but --shard measures only its own; "
                "leave it to the same command without --shard, when all shards are through"
            )


def _self_test(
    arguments: argparse.Namespace,
    dataset: Dataset,
    stems: Sequence[str],
    head: HeadChoice,
    thresholds: Thresholds,
) -> int:
    """Tell what the checks find of defects planted in some of the clips; returns the exit code."""
    if arguments.csv is not None or arguments.html is not None or arguments.calibrate is not None:
        raise UsageError(
            "--self-test prints a table, or writes --json FILE; run --csv, --html, --calibrate by themselves"
        )
    result = check_self_test.run_self_test(
        dataset,
        stems,
        head=head,
        n_clips=arguments.self_test,
        speech=arguments.speech,
        thresholds=thresholds,
        seam_period=arguments.seam_period,
    )
    if arguments.json is not None:
        write_to(arguments.json, json.dumps(result.as_json(), indent=1, allow_nan=False))
    else:
        say(check_self_test.table(result))
    return 0


def _results(
    arguments: argparse.Namespace,
    opening: argparse.Namespace,
    dataset: Dataset,
    stems: Sequence[str],
    head: HeadChoice,
    thresholds: Thresholds,
) -> QualityResults:
    """Findings of the clips: few are measured here, with their curves, many in processes of their own."""
    from viewer.quality import check_dataset, measure_clips, results_folder

    cache = cache_folder(arguments)
    out = results_folder(cache, dataset)
    if 0 < len(arguments.stems) <= DETAILED:
        return measure_clips(
            dataset,
            stems,
            head=head,
            out=out,
            cache=cache,
            speech=arguments.speech,
            thresholds=thresholds,
            seam_period=arguments.seam_period,
        )
    with job_progress("checking", "check") as progress:
        return check_dataset(
            dataset,
            stems,
            head=head,
            out=out,
            cache=cache,
            reopen=partial(open_dataset, opening),
            speech=arguments.speech,
            plugins=arguments.plugin,
            thresholds=thresholds,
            seam_period=arguments.seam_period,
            progress=progress,
            **engine_options(arguments),
        )


def _measure_shard(
    arguments: argparse.Namespace, opening: argparse.Namespace, dataset: Dataset, stems: Sequence[str], head: HeadChoice
) -> int:
    """Measure a share of the clips and leave the findings to a later run; returns the exit code."""
    from viewer.quality import results_folder
    from viewer.quality.run import measure_dataset

    _tell_cost(arguments, dataset, stems)
    cache = cache_folder(arguments)
    with job_progress("checking", "check") as progress:
        stages = measure_dataset(
            dataset,
            stems,
            head=head,
            out=results_folder(cache, dataset),
            cache=cache,
            reopen=partial(open_dataset, opening),
            speech=arguments.speech,
            plugins=arguments.plugin,
            progress=progress,
            **engine_options(arguments),
        )
    failures = {stem: why for results in stages for stem, why in results.failures().items()}
    return tell_shard(arguments.shard, len(stems), failures)


def _tell_cost(arguments: argparse.Namespace, dataset: Dataset, stems: Sequence[str]) -> None:
    """Say how long words and voice will take where that is long."""
    from viewer.quality import results_folder

    if not arguments.speech or len(stems) <= DETAILED or arguments.engine != "local":
        return  # it takes no time, or nobody knows how many processors there are
    known = jobs.read_results(results_folder(cache_folder(arguments), dataset) / "speech")
    left = [stem for stem in stems if stem not in known]
    sample = left[:: max(len(left) // 20, 1)]
    durations = [seconds for stem in sample if (seconds := dataset.summary(stem).seconds) is not None]
    cores = arguments.jobs or jobs.cores()
    seconds = _SPEECH_SHARE * sum(durations) / max(len(durations), 1) * len(left) / cores
    if seconds > _WORTH_TELLING_SECONDS:
        print(
            f"note: finding words and voice of {len(left):,} clips takes about {seconds / 60:.0f} minutes, once. "
            "--no-speech leaves out the checks that need them; Ctrl-C stops, and the next run goes on.",
            file=sys.stderr,
        )


def _write(arguments: argparse.Namespace, results: QualityResults, *, detailed: bool) -> None:
    from viewer.cli import check_text

    if arguments.calibrate is not None:
        results.calibrated().save(arguments.calibrate)
        print(f"wrote {arguments.calibrate}", file=sys.stderr)
    if arguments.json is not None:
        write_to(arguments.json, check_text.json_lines(results))
    elif arguments.csv is not None:
        write_to(arguments.csv, check_text.comma_separated(results))
    elif detailed:
        say("\n\n".join(check_text.detail(results, stem, complete=arguments.all) for stem in results.clips))
    else:
        say(check_text.ranking(results, complete=arguments.all))


def _frames(text: str) -> int:
    if not re.fullmatch(r"\d{1,5}", text):
        raise UsageError(f"{text!r} is no number of frames; expected 0 or more")
    return int(text)
