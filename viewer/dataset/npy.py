"""Bounded reading of arrays in NumPy's npy format, in files of their own and inside npz files.

`numpy.load` allocates what a header claims. Here the claim is compared with the bytes that are there before anything is
allocated, nothing is unpickled, and all that can be wrong with an array ends in one kind of error.
"""

from __future__ import annotations

import io
import struct
import tokenize
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
from viewer.errors import ClipError

MAX_FILE_BYTES = 1 << 30
MAX_ARRAY_BYTES = 1 << 28
"""Largest array accepted: 256 MiB, or 3.7 hours of 100 float64 coefficients at 25 frames per second."""

# By version: the function that reads the rest of the header, and the bytes that hold the header's length.
_HEADER_READERS = {(1, 0): (npy.read_array_header_1_0, 2), (2, 0): (npy.read_array_header_2_0, 4)}
_MAX_HEADER_BYTES = 10_000
_MAX_DIMENSIONS = 32
DAMAGE = (
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
    SyntaxError,
    struct.error,
    tokenize.TokenError,
)
"""What zipfile, zlib and NumPy's header parser raise on damaged or hostile bytes."""


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


def read_npy_header(entry: Entry) -> ArrayHeader:
    """Shape and dtype of an npy file. Raises ClipError for what is no array of numbers, or of another length."""
    with _open_npy(entry) as (_, header):
        return header


def read_npy(entry: Entry) -> np.ndarray:
    """The array of an npy file, in the file's byte order and dtype, read-only. Raises ClipError as above."""
    with _open_npy(entry) as (file, header):
        return read_array(file, header, where=entry.name)


@contextmanager
def _open_npy(entry: Entry) -> Iterator[tuple[IO[bytes], ArrayHeader]]:
    with entry.open(max_bytes=MAX_FILE_BYTES) as file:
        n_bytes = file.seek(0, io.SEEK_END)
        file.seek(0)
        with damage_as_clip_error(entry.name):
            yield file, read_array_header(file, n_bytes=n_bytes, where=entry.name)


def read_array_header(stream: IO[bytes], *, n_bytes: int, where: str) -> ArrayHeader:
    """Read the header of an array whose header and data have `n_bytes`, after checks that make its data safe to read.

    `where` begins the messages. Raises ClipError, or one of DAMAGE for bytes that are no header at all.
    """
    header = _parse_header(_header_bytes(stream))
    shape, dtype = header.shape, header.dtype
    if dtype.hasobject:
        raise ClipError(f"{where} holds pickled Python objects, which are never loaded")
    if dtype.kind not in "fiu" or dtype.shape:
        raise ClipError(f"{where} has dtype {str(dtype)[:80]}; expected numbers")
    claim = f"shape {str(shape)[:80]}"
    if len(shape) > _MAX_DIMENSIONS or any(length < 0 for length in shape) or header.nbytes > MAX_ARRAY_BYTES:
        raise ClipError(f"{where} claims {claim}; expected at most {MAX_ARRAY_BYTES:,} bytes")
    present = n_bytes - stream.tell()
    if present != header.nbytes:
        raise ClipError(f"{where} claims {header.nbytes:,} bytes ({claim}, {dtype}) but has {present:,}")
    return header


def read_array(stream: IO[bytes], header: ArrayHeader, *, where: str) -> np.ndarray:
    """Read the data behind a header. Raises ClipError where it ends early."""
    data = stream.read(header.nbytes)
    stream.read(1)  # reaching the end makes zipfile compare the checksum
    if len(data) != header.nbytes:
        raise ClipError(f"{where} ends after {len(data):,} of {header.nbytes:,} bytes")
    array = np.frombuffer(data, header.dtype)
    return array.reshape(header.shape, order="F" if header.fortran_order else "C")


@contextmanager
def damage_as_clip_error(where: str) -> Iterator[None]:
    """Turn what damaged bytes raise into a ClipError."""
    try:
        yield
    except DAMAGE as error:
        raise ClipError(f"{where} is damaged: {str(error)[:200]}") from error


def _header_bytes(stream: IO[bytes]) -> bytes:
    """Magic, length and text of an array's header."""
    start = stream.read(npy.MAGIC_LEN)
    if start[:-2] != npy.MAGIC_PREFIX or tuple(start[-2:]) not in _HEADER_READERS:
        raise ValueError(f"it begins with {start!r}; expected an npy header of version 1 or 2")
    length = stream.read(_HEADER_READERS[start[-2], start[-1]][1])
    n_bytes = int.from_bytes(length, "little")
    if n_bytes > _MAX_HEADER_BYTES:
        raise ValueError(f"header of {n_bytes:,} bytes; expected at most {_MAX_HEADER_BYTES:,}")
    return start + length + stream.read(n_bytes)


@lru_cache(maxsize=4096)  # clips of one length have the same headers; NumPy takes 40 µs for one
def _parse_header(data: bytes) -> ArrayHeader:
    stream = io.BytesIO(data)
    read, _ = _HEADER_READERS[npy.read_magic(stream)]
    shape, fortran_order, dtype = read(stream)
    return ArrayHeader(shape, dtype, fortran_order)
