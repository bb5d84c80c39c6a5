"""`python -m viewer words`: when each word of a clip is spoken."""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Mapping
from functools import partial
from pathlib import Path

from viewer.cli.arguments import HelpFormatter, add_engine_options, engine_options
from viewer.cli.opening import open_complete
from viewer.cli.outcome import tell_failures, tell_shard
from viewer.cli.progress import job_progress
from viewer.data_options import add_dataset_options, argument, cache_folder, open_dataset, read_stems
from viewer.dataset import Dataset
from viewer.errors import UsageError
from viewer.jobs import KeptResults
from viewer.paths import user_path, why_not_written
from viewer.terminal import printable, say

_DESCRIPTION = """\
Find when each word of the transcripts is spoken, and each phone: by forced alignment of English text with the sound.
Named clips are looked at; without names all of the data set. Where the words cannot be found (no sound, another
language, a transcript that belongs to another clip) they are spread over the sound, and the message says why.

textgrid, json, vtt: one file a clip in the folder --out, or on standard output for one clip
table: the words of one clip; of several, a line each: stem, status, confidence, words, weak words, message

What was found is kept in the cache folder: a run that was stopped goes on, and the page shows it at once.
docs/words.md says how accurate the times are, and what weak words are.

exit codes: 0, 1 some clips could not be read, 2 wrong usage
"""
_EXAMPLES = """\
examples:
  python -m viewer words                                        how the demo clips fare
  python -m viewer words STEM --data WebTalk                    the words of a clip
  python -m viewer words STEM --data WebTalk --format vtt       as subtitles, to standard output
  python -m viewer words --data WebTalk --format textgrid --out words    a Praat file for every clip
"""


def add_parser(commands: argparse._SubParsersAction) -> None:
    parser = commands.add_parser(
        "words",
        help="find when words and phones are spoken: TextGrid, JSON, WebVTT",
        description=_DESCRIPTION,
        epilog=_EXAMPLES,
        formatter_class=HelpFormatter,
    )
    parser.add_argument("stems", metavar="STEM", nargs="*", help="clips to look at (default: all that have motion)")
    parser.add_argument("--stems", metavar="FILE", dest="list", help="file of stems, one a line; - is standard input")
    parser.add_argument("--all", action="store_true", help="all clips that have motion, as without names")
    add_dataset_options(parser)
    parser.add_argument(
        "--format", choices=("table", "textgrid", "json", "vtt"), default="table", help="default: table"
    )
    parser.add_argument("--out", metavar="DIR", type=argument(user_path), help="folder for the files; made if missing")
    add_engine_options(parser, does="listen")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Write or print what was asked for; returns the exit code."""
    from viewer.speech.run import words_of  # SciPy takes longer to load than `--help`

    if arguments.out is not None and arguments.format == "table":
        raise UsageError("--out is for files; add --format textgrid, json or vtt")
    if arguments.all and (arguments.stems or arguments.list):
        raise UsageError("--all is all clips; leave it out to look at those that are named")
    how = engine_options(arguments)
    dataset = open_complete(arguments)
    named = list(dict.fromkeys([*arguments.stems, *(read_stems(arguments.list) if arguments.list else ())]))
    for stem in named:
        dataset.parts(stem)  # a typing error is told before anything is done
    stems = named or list(dataset.playable)
    several = len(stems) != 1
    if several and arguments.out is None and arguments.format != "table":
        raise UsageError(f"{len(stems):,} clips need a folder for their files; add --out DIR")
    out = None if arguments.out is None else _prepared(arguments.out, dataset)
    with job_progress("listening") as progress:
        results = words_of(
            dataset,
            stems,
            reopen=partial(open_dataset, arguments),
            cache=cache_folder(arguments),
            format=None if several and arguments.format == "table" else arguments.format,
            out=out,
            progress=progress,
            **how,
        )
    if arguments.shard is not None:
        return tell_shard(arguments.shard, len(results), results.failures())
    return _report(results, several=several, table=arguments.format == "table", out=out)


def _report(results: KeptResults, *, several: bool, table: bool, out: Path | None) -> int:
    """Print what became of the clips; returns the exit code."""
    counts = Counter(failed=tell_failures(results.failures()))
    for stem, result in results.items():
        if not result.ok:
            continue
        value = result.value
        counts[value["status"]] += 1
        if several and table:
            say(_line(stem, value))
        elif value["text"] is not None:
            say(printable_lines(value["text"]))
        if not several and value["status"] != "aligned":
            print(f"note: {printable(value['message'])}", file=sys.stderr)
    if several:
        kinds = ("aligned", "estimated", "none", "failed")
        told = {"none": "without transcript"}
        found = ", ".join(f"{counts[kind]:,} {told.get(kind, kind)}" for kind in kinds if counts[kind])
        print(f"{len(results):,} clips: {found or 'nothing'}{f', in {out}' if out else ''}", file=sys.stderr)
    return 1 if counts["failed"] else 0


def printable_lines(text: str) -> str:
    """A text without what would steer the terminal, its last line end left to `say`."""
    return "\n".join(printable(line) for line in text.rstrip("\n").split("\n"))


def _line(stem: str, value: Mapping[str, object]) -> str:
    confidence = "–" if value["confidence"] is None else f"{value['confidence']:.0f}"
    facts = f"{value['status']:<9}  {confidence:>4}  {value['n_words']:>4} words  {value['n_weak']:>3} weak"
    return f"{printable(stem)}  {facts}  {printable(str(value['message']))}".rstrip()


def _prepared(out: Path, dataset: Dataset) -> Path:
    """The folder for the files, made if need be. Raises UsageError."""
    dataset.check_outside(out, option="--out")
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"cannot write into {out}: {why_not_written(error)}") from None
    return out.resolve()
