"""One file of a data set, wherever its bytes lie: what all readers read from."""

from __future__ import annotations

import io
import os
import zlib
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol, cast

from viewer.dataset.files import open_descriptor, open_regular
from viewer.dataset.tar_header import BLOCK
from viewer.errors import ClipError


class Entry(Protocol):
    """A file of its own, or a member of an archive."""

    @property
    def name(self) -> str:
        """For messages: where the file is."""

    @property
    def size(self) -> int | None:
        """Bytes; None where that cannot be told now."""

    def open(self, *, max_bytes: int) -> AbstractContextManager[BinaryIO]:
        """The bytes, seekable. Raises ClipError for all that is wrong, also for reads in the block that fail."""

    def fingerprint(self) -> str:
        """Changes when the file is rewritten, replaced or removed; costs a `stat` and never raises."""


@dataclass(frozen=True, slots=True)
class FileEntry:
    """A file of its own."""

    path: Path

    @property
    def name(self) -> str:
        return str(self.path)

    @property
    def size(self) -> int | None:
        try:
            return self.path.stat().st_size
        except OSError:
            return None

    def open(self, *, max_bytes: int) -> AbstractContextManager[BinaryIO]:
        return open_regular(self.path, max_bytes=max_bytes)

    def fingerprint(self) -> str:
        return _fingerprint(self.path)


@dataclass(frozen=True, slots=True)
class TarEntry:
    """A member of a tar, read in place."""

    archive: Path
    member: str
    """Its name in the archive: for messages alone."""
    offset: int
    """Byte of the archive at which its data begins; its header stands in the 512 bytes before."""
    size: int
    header_crc: int
    """CRC-32 of that header: another one there means another archive."""

    @property
    def name(self) -> str:
        return f"{self.archive}: {self.member}"

    def open(self, *, max_bytes: int) -> AbstractContextManager[BinaryIO]:
        return _OpenMember(self, max_bytes)

    def fingerprint(self) -> str:
        # Of the whole archive: a member that is overwritten in place shows in nothing else.
        return f"{self.member}@{self.offset}:{_fingerprint(self.archive)}"


_BUFFER_BYTES = 1 << 12
"""Small: of most members a list needs the headers alone, which lie far apart."""


class _OpenMember:
    """The block in which a member is open."""

    __slots__ = ("_archive", "_data", "_entry", "_max_bytes")

    def __init__(self, entry: TarEntry, max_bytes: int):
        self._entry = entry
        self._max_bytes = max_bytes
        self._archive = open_descriptor(entry.archive)

    def __enter__(self) -> BinaryIO:
        entry = self._entry
        if entry.size > self._max_bytes:
            raise ClipError(f"{entry.name} has {entry.size:,} bytes; expected at most {self._max_bytes:,}")
        fd, n_bytes = self._archive.__enter__()
        try:
            self._data = _Slice(fd, entry.offset, entry.size, start=_start(entry, fd, n_bytes))
        except BaseException as error:
            self._archive.__exit__(type(error), error, error.__traceback__)
            raise
        return cast(BinaryIO, io.BufferedReader(self._data, _BUFFER_BYTES))

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: object) -> None:
        self._archive.__exit__(kind, error, traceback)
        if error is None and self._data.ended_early:
            name = self._entry.name
            raise ClipError(f"{name} became shorter while it was read; refresh, or open the data set again")


def _start(entry: TarEntry, fd: int, n_bytes: int) -> bytes:
    """The first bytes of a member. Raises ClipError where another archive is in its place, or it is cut off."""
    # With the header, and with what a list needs of most files: one call to the system instead of two.
    start = os.pread(fd, BLOCK + min(entry.size, _BUFFER_BYTES), entry.offset - BLOCK)
    if zlib.crc32(start[:BLOCK]) != entry.header_crc:
        raise ClipError(
            f"{entry.archive} has changed since it was looked through: {entry.member} is not at byte "
            f"{entry.offset:,} any more. Refresh, or open the data set again"
        )
    there = max(n_bytes - entry.offset, 0)
    if there < entry.size:
        raise ClipError(
            f"{entry.name} is cut off: the archive ends after {there:,} of its {entry.size:,} bytes. "
            f"Download or copy {entry.archive.name} again"
        )
    return start[BLOCK:]


class _Slice(io.RawIOBase):
    """A range of a file, read with `pread`: independent of the file's position and of other readers."""

    def __init__(self, fd: int, begin: int, size: int, *, start: bytes):
        """start: its first bytes."""
        self._fd = fd
        self._start = start
        self._begin = begin
        self._size = size
        self._at = 0
        self.ended_early = False
        """Set instead of raised: libsndfile reads through a callback, which an exception cannot pass."""

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        origin = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        if origin + offset < 0:
            raise ValueError(f"seek to byte {origin + offset}")
        self._at = origin + offset
        return self._at

    def readall(self) -> bytes:
        wanted = max(self._size - self._at, 0)
        data = os.pread(self._fd, wanted, self._begin + self._at)
        self._at += len(data)
        self.ended_early |= len(data) < wanted
        return data

    def readinto(self, buffer: memoryview, /) -> int:  # type: ignore[override]
        wanted = min(len(buffer), max(self._size - self._at, 0))
        if not wanted:
            return 0
        if self._at < len(self._start):
            known = self._start[self._at : self._at + wanted]
            n_bytes = len(known)
            buffer[:n_bytes] = known
        else:
            n_bytes = os.preadv(self._fd, [memoryview(buffer)[:wanted]], self._begin + self._at)
        self._at += n_bytes
        self.ended_early |= n_bytes == 0
        return n_bytes


def _fingerprint(path: Path) -> str:
    try:
        info = os.stat(path)  # noqa: PTH116 (twice as fast, and called for every file of every clip)
    except OSError as error:
        return f"{path.name}:{error.errno}"
    return f"{path.name}:{info.st_size}:{info.st_mtime_ns}:{info.st_ino}"
