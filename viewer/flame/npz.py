"""Read .npy and .npz files within limits, also object arrays, without NumPy's `allow_pickle`."""

from __future__ import annotations

import io
import math
import zipfile
from typing import Any

import numpy as np

from viewer.flame.unpickle import UnsafePickleError, unpickle

MAX_NPZ_BYTES = 1 << 29
"""All members together, unpacked; a FLAME model in float64 has 60 MB."""


class NpzError(Exception):
    """The file is damaged, no npy or npz, or larger than any FLAME file can be."""


def read_npz(data: bytes) -> dict[str, Any]:
    """Arrays of the npz archive `data` by name; object arrays as in `unpickle`. Raises NpzError, UnsafePickleError."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = archive.infolist()
            unpacked = sum(member.file_size for member in members)
            if unpacked > MAX_NPZ_BYTES or len(members) > 200:
                raise NpzError(f"it unpacks to {len(members)} arrays, {unpacked >> 20} MB; a FLAME model has 60 MB")
            # A member is read up to the size it declares, so the sum above holds whatever the archive contains.
            return {member.filename.removesuffix(".npy"): read_npy(archive.read(member)) for member in members}
    except (zipfile.BadZipFile, EOFError, OSError, NotImplementedError, RuntimeError) as error:
        raise NpzError(f"the archive is cut off or damaged ({error})") from error


def read_npy(data: bytes) -> Any:
    """The array of the npy file `data`; an object array as in `unpickle`. Raises NpzError, UnsafePickleError."""
    stream = io.BytesIO(data)
    try:
        major, _minor = np.lib.format.read_magic(stream)
        read_header = np.lib.format.read_array_header_1_0 if major == 1 else np.lib.format.read_array_header_2_0
        shape, fortran, dtype = read_header(stream)
    except ValueError as error:
        raise NpzError(f"it holds something that is no NumPy array ({error})") from error
    if dtype.hasobject:
        return unpickle(data[stream.tell() :])
    size = math.prod(shape)
    if dtype.itemsize == 0 or min(shape, default=0) < 0 or len(data) - stream.tell() != size * dtype.itemsize:
        held = len(data) - stream.tell()
        raise NpzError(f"an array declares shape {shape} of {dtype}, {size * dtype.itemsize} bytes, but holds {held}")
    flat = np.frombuffer(data, dtype, offset=stream.tell())
    return flat.reshape(shape, order="F" if fortran else "C")


__all__ = ["NpzError", "UnsafePickleError", "read_npy", "read_npz"]
