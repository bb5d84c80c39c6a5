"""Arrays in files of their own."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from viewer.dataset.entry import FileEntry
from viewer.dataset.npy import read_npy, read_npy_header
from viewer.errors import ClipError


def write(path, array, **options):
    np.save(path, array, **options)
    return FileEntry(path)


@pytest.mark.parametrize("dtype", ["<i8", ">i4", "<f4", "<f2", "u1"])
@pytest.mark.parametrize("order", ["C", "F"])
def test_reads_what_numpy_writes(tmp_path, dtype, order):
    array = np.asarray(np.arange(24).reshape(2, 3, 4), dtype, order=order)
    entry = write(tmp_path / "a.npy", array)
    header = read_npy_header(entry)
    assert (header.shape, header.dtype, header.nbytes) == (array.shape, array.dtype, array.nbytes)
    np.testing.assert_array_equal(read_npy(entry), array)


def test_what_is_no_array_of_numbers_is_refused(tmp_path):
    entry = write(tmp_path / "a.npy", np.array([{}], object), allow_pickle=True)
    for read in (read_npy, read_npy_header):
        with pytest.raises(ClipError, match=r"a.npy holds pickled Python objects, which are never loaded"):
            read(entry)


@pytest.mark.parametrize("content", [b"", b"<html>", b"\x93NUMPY", b"\x93NUMPY\x01\0\xff\xff"])
def test_what_is_no_npy_file_is_refused(tmp_path, content):
    path = tmp_path / "a.npy"
    path.write_bytes(content)
    with pytest.raises(ClipError, match=r"a\.npy is damaged"):
        read_npy(FileEntry(path))


@given(cut=st.floats(0, 0.999), extra=st.binary(max_size=3))
def test_another_length_than_the_header_claims_is_refused(tmp_path_factory, cut, extra):
    path = tmp_path_factory.mktemp("npy") / "a.npy"
    np.save(path, np.arange(20))
    data = path.read_bytes()
    path.write_bytes(data[: int(cut * len(data))] or data + extra + b"x")
    with pytest.raises(ClipError):
        read_npy(FileEntry(path))
