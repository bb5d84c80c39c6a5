"""Bounded reading of npz files: zip archives of arrays, each read as `npy` does.

`numpy.load` unpacks whatever it finds. Here sizes are checked before anything is allocated or unpacked, and all that
can be wrong with a file ends in one kind of error.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

import numpy as np

from viewer.dataset.entry import Entry
from viewer.dataset.files import describe_start
from viewer.dataset.npy import DAMAGE, MAX_FILE_BYTES, ArrayHeader, damage_as_clip_error, read_array, read_array_header
from viewer.dataset.zip_file import ZipMember, ZipReader, ZipStream
from viewer.errors import ClipError


class NpzReader:
    """The numeric arrays of an open npz file, by key. Make one with `open_npz`."""

    def __init__(self, name: str, archive: ZipReader):
        self._name = name
        self._archive = archive
        self._entries: dict[str, list[ZipMember]] = {}
        for member in archive.members:
            self._entries.setdefault(member.name.removesuffix(".npy"), []).append(member)

    def __contains__(self, key: str) -> bool:
        return key in self._entries

    @property
    def keys(self) -> tuple[str, ...]:
        """Names of all arrays, in the order of the file."""
        return tuple(self._entries)

    def header(self, key: str) -> ArrayHeader:
        """Shape and dtype of an array, after checks that make it safe to read."""
        where = f"{self._name}: {key}"
        with damage_as_clip_error(where):
            return self._open(key, where)[1]

    def array(self, key: str) -> np.ndarray:
        """The array itself, in the byte order and dtype of the file, read-only."""
        where = f"{self._name}: {key}"
        with damage_as_clip_error(where):
            return read_array(*self._open(key, where), where=where)

    def _open(self, key: str, where: str) -> tuple[ZipStream, ArrayHeader]:
        found = self._entries.get(key, [])
        if not found:
            held = ", ".join(sorted(self._entries)[:10]) or "nothing"
            raise ClipError(f"{self._name}: no {key} in the file; it holds {held[:500]}")
        if len(found) > 1:
            raise ClipError(f"{where} is in the file {len(found)} times; expected once")
        stream = self._archive.open(found[0], where=where)
        return stream, read_array_header(stream, n_bytes=found[0].size, where=where)


@contextmanager
def open_npz(entry: Entry) -> Iterator[NpzReader]:
    """Open an npz file for bounded reading. Raises ClipError for whatever is wrong with it."""
    with entry.open(max_bytes=MAX_FILE_BYTES) as file:
        yield NpzReader(entry.name, zip_in(file, name=entry.name, kind="an npz file"))


def zip_in(file: BinaryIO, *, name: str, kind: str) -> ZipReader:
    """The zip archive in an open file. Raises ClipError that says that the file called `name` is not `kind`."""
    try:
        return ZipReader(file)
    except DAMAGE as error:
        raise ClipError(f"{name} is not {kind}, or is cut off: {describe_start(file)}") from error
