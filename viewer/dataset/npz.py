"""Bounded reading of npz files.

`numpy.load` allocates what a header claims and unpacks whatever it finds. Here sizes are checked before anything is
allocated, nothing is unpickled, and all that can be wrong with a file ends in one kind of error.
"""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import IO

import numpy as np
from numpy.lib import format as npy

from viewer.dataset.entry import Entry
from viewer.dataset.files import describe_start
from viewer.errors import ClipError

MAX_FILE_BYTES = 1 << 30
MAX_ARRAY_BYTES = 1 << 28
"""Largest array accepted: 256 MiB, or 3.7 hours of 100 float64 coefficients at 25 frames per second."""

# By version: the function that reads the rest of the header, and the bytes that hold the header's length.
_HEADER_READERS = {(1, 0): (npy.read_array_header_1_0, 2), (2, 0): (npy.read_array_header_2_0, 4)}
_MAX_HEADER_BYTES = 10_000
# What zipfile, zlib and numpy's header parser raise on damaged or hostile bytes.
_DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    ValueError,
    EOFError,
    NotImplementedError,
    RuntimeError,
    MemoryError,
    OverflowError,
    TypeError,
    IndexError,
)


@dataclass(frozen=True)
class ArrayHeader:
    """What an array says about itself: nothing of its data was read."""

    shape: tuple[int, ...]
    dtype: np.dtype
    fortran_order: bool

    @property
    def nbytes(self) -> int:
        count = self.dtype.itemsize
        for length in self.shape:  # exact, where a NumPy product would overflow
            count *= length
        return count


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

    def header(self, key: str) -> ArrayHeader:
        """Shape and dtype of an array, after checks that make it safe to read."""
        with self._open(key) as (_, header):
            return header

    def array(self, key: str) -> np.ndarray:
        """The array itself, in the byte order and dtype of the file."""
        with self._open(key) as (stream, header):
            data = stream.read(header.nbytes)
            stream.read(1)  # reaching the end makes zipfile compare the checksum
            if len(data) != header.nbytes:
                raise ClipError(f"{self._name}: {key} ends after {len(data):,} of {header.nbytes:,} bytes")
        array = np.frombuffer(data, header.dtype)
        return array.reshape(header.shape, order="F" if header.fortran_order else "C")

    @contextmanager
    def _open(self, key: str) -> Iterator[tuple[IO[bytes], ArrayHeader]]:
        found = self._entries.get(key, [])
        if not found:
            held = ", ".join(sorted(self._entries)[:10]) or "nothing"
            raise ClipError(f"{self._name}: no {key} in the file; it holds {held}")
        if len(found) > 1:
            raise ClipError(f"{self._name}: {key} is in the file {len(found)} times; expected once")
        info = found[0]
        with _damage_as_clip_error(self._name, key):
            if info.flag_bits & 1 or info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                raise ClipError(f"{self._name}: {key} is encrypted or compressed in a way that NumPy does not write")
            with self._archive.open(info) as stream:
                yield stream, self._read_header(key, info, stream)

    def _read_header(self, key: str, info: zipfile.ZipInfo, stream: IO[bytes]) -> ArrayHeader:
        header = _parse_header(_header_bytes(stream))
        shape, dtype = header.shape, header.dtype
        if dtype.hasobject:
            raise ClipError(f"{self._name}: {key} holds pickled Python objects, which are never loaded")
        if dtype.kind not in "fiu" or dtype.shape:
            raise ClipError(f"{self._name}: {key} has dtype {str(dtype)[:80]}; expected numbers")
        if any(length < 0 for length in shape) or header.nbytes > MAX_ARRAY_BYTES:
            raise ClipError(f"{self._name}: {key} claims shape {shape}; expected at most {MAX_ARRAY_BYTES:,} bytes")
        present = info.file_size - stream.tell()
        if present != header.nbytes:
            raise ClipError(
                f"{self._name}: {key} claims {header.nbytes:,} bytes (shape {shape}, {dtype}) but has {present:,}"
            )
        return header


@contextmanager
def open_npz(entry: Entry) -> Iterator[NpzReader]:
    """Open an npz file for bounded reading. Raises ClipError for whatever is wrong with it."""
    with entry.open(max_bytes=MAX_FILE_BYTES) as file:
        try:
            archive = zipfile.ZipFile(file)
        except _DAMAGE as error:
            raise ClipError(f"{entry.name} is not an npz file, or is cut off: {describe_start(file)}") from error
        with archive:
            yield NpzReader(entry.name, archive)


def _header_bytes(stream: IO[bytes]) -> bytes:
    """Magic, length and text of an array's header."""
    magic = stream.read(npy.MAGIC_LEN)
    version = npy.read_magic(io.BytesIO(magic))
    if version not in _HEADER_READERS:
        raise ValueError(f"npy version {version}; expected (1, 0) or (2, 0)")
    length = stream.read(_HEADER_READERS[version][1])
    n_bytes = int.from_bytes(length, "little")
    if n_bytes > _MAX_HEADER_BYTES:
        raise ValueError(f"header of {n_bytes:,} bytes; expected at most {_MAX_HEADER_BYTES:,}")
    return magic + length + stream.read(n_bytes)


@lru_cache(maxsize=4096)  # clips of one length have the same headers; NumPy takes 40 µs for one
def _parse_header(data: bytes) -> ArrayHeader:
    stream = io.BytesIO(data)
    read, _ = _HEADER_READERS[npy.read_magic(stream)]
    shape, fortran_order, dtype = read(stream)
    return ArrayHeader(shape, dtype, fortran_order)


@contextmanager
def _damage_as_clip_error(name: str, key: str) -> Iterator[None]:
    """Turn what damaged bytes raise into a ClipError."""
    try:
        yield
    except _DAMAGE as error:
        raise ClipError(f"{name}: {key} is damaged: {error}") from error
