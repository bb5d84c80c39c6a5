"""The options that name a data set, for every command: the one place where they become a Dataset."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from viewer.dataset import Dataset
from viewer.dataset.tracks import AUTO, FORMATS, load_plugin
from viewer.errors import UsageError
from viewer.paths import user_path

T = TypeVar("T")


def add_dataset_options(parser: argparse.ArgumentParser, *, positional: bool = False) -> None:
    """Add `--data DIR` or, positional, DATASET, and the options that say what belongs to it and how it is read."""
    text = "data set folder, or folder of tracks (default: the demo data)"
    group = parser.add_argument_group("data")
    if positional:
        group.add_argument("data", metavar="DATASET", nargs="?", type=argument(user_path), help=text)
    else:
        group.add_argument("--data", metavar="DIR", type=argument(user_path), help=text)
    group.add_argument(
        "--base",
        metavar="DIR",
        type=argument(user_path),
        help="data set that predictions belong to: lends sound, text, identity and splits by stem",
    )
    group.add_argument(
        "--stem-pattern",
        metavar="PATTERN",
        default="{stem}",
        help="names of predictions, such as '{stem}_pred' (default: %(default)s)",
    )
    group.add_argument(
        "--track-format",
        metavar="NAME",
        default=AUTO,
        help=f"{AUTO}, {', '.join(FORMATS)} (default: {AUTO}, by content)",
    )
    group.add_argument(
        "--map", metavar="FILE", type=argument(user_path), help="TOML that says what is where in the motion files"
    )
    group.add_argument(
        "--plugin", metavar="FILE", action="append", default=[], help="Python file or module that registers a format"
    )


def open_dataset(options: argparse.Namespace, *, cache: Path | None = None, wait: bool = True) -> Dataset:
    """The data set that the options name. Raises DatasetError or UsageError as `Dataset.open` does.

    cache, wait: as for `Dataset.open`.
    """
    for plugin in options.plugin:
        load_plugin(plugin)
    how = {"base": options.base, "track_format": options.track_format, "mapping": options.map}
    if options.data is None:
        given = [option for option, value in (("--base", options.base), ("--map", options.map)) if value is not None]
        if given:
            raise UsageError(f"{given[0]} says how to read a data set of yours; name it too")
        return Dataset.demo()
    return Dataset.open(
        options.data, stem_pattern=options.stem_pattern, plugins=tuple(options.plugin), cache=cache, wait=wait, **how
    )


def argument(convert: Callable[[str], T]) -> Callable[[str], T]:
    """`convert` as argparse wants it: its message shown beside the option's name."""

    def converted(text: str) -> Any:
        try:
            return convert(text)
        except UsageError as error:
            raise argparse.ArgumentTypeError(str(error)) from None

    return converted
