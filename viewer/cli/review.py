"""`python -m viewer review`: verdicts on clips, from the command line."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from shlex import quote

from viewer.cli.arguments import HelpFormatter
from viewer.cli.opening import open_catalogue, open_complete
from viewer.data_options import add_dataset_options, add_reviews_option, argument, cache_folder, open_reviews
from viewer.dataset.layout import SPLITS
from viewer.errors import ReviewError, UsageError
from viewer.paths import user_path, whole_file
from viewer.quality.results import QualityResults
from viewer.quality.run import results_folder
from viewer.review import KINDS, ReviewDesk, export
from viewer.review.backup import rescue
from viewer.review.rate import Rate
from viewer.terminal import printable, say

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
_MAX_IMPORT_BYTES = 500_000_000


def add_parser(commands: argparse._SubParsersAction) -> None:
    parser = commands.add_parser(
        "review",
        help="verdicts on clips: count, export, import",
        description=_DESCRIPTION,
        epilog=_EXAMPLES,
        formatter_class=HelpFormatter,
    )
    actions = parser.add_subparsers(title="actions", dest="action", metavar="ACTION", required=True)

    status = _action(actions, "status", _status, "how many clips were judged, and the rate of bad ones")
    status.add_argument("--json", action="store_true", help="print one JSON object")

    out = _action(actions, "export", _export, "verdicts as CSV or JSON, or a split list without the bad clips")
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
        actions, "import", _import, "bring in what was exported as JSON; what is known already is passed over"
    )
    into.add_argument(
        "file", metavar="FILE", type=argument(user_path), help="JSON of `review export` or `review rescue`"
    )

    queue = _action(actions, "queue", _queue, "stems of a queue, one a line")
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
    saved.set_defaults(run=_rescue)


_RESCUE = "Write the verdicts that can still be read of a damaged review file, as JSON."


def _action(
    actions: argparse._SubParsersAction, name: str, run: Callable[[argparse.Namespace], int], text: str
) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = actions.add_parser(
        name, help=text, description=f"{text[0].upper()}{text[1:]}.", formatter_class=HelpFormatter
    )
    add_dataset_options(parser)
    add_reviews_option(parser)
    parser.set_defaults(run=run)
    return parser


def _kinds(text: str) -> tuple[str, ...]:
    kinds = tuple(dict.fromkeys(part.strip() for part in text.split(",")))
    if not set(kinds) <= set(KINDS):
        raise UsageError(f"{text!r} to drop; expected some of {', '.join(KINDS)}")
    return kinds


@contextmanager
def _desk(arguments: argparse.Namespace) -> Iterator[ReviewDesk]:
    dataset = open_complete(arguments)
    reviews = open_reviews(arguments, [dataset])
    with open_catalogue(dataset, arguments) as catalogue:
        kept = QualityResults.load(results_folder(cache_folder(arguments), dataset))
        yield ReviewDesk(dataset, catalogue, reviews, results=lambda: kept)


def _status(arguments: argparse.Namespace) -> int:
    with _desk(arguments) as desk:
        sample = desk.queue("random")
        found = desk.rate(sample.stems)
        counts = desk.counts()
        facts = {
            "dataset": str(desk.dataset.path),
            "reviews": str(desk.reviews.file),
            "clips": len(desk.dataset),
            "verdicts": counts,
            "random_sample": {"clips": len(sample.stems)} | found.as_json(),
        }
        if arguments.json:
            say(json.dumps(facts, indent=2, ensure_ascii=False, allow_nan=False))
            return 0
        lines = {
            "data set": f"{desk.dataset.path} ({len(desk.dataset):,} clips)",
            "kept in": str(desk.reviews.file) if desk.reviews.file.exists() else f"{desk.reviews.file} (none yet)",
            "verdicts": ", ".join(f"{name} {count:,}" for name, count in counts.items() if count) or "none",
            "rate": rate_text(found, len(sample.stems)),
        }
        say("\n".join(f"{label:10} {printable(value)}" for label, value in lines.items()))
        if not any(counts.values()):
            _tell_of_others(desk)
    return 0


def _tell_of_others(desk: ReviewDesk) -> None:
    """Verdicts on a data set that was moved are found under its former path."""
    for path, count in desk.reviews.datasets().items():
        if Path(path).name != desk.dataset.path.name:
            continue
        print(
            f"note: the file has {count:,} verdicts on {printable(path)}; if that is where this data set was before: "
            f"python -m viewer review rescue {quote(str(desk.reviews.file))} --data {quote(printable(path))} --out "
            "verdicts.json, then review import verdicts.json",
            file=sys.stderr,
        )


def rate_text(found: Rate, clips: int) -> str:
    """The rate of bad clips in words."""
    if found.judged == 0:
        return f"not known: none of the {clips} clips of the queue random is judged"
    text = (
        f"{found.bad} of {found.judged} clips at random are bad: {100 * found.bad / found.judged:.1f} % "
        f"(95 %: {100 * found.low:.1f} to {100 * found.high:.1f} %)"
    )
    if found.unsure:
        text += f"; with the {found.unsure} unsure ones up to {100 * found.unsure_high:.1f} %"
    return text


def _export(arguments: argparse.Namespace) -> int:
    with _desk(arguments) as desk:
        if arguments.out is not None:
            desk.dataset.check_outside(arguments.out, option="--out")
            if arguments.out.exists() and desk.reviews.file.exists() and arguments.out.samefile(desk.reviews.file):
                raise UsageError(f"--out {arguments.out} is the review file itself; choose another name")
        _write(arguments.out, _FORMATS[arguments.format](desk, arguments))
    return 0


def _csv(desk: ReviewDesk, _: argparse.Namespace) -> Iterable[str]:
    return export.as_csv(desk)


def _json(desk: ReviewDesk, _: argparse.Namespace) -> Iterable[str]:
    return [json.dumps(export.as_document(desk), indent=2, ensure_ascii=False, allow_nan=False)]


def _split(desk: ReviewDesk, arguments: argparse.Namespace) -> Iterable[str]:
    return export.cleaned_split(desk, arguments.split, drop=arguments.drop, outdated=arguments.outdated)


_FORMATS: dict[str, Callable[[ReviewDesk, argparse.Namespace], Iterable[str]]] = {
    "csv": _csv,
    "json": _json,
    "split": _split,
}


def _import(arguments: argparse.Namespace) -> int:
    try:
        with arguments.file.open("rb") as file:
            data = file.read(_MAX_IMPORT_BYTES + 1)
        if len(data) > _MAX_IMPORT_BYTES:
            raise UsageError(f"{arguments.file} has more than {_MAX_IMPORT_BYTES // 1_000_000} MB; expected an export")
        verdicts = export.from_document(data.decode())
    except OSError as error:
        raise UsageError(f"{arguments.file} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError:
        raise UsageError(
            f"{arguments.file} is no UTF-8 text; expected what `review export --format json` writes"
        ) from None
    dataset = open_complete(arguments)
    reviews = open_reviews(arguments, [dataset])
    known = [verdict for verdict in verdicts if verdict.stem in dataset]
    added = reviews.add(dataset.path, known)
    say(f"{added:,} verdicts brought in, {len(known) - added:,} were here already")
    if len(known) < len(verdicts):
        print(f"note: {len(verdicts) - len(known):,} are on clips that {dataset.path} does not have", file=sys.stderr)
    return 0


def _queue(arguments: argparse.Namespace) -> int:
    with _desk(arguments) as desk:
        queue = desk.queue(arguments.name)
        done = desk.judged() if arguments.open else {}
        for stem in queue.stems:
            if stem not in done:
                say(stem)
        if queue.note:
            print(f"note: {printable(queue.note)}", file=sys.stderr)
    return 0


def _rescue(arguments: argparse.Namespace) -> int:
    found = rescue(arguments.file)
    if arguments.data is not None:
        found = {path: verdicts for path, verdicts in found.items() if path == str(arguments.data)}
    if len(found) != 1:
        known = ", ".join(found) or "none"
        raise UsageError(
            f"{arguments.file} has verdicts on {len(found)} such data sets ({known}); name one with --data"
        )
    ((path, verdicts),) = found.items()
    _write(arguments.out, [json.dumps(export.document_of(path, verdicts), indent=2, ensure_ascii=False)])
    say(f"{len(verdicts):,} verdicts saved in {arguments.out}")
    return 0


def _write(out: Path | None, lines: Iterable[str]) -> None:
    if out is None:
        for line in lines:
            say(line)
        return
    with whole_file(out, error=ReviewError) as part, part.open("w", encoding="utf-8", newline="\n") as file:
        file.writelines(f"{line}\n" for line in lines)
