"""The data sets of a page that shows several, and their names in URLs."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from viewer.dataset import Dataset

if TYPE_CHECKING:
    from viewer.flame import HeadChoice  # whose modules take a while, and `--help` needs none of them

_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")


@dataclass(frozen=True)
class Shown:
    """A data set, and the head that its clips play on."""

    key: str
    """Its name in URLs."""
    dataset: Dataset
    head: HeadChoice
    reopen: Callable[[], Dataset]
    """Opens it in another process: pickle can send it."""
    plugins: Sequence[str] = ()
    """Files or modules of own checks."""


@dataclass(frozen=True)
class Refused:
    """A folder that was named beside others and cannot be shown."""

    key: str
    path: Path
    reason: str


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
