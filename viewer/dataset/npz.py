"""Bounded reading of npz files: zip archives of arrays, each read as `npy` does.

`numpy.load` unpacks whatever it finds. Here sizes are checked before anything is allocated or unpacked, and all that
can be wrong with a file ends in one kind of error.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, BinaryIO

import numpy as np

from viewer.dataset.entry import Entry
from viewer.dataset.files import describe_start
from viewer.dataset.npy import DAMAGE, MAX_FILE_BYTES, ArrayHeader, damage_as_clip_error, read_array, read_array_header
from viewer.errors import ClipError

_MAX_DIRECTORY_BYTES = 1 << 20


class NpzReader:
    """The numeric arrays of an open npz file, by key. Make one with `open_npz`."""

    def __init__(self, name: str, archive: zipfile.ZipFile):
        self._name = name
        self._archive = archive
        self._entries: dict[str, list[zipfile.ZipInfo]] = {}
        for info in archive.infolist():
            self._entries.setdefault(info.filename.removesuffix(".npy"), []).append(info)

    def __contains__(self, key: str) -> bool:
        return key in self._entries

    @property
    def keys(self) -> tuple[str, ...]:
        """Names of all arrays, in the order of the file."""
        return tuple(self._entries)

    def header(self, key: str) -> ArrayHeader:
        """Shape and dtype of an array, after checks that make it safe to read."""
        with self._open(key) as (_, header):
            return header

    def array(self, key: str) -> np.ndarray:
        """The array itself, in the byte order and dtype of the file, read-only."""
        with self._open(key) as (stream, header):
            return read_array(stream, header, where=f"{self._name}: {key}")

    @contextmanager
    def _open(self, key: str) -> Iterator[tuple[IO[bytes], ArrayHeader]]:
        found = self._entries.get(key, [])
        where = f"{self._name}: {key}"
        if not found:
            held = ", ".join(sorted(self._entries)[:10]) or "nothing"
            raise ClipError(f"{self._name}: no {key} in the file; it holds {held[:500]}")
        if len(found) > 1:
            raise ClipError(f"{where} is in the file {len(found)} times; expected once")
        info = found[0]
        with damage_as_clip_error(where):
            if info.flag_bits & 1 or info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                raise ClipError(f"{where} is encrypted or compressed in a way that NumPy does not write")
            with self._archive.open(info) as stream:
                yield stream, read_array_header(stream, n_bytes=info.file_size, where=where)


class _DirectoryGuard:
    """A file as zipfile sees it while it reads its directory: a directory that claims to be huge is refused."""

    def __init__(self, file: BinaryIO):
        self._file = file
        self.guarding = True
        self.seek, self.tell = file.seek, file.tell

    def read(self, size: int = -1, /) -> bytes:
        if self.guarding and size > _MAX_DIRECTORY_BYTES:
            raise ValueError(f"a directory of {size:,} bytes; expected at most {_MAX_DIRECTORY_BYTES:,}")
        return self._file.read(size)

    def seekable(self) -> bool:
        return True


@contextmanager
def open_npz(entry: Entry) -> Iterator[NpzReader]:
    """Open an npz file for bounded reading. Raises ClipError for whatever is wrong with it."""
    with entry.open(max_bytes=MAX_FILE_BYTES) as file, zip_in(file, name=entry.name, kind="an npz file") as archive:
        yield NpzReader(entry.name, archive)


@contextmanager
def zip_in(file: BinaryIO, *, name: str, kind: str) -> Iterator[zipfile.ZipFile]:
    """The zip archive in an open file, if its directory is of a sane size.

    Raises ClipError that says that the file called `name` is not `kind` otherwise.
    """
    guard = _DirectoryGuard(file)
    try:
        archive = zipfile.ZipFile(guard)
    except DAMAGE as error:
        raise ClipError(f"{name} is not {kind}, or is cut off: {describe_start(file)}") from error
    guard.guarding = False
    with archive:
        yield archive
