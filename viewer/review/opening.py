"""Where the review file may be."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from viewer.dataset import Dataset
from viewer.errors import UsageError
from viewer.paths import is_inside
from viewer.review.store import Reviews, default_file


def reviews_in(file: Path | None, datasets: Iterable[Dataset], *, cache: Path) -> Reviews:
    """The verdicts in `file`, or in the user's own file; nothing is opened yet.

    Raises UsageError for a file inside a data set, which is never written to, or in the cache, which may be deleted.
    """
    chosen = default_file() if file is None else file
    for dataset in datasets:
        dataset.check_outside(chosen, option="--reviews")
    if is_inside(chosen, cache):
        raise UsageError(
            f"--reviews {chosen} is inside the cache folder {cache}, which may be deleted at any time; verdicts cannot "
            "be made again: choose another place"
        )
    if chosen.is_dir():
        raise UsageError(f"--reviews {chosen} is a folder; name a file in it, such as {chosen / 'reviews.sqlite'}")
    return Reviews(chosen)
