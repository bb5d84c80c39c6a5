"""Opening the files of a clip: whatever goes wrong with a file is a ClipError."""

from __future__ import annotations

import io
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from viewer.errors import ClipError

_SMALL_BYTES = 1 << 19
_LFS_POINTER = b"version https://git-lfs"


def is_there(path: Path) -> bool:
    """Whether there is anything at `path`; also true where that cannot be found out: opening it says why."""
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:
        return True
    return True


@contextmanager
def open_regular(path: Path, *, max_bytes: int) -> Iterator[BinaryIO]:
    """Open a regular file of at most `max_bytes` for reading; as `open_descriptor` does."""
    with open_descriptor(path) as (fd, n_bytes):
        if n_bytes > max_bytes:
            raise ClipError(f"{path} has {n_bytes:,} bytes; expected at most {max_bytes:,}")
        with open(fd, "rb", closefd=False) as file:
            yield file


class open_descriptor:  # noqa: N801 (used as a function; a generator would take as long as opening does)
    """Open a regular file for reading: its descriptor and its size in bytes.

    Links are followed (downloads from the Hub are links into its cache); pipes and devices are refused without waiting
    on them. Raises ClipError, also for reads inside the `with` block that fail.
    """

    __slots__ = ("_fd", "_path")

    def __init__(self, path: Path):
        self._path = path
        self._fd = -1

    def __enter__(self) -> tuple[int, int]:
        try:
            # Opening a pipe would wait for its writer.
            self._fd = os.open(self._path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
            info = os.fstat(self._fd)
        except OSError as error:
            self._close()
            raise self._problem(error) from error
        if not stat.S_ISREG(info.st_mode):
            self._close()
            raise ClipError(f"{self._path} is not a regular file")
        return self._fd, info.st_size

    def __exit__(self, kind: object, error: BaseException | None, traceback: object) -> None:
        self._close()
        if isinstance(error, OSError):
            raise self._problem(error) from error

    def _close(self) -> None:
        if self._fd >= 0:
            os.close(self._fd)

    def _problem(self, error: OSError) -> ClipError:
        if isinstance(error, FileNotFoundError):
            return ClipError(f"{self._path} is gone since the data set was opened; open the data set again")
        return ClipError(f"{self._path} cannot be read: {error.strerror or error}")


def in_memory_if_small(file: BinaryIO) -> BinaryIO:
    """The same bytes, from their beginning: for readers that read here and there, or little at a time.

    One large read costs less than many small ones.
    """
    small = file.seek(0, io.SEEK_END) <= _SMALL_BYTES
    file.seek(0)
    return io.BytesIO(file.read()) if small else file


def describe_start(file: BinaryIO) -> str:
    """What a file that is not of the expected kind looks like, to help the user see what it is."""
    file.seek(0)
    start = file.read(64)
    if not start:
        return "the file is empty"
    if start.startswith(_LFS_POINTER):
        return "the file is a Git LFS pointer; run `git lfs pull` in the data set"
    return f"the file starts with {start[:16]!r}"
