"""The arrays of one motion file, whatever container they are in: npz, npy or PyTorch's."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

import numpy as np

from viewer.dataset.entry import Entry
from viewer.dataset.files import describe_start
from viewer.dataset.npy import MAX_FILE_BYTES, ArrayHeader, read_npy, read_npy_header
from viewer.dataset.npz import NpzReader, zip_in
from viewer.dataset.tracks.torch_file import LEGACY_START, ONE_TENSOR, TorchReader, is_torch
from viewer.errors import ClipError

SUFFIXES = (".npz", ".npy", ".pt", ".pth")
"""Of files that hold arrays."""

_KINDS = {".npz": "an npz file", ".npy": "an npy file", ".pt": "a PyTorch file", ".pth": "a PyTorch file"}


class Arrays(Protocol):
    """Named arrays of numbers, read within bounds."""

    @property
    def keys(self) -> tuple[str, ...]: ...

    def header(self, key: str) -> ArrayHeader: ...

    def array(self, key: str) -> np.ndarray: ...


class TrackFile:
    """An open motion file as the formats see it. Make one with `open_track`.

    A file that holds one array without a name, an npy file or a tensor saved alone, has the key "array".
    """

    def __init__(self, entry: Entry, arrays: Arrays | None, problem: ClipError | None = None):
        self.name = entry.name
        self.suffix = _suffix(entry.name)
        self.keys: tuple[str, ...] = () if arrays is None else arrays.keys
        """Names of its arrays; empty for a file that is no container of arrays."""
        self.problem = problem
        """Why it is no container of arrays: raised if no format knows the file."""
        self._entry = entry
        self._arrays = arrays
        self._headers: dict[str, ArrayHeader | ClipError] = {}

    def __contains__(self, key: str) -> bool:
        return key in self.keys

    def first(self, keys: tuple[str, ...]) -> str | None:
        """The first of `keys` that is in the file."""
        for key in keys:
            if key in self.keys:
                return key
        return None

    def header(self, key: str) -> ArrayHeader:
        """Shape and dtype of an array. Raises ClipError where there is none, or it is no array of numbers."""
        if key not in self._headers:
            try:
                self._headers[key] = self._need_arrays().header(key)
            except ClipError as error:
                self._headers[key] = error
        found = self._headers[key]
        if isinstance(found, ClipError):
            raise found
        return found

    def array(self, key: str) -> np.ndarray:
        """The array, in the file's dtype. Raises ClipError as `header` does."""
        return self._need_arrays().array(key)

    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Shapes of all arrays of numbers; what cannot be read is left out."""
        found = {}
        for key in self.keys:
            try:
                found[key] = self.header(key).shape
            except ClipError:
                continue  # text or objects beside the motion
        return found

    def read_bytes(self, *, max_bytes: int = MAX_FILE_BYTES) -> bytes:
        """The file as it is, for formats of one's own. Raises ClipError where it is larger."""
        with self._entry.open(max_bytes=max_bytes) as file:
            return file.read(max_bytes)

    def describe(self) -> str:
        """For messages: keys and shapes."""
        shapes = self.shapes()
        known = [f"{key} {str(shapes[key])[:60]}" if key in shapes else f"{key} (no numbers)" for key in self.keys[:10]]
        return ", ".join(known)[:500] + (", …" if len(self.keys) > 10 else "") if known else "nothing"

    def _need_arrays(self) -> Arrays:
        if self._arrays is None:
            raise self.problem or ClipError(f"{self.name} holds no arrays")
        return self._arrays


class _Npy:
    """The one array of an npy file."""

    keys = (ONE_TENSOR,)

    def __init__(self, entry: Entry):
        self._entry = entry

    def header(self, key: str) -> ArrayHeader:
        self._check(key)
        return read_npy_header(self._entry)

    def array(self, key: str) -> np.ndarray:
        self._check(key)
        return read_npy(self._entry)

    def _check(self, key: str) -> None:
        if key not in self.keys:
            raise ClipError(
                f"{self._entry.name}: no {key} in the file; an npy file holds one array, named {ONE_TENSOR}"
            )


@contextmanager
def open_track(entry: Entry) -> Iterator[TrackFile]:
    """Open a motion file; what it is its bytes tell, not its suffix.

    Raises ClipError for a damaged container. What is no container is left to formats that read bytes.
    """
    with entry.open(max_bytes=MAX_FILE_BYTES) as file:
        start = file.read(16)
        if start.startswith(b"PK"):
            kind = _KINDS.get(_suffix(entry.name), "an npz file")
            archive = zip_in(file, name=entry.name, kind=kind)
            reader = TorchReader if is_torch(archive) else NpzReader
            yield TrackFile(entry, reader(entry.name, archive))
            return
        looks = describe_start(file)
    if start.startswith(b"\x93NUMPY"):
        yield TrackFile(entry, _Npy(entry))
    else:
        yield TrackFile(entry, None, _no_container(entry.name, start, looks))


def _no_container(name: str, start: bytes, looks: str) -> ClipError:
    if start.startswith(LEGACY_START):
        return ClipError(
            f"{name} is in PyTorch's format from before version 1.6, one large pickle. Write it again: python -c "
            "\"import sys, torch; torch.save(torch.load(sys.argv[1], 'cpu'), sys.argv[1])\" FILE"
        )
    if start.startswith(b"\x80") and start[1:2] <= b"\x05":
        return ClipError(
            f"{name} is a Python pickle, which may run code and is never loaded. Write its arrays with numpy.savez"
        )
    if start.startswith(b"\x89HDF\r\n"):
        return ClipError(f"{name} is an HDF5 file, which is not read. Write its arrays with numpy.savez")
    kind = _KINDS.get(_suffix(name), "a file of arrays (npz, npy or PyTorch)")
    return ClipError(f"{name} is not {kind}, or is cut off: {looks}")


def _suffix(name: str) -> str:
    file = name[name.rfind("/") + 1 :]
    return file[file.rfind(".") :].lower() if "." in file else ""
