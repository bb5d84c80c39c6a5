"""`python -m viewer list`: clips by search, filters and order."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from itertools import islice

from viewer.cli import rows
from viewer.cli.arguments import HelpFormatter
from viewer.cli.opening import open_catalogue, open_complete
from viewer.data_options import add_dataset_options, add_reviews_option, argument, open_reviews
from viewer.dataset import Dataset
from viewer.dataset.catalogue import Catalogue, Column, Query
from viewer.dataset.catalogue.columns import NAMES, VERDICT, VERDICTS
from viewer.dataset.layout import SPLITS
from viewer.errors import UsageError
from viewer.paths import user_path
from viewer.terminal import printable, say

_TABLE_COLUMNS = ("stem", "seconds", "splits", "words")

_DESCRIPTION = """\
List clips: by words of their transcripts or parts of their names, by split, session, files, flags and duration, in the
order of any column. docs/cli.md describes the columns.
"""
_EXAMPLES = """\
examples:
  python -m viewer list --data WebTalk --search "good morning" --split val
  python -m viewer list --data WebTalk --sort -seconds --limit 20
  python -m viewer list --data WebTalk --scores lve.csv --sort -lve --format csv > worst.csv
  python -m viewer list --data WebTalk --verdict bad --verdict stale
  python -m viewer list --data WebTalk --flag audio-longer --format json | jq -r '.[].stem'
"""


def add_parser(commands: argparse._SubParsersAction) -> None:
    parser = commands.add_parser(
        "list",
        help="list clips by search, filters and order",
        description=_DESCRIPTION,
        epilog=_EXAMPLES,
        formatter_class=HelpFormatter,
    )
    add_dataset_options(parser)
    parser.add_argument("--search", metavar="TEXT", default="", help="words of the transcript, or part of the stem")
    for name, words in {
        "split": f"clips in this split: {', '.join(SPLITS)} or none",
        "session": "clips of this session",
        "modality": "clips with these files: motion, audio, transcript, tokens; or without: no-motion, …",
        "flag": "clips with this flag",
    }.items():
        parser.add_argument(f"--{name}", metavar="NAME", action="append", default=[], help=f"{words}; may be repeated")
    parser.add_argument(
        "--verdict",
        metavar="NAME",
        action="append",
        default=[],
        help=f"clips that were judged so: {', '.join(VERDICTS)} (changed since) or none; may be repeated",
    )
    add_reviews_option(parser)
    parser.add_argument("--min-seconds", metavar="S", type=float, help="clips that last this long or longer")
    parser.add_argument("--max-seconds", metavar="S", type=float, help="clips that last this long or shorter")
    parser.add_argument(
        "--sort", metavar="COLUMN", default="stem", help="-COLUMN: largest first (default: %(default)s)"
    )
    parser.add_argument("--scores", metavar="FILE", type=argument(user_path), help="CSV of columns by stem")
    parser.add_argument("--columns", metavar="A,B", help="columns to print (default: all; in a table the main ones)")
    parser.add_argument("--limit", metavar="N", type=argument(_limit), help="print at most N clips")
    parser.add_argument("--format", choices=rows.FORMATS, default="table", help="default: %(default)s")
    parser.set_defaults(run=run)


def join_sort(argv: Sequence[str]) -> list[str]:
    """`--sort -seconds` as `--sort=-seconds`: argparse would take -seconds for an option."""
    joined: list[str] = []
    for text in argv:
        if joined and joined[-1] == "--sort" and text.startswith("-") and not text.startswith("--"):
            joined[-1] = f"--sort={text}"
        else:
            joined.append(text)
    return joined


def run(arguments: argparse.Namespace) -> int:
    """Print the clips that were asked for; returns the exit code."""
    query = Query.parse(
        search=arguments.search,
        split=arguments.split,
        session=arguments.session,
        modality=arguments.modality,
        flag=arguments.flag,
        min_seconds=arguments.min_seconds,
        max_seconds=arguments.max_seconds,
        verdict=arguments.verdict,
        sort=arguments.sort,
    )
    dataset = open_complete(arguments)
    with open_catalogue(dataset, arguments) as catalogue:
        if arguments.scores is not None:
            for warning in catalogue.load_scores(arguments.scores):
                print(f"note: {printable(warning)}", file=sys.stderr)
        if query.verdicts or query.sort == VERDICT or VERDICT in (arguments.columns or "").split(","):
            _add_verdicts(arguments, dataset, catalogue)
        columns = _columns(catalogue, arguments)
        total = catalogue.page(query, limit=1).total
        lines = rows.FORMATS[arguments.format](islice(catalogue.rows(query), arguments.limit), columns)
        for line in lines:
            say(line)
    if total == 0:
        print(f"none of the {len(dataset):,} clips in {dataset.path} is as asked for", file=sys.stderr)
    elif arguments.limit is not None and total > arguments.limit:
        print(f"{arguments.limit:,} of {total:,} clips; --limit shows more", file=sys.stderr)
    return 0


def _add_verdicts(arguments: argparse.Namespace, dataset: Dataset, catalogue: Catalogue) -> None:
    from viewer.review import ReviewDesk  # takes the checks along, which take longer to load than a list
    from viewer.review.columns import VerdictColumn

    VerdictColumn(ReviewDesk(dataset, catalogue, open_reviews(arguments, [dataset]))).refresh()


def _columns(catalogue: Catalogue, arguments: argparse.Namespace) -> tuple[Column, ...]:
    """The columns to print, in their order. Raises UsageError for one that does not exist."""
    known = {column.name: column for column in catalogue.columns}
    if arguments.columns is not None:
        names = [name.strip() for name in arguments.columns.split(",")]
    elif arguments.format == "table":
        scores = [name for name in known if name not in NAMES]
        names = list(dict.fromkeys((*_TABLE_COLUMNS, *scores, arguments.sort.removeprefix("-"), "flags", "text")))
    else:
        names = list(known)
    for name in names:
        if name not in known:
            raise UsageError(f"there is no column {name!r}; expected {', '.join(known)}")
    return tuple(known[name] for name in names)


def _limit(text: str) -> int:
    if not text.isascii() or not text.isdecimal() or int(text) < 1:
        raise UsageError(f"{text!r} is no number of clips; expected 1 or more")
    return int(text)
