"""Tensors of files that `torch.save` writes, read without PyTorch and without running anything they say.

Such a file is a zip archive: <name>/data.pkl is a pickle of tensors that refer to storages by number,
<name>/data/<number> holds the bytes of one storage, <name>/byteorder their order. The pickle is read by the allow-list
reader that FLAME models are read with; sizes are compared with the storages before anything is allocated.
"""

from __future__ import annotations

import math
import pickle
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from viewer.dataset.npy import MAX_ARRAY_BYTES, ArrayHeader, damage_as_clip_error
from viewer.dataset.zip_file import ZipReader
from viewer.errors import ClipError
from viewer.flame.unpickle import AllowListUnpickler, Decoder, Recorded, UnsafePickleError, unpickle

LEGACY_START = b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19."
"""First bytes of what PyTorch wrote before version 1.6: a pickle of a magic number."""
ONE_TENSOR = "array"
"""Key of a tensor that was saved alone."""

_PICKLE = "data.pkl"
_MAX_PICKLE_BYTES = 1 << 22
_MAX_TENSORS = 1000
_BFLOAT16 = "bfloat16"
_DTYPES = {
    "FloatStorage": "f4",
    "DoubleStorage": "f8",
    "HalfStorage": "f2",
    "BFloat16Storage": _BFLOAT16,
    "LongStorage": "i8",
    "IntStorage": "i4",
    "ShortStorage": "i2",
    "CharStorage": "i1",
    "ByteStorage": "u1",
    "BoolStorage": "u1",
}


@dataclass(frozen=True)
class _Tensor:
    """A tensor as the pickle describes it: a strided view of a storage."""

    storage: str
    dtype: str
    storage_size: int
    """Elements of the whole storage."""
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]
    """In elements."""

    @property
    def header(self) -> ArrayHeader:
        dtype = np.dtype(np.float32 if self.dtype == _BFLOAT16 else self.dtype)
        return ArrayHeader(self.shape, dtype, fortran_order=False)


class TorchReader:
    """The tensors of an open file, by key; keys and positions within each other are joined by dots.

    Raises ClipError for what is no file of tensors, or asks for more than tensors.
    """

    def __init__(self, name: str, archive: ZipReader):
        self._name = name
        self._archive = archive
        self._root, self._tensors = _read_pickle(name, archive)

    @property
    def keys(self) -> tuple[str, ...]:
        return tuple(self._tensors)

    def __contains__(self, key: str) -> bool:
        return key in self._tensors

    def header(self, key: str) -> ArrayHeader:
        """Shape and dtype of a tensor, after checks that make it safe to read. bfloat16 is read as float32."""
        found = self._get(key)
        return ArrayHeader(found.shape, found.dtype, False) if isinstance(found, np.ndarray) else found.header

    def array(self, key: str) -> np.ndarray:
        """The values of a tensor, in the machine's byte order."""
        found = self._get(key)
        if isinstance(found, np.ndarray):
            return found
        storage = self._storage(key, found)
        if found.dtype == _BFLOAT16:  # the upper half of a float32
            storage = (storage.astype(np.uint32) << 16).view(np.float32)
        view = np.lib.stride_tricks.as_strided(
            storage[found.offset :],
            found.shape,
            [stride * storage.itemsize for stride in found.strides],
            writeable=False,
        )
        return view.copy()

    def _get(self, key: str) -> np.ndarray | _Tensor:
        if key not in self._tensors:
            raise ClipError(
                f"{self._name}: no {key} in the file; it holds {', '.join(self.keys[:10])[:500] or 'nothing'}"
            )
        found = self._tensors[key]
        where = f"{self._name}: {key}"
        if isinstance(found, np.ndarray):
            if found.dtype.kind not in "fiu":
                raise ClipError(f"{where} has dtype {found.dtype}; expected numbers")
            return found
        _check_view(where, found)
        return found

    def _storage(self, key: str, tensor: _Tensor) -> np.ndarray:
        where = f"{self._name}: {key}"
        big = self._member("byteorder", default=b"little").strip() == b"big"
        dtype = np.dtype("u2" if tensor.dtype == _BFLOAT16 else tensor.dtype).newbyteorder(">" if big else "<")
        data = self._member(f"data/{tensor.storage}", where=where)
        if len(data) != tensor.storage_size * dtype.itemsize:
            raise ClipError(
                f"{where} claims a storage of {tensor.storage_size:,} elements of {dtype.itemsize} bytes but has "
                f"{len(data):,} bytes"
            )
        return np.frombuffer(data, dtype).astype(dtype.newbyteorder("="), copy=False)

    def _member(self, name: str, *, default: bytes | None = None, where: str | None = None) -> bytes:
        try:
            return _read_member(where or self._name, self._archive, f"{self._root}{name}", MAX_ARRAY_BYTES)
        except KeyError:
            if default is not None:
                return default
            raise ClipError(f"{where}: the file has no {name}, which holds its values") from None


def is_torch(archive: ZipReader) -> bool:
    """Whether a zip archive was written by PyTorch."""
    return any(_is_pickle(member.name) for member in archive.members)


def _is_pickle(name: str) -> bool:
    return name == _PICKLE or name.endswith(f"/{_PICKLE}")


