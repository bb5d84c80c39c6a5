"""`--compare`: predictions that are shown beside the clips of a data set, for films and figures."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from viewer import heat
from viewer.cli.compare_sets import open_sets
from viewer.clip import Clip
from viewer.data_options import argument
from viewer.dataset import DEMO_DATASET, Dataset, counterpart
from viewer.errors import CompareError, UsageError
from viewer.paths import user_path


def add_compare_options(parser: argparse.ArgumentParser) -> None:
    """`--compare PRED …` and what belongs to it, for `open_compared`."""
    group = parser.add_argument_group("compare")
    group.add_argument(
        "--compare",
        metavar="PRED",
        nargs="+",
        type=argument(user_path),
        help="data sets or folders of tracks to show beside --data, in this order; --base, --stem-pattern, "
        "--track-format and --map are about these",
    )
    group.add_argument("--labels", metavar="A,B,…", help="what to write over them (default: names of the folders)")
    group.add_argument(
        "--heat-top",
        metavar="MM",
        type=argument(millimetres),
        help=f"error at which the colours of heat maps end (default: {heat.TOP_MM:g})",
    )


def millimetres(text: str) -> float:
    """A length above 0."""
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value <= 1000:
        raise UsageError(f"{text!r} is no length in mm; expected a number above 0, such as {heat.TOP_MM:g}")
    return value


@dataclass(frozen=True)
class Compared:
    """A reference and the predictions that are shown beside it."""

    reference: Dataset
    predictions: tuple[tuple[str, Dataset], ...]
    """With their labels."""
    heat_top_mm: float
    reopen: Callable[[], Compared]
    """Opens the same in another process; pickle can send it."""

    def has(self, stem: str) -> bool:
        """Whether there is a prediction of a clip in each of them."""
        return all(counterpart(stem, self.reference, dataset) is not None for _, dataset in self.predictions)

    def fingerprint(self, stem: str) -> str:
        """Changes when a file of a clip's predictions does."""
        there = [(counterpart(stem, self.reference, dataset), dataset) for _, dataset in self.predictions]
        return "|".join("" if name is None else dataset.fingerprint(name) for name, dataset in there)

    def clips(self, stem: str) -> list[tuple[str, Clip]]:
        """What the predictions have for a clip, with labels.

        Raises CompareError where one has nothing, ClipError or DatasetError where it cannot be read.
        """
        found = []
        for label, dataset in self.predictions:
            there = counterpart(stem, self.reference, dataset)
            if there is None:
                first = ", ".join(map(repr, dataset.stems[:3]))
                raise CompareError(
                    f"{dataset.path} has no prediction for it; its clips are {first}, …. Files are paired by stem; "
                    "--stem-pattern '{stem}_pred' says how names of predictions are made"
                )
            found.append((label, dataset[there]))
        return found

    def check_outside(self, folder: Path, *, option: str) -> None:
        """Raises UsageError for a folder inside one of the data sets."""
        for dataset in (self.reference, *(each for _, each in self.predictions)):
            dataset.check_outside(folder, option=option)


def open_compared(arguments: argparse.Namespace) -> Compared | None:
    """The data sets of `--data` and `--compare`; None without `--compare`.

    Raises UsageError for options that are about predictions where there are none, otherwise as `Dataset.open`.
    """
    if arguments.compare is None:
        for option, value in (("--labels", arguments.labels), ("--heat-top", arguments.heat_top)):
            if value is not None:
                raise UsageError(f"{option} is for films and figures with predictions; add --compare PRED")
        return None
    folders = argparse.Namespace(
        **vars(arguments),
        reference=DEMO_DATASET if arguments.data is None else arguments.data,
        predictions=arguments.compare,
    )
    reference, predictions = open_sets(folders, plugins=tuple(arguments.plugin))
    names = labels_of([opened.dataset for opened in predictions])
    if arguments.labels is not None:
        given = [label.strip() for label in arguments.labels.split(",")]
        if len(given) != len(names) or not all(given):
            raise UsageError(f"--labels {arguments.labels!r} has {len(given)} for {len(names)} of --compare")
        names = given
    top_mm = heat.TOP_MM if arguments.heat_top is None else arguments.heat_top
    sets = tuple((name, opened.dataset) for name, opened in zip(names, predictions, strict=True))
    others = tuple((name, opened.reopen) for name, opened in zip(names, predictions, strict=True))
    return Compared(reference.dataset, sets, top_mm, partial(_reopened, reference.reopen, others, top_mm))


def _reopened(
    reference: Callable[[], Dataset], predictions: Sequence[tuple[str, Callable[[], Dataset]]], top_mm: float
) -> Compared:
    sets = tuple((name, dataset()) for name, dataset in predictions)
    return Compared(reference(), sets, top_mm, partial(_reopened, reference, predictions, top_mm))


def labels_of(datasets: Sequence[Dataset]) -> list[str]:
    """Names of data sets; those that are the same, with the folder that they are in, then with a number."""
    names = [dataset.name for dataset in datasets]
    parents = [dataset.path.resolve().parent.name for dataset in datasets]
    names = [f"{parent}/{name}" if names.count(name) > 1 else name for name, parent in zip(names, parents, strict=True)]
    return [f"{name} ({names[:i].count(name) + 1})" if names.count(name) > 1 else name for i, name in enumerate(names)]
