"""Files made to harm: each must be refused, nothing in it run, and little memory used on the way."""

from __future__ import annotations

import contextlib
import os
import pickle
import struct
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from viewer.errors import ModelFileError
from viewer.flame.load import load_arrays
from viewer.flame.unpickle import UnsafePickleError, unpickle

MARK = "executed"


class Calls:
    def __init__(self, function: Any, *args: Any) -> None:
        self.call = function, args

    def __reduce__(self) -> Any:
        return self.call


def array_pickle(shape: bytes, content: bytes = b"") -> bytes:
    """A NumPy array as NumPy pickles it, with any shape declared."""
    return (
        b"\x80\x03cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85C\x01b\x87R(K\x01"
        + shape
        + b"cnumpy\ndtype\nX\x02\x00\x00\x00f8K\x00K\x01\x87R(K\x03X\x01\x00\x00\x00<NNNJ\xff\xff\xff\xffJ\xff\xff\xff"
        b"\xffK\x00tb\x89B" + struct.pack("<I", len(content)) + content + b"tb."
    )


SPARSE_STATE = {
    "_shape": (1 << 23, 1 << 23),
    "data": np.ones(1),
    "indices": np.zeros(1, int),
    "indptr": np.zeros(2, int),
}


def huge_sparse() -> bytes:
    import scipy.sparse

    matrix = scipy.sparse.csc_matrix((1, 1))
    matrix.__dict__.update(SPARSE_STATE)
    return pickle.dumps({"J_regressor": matrix}, protocol=2)


def billion_laughs() -> bytes:
    level: list[Any] = ["ha"]
    for _ in range(14):
        level = [level] * 10
    keys = ("v_template", "f", "shapedirs", "posedirs", "J_regressor", "weights", "kintree_table", "part_names")
    return pickle.dumps(dict.fromkeys(keys, level) | {"metadata": {"a": level, "b": {"c": level}}})


def amplified_bytes() -> bytes:
    """One text in the memo, encoded to bytes again and again."""
    text = b"X" + struct.pack("<I", 1 << 20) + b"a" * (1 << 20) + b"q\x00"
    array = b"cnumpy\nndarray\n"
    again = b"c_codecs\nencode\nh\x00X\x06\x00\x00\x00latin1\x86R"
    return b"\x80\x02](" + text + (again) * 4000 + array + b"e."


HOSTILE = {
    "os.system": pickle.dumps(Calls(os.system, f"touch {MARK}")),
    "eval": pickle.dumps(Calls(eval, f"open({MARK!r}, 'w')")),
    "exec, Python 2": f'c__builtin__\nexec\n(S\'open("{MARK}", "w")\'\ntR.'.encode(),
    "subprocess": pickle.dumps(Calls(subprocess.Popen, ["touch", MARK])),
    "getattr": b"c__builtin__\ngetattr\n(cnumpy\nndarray\nS'dump'\ntR.",
    "attribute path": b"\x80\x04\x8c\x05numpy\x8c\x10ndarray.__class__\x93.",
    "numpy function": b"cnumpy\nload\n(S'x'\ntR.",
    "numpy.f2py": b"cnumpy.f2py.diagnose\nrun\n(tR.",
    "module beside numpy": b"cnumpyx\nndarray\n.",
    "instance": f"(S'touch {MARK}'\nios\nsystem\n.".encode(),
    "persistent id": b"Pfile\n.",
    "extension code": b"\x82\x01.",
    "deep lists": b"]" * 90_000 + b"a" * 89_999 + b".",
    "deep tuples as a key": b"}" + b")" + b"\x85" * 90_000 + b"K\x01s.",
    "deep tuples within limits": b"}" + b")" + b"\x85" * 4_000 + b"K\x01s.",
    "cycle": b"]q\x00h\x00a.",
    "huge shape": array_pickle(b"\x8a\x06\x00\x00\x00\x00\x00\x7f\x85"),
    "overflowing shape": array_pickle(b"\x8a\x09" + b"\xff" * 8 + b"\x00" + b"\x8a\x09" + b"\xff" * 8 + b"\x00\x86"),
    "negative shape": array_pickle(b"J\xff\xff\xff\xffJ\xff\xff\xff\xff\x86", bytes(8)),
    "huge bytes": b"\x80\x03B\xff\xff\xff\x7f" + b"x" * 100,
    "huge bytes, 8-byte length": b"\x80\x04\x8e" + struct.pack("<Q", 1 << 62) + b"x" * 100,
    "huge frame": b"\x80\x04\x95" + struct.pack("<Q", 1 << 62) + b"N.",
    "huge memo": b"Nr\xff\xff\xff\x7f.",
    "huge memo, text": b"Np2147483647\n.",
    "sparse": huge_sparse(),
    "billion laughs": billion_laughs(),
    "amplified bytes": amplified_bytes(),
    "endless": b"N0" * 10_000_000 + b".",
    "never ends": b"N" * 1000,
    "stack underflow": b"0000.",
    "structured type": b"\x80\x03cnumpy\ndtype\nX\x07\x00\x00\x00f8,O,U9K\x00K\x01\x87R.",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_refused_and_nothing_run(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    path = Path("model.pkl")
    path.write_bytes(HOSTILE[name])
    with pytest.raises(ModelFileError):
        load_arrays(path)
    assert not Path(MARK).exists()


def npy(descr: str, shape: str, content: bytes = b"") -> bytes:
    header = f"{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}}}".encode()
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header) + 1) + header + b"\n" + content


