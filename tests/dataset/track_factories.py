"""Tiny motion files in every track format, as the tools that write them lay them out; the values are made up."""

from __future__ import annotations

import io
import math
import pickle
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

FRAMES = 6
FLAME_VERTICES = 5023

_STORAGES = {"f4": "FloatStorage", "f8": "DoubleStorage", "f2": "HalfStorage", "i8": "LongStorage", "u1": "ByteStorage"}


def coefficients(frames: int = FRAMES, *, n_exp: int = 100, seed: int = 0) -> dict[str, np.ndarray]:
    """exp (T, E), pose (T, 6) radians and shape (S,), the same in every test: what each format below holds."""
    rng = np.random.default_rng(seed)
    return {
        "exp": rng.normal(0, 0.3, (frames, n_exp)).astype(np.float32),
        "pose": rng.normal(0, 0.1, (frames, 6)).astype(np.float32),
        "shape": rng.normal(0, 1, 100).astype(np.float32),
    }


def mesh(frames: int = FRAMES, *, n_vertices: int = FLAME_VERTICES) -> np.ndarray:
    """Vertices (T, V, 3) in metres of something as large as a head that opens and closes."""
    rng = np.random.default_rng(1)
    rest = rng.uniform(-0.1, 0.1, (n_vertices, 3))
    return (rest * np.linspace(1, 1.1, frames)[:, None, None]).astype(np.float32)


def webtalk(frames: int = FRAMES) -> dict[str, Any]:
    made = coefficients(frames)
    return {**made, "shape": np.tile(made["shape"].astype(np.float64), (frames, 1)), "mocap_frame_rate": 25}


def artalk(frames: int = FRAMES) -> np.ndarray:
    made = coefficients(frames)
    return np.concatenate([made["exp"], made["pose"]], axis=1)


def emica(frames: int = FRAMES) -> dict[str, Any]:
    made = coefficients(frames)
    pose = made["pose"]
    return {
        "shape": np.tile(made["shape"], (frames, 1)),
        "exp": made["exp"],
        "jawpose": pose[:, 3:],
        "globalpose": pose[:, :3],
        "cam": np.ones((frames, 3)),
    }


def vhap(frames: int = FRAMES) -> dict[str, Any]:
    made = coefficients(frames)
    return {
        "expr": made["exp"],
        "rotation": made["pose"][:, :3],
        "jaw_pose": made["pose"][:, 3:],
        "neck_pose": np.zeros((frames, 3), np.float32),
        "eyes_pose": np.zeros((frames, 6), np.float32),
        "translation": np.zeros((frames, 3), np.float32),
        "shape": made["shape"],
        "timestep_id": np.array(["t"] * frames),
    }


def smplx(frames: int = FRAMES) -> dict[str, Any]:
    made = coefficients(frames)
    poses = np.full((frames, 165), 0.2, np.float32)
    poses[:, 66:69] = made["pose"][:, 3:]
    return {
        "betas": np.ones(300),
        "poses": poses,
        "expressions": made["exp"],
        "trans": np.zeros((frames, 3)),
        "model": "smplx2020",
        "gender": "neutral",
        "mocap_frame_rate": 30,
    }


