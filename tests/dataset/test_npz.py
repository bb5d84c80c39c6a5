import io
import os
import struct
import tracemalloc
import zipfile

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from viewer.dataset.entry import FileEntry
from viewer.dataset.npz import open_npz
from viewer.errors import ClipError


def npy_bytes(array, **options):
    stream = io.BytesIO()
    np.lib.format.write_array(stream, np.asanyarray(array), **options)
    return stream.getvalue()


def npy_header(text, version=(1, 0)):
    return np.lib.format.magic(*version) + struct.pack("<H", len(text)) + text.encode("latin-1")


def write_zip(path, *entries, compression=zipfile.ZIP_STORED):
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, data in entries:
            archive.writestr(name, data)
    return path


def read(path, key="exp"):
    with open_npz(FileEntry(path)) as npz:
        header = npz.header(key)
        array = npz.array(key)
    assert header.shape == array.shape
    assert header.dtype == array.dtype
    return array


@given(
    array=hnp.arrays(
        st.one_of(hnp.floating_dtypes(sizes=(16, 32, 64)), hnp.integer_dtypes(), hnp.unsigned_integer_dtypes()),
        hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=7),
    ),
    fortran=st.booleans(),
    save=st.sampled_from([np.savez, np.savez_compressed]),
)
def test_reads_what_numpy_writes(tmp_path_factory, array, fortran, save):
    path = tmp_path_factory.mktemp("npz") / "a.npz"
    save(path, exp=np.asfortranarray(array) if fortran else array, other=[1])
    np.testing.assert_array_equal(read(path), array)


def test_extra_keys_are_not_looked_at(tmp_path):
    path = tmp_path / "a.npz"
    np.savez(path, exp=np.ones(3), note=np.array([{"a": 1}], dtype=object))
    np.testing.assert_array_equal(read(path), np.ones(3))


HOSTILE = {
    "pickled objects": (
        [("exp.npy", npy_bytes(np.array([print], object), allow_pickle=True))],
        "pickled Python objects",
    ),
    "the same key twice": ([("exp.npy", npy_bytes(np.ones(3)))] * 2, "2 times"),
    "a structured dtype": ([("exp.npy", npy_bytes(np.ones(3, [("a", "f4")])))], "expected numbers"),
    "text": ([("exp.npy", npy_bytes(np.array(["1", "2"])))], "expected numbers"),
    "dates": ([("exp.npy", npy_bytes(np.zeros(3, "M8[s]")))], "expected numbers"),
    "booleans": ([("exp.npy", npy_bytes(np.ones(3, bool)))], "expected numbers"),
    "a claim of 8 EB": (
        [("exp.npy", npy_header("{'descr': '<f8', 'fortran_order': False, 'shape': (1000000000, 1000000000), }"))],
        "expected at most",
    ),
    "a size that overflows 64 bits": (
        [("exp.npy", npy_header("{'descr': '<f8', 'fortran_order': False, 'shape': (4294967296, 4294967296), }"))],
        "expected at most",
    ),
    "a negative length": (
        [("exp.npy", npy_header("{'descr': '<f8', 'fortran_order': False, 'shape': (-1, -8), }") + bytes(64))],
        "claims shape",
    ),
    "more bytes than claimed": ([("exp.npy", npy_bytes(np.ones(3)) + b"x")], "claims 24 bytes"),
    "fewer bytes than claimed": ([("exp.npy", npy_bytes(np.ones(3))[:-1])], "claims 24 bytes"),
    "no npy inside": ([("exp.npy", b"hello")], "damaged"),
    "nothing inside": ([("exp.npy", b"")], "damaged"),
    "a header that is code": ([("exp.npy", npy_header("__import__('os').system('true')"))], "damaged"),
    "a header of 60 kB": ([("exp.npy", npy_header(" " * 60_000))], "header of 60,000 bytes"),
    "a header that ends in a bracket": ([("exp.npy", npy_header("{'descr': ("))], "damaged"),
    "a header with uneven indents": ([("exp.npy", npy_header("\n  x\n y"))], "damaged"),
    "a dtype of commas": (
        [("exp.npy", npy_header("{'descr': ',,', 'fortran_order': False, 'shape': (1,), }") + bytes(8))],
        "damaged",
    ),
    "1,000 dimensions": (
        [("exp.npy", npy_header(f"{{'descr': '<f8', 'fortran_order': False, 'shape': ({'1,' * 1000}), }}") + bytes(8))],
        "claims shape",
    ),
    "a header nested 4,000 deep": ([("exp.npy", npy_header("(" * 4000 + ")" * 4000))], "damaged"),
    "an unknown version": ([("exp.npy", npy_header("{}", version=(3, 0)))], "npy header of version 1 or 2"),
    "another key": ([("expr.npy", npy_bytes(np.ones(3)))], "no exp in the file; it holds expr"),
    "no key": ([], "it holds nothing"),
}


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_arrays_are_refused_with_a_reason(tmp_path, name):
    entries, message = HOSTILE[name]
    path = write_zip(tmp_path / "a.npz", *entries)
    with pytest.raises(ClipError, match=message) as error:
        read(path)
    assert str(path) in str(error.value)


