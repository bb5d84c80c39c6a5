"""Read the arrays of a pickle without running anything the pickle says.

A pickle is a program. This reader lets it name only a few classes (NumPy arrays, chumpy and scipy.sparse wrappers,
plain containers) and binds each of those names to an inert stand-in that records what it is given. Arrays are made
afterwards, by this module, from the recorded bytes, within budgets of memory and work. So neither chumpy nor scipy is
needed, and all that a hostile file can do is be refused.
"""

from __future__ import annotations

import io
import math
import pickle
import re
from collections.abc import Callable
from typing import Any

import numpy as np

from viewer.flame.pickle_scan import UnsafePickleError, scan

MAX_DEPTH = 16
"""Wrappers and containers within each other: chumpy's Select of a Ch of an array is 3 deep."""
MAX_MADE_BYTES = 1 << 28
"""All arrays that are computed from others (dense from sparse, chumpy's Select); views of the file are free."""
MAX_STEPS = 1_000_000
"""Container entries visited."""

__all__ = ["AllowListUnpickler", "Decoder", "Recorded", "UnsafePickleError", "flat_array", "unpickle"]


def unpickle(
    data: bytes, *, unpickler: type[AllowListUnpickler] | None = None, decoder: type[Decoder] | None = None
) -> Any:
    """Containers, strings, numbers and NumPy arrays stored in the pickle `data`.

    Sparse matrices come out dense, chumpy objects as the arrays they hold, byte strings as `str` (latin-1). An object
    array comes out as a list, or as its one item if it has no dimensions; what could only be read by running code, such
    as a chumpy expression, as None. Raises UnsafePickleError.

    unpickler, decoder: what knows the classes of another kind of file as well.
    """
    unpickler, decoder = unpickler or AllowListUnpickler, decoder or Decoder
    scan(data, persistent_ids=unpickler.persistent_ids)
    try:
        recorded = unpickler(io.BytesIO(data), encoding="bytes").load()
        return decoder().decode(recorded)
    except (UnsafePickleError, MemoryError):
        raise
    except Exception as error:  # a damaged pickle raises nearly anything; nothing of it has run
        raise UnsafePickleError(f"the pickle is damaged ({type(error).__name__}: {error})") from error


class Recorded:
    """Stand-in for a class or function that a pickle names: keeps arguments, state and items, does nothing."""

    args: tuple[Any, ...]
    state: Any
    items: dict[Any, Any]

    def __new__(cls, *args: Any) -> Recorded:
        recorded = super().__new__(cls)
        recorded.args, recorded.state, recorded.items = args, None, {}
        return recorded

    def __setstate__(self, state: Any) -> None:
        self.state = state

    def __setitem__(self, key: Any, value: Any) -> None:
        self.items[key] = value

    def attributes(self) -> dict[str, Any]:
        """State as the attributes of a plain Python object."""
        parts = self.state if isinstance(self.state, tuple) else (self.state,)
        return {_text(key): value for part in parts if isinstance(part, dict) for key, value in part.items()}


class _Class(Recorded):
    """A class named only to be handed on, such as numpy.ndarray or object; also sets, which hold bookkeeping."""


class _Array(Recorded):
    """numpy's _reconstruct(ndarray, (0,), b"b"); state (version, shape, dtype, is_fortran, bytes or list)."""


class _FromBuffer(Recorded):
    """numpy's _frombuffer(buffer, dtype, shape, order)."""


class _Scalar(Recorded):
    """numpy's scalar(dtype, bytes)."""


class _Dtype(Recorded):
    """numpy.dtype("f8", …); state (version, byte order, …)."""


class _Chumpy(Recorded):
    """Any chumpy class; those in FLAME files are Ch (an array `x`) and Select (the entries `idxs` of `a`)."""


class _Sparse(Recorded):
    """scipy.sparse csc, csr or coo, matrix or array, of any SciPy version."""


class _Mapping(Recorded):
    """collections.OrderedDict, from a list of pairs or filled later."""


class _Encoded(Recorded):
    """_codecs.encode(text, "latin1"): how Python 3 stores bytes in protocol 2."""


def _reconstruct(cls: Any, *_base_and_state: Any) -> Recorded:
    """copyreg._reconstructor(class, base, state), which protocols 0 and 1 use for plain objects."""
    if not (isinstance(cls, type) and issubclass(cls, Recorded)):
        raise UnsafePickleError("the pickle rebuilds an object of a class that no file of arrays has")
    return cls()