def _read_pickle(name: str, archive: ZipReader) -> tuple[str, dict[str, np.ndarray | _Tensor]]:
    """Folder inside the archive, and its tensors and arrays by key."""
    pickles = [member.name for member in archive.members if _is_pickle(member.name)]
    if len(pickles) != 1:
        raise ClipError(f"{name} has {len(pickles)} files {_PICKLE} inside; a file of torch.save has one")
    root = pickles[0].removesuffix(_PICKLE)
    if archive.find(f"{root}constants.pkl") is not None:
        raise ClipError(f"{name} is a TorchScript model; expected tensors that torch.save wrote")
    try:
        content = unpickle(
            _read_member(name, archive, pickles[0], _MAX_PICKLE_BYTES), unpickler=_TorchUnpickler, decoder=_TorchDecoder
        )
    except UnsafePickleError as error:
        raise ClipError(
            f"{name} is refused: {error}. Save the tensors alone: torch.save({{'motion': motion.cpu()}}, FILE)"
        ) from error
    tensors: dict[str, np.ndarray | _Tensor] = {}
    _collect(content, "", tensors)
    return root, tensors


def _collect(value: Any, key: str, found: dict[str, np.ndarray | _Tensor]) -> None:
    """Gather tensors, arrays and numbers of dictionaries and lists within each other; all else is no motion."""
    if len(found) >= _MAX_TENSORS:
        return
    if isinstance(value, (dict, list)):
        for name, item in value.items() if isinstance(value, dict) else enumerate(value):
            _collect(item, f"{key}.{name}" if key else str(name), found)
    elif isinstance(value, (_Tensor, np.ndarray)):
        found[key or ONE_TENSOR] = value
    elif isinstance(value, (int, float, np.number)) and abs(float(value)) < 1 << 62:
        found[key or ONE_TENSOR] = np.asarray(value)


def _read_member(where: str, archive: ZipReader, name: str, max_bytes: int) -> bytes:
    """One file inside the archive. Raises KeyError where there is none, ClipError for what is wrong with it."""
    member = archive.find(name)
    if member is None:
        raise KeyError(name)
    if member.size > max_bytes:
        raise ClipError(f"{where}: {name} has {member.size:,} bytes; expected at most {max_bytes:,}")
    with damage_as_clip_error(where):
        data = archive.open(member, where=f"{where}: {name}").read(member.size)
    if len(data) < member.size:
        raise ClipError(f"{where}: {name} ends after {len(data):,} of {member.size:,} bytes")
    return data


def _check_view(where: str, tensor: _Tensor) -> None:
    if tensor.dtype not in _DTYPES.values():
        raise ClipError(f"{where} is of torch.{tensor.dtype[:40]}; expected numbers")
    numbers = (tensor.storage_size, tensor.offset, *tensor.shape, *tensor.strides)
    if not all(type(number) is int and number >= 0 for number in numbers) or len(tensor.shape) != len(tensor.strides):
        raise ClipError(f"{where} claims shape {str(tensor.shape)[:80]} with strides {str(tensor.strides)[:80]}")
    if len(tensor.shape) > 8 or tensor.header.nbytes > MAX_ARRAY_BYTES:
        raise ClipError(f"{where} claims shape {str(tensor.shape)[:80]}; expected at most {MAX_ARRAY_BYTES:,} bytes")
    last = tensor.offset + sum((n - 1) * stride for n, stride in zip(tensor.shape, tensor.strides, strict=True))
    if math.prod(tensor.shape) and last >= tensor.storage_size:
        raise ClipError(f"{where} reaches beyond its storage of {tensor.storage_size:,} elements")


class _StorageType(Recorded):
    """torch.FloatStorage and the like: the class is named, never called."""


class _Storage(Recorded):
    """A reference to a storage: ("storage", type, number, device, elements)."""


class _RebuiltTensor(Recorded):
    """torch._utils._rebuild_tensor_v2(storage, offset, shape, strides, …)."""


class _Parameter(Recorded):
    """torch._utils._rebuild_parameter(tensor, …)."""


class _Size(Recorded):
    """torch.Size(numbers)."""


_TORCH: dict[tuple[str, str], type[Recorded]] = {
    ("torch._utils", "_rebuild_tensor_v2"): _RebuiltTensor,
    ("torch._utils", "_rebuild_parameter"): _Parameter,
    ("torch", "Size"): _Size,
}


class _TorchUnpickler(AllowListUnpickler):
    persistent_ids = True

    def find_class(self, module: str, name: str) -> Callable[..., Recorded]:
        if module == "torch" and name.endswith("Storage") and name.isidentifier():
            return type(name, (_StorageType,), {})
        return _TORCH.get((module, name)) or super().find_class(module, name)

    def persistent_load(self, reference: Any) -> _Storage:
        match reference:
            case ("storage", type() as kind, str(number), _device, int(size)) if issubclass(kind, _StorageType):
                return _Storage(number, kind.__name__, size)
        raise pickle.UnpicklingError(f"a reference that PyTorch does not write: {str(reference)[:80]}")


class _TorchDecoder(Decoder):
    def decode_other(self, value: Any) -> Any:
        match value:
            case _RebuiltTensor(args=(_Storage(args=(number, kind, size)), offset, shape, strides, *_)):
                return _Tensor(number, _DTYPES.get(kind, kind), size, offset, _plain(shape), _plain(strides))
            case _Parameter(args=(tensor, *_)):
                return self.decode_other(tensor)
        return super().decode_other(value)


def _plain(numbers: Any) -> tuple[Any, ...]:
    """A shape or strides: a tuple, or a torch.Size of one."""
    if isinstance(numbers, _Size) and len(numbers.args) == 1:
        (numbers,) = numbers.args
    return numbers if isinstance(numbers, tuple) else (None,)
