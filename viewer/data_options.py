"""The options that name a data set, for every command: the one place where they become a Dataset."""

from __future__ import annotations

import argparse
import os
import re
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from viewer.dataset import Dataset
from viewer.dataset.borrow import PLAIN_PATTERN
from viewer.dataset.text import MAX_LIST_BYTES, clean_text
from viewer.dataset.tracks import AUTO, FORMATS
from viewer.errors import UsageError
from viewer.paths import default_cache_folder, user_path

if TYPE_CHECKING:
    from viewer.review.store import Reviews

T = TypeVar("T")
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")


def add_dataset_options(parser: argparse.ArgumentParser, *, positional: bool = False) -> None:
    """Add `--data DIR` or, positional, DATASET …, and the options that say what belongs to it and how it is read.

    Of several positional ones `each_dataset` makes one each.
    """
    text = "data set folder, or folder of tracks (default: the demo data)"
    group = parser.add_argument_group("data")
    if positional:
        text += "; of several, what --base, --stem-pattern, --track-format and --map say holds for all but the base"
        group.add_argument("data", metavar="DATASET", nargs="*", type=argument(user_path), help=text)
    else:
        group.add_argument("--data", metavar="DIR", type=argument(user_path), help=text)
    add_reading_options(group)


def add_reading_options(group: argparse._ActionsContainer) -> None:
    """Add the options that say how a data set is read and what belongs to it, without those that name it."""
    group.add_argument(
        "--base",
        metavar="DIR",
        type=argument(user_path),
        help="data set that predictions belong to: lends sound, text, identity and splits by stem",
    )
    group.add_argument(
        "--stem-pattern",
        metavar="PATTERN",
        default=PLAIN_PATTERN,
        help="how names of predictions are made of those of the base, such as '{stem}_pred' (default: %(default)s)",
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
        "--plugin",
        metavar="FILE",
        action="append",
        default=[],
        help="Python file, or module, that registers a track format or checks of yours; it is run",
    )
    group.add_argument(
        "--cache",
        metavar="DIR",
        type=argument(user_path),
        help=f"folder for what can be made again: indexes, catalogue, films (default: {_default_cache()})",
    )


def open_dataset(options: argparse.Namespace, *, wait: bool = True) -> Dataset:
    """The data set that the options name. Raises DatasetError or UsageError as `Dataset.open` does; wait: as there."""
    if options.data is None:
        given = {"--base": options.base, "--map": options.map, "--plugin": options.plugin}
        for option, value in given.items():
            if value:
                raise UsageError(f"{option} is for a data set of yours; name that one too")
        return Dataset.demo(cache=options.cache, wait=wait)
    return Dataset.open(
        options.data,
        cache=options.cache,
        wait=wait,
        base=options.base,
        stem_pattern=options.stem_pattern,
        track_format=options.track_format,
        mapping=options.map,
        plugins=options.plugin,
    )


def each_dataset(options: argparse.Namespace) -> list[argparse.Namespace]:
    """Options for `open_dataset` of each data set of a command that takes several, in order; each folder once.

    What is said of predictions holds for all of several but the base, which is opened as it is.
    """
    folders: dict[str, Path] = {}
    for path in options.data:
        folders.setdefault(os.path.realpath(path), path)
    if len(folders) < 2:
        return [_with(options, data=next(iter(folders.values()), None))]
    base = None if options.base is None else os.path.realpath(options.base)
    plain = {"base": None, "stem_pattern": PLAIN_PATTERN, "track_format": AUTO, "map": None}
    return [_with(options, data=path, **(plain if real == base else {})) for real, path in folders.items()]


def keys_of(folders: Sequence[Path]) -> list[str]:
    """A name for each folder that is its own in ASCII that needs no quoting in URLs: `preds`, or `run_1-preds`.

    Folders of the same name are told apart by the folders that they are in, so that a key does not depend on the order.
    """
    parts = [[_UNSAFE.sub("-", part).strip("-") for part in Path(os.path.realpath(f)).parts] for f in folders]
    parts = [[part for part in names if part] or ["data"] for names in parts]
    keys = [names[-1] for names in parts]
    for length in range(2, max(map(len, parts), default=0) + 1):
        twice = {key for key in keys if keys.count(key) > 1}
        keys = ["-".join(names[-length:]) if key in twice else key for key, names in zip(keys, parts, strict=True)]
    # What is left are names without a letter that a URL can hold, and joints that happen to be the same.
    for index, key in enumerate(keys):
        number = 1
        while keys[index] in keys[:index]:
            number += 1
            keys[index] = f"{key}-{number}"
    return keys


def _with(options: argparse.Namespace, **values: Any) -> argparse.Namespace:
    return argparse.Namespace(**vars(options) | values)


def cache_folder(options: argparse.Namespace) -> Path:
    """The folder for what can be made again. Raises UsageError where none is named and the user has no home."""
    return default_cache_folder() if options.cache is None else options.cache


def add_reviews_option(parser: argparse._ActionsContainer) -> None:
    """Add `--reviews FILE`, for `open_reviews`."""
    parser.add_argument(
        "--reviews",
        metavar="FILE",
        type=argument(user_path),
        help="where verdicts are kept (default: flame-viewer/reviews.sqlite in your data folder, ~/.local/share)",
    )


def open_reviews(options: argparse.Namespace, datasets: Iterable[Dataset]) -> Reviews:
    """The verdicts that the options name. Raises UsageError for a file that may be none: see `reviews_in`."""
    from viewer.review.opening import reviews_in  # which takes the checks along

    return reviews_in(options.reviews, datasets, cache=cache_folder(options))


def read_stems(name: str) -> list[str]:
    """Stems of a file, one a line; of standard input for `-`. Raises UsageError where there are none."""
    # Pipes are welcome: --stems <(grep …).
    try:
        if name != "-":
            with user_path(name).open("rb") as file:
                data = file.read(MAX_LIST_BYTES + 1)
        elif sys.stdin is None:
            raise UsageError("--stems -: standard input is closed")
        else:
            data = sys.stdin.buffer.read(MAX_LIST_BYTES + 1)
    except OSError as error:
        raise UsageError(f"--stems {name} cannot be read: {error.strerror}") from error
    if len(data) > MAX_LIST_BYTES:
        raise UsageError(f"--stems {name} has more than {MAX_LIST_BYTES >> 20} MB; expected a list of stems")
    lines = clean_text(data, max_bytes=MAX_LIST_BYTES).text.split("\n")
    stems = [line.strip() for line in lines if line.strip()]
    if not stems:
        raise UsageError(f"--stems {name} holds no stems")
    return stems


def _default_cache() -> str:
    try:
        return str(default_cache_folder()).replace("%", "%%")  # argparse formats it
    except UsageError:
        return "flame-viewer in your cache folder, of which you have none"


def argument(convert: Callable[[str], T]) -> Callable[[str], T]:
    """`convert` as argparse wants it: its message shown beside the option's name."""

    def converted(text: str) -> Any:
        try:
            return convert(text)
        except UsageError as error:
            raise argparse.ArgumentTypeError(str(error)) from None

    return converted
