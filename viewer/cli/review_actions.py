"""What `python -m viewer review` does. Apart from its arguments, because the checks and scipy come along."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from shlex import quote

from viewer.cli.opening import open_catalogue, open_complete
from viewer.data_options import cache_folder, open_reviews
from viewer.errors import ReviewError, UsageError
from viewer.paths import whole_file
from viewer.quality.results import QualityResults
from viewer.quality.run import results_folder
from viewer.review import ReviewDesk, export
from viewer.review.backup import rescue
from viewer.review.rate import Rate
from viewer.review.store import key_of
from viewer.terminal import printable, say

_MAX_IMPORT_BYTES = 500_000_000


@contextmanager
def _desk(arguments: argparse.Namespace) -> Iterator[ReviewDesk]:
    dataset = open_complete(arguments)
    reviews = open_reviews(arguments, [dataset])
    with open_catalogue(dataset, arguments) as catalogue:
        kept = cache(lambda: QualityResults.load(results_folder(cache_folder(arguments), dataset)))
        yield ReviewDesk(dataset, catalogue, reviews, results=kept)


def print_status(arguments: argparse.Namespace) -> int:
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


def export_verdicts(arguments: argparse.Namespace) -> int:
    with _desk(arguments) as desk:
        if arguments.out is not None:
            desk.dataset.check_outside(arguments.out, option="--out")
            _check_is_not(arguments.out, desk.reviews.file)
        _write(arguments.out, FORMATS[arguments.format](desk, arguments))
    return 0


def _csv(desk: ReviewDesk, _: argparse.Namespace) -> Iterable[str]:
    return export.as_csv(desk)


def _json(desk: ReviewDesk, _: argparse.Namespace) -> Iterable[str]:
    return [json.dumps(export.as_document(desk), indent=2, ensure_ascii=False, allow_nan=False)]


def _split(desk: ReviewDesk, arguments: argparse.Namespace) -> Iterable[str]:
    return export.cleaned_split(desk, arguments.split, drop=arguments.drop, outdated=arguments.outdated)


FORMATS: dict[str, Callable[[ReviewDesk, argparse.Namespace], Iterable[str]]] = {
    "csv": _csv,
    "json": _json,
    "split": _split,
}


def import_verdicts(arguments: argparse.Namespace) -> int:
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


def print_queue(arguments: argparse.Namespace) -> int:
    with _desk(arguments) as desk:
        queue = desk.queue(arguments.name)
        done = desk.judged() if arguments.open else {}
        for stem in queue.stems:
            if stem not in done:
                say(stem)
        if queue.note:
            print(f"note: {printable(queue.note)}", file=sys.stderr)
    return 0


def rescue_verdicts(arguments: argparse.Namespace) -> int:
    _check_is_not(arguments.out, arguments.file)
    found = rescue(arguments.file)
    if arguments.data is not None:
        names = (key_of(arguments.data), str(arguments.data))  # as given: a link may stand where it was
        found = {path: verdicts for path, verdicts in found.items() if path in names}
    if not found:
        raise UsageError(f"{arguments.file} has no such verdicts that stand and can be read; look for copies beside it")
    if len(found) != 1:
        known = ", ".join(found) or "none"
        raise UsageError(
            f"{arguments.file} has verdicts on {len(found)} such data sets ({known}); name one with --data"
        )
    ((path, verdicts),) = found.items()
    _write(arguments.out, [json.dumps(export.document_of(path, verdicts), indent=2, ensure_ascii=False)])
    say(f"{len(verdicts):,} verdicts saved in {arguments.out}")
    return 0


def _check_is_not(out: Path, file: Path) -> None:
    """Verdicts must not be replaced by what is written of them. Raises UsageError."""
    if out.exists() and file.exists() and out.samefile(file):
        raise UsageError(f"--out {out} is the review file itself; choose another name")


def _write(out: Path | None, lines: Iterable[str]) -> None:
    if out is None:
        for line in lines:
            say(line)
        return
    with whole_file(out, error=ReviewError) as part, part.open("w", encoding="utf-8", newline="\n") as file:
        file.writelines(f"{line}\n" for line in lines)
