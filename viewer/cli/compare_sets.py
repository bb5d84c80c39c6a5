"""The data sets that `compare` is given, opened."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from viewer.cli.opening import open_complete
from viewer.data_options import keys_of, open_dataset, read_stems
from viewer.dataset import Dataset
from viewer.dataset.borrow import PLAIN_PATTERN
from viewer.dataset.problem import sentences, some
from viewer.dataset.tracks import AUTO
from viewer.dataset.tracks.plugin import import_plugin
from viewer.dataset.tracks.registry import FORMATS
from viewer.errors import UsageError
from viewer.paths import user_path
from viewer.terminal import printable


@dataclass(frozen=True)
class Opened:
    """A data set with its name."""

    key: str
    """Of its folder, told apart from the others: as on the page, in URLs."""
    dataset: Dataset
    reopen: Callable[[], Dataset]
    """Opens it in another process."""


def load_plugins(names: Sequence[str]) -> tuple[str, ...]:
    """Import the plugins; returns those to open data sets with, which refuse plugins that register no track format.

    Raises UsageError for one that cannot be imported, and where none registers anything.
    """
    from viewer.compare import METRICS  # which takes scipy along

    for name in names:
        import_plugin(name)
    formats = any(known.registered for known in FORMATS.values())
    if names and not formats and not any(known.own for known in METRICS.values()):
        raise UsageError(
            f"--plugin {names[-1]} registers no metric and no track format (docs/metrics.md, docs/tracks.md)"
        )
    return tuple(names) if formats else ()


def open_sets(arguments: argparse.Namespace, *, plugins: tuple[str, ...]) -> tuple[Opened, list[Opened]]:
    """Reference and predictions, complete; what is odd about them is told.

    Predictions belong to the reference, or to the data set that --base names; the reference is opened as it is unless
    it belongs to that one too. plugins: those that register track formats.
    """
    folders = [arguments.reference, *arguments.predictions]
    base = arguments.reference if arguments.base is None else arguments.base
    once = {os.path.realpath(folder): folder for folder in folders}
    keys = dict(zip(once, keys_of(list(once.values())), strict=True))
    opened = []
    for folder in folders:
        options = _options(arguments, folder, base, plugins)
        dataset = open_complete(options)
        opened.append(Opened(keys[os.path.realpath(folder)], dataset, partial(open_dataset, options)))
        # Which predictions have no match is told by the comparison.
        for told in sentences(problem for problem in dataset.problems if problem.check != "base-unmatched"):
            print(f"note: {printable(f'{folder}: {told}')}", file=sys.stderr)
    return opened[0], opened[1:]


def _options(arguments: argparse.Namespace, folder: Path, base: Path, plugins: tuple[str, ...]) -> argparse.Namespace:
    """What `open_dataset` needs for one folder; the base itself is opened as it is."""
    belongs = os.path.realpath(folder) != os.path.realpath(base)
    return argparse.Namespace(
        data=folder,
        base=base if belongs else None,
        stem_pattern=arguments.stem_pattern if belongs else PLAIN_PATTERN,
        track_format=arguments.track_format if belongs else AUTO,
        map=arguments.map if belongs else None,
        plugin=list(plugins),
        cache=arguments.cache,
    )


def chosen_stems(arguments: argparse.Namespace, reference: Dataset) -> list[str] | None:
    """Stems of --stems or --split; None for all. Raises UsageError, and DatasetError for a stem that is not there."""
    if arguments.stems is not None:
        stems = list(dict.fromkeys(read_stems(arguments.stems)))
        for stem in stems:
            reference.parts(stem)
        return stems
    if arguments.split is None:
        return None
    splits = {stem: reference.parts(stem).splits for stem in reference.playable}
    stems = [stem for stem, of in splits.items() if arguments.split in of]
    if not stems:
        known = sorted({split for of in splits.values() for split in of})
        raise UsageError(
            f"no clip of {reference.path} is in split {arguments.split!r}; "
            + (f"expected one of {some(known)}" if known else "it has no splits: train.txt, val.txt, test.txt")
        )
    return stems


def check_outside(arguments: argparse.Namespace, opened: Iterable[Opened]) -> None:
    """Raises UsageError for a file to write that lies in one of the data sets."""
    for option in ("json", "csv", "html"):
        file = getattr(arguments, option)
        if file is not None and str(file) != "-":
            for one in opened:
                one.dataset.check_outside(user_path(file), option=f"--{option}")