NPZ = {
    "huge shape": {"v_template": npy("<f8", "(1099511627776, 3)", bytes(24))},
    "overflowing shape": {"v_template": npy("<f8", "(4294967296, 4294967296, 2)", bytes(24))},
    "object array that calls": {"v_template": npy("|O", "()", HOSTILE["os.system"])},
    "code in the header": {"v_template": npy("<f8", f"(open('{MARK}','w'),)", bytes(8))},
    "many members": {f"a{i}": npy("<f8", "(0,)") for i in range(1000)},
    "no array": {"v_template": b"hello"},
}


@pytest.mark.parametrize("name", NPZ)
def test_npz_refused_and_nothing_run(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with zipfile.ZipFile("model.npz", "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for key, content in NPZ[name].items():
            archive.writestr(f"{key}.npy", content)
    with pytest.raises(ModelFileError):
        load_arrays("model.npz")
    assert not Path(MARK).exists()


@pytest.fixture(scope="session")
def zip_bomb(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """800 kB that unpack to 800 MB."""
    path = tmp_path_factory.mktemp("bomb") / "model.npz"
    with (
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive,
        archive.open("v_template.npy", "w", force_zip64=True) as member,
    ):
        member.write(npy("<f8", "(100000000,)"))
        for _ in range(100):
            member.write(bytes(8_000_000))
    return path


def test_zip_bomb_refused(zip_bomb: Path) -> None:
    with pytest.raises(ModelFileError, match="unpacks to 1 arrays, 762 MB"):
        load_arrays(zip_bomb)


CHILD = """
import resource, sys
from viewer.errors import ModelFileError
from viewer.flame.load import load_arrays
limit = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
for path in sys.argv[1:]:
    try:
        load_arrays(path)
    except ModelFileError:
        pass
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 - limit)
"""


def test_refusing_takes_little_memory(tmp_path: Path, zip_bomb: Path) -> None:
    """All hostile files, one after the other, in one process: it may grow by no more than a few times a real model."""
    paths = []
    for index, content in enumerate(HOSTILE.values()):
        path = tmp_path / f"{index}.pkl"
        path.write_bytes(content)
        paths.append(str(path))
    done = subprocess.run(
        [sys.executable, "-c", CHILD, *paths, str(zip_bomb)], capture_output=True, text=True, check=True
    )
    assert int(done.stdout) < 100e6


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    with contextlib.suppress(UnsafePickleError):
        unpickle(data)


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_any_damage_is_read_or_refused(data: st.DataObject) -> None:
    content = bytearray(
        pickle.dumps({"f": np.arange(12).reshape(4, 3), "names": ["a", "b"], "x": np.float32(2)}, protocol=2)
    )
    for _ in range(data.draw(st.integers(1, 6))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(UnsafePickleError):
        unpickle(bytes(content))