_NUMPY = {"_reconstruct": _Array, "scalar": _Scalar, "_frombuffer": _FromBuffer, "ndarray": _Class, "dtype": _Dtype}
_NUMPY_MODULE = re.compile(r"numpy(\._?core\.(multiarray|numeric))?")
_SPARSE = re.compile(r"(csc|csr|coo)_(matrix|array)")
_PLAIN: dict[tuple[str, str], Callable[..., Recorded]] = {
    ("builtins", "object"): _Class,
    ("builtins", "set"): _Class,
    ("builtins", "frozenset"): _Class,
    ("copyreg", "_reconstructor"): _reconstruct,
    ("_codecs", "encode"): _Encoded,
    ("collections", "OrderedDict"): _Mapping,
}


class AllowListUnpickler(pickle.Unpickler):
    """Binds the names of allowed classes to stand-ins and refuses all others."""

    persistent_ids = False
    """Whether the pickle may refer to what lies beside it: a subclass then has `persistent_load`."""

    def find_class(self, module: str, name: str) -> Callable[..., Recorded]:
        if _NUMPY_MODULE.fullmatch(module) and name in _NUMPY:
            return _NUMPY[name]
        if module.split(".")[0] == "chumpy" and name.isidentifier():
            return type(name, (_Chumpy,), {})
        if module.startswith("scipy.sparse") and (match := _SPARSE.fullmatch(name)):
            return type(match[1], (_Sparse,), {})
        # Python 2's names; the unpickler translates them itself for protocols below 3 only.
        module = {"__builtin__": "builtins", "copy_reg": "copyreg"}.get(module, module)
        if (module, name) in _PLAIN:
            return _PLAIN[module, name]
        raise UnsafePickleError(f"the pickle asks for {module}.{name}, which no file of arrays needs: do not trust it")


