"""Bounded reading of arrays in NumPy's npy format, in files of their own and inside npz files.

`numpy.load` allocates what a header claims. Here the claim is compared with the bytes that are there before anything is
allocated, nothing is unpickled, and all that can be wrong with an array ends in one kind of error.
"""

from __future__ import annotations

import io
import struct
import tokenize
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Protocol

import numpy as np
from numpy.lib import format as npy

from viewer.dataset.entry import Entry
from viewer.errors import ClipError

MAX_FILE_BYTES = 1 << 30
MAX_ARRAY_BYTES = 1 << 28
"""Largest array accepted: 256 MiB, or 3.7 hours of 100 float64 coefficients at 25 frames per second."""

_VERSION_1, _VERSION_2 = npy.magic(1, 0), npy.magic(2, 0)
"""First bytes of an array. Two, or four, that hold the length of its header follow."""
_MAX_HEADER_BYTES = 10_000
_MAX_DIMENSIONS = 32
DAMAGE = (
    zlib.error,
    ValueError,
    EOFError,
    RuntimeError,
    MemoryError,
    OverflowError,
    TypeError,
    IndexError,
    SyntaxError,
    struct.error,
    tokenize.TokenError,
)
"""What struct, zlib and NumPy's header parser raise on damaged or hostile bytes."""


@dataclass(frozen=True)
class ArrayHeader:
    """What an array says about itself: nothing of its data was read."""

    shape: tuple[int, ...]
    dtype: np.dtype
    fortran_order: bool

    @cached_property
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


class Stream(Protocol):
    """Bytes of a file, or of a member of an archive."""

    def read(self, n_bytes: int, /) -> bytes: ...

    def tell(self) -> int: ...


@contextmanager
def _open_npy(entry: Entry) -> Iterator[tuple[Stream, ArrayHeader]]:
    with entry.open(max_bytes=MAX_FILE_BYTES) as file:
        n_bytes = file.seek(0, io.SEEK_END)
        file.seek(0)
        with damage_as_clip_error(entry.name):
            yield file, read_array_header(file, n_bytes=n_bytes, where=entry.name)


def read_array_header(stream: Stream, *, n_bytes: int, where: str) -> ArrayHeader:
    """Read the header of an array whose header and data have `n_bytes`, after checks that make its data safe to read.

    `where` begins the messages. Raises ClipError, or one of DAMAGE for bytes that are no header at all.
    """
    header, fault = _parse_header(_header_bytes(stream))
    if fault:
        raise ClipError(f"{where} {fault}")
    present = n_bytes - stream.tell()
    if present != header.nbytes:
        claim = f"{header.nbytes:,} bytes (shape {str(header.shape)[:80]}, {header.dtype})"
        raise ClipError(f"{where} claims {claim} but has {present:,}")
    return header


def _fault(header: ArrayHeader) -> str:
    """What keeps an array from being read, whatever follows its header; empty if nothing does."""
    shape, dtype = header.shape, header.dtype
    if dtype.hasobject:
        return "holds pickled Python objects, which are never loaded"
    if dtype.kind not in "fiu" or dtype.shape:
        return f"has dtype {str(dtype)[:80]}; expected numbers"
    if len(shape) > _MAX_DIMENSIONS or any(length < 0 for length in shape) or header.nbytes > MAX_ARRAY_BYTES:
        return f"claims shape {str(shape)[:80]}; expected at most {MAX_ARRAY_BYTES:,} bytes"
    return ""


def read_array(stream: Stream, header: ArrayHeader, *, where: str) -> np.ndarray:
    """Read the data behind a header. Raises ClipError where it ends early."""
    data = stream.read(header.nbytes)
    if len(data) != header.nbytes:
        raise ClipError(f"{where} ends after {len(data):,} of {header.nbytes:,} bytes")
    array = np.frombuffer(data, header.dtype)
    return array.reshape(header.shape, order="F" if header.fortran_order else "C")


class damage_as_clip_error:  # noqa: N801 (used as a function)
    """Turns what damaged bytes raise in its block into a ClipError."""

    __slots__ = ("_where",)

    def __init__(self, where: str):
        self._where = where

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, traceback: object) -> None:
        if isinstance(error, DAMAGE):
            raise ClipError(f"{self._where} is damaged: {str(error)[:200]}") from error


def _header_bytes(stream: Stream) -> bytes:
    """Magic, length and text of an array's header."""
    start = stream.read(npy.MAGIC_LEN + 2)
    magic = start[: npy.MAGIC_LEN]
    if magic == _VERSION_2:
        start += stream.read(2)
    elif magic != _VERSION_1:
        raise ValueError(f"it begins with {magic!r}; expected an npy header of version 1 or 2")
    n_bytes = int.from_bytes(start[npy.MAGIC_LEN :], "little")
    if n_bytes > _MAX_HEADER_BYTES:
        raise ValueError(f"header of {n_bytes:,} bytes; expected at most {_MAX_HEADER_BYTES:,}")
    return start + stream.read(n_bytes)


@lru_cache(maxsize=4096)  # clips of one length have the same headers; NumPy takes 40 µs for one
def _parse_header(data: bytes) -> tuple[ArrayHeader, str]:
    stream = io.BytesIO(data)
    read = npy.read_array_header_1_0 if npy.read_magic(stream) == (1, 0) else npy.read_array_header_2_0
    shape, fortran_order, dtype = read(stream)
    header = ArrayHeader(shape, dtype, fortran_order)
    return header, _fault(header)