@pytest.mark.parametrize("compression", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_compression_that_numpy_does_not_write_is_refused(tmp_path, compression):
    path = write_zip(tmp_path / "a.npz", ("exp.npy", npy_bytes(np.ones(9))), compression=compression)
    with pytest.raises(ClipError, match="do not write"):
        read(path)


def test_a_small_file_cannot_take_much_memory(tmp_path):
    bomb = npy_header("{'descr': '<f8', 'fortran_order': False, 'shape': (10,), }") + bytes(400_000_000)
    path = write_zip(tmp_path / "a.npz", ("exp.npy", bomb), compression=zipfile.ZIP_DEFLATED)
    del bomb
    tracemalloc.start()
    with pytest.raises(ClipError, match="claims 80 bytes"):
        read(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 10_000_000


def test_a_directory_of_a_million_names_is_refused(tmp_path):
    entry = b"PK\x01\x02" + bytes(24) + struct.pack("<H", 1) + bytes(16) + b"x"
    directory = entry * 1_000_000
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 0, 0, len(directory), 0, 0)
    path = tmp_path / "a.npz"
    path.write_bytes(directory + end)
    with pytest.raises(ClipError, match="not an npz file"):
        read(path)


def test_a_directory_that_lies_about_the_size_is_noticed(tmp_path):
    data = npy_bytes(np.arange(1000.0))
    path = write_zip(tmp_path / "a.npz", ("exp.npy", data[:2000]), compression=zipfile.ZIP_DEFLATED)
    whole = path.read_bytes()
    at = whole.rindex(b"PK\x01\x02") + 24  # uncompressed size in the central directory
    path.write_bytes(whole[:at] + struct.pack("<I", len(data)) + whole[at + 4 :])
    with pytest.raises(ClipError):
        read(path)


@given(cut=st.floats(0, 0.999))
def test_a_file_that_is_cut_off_anywhere_is_refused(tmp_path_factory, cut):
    path = tmp_path_factory.mktemp("npz") / "a.npz"
    np.savez(path, exp=np.arange(100.0))
    data = path.read_bytes()
    path.write_bytes(data[: int(cut * len(data))])
    with pytest.raises(ClipError):
        read(path)


@given(position=st.floats(0, 0.999), value=st.integers(0, 255))
def test_a_changed_byte_gives_the_same_array_or_an_error(tmp_path_factory, position, value):
    path = tmp_path_factory.mktemp("npz") / "a.npz"
    np.savez_compressed(path, exp=np.arange(100.0))
    data = bytearray(path.read_bytes())
    data[int(position * len(data))] = value
    path.write_bytes(data)
    try:
        array = read(path)
    except ClipError:
        return
    np.testing.assert_array_equal(array, np.arange(100.0))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "the file is empty"),
        (b"<!DOCTYPE html><html>", "starts with b'<!DOCTYPE html>"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0", "git lfs pull"),
    ],
)
def test_other_files_are_told_by_their_first_bytes(tmp_path, content, message):
    path = tmp_path / "a.npz"
    path.write_bytes(content)
    with pytest.raises(ClipError, match=message):
        read(path)


def test_a_missing_file_a_folder_and_a_device_are_refused(tmp_path):
    with pytest.raises(ClipError, match="is gone"):
        read(tmp_path / "none.npz")
    with pytest.raises(ClipError, match="not a regular file"):
        read(tmp_path)
    os.mkfifo(tmp_path / "pipe.npz")
    with pytest.raises(ClipError, match="not a regular file"):
        read(tmp_path / "pipe.npz")