class Decoder:
    """Turns what was recorded into arrays. Shared objects are decoded once, so references cannot multiply work.

    A subclass adds stand-ins of its own in `decode_other`.
    """

    def __init__(self) -> None:
        self._done: dict[int, Any] = {}
        self._bytes_left = MAX_MADE_BYTES
        self._steps_left = MAX_STEPS

    def decode(self, value: Any, depth: int = 0) -> Any:
        if value is None or isinstance(value, (bool, int, float)):
            return value
        if depth > MAX_DEPTH:
            raise UnsafePickleError(f"the pickle nests objects more than {MAX_DEPTH} deep")
        if id(value) not in self._done:
            self._done[id(value)] = self._decode(value, depth + 1)
        return self._done[id(value)]

    def _decode(self, value: Any, depth: int) -> Any:
        match value:
            case str():
                return value
            case bytes() | bytearray():
                return value.decode("latin1")
            case list() | tuple():
                self._step(len(value))
                return [self.decode(item, depth) for item in value]
            case dict():
                return self._mapping(value, depth)
            case _Mapping():
                return self._mapping(dict(*value.args) | value.items, depth)
            case _Encoded():
                return value.args[0]
            case _Array():
                return self._array(value, depth)
            case _FromBuffer():
                buffer, dtype, shape, *order = value.args
                return self._shaped(buffer, self._dtype(dtype), shape, fortran=order == ["F"])
            case _Scalar():
                return self._shaped(value.args[1], self._dtype(value.args[0]), ())[()]
            case _Chumpy():
                return self._chumpy(value, depth)
            case _Sparse():
                return self._sparse(value, depth)
        return self.decode_other(value)

    def decode_other(self, value: Any) -> Any:
        """Bookkeeping such as sets and dtypes is None; a caller that needs an array notices."""
        return None

    def _step(self, steps: int) -> None:
        self._steps_left -= steps
        if self._steps_left < 0:
            raise UnsafePickleError(f"the pickle has more than {MAX_STEPS} container entries")

    def _made(self, n_bytes: int) -> None:
        self._bytes_left -= n_bytes
        if self._bytes_left < 0:
            raise UnsafePickleError(f"the pickle expands to more than {MAX_MADE_BYTES >> 20} MB of arrays")

    def _mapping(self, value: dict[Any, Any], depth: int) -> dict[str, Any]:
        self._step(len(value))
        return {_text(key): self.decode(item, depth) for key, item in value.items()}

    def _dtype(self, dtype: Any) -> np.dtype:
        if not isinstance(dtype, _Dtype):
            raise UnsafePickleError("the pickle has an array without a NumPy type")
        code = _text(dtype.args[0])
        if not re.fullmatch(r"[<>=|]?[fiub?O][0-9]{0,2}|[<>=|]?[US][0-9]{1,6}", code):
            raise UnsafePickleError(f"the pickle has an array of type {code[:40]!r}; expected numbers")
        big_endian = dtype.state is not None and _text(dtype.state[1]) == ">"
        return np.dtype(code).newbyteorder(">") if big_endian else np.dtype(code)

    def _array(self, value: _Array, depth: int) -> Any:
        _version, shape, dtype, fortran, content = value.state
        numpy_dtype = self._dtype(dtype)
        if numpy_dtype.kind != "O":
            return self._shaped(content, numpy_dtype, shape, fortran=bool(fortran))
        items = self.decode(content, depth)
        return items[0] if len(shape) == 0 else items

    def _payload(self, content: Any) -> bytes | bytearray:
        if isinstance(content, _Encoded):
            self._made(len(content.args[0]))
            content = content.args[0].encode("latin1")
        if not isinstance(content, (bytes, bytearray)):
            raise UnsafePickleError(f"the pickle has an array whose content is of type {type(content).__name__}")
        return content

    def _shaped(self, content: Any, dtype: np.dtype, shape: Any, *, fortran: bool = False) -> np.ndarray:
        """View of bytes from the file as an array, in native byte order."""
        payload = self._payload(content)
        if dtype.itemsize == 0 or dtype.hasobject or len(payload) % dtype.itemsize:
            raise UnsafePickleError(f"the pickle has an array of {dtype} in {len(payload)} bytes")
        flat = np.frombuffer(payload, dtype)
        if not dtype.isnative:
            self._made(len(payload))
            flat = flat.astype(dtype.newbyteorder("="))
        return flat.reshape(_checked_shape(shape, flat.size), order="F" if fortran else "C")

    def _chumpy(self, value: _Chumpy, depth: int) -> np.ndarray | None:
        state = value.attributes()
        if "x" in state:
            return flat_array(self.decode(state["x"], depth))
        if "a" in state and "idxs" in state:
            indices = flat_array(self.decode(state["idxs"], depth))
            self._made(indices.size * 8 * 2)
            selected = flat_array(self.decode(state["a"], depth)).ravel()[indices.astype(np.int64)]
            return selected.reshape(_checked_shape(state.get("preferred_shape", selected.shape), selected.size))
        return None  # an expression over other arrays

    def _sparse(self, value: _Sparse, depth: int) -> np.ndarray:
        state = {key.lstrip("_"): self.decode(item, depth) for key, item in value.attributes().items()}
        n_rows, n_columns = (int(size) for size in state["shape"])
        if not (0 <= n_rows < 1 << 24 and 0 <= n_columns < 1 << 24):
            raise UnsafePickleError(f"the pickle has a sparse matrix of {n_rows} × {n_columns} entries")
        self._made(n_rows * n_columns * 8)
        entries = flat_array(state["data"]).astype(np.float64)
        if type(value).__name__ == "coo":
            rows, columns = state["coords"] if "coords" in state else (state["row"], state["col"])
        else:
            ends = flat_array(state["indptr"]).astype(np.int64)
            counts = ends[1:] - ends[:-1]
            compressed = n_columns if type(value).__name__ == "csc" else n_rows
            if len(counts) != compressed or (counts < 0).any() or counts.sum() != len(entries):
                raise UnsafePickleError("the pickle has a sparse matrix whose index does not fit its data")
            major = np.repeat(np.arange(compressed), counts)
            rows, columns = (state["indices"], major) if type(value).__name__ == "csc" else (major, state["indices"])
        dense = np.zeros((n_rows, n_columns))
        np.add.at(dense, (flat_array(rows).astype(np.int64), flat_array(columns).astype(np.int64)), entries)
        return dense


def flat_array(value: Any) -> np.ndarray:
    """An unpickled array, number, text, or flat list of those. Lists of lists could expand without limit."""
    if isinstance(value, list) and any(isinstance(item, (list, dict, np.ndarray)) for item in value):
        raise UnsafePickleError("the pickle has nested lists where an array is expected")
    return np.asarray(value)


def _text(value: Any) -> str:
    return value.decode("latin1") if isinstance(value, (bytes, bytearray)) else str(value)[:200]


def _checked_shape(shape: Any, size: int) -> tuple[int, ...]:
    dimensions = tuple(int(length) for length in shape)
    if len(dimensions) > 8 or not all(0 <= length < 1 << 32 for length in dimensions) or math.prod(dimensions) != size:
        raise UnsafePickleError(f"the pickle declares an array of shape {str(dimensions)[:80]} but holds {size} values")
    return dimensions
