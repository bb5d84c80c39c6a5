"""Named arrays with a JSON header, in one piece of bytes that a browser reads without copying.

    "FLV1" · uint32 length of the header · header, padded with spaces · arrays, each at a multiple of 8 bytes

All little-endian. The header's `arrays` gives each array's dtype, shape and its offset in bytes from the end of the
header.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np

MAGIC = b"FLV1"
_ALIGNMENT = 8
_DTYPES = ("uint8", "int16", "uint16", "uint32", "float32", "float64")
"""What JavaScript has a typed array for."""


def pack(header: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> bytes:
    """Header and arrays as bytes; the header must not have a key `arrays`."""
    layout: dict[str, dict[str, Any]] = {}
    parts: list[bytes] = []
    offset = 0
    for name, array in arrays.items():
        dtype = array.dtype.name
        if dtype not in _DTYPES:
            raise TypeError(f"{name} has dtype {dtype}; expected one of {', '.join(_DTYPES)}")
        content = np.ascontiguousarray(array, array.dtype.newbyteorder("<")).tobytes()
        content += b"\0" * (-len(content) % _ALIGNMENT)
        layout[name] = {"dtype": dtype, "shape": array.shape, "offset": offset}
        parts.append(content)
        offset += len(content)
    text = json.dumps({**header, "arrays": layout}, allow_nan=False, separators=(",", ":")).encode("ascii")
    text += b" " * (-(len(MAGIC) + 4 + len(text)) % _ALIGNMENT)
    return b"".join([MAGIC, len(text).to_bytes(4, "little"), text, *parts])


def unpack(data: bytes) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """What `pack` was given. Raises ValueError for anything else."""
    if data[:4] != MAGIC:
        raise ValueError(f"starts with {data[:4]!r}; expected {MAGIC!r}")
    start = 8 + int.from_bytes(data[4:8], "little")
    header = json.loads(data[8:start])
    arrays = {}
    for name, entry in header.pop("arrays").items():
        dtype = np.dtype(entry["dtype"]).newbyteorder("<")
        count = int(np.prod(entry["shape"], dtype=np.int64))
        arrays[name] = np.frombuffer(data, dtype, count, start + entry["offset"]).reshape(entry["shape"])
    return header, arrays