def write_npz(path: Path, arrays: dict[str, Any]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez(path, **arrays)
    return path


def write_npy(path: Path, array: np.ndarray) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    np.save(path, array)
    return path


def write_pt(path: Path, content: Any, **options: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(torch_bytes(content, **options))
    return path


FORMAT_FILES: dict[str, Callable[[Path, str], Path]] = {
    "webtalk": lambda folder, stem: write_npz(folder / f"{stem}.npz", webtalk()),
    "artalk": lambda folder, stem: write_npy(folder / f"{stem}.npy", artalk()),
    "artalk npz": lambda folder, stem: write_npz(folder / f"{stem}.npz", {"motion": artalk()}),
    "artalk pt": lambda folder, stem: write_pt(folder / f"{stem}.pt", artalk()),
    "emica": lambda folder, stem: write_npz(folder / f"{stem}.npz", emica()),
    "vhap": lambda folder, stem: write_npz(folder / f"{stem}.npz", vhap()),
    "smplx": lambda folder, stem: write_npz(folder / f"{stem}.npz", smplx()),
    "vertices": lambda folder, stem: write_npy(folder / f"{stem}.npy", mesh()),
    "vertices flat": lambda folder, stem: write_npy(folder / f"{stem}.npy", mesh().reshape(FRAMES, -1)),
    "vertices npz": lambda folder, stem: write_npz(folder / f"{stem}.npz", {"vertices": mesh()}),
}
"""Writes a file of each kind; the part of the name before a blank is the format's."""


# PyTorch's files, opcode by opcode, so that the tests need no PyTorch and can write what it never would.


def torch_bytes(content: Any, *, prefix: str = "motions", byte_order: str = "little", compress: bool = False) -> bytes:
    """The file that torch.save makes of an array, or of a dictionary of arrays and numbers.

    An array may be a `TorchTensor`, which is described as it is.
    """
    storages: list[bytes] = []
    body = _value(content, storages, byte_order)
    return torch_archive(b"\x80\x02" + body + b".", storages, prefix=prefix, byte_order=byte_order, compress=compress)


def torch_archive(
    pickled: bytes,
    storages: list[bytes],
    *,
    prefix: str = "motions",
    byte_order: str = "little",
    compress: bool = False,
) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED if compress else zipfile.ZIP_STORED) as archive:
        archive.writestr(f"{prefix}/data.pkl", pickled)
        archive.writestr(f"{prefix}/byteorder", byte_order)
        for number, data in enumerate(storages):
            archive.writestr(f"{prefix}/data/{number}", data)
        archive.writestr(f"{prefix}/version", "3\n")
    return stream.getvalue()


class TorchTensor:
    """A tensor described by hand: what it claims need not be true."""

    def __init__(self, data: bytes, *, kind: str, size: int, shape: Any, strides: Any, offset: int = 0):
        self.data, self.kind, self.size = data, kind, size
        self.shape, self.strides, self.offset = shape, strides, offset


def bfloat16(array: np.ndarray) -> TorchTensor:
    """The array cut down to the upper halves of its float32 numbers."""
    halves = (np.asarray(array, np.float32).view(np.uint32) >> 16).astype("<u2")
    return TorchTensor(
        halves.tobytes(), kind="BFloat16Storage", size=halves.size, shape=array.shape, strides=_strides(array.shape)
    )


def _value(value: Any, storages: list[bytes], byte_order: str) -> bytes:
    if isinstance(value, dict):
        items = b"".join(_value(k, storages, byte_order) + _value(v, storages, byte_order) for k, v in value.items())
        return b"}(" + items + b"u"
    if isinstance(value, np.ndarray):
        value = _described(value, byte_order)
    if isinstance(value, TorchTensor):
        return _tensor(value, storages)
    return pickle.dumps(value, protocol=2)[2:-1]


def _described(array: np.ndarray, byte_order: str) -> TorchTensor:
    kind = _STORAGES[array.dtype.str[1:]]
    data = array.astype(array.dtype.newbyteorder(">" if byte_order == "big" else "<")).tobytes()
    return TorchTensor(data, kind=kind, size=array.size, shape=array.shape, strides=_strides(array.shape))


def _tensor(tensor: TorchTensor, storages: list[bytes]) -> bytes:
    storages.append(tensor.data)
    reference = (
        b"(" + _plain("storage") + f"ctorch\n{tensor.kind}\n".encode() + _plain(str(len(storages) - 1)) + _plain("cpu")
    )
    return (
        b"ctorch._utils\n_rebuild_tensor_v2\n("
        + reference
        + _plain(tensor.size)
        + b"tQ"
        + _plain(tensor.offset)
        + _plain(tuple(tensor.shape))
        + _plain(tuple(tensor.strides))
        + b"\x89ccollections\nOrderedDict\n)RtR"
    )


def _plain(value: Any) -> bytes:
    """Opcodes without memo entries, which would clash when put together."""
    if isinstance(value, str):
        return b"X" + struct.pack("<I", len(value)) + value.encode()
    if isinstance(value, tuple):
        return b"(" + b"".join(_plain(item) for item in value) + b"t"
    return pickle.dumps(value, protocol=2)[2:-1]


def _strides(shape: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(math.prod(shape[axis + 1 :]) for axis in range(len(shape)))
