"""Paths that the user names, and files that appear whole or not at all."""

from __future__ import annotations

import errno
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import platformdirs

from viewer.errors import UsageError, ViewerError

_REASONS = {
    errno.ENOSPC: "the disk is full; free some space, or choose another folder",
    errno.EDQUOT: "your quota of disk space is used up; free some space, or choose another folder",
    errno.EACCES: "no permission to write there; choose another folder",
    errno.EPERM: "no permission to write there; choose another folder",
    errno.EROFS: "the file system is read-only; choose another folder",
    errno.ENOENT: "the folder does not exist; create it first",
    errno.ENOTDIR: "the folder is a file; choose another folder",
    errno.EEXIST: "there is a file of that name; choose another name",
    errno.EISDIR: "there is a folder of that name; choose another name",
    errno.ENAMETOOLONG: "the name is too long; choose a shorter one",
}


def user_path(path: str | os.PathLike[str]) -> Path:
    """The path as the user means it, `~` and `~name` replaced by the home folder.

    Raises UsageError for a home that is not known, and for what cannot be a path.
    """
    try:
        found = Path(path)
    except TypeError:
        raise UsageError(f"{path!r} is no path; expected a string or a Path") from None
    if "\0" in str(found):
        raise UsageError(f"{str(found)!r} is no path: it holds a NUL character")
    try:
        return found.expanduser()
    except RuntimeError:
        raise UsageError(f"{found}: the home folder of {found.parts[0]} is not known; write the path in full") from None


def default_cache_folder() -> Path:
    """The user's cache folder for this program, such as ~/.cache/flame-viewer. Raises UsageError without a home."""
    try:
        return platformdirs.user_cache_path("flame-viewer", appauthor=False)
    except RuntimeError:
        raise UsageError("you have no home folder to keep files in; name a folder with --cache DIR") from None


def default_data_folder() -> Path:
    """The user's folder for what cannot be made again, such as ~/.local/share/flame-viewer.

    Raises UsageError without a home.
    """
    try:
        return platformdirs.user_data_path("flame-viewer", appauthor=False)
    except RuntimeError:
        raise UsageError("you have no home folder to keep verdicts in; name a file with --reviews FILE") from None


def is_inside(path: Path, folder: Path) -> bool:
    """Whether `path` is `folder` or below it, links followed; neither needs to exist."""
    # Path.resolve fails on links that go round in circles.
    return Path(os.path.realpath(path)).is_relative_to(os.path.realpath(folder))


def is_dir(path: Path) -> bool:
    """Like Path.is_dir, but false also inside a folder that may not be entered."""
    return os.path.isdir(path)  # noqa: PTH112 (Path.is_dir raises PermissionError there)


def is_file(path: Path) -> bool:
    """Like Path.is_file, but false also inside a folder that may not be entered."""
    return os.path.isfile(path)  # noqa: PTH113 (as above)


def why_not_written(error: Exception) -> str:
    """Why a file could not be written and what to do: the end of a message. `error`: an OSError, or FFmpeg's, alike."""
    return _REASONS.get(getattr(error, "errno", 0)) or getattr(error, "strerror", None) or str(error)


@contextmanager
def whole_file(path: Path, *, error: type[ViewerError]) -> Iterator[Path]:
    """Yields the path to write to. At the end of the block the file takes its place at `path`; a link is followed.

    If the block fails nothing is left of the file. An OSError becomes an `error` that names `path` and what to do.
    """
    target = Path(os.path.realpath(path))  # Path.resolve fails on links that go round in circles
    try:
        if target.exists() and not target.is_file():
            raise error(f"cannot write {path}: it exists and is no ordinary file; choose another name")
        with tempfile.TemporaryDirectory(dir=target.parent, prefix=".part-") as folder:
            part = Path(folder) / target.name
            yield part
            part.replace(target)
    except OSError as failure:
        raise error(f"cannot write {path}: {why_not_written(failure)}") from failure
