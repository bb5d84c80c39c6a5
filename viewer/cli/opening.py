"""Opening what a command works on, with progress bars where standard error is a terminal."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tqdm import tqdm

from viewer.data_options import cache_folder, open_dataset
from viewer.dataset import Dataset
from viewer.dataset.catalogue import Catalogue


@contextmanager
def progress_bar(what: str, unit: str = "clip") -> Iterator[Callable[[int, int], None]]:
    """A bar that is moved by (done, total); bytes are scaled."""
    with tqdm(desc=what, unit=unit, unit_scale=unit == "B", leave=False, disable=None) as bar:

        def progress(done: int, total: int) -> None:
            bar.total = total
            bar.update(done - bar.n)

        yield progress


def open_complete(arguments: argparse.Namespace) -> Dataset:
    """The data set that the options name, when all of its archives have been looked through."""
    dataset = open_dataset(arguments, wait=False)
    with progress_bar("archives", "B") as progress:
        dataset.wait(progress=progress)
    return dataset


@contextmanager
def open_catalogue(dataset: Dataset, arguments: argparse.Namespace) -> Iterator[Catalogue]:
    """The catalogue, brought up to date; trouble with the cache folder is told."""
    catalogue = Catalogue.open(dataset, cache=cache_folder(arguments))
    try:
        with progress_bar("indexing") as progress:
            catalogue.update(progress=progress)
        if catalogue.warning is not None:
            print(f"note: {catalogue.warning}", file=sys.stderr)
        yield catalogue
    finally:
        catalogue.close()
