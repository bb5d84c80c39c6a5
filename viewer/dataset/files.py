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


@contextmanager
def open_descriptor(path: Path) -> Iterator[tuple[int, int]]:
    """Open a regular file for reading: its descriptor and its size in bytes.

    Links are followed (downloads from the Hub are links into its cache); pipes and devices are refused without waiting
    on them. Raises ClipError, also for reads inside the `with` block that fail.
    """
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)  # opening a pipe would wait for its writer
        try:
            info = os.fstat(fd)
            if not stat.S_ISREG(info.st_mode):
                raise ClipError(f"{path} is not a regular file")
            yield fd, info.st_size
        finally:
            os.close(fd)
    except FileNotFoundError as error:
        raise ClipError(f"{path} is gone since the data set was opened; open the data set again") from error
    except OSError as error:
        raise ClipError(f"{path} cannot be read: {error.strerror or error}") from error


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
