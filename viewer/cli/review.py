"""`python -m viewer review`: verdicts on clips, from the command line."""

from __future__ import annotations

import argparse
from collections.abc import Callable

from viewer.cli.arguments import HelpFormatter
from viewer.data_options import add_dataset_options, add_reviews_option, argument
from viewer.dataset.layout import SPLITS
from viewer.errors import UsageError
from viewer.paths import user_path

_DESCRIPTION = """\
Verdicts on clips are given in the page (its button Review, or the key V). Here they are counted, taken out and brought
in. They are kept in a file of your own, never in the data set or the cache folder. docs/review.md tells more.
"""
_EXAMPLES = """\
examples:
  python -m viewer review status --data WebTalk                     how many, and the rate of bad clips
  python -m viewer review export --data WebTalk --format csv --out verdicts.csv
  python -m viewer review export --data WebTalk --format split --split train --out train.txt
  python -m viewer review queue errors --data WebTalk | python -m viewer export --data WebTalk --stems -
  python -m viewer review import verdicts.json --data WebTalk       what a colleague exported as JSON
"""
_FORMATS = ("csv", "json", "split")


def add_parser(commands: argparse._SubParsersAction) -> None:
    parser = commands.add_parser(
        "review",
        help="verdicts on clips: count, export, import",
        description=_DESCRIPTION,
        epilog=_EXAMPLES,
        formatter_class=HelpFormatter,
    )
    actions = parser.add_subparsers(title="actions", dest="action", metavar="ACTION", required=True)

    status = _action(actions, "status", "print_status", "how many clips were judged, and the rate of bad ones")
    status.add_argument("--json", action="store_true", help="print one JSON object")

    out = _action(
        actions, "export", "export_verdicts", "verdicts as CSV or JSON, or a split list without the bad clips"
    )
    out.add_argument("--format", choices=_FORMATS, default="csv", help="default: %(default)s")
    out.add_argument("--out", metavar="FILE", type=argument(user_path), help="default: standard output")
    split = out.add_argument_group("--format split")
    split.add_argument("--split", choices=(*SPLITS, "all"), default="train", help="default: %(default)s")
    split.add_argument(
        "--drop",
        metavar="KINDS",
        type=argument(_kinds),
        default=("bad",),
        help="verdicts whose clips are left out: bad (default), unsure, good, or several as in bad,unsure",
    )
    split.add_argument("--outdated", action="store_true", help="count verdicts on clips that have changed since, too")

    into = _action(
        actions, "import", "import_verdicts", "bring in what was exported as JSON; what is known already is passed over"
    )
    into.add_argument(
        "file", metavar="FILE", type=argument(user_path), help="JSON of `review export` or `review rescue`"
    )

    queue = _action(actions, "queue", "print_queue", "stems of a queue, one a line")
    queue.add_argument(
        "name", metavar="NAME", help="random, random.N, errors, odd, worst.CHECK, bad, unsure, good, changed"
    )
    queue.add_argument("--open", action="store_true", help="only clips that have no verdict yet")

    saved = actions.add_parser("rescue", help="save what can be read of a damaged review file", description=_RESCUE)
    saved.add_argument("file", metavar="FILE", type=argument(user_path), help="the damaged file; it is only read")
    saved.add_argument(
        "--out", metavar="FILE", type=argument(user_path), required=True, help="JSON for `review import`"
    )
    saved.add_argument("--data", metavar="DIR", type=argument(user_path), help="of several data sets in it, this one")
    saved.set_defaults(run=_lazily("rescue_verdicts"))


_RESCUE = "Write the verdicts that can still be read of a damaged review file, as JSON."


def _action(actions: argparse._SubParsersAction, name: str, does: str, text: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = actions.add_parser(
        name, help=text, description=f"{text[0].upper()}{text[1:]}.", formatter_class=HelpFormatter
    )
    add_dataset_options(parser)
    add_reviews_option(parser)
    parser.set_defaults(run=_lazily(does))
    return parser


def _lazily(action: str) -> Callable[[argparse.Namespace], int]:
    """A function of `review_actions`, which is imported when it is called."""

    def run(arguments: argparse.Namespace) -> int:
        from viewer.cli import review_actions  # scipy and the checks take longer to load than other commands to run

        does: Callable[[argparse.Namespace], int] = getattr(review_actions, action)
        return does(arguments)

    return run


def _kinds(text: str) -> tuple[str, ...]:
    from viewer.review import KINDS

    kinds = tuple(dict.fromkeys(part.strip() for part in text.split(",")))
    if not set(kinds) <= set(KINDS):
        raise UsageError(f"{text!r} to drop; expected some of {', '.join(KINDS)}")
    return kinds
