"""`python -m viewer doctor`: what is wrong with a data set."""

from __future__ import annotations

import argparse
import json
import sys
from functools import partial

from viewer.cli.arguments import HelpFormatter, add_engine_options, engine_options
from viewer.cli.findings import report
from viewer.cli.opening import open_complete
from viewer.cli.outcome import tell_shard
from viewer.cli.progress import job_progress
from viewer.data_options import add_dataset_options, argument, cache_folder, open_dataset
from viewer.dataset.doctor import EVERYTHING, HEADERS, Depth, diagnose
from viewer.dataset.doctor.survey import survey
from viewer.errors import UsageError, ViewerError
from viewer.terminal import say

FAILED = 2
"""Exit code where the data set could not be looked at; 1 means that something is wrong with it."""

_DESCRIPTION = """\
Look for what is wrong with a data set: folders and archives, split lists against clips, frames and audio tokens against
the duration of the sound, files that cannot be read; with --read-data every byte, and clips with the same motion or
sound. Nothing is ever written into the data set. What was read is kept in the cache folder: a second run reads only
what changed, a run that was stopped goes on. docs/doctor.md describes every check and the JSON.

exit codes: 0 no errors (there may be warnings and notes), 1 errors were found, 2 the data set could not be looked at
"""


def add_parser(commands: argparse._SubParsersAction) -> None:
    parser = commands.add_parser(
        "doctor",
        help="look for what is wrong with a data set",
        description=_DESCRIPTION,
        formatter_class=HelpFormatter,
    )
    add_dataset_options(parser)
    depth = parser.add_mutually_exclusive_group()
    depth.add_argument(
        "--read-data",
        dest="depth",
        action="store_const",
        const=EVERYTHING,
        default=HEADERS,
        help="read every byte of every file, not only headers",
    )
    depth.add_argument(
        "--sample",
        dest="depth",
        metavar="SHARE",
        type=argument(Depth.parse),
        help="read every byte of a share of the clips, such as 5%%; always the same ones",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--all", action="store_true", help="print every finding, not only the first of each check")
    add_engine_options(parser, does="read")
    parser.set_defaults(run=run, failed=FAILED)


def run(arguments: argparse.Namespace) -> int:
    """Print what is wrong; returns the exit code. Raises ViewerError where nothing could be checked."""
    try:
        return _diagnose(arguments)
    except ViewerError as error:
        if arguments.json:  # whoever parses the output finds an object, also where there is nothing to report on
            say(json.dumps({"error": str(error)}, indent=2, ensure_ascii=False))
        raise


def _diagnose(arguments: argparse.Namespace) -> int:
    how = engine_options(arguments)
    if arguments.shard is not None and arguments.json:
        raise UsageError("--json needs all clips, but --shard reads only its own; leave out one of them")
    dataset = open_complete(arguments)
    reopen, cache = partial(open_dataset, arguments), cache_folder(arguments)
    with job_progress("reading") as progress:
        if arguments.shard is not None:
            found = survey(dataset, reopen=reopen, cache=cache, depth=arguments.depth, progress=progress, **how)
            return tell_shard(arguments.shard, len(found.facts), found.failed)
        diagnosis = diagnose(dataset, reopen=reopen, cache=cache, depth=arguments.depth, progress=progress, **how)
    if diagnosis.warning is not None:
        print(f"note: {diagnosis.warning}", file=sys.stderr)
    if arguments.json:
        say(json.dumps(diagnosis.as_json(), indent=2, ensure_ascii=False, allow_nan=False))
    else:
        say(report(diagnosis, complete=arguments.all))
    return 0 if diagnosis.clean else 1
