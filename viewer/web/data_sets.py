"""The data sets of a page that shows several, and their names in URLs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from viewer.dataset import Dataset

if TYPE_CHECKING:
    from viewer.flame import HeadChoice  # whose modules take a while, and `--help` needs none of them


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
