"""PyTorch's files read without PyTorch: what it writes, and what harms."""

import io
import os
import pickle
import tracemalloc
import zipfile

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.dataset import track_factories as make
from tests.dataset.track_factories import TorchTensor
from viewer.dataset.entry import FileEntry
from viewer.dataset.tracks import read_track
from viewer.dataset.tracks.file import open_track
from viewer.errors import ClipError

MOTION = make.artalk()


def read(path):
    """All arrays of a file by key, checked against their headers."""
    with open_track(FileEntry(path)) as file:
        if file.problem is not None:
            raise file.problem
        arrays = {key: file.array(key) for key in file.keys}
        for key, array in arrays.items():
            header = file.header(key)
            assert (header.shape, header.dtype) == (array.shape, array.dtype)
    return arrays


@pytest.mark.parametrize("dtype", ["f2", "f4", "f8", "i8", "u1"])
@pytest.mark.parametrize("byte_order", ["little", "big"])
@pytest.mark.parametrize("compress", [False, True])
def test_tensors_of_every_kind_of_number(tmp_path, dtype, byte_order, compress):
    array = (MOTION * 10).astype(np.uint8 if dtype == "u1" else dtype)
    path = make.write_pt(tmp_path / "a.pt", array, byte_order=byte_order, compress=compress)
    np.testing.assert_array_equal(read(path)["array"], array)


def test_bfloat16_is_widened(tmp_path):
    path = make.write_pt(tmp_path / "a.pt", make.bfloat16(MOTION))
    found = read(path)["array"]
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, MOTION, rtol=2**-7)


def test_dictionaries_within_each_other(tmp_path):
    path = make.write_pt(tmp_path / "a.pt", {"motion": MOTION, "fps": 30, "more": {"shape": MOTION[0]}})
    found = read(path)
    assert sorted(found) == ["fps", "more.shape", "motion"]
    track = read_track(FileEntry(path))
    assert track.fps == 30
    np.testing.assert_array_equal(track.exp, MOTION[:, :100])


@pytest.mark.parametrize(
    ("shape", "strides", "offset", "expected"),
    [
        ((3, 4), (4, 1), 0, np.arange(12).reshape(3, 4)),
        ((4, 3), (1, 4), 0, np.arange(12).reshape(3, 4).T),
        ((2, 2), (4, 1), 5, [[5, 6], [9, 10]]),
        ((3, 2), (0, 1), 2, [[2, 3]] * 3),
        ((), (), 7, 7),
        ((0, 4), (4, 1), 0, np.zeros((0, 4))),
    ],
)
def test_views_of_a_storage(tmp_path, shape, strides, offset, expected):
    data = np.arange(12, dtype="<f4").tobytes()
    tensor = TorchTensor(data, kind="FloatStorage", size=12, shape=shape, strides=strides, offset=offset)
    np.testing.assert_array_equal(read(make.write_pt(tmp_path / "a.pt", tensor))["array"], expected)


def tensor(**changes):
    described = {"data": bytes(48), "kind": "FloatStorage", "size": 12, "shape": (3, 4), "strides": (4, 1)}
    return TorchTensor(**{**described, **changes})


FALSE_CLAIMS = {
    "reaches beyond its storage": (tensor(shape=(4, 4)), "reaches beyond its storage of 12"),
    "begins beyond its storage": (tensor(offset=99), "reaches beyond its storage"),
    "steps beyond its storage": (tensor(strides=(400, 1)), "reaches beyond its storage"),
    "a negative stride": (tensor(strides=(-4, 1)), "with strides"),
    "a negative offset": (tensor(offset=-4), "claims shape"),
    "a negative length": (tensor(shape=(-3, 4)), "claims shape"),
    "fewer strides than dimensions": (tensor(strides=(1,)), "with strides"),
    "lengths that are no numbers": (tensor(shape=("3", "4")), "claims shape"),
    "one number as large as memory": (tensor(shape=(1 << 40,), strides=(0,)), "expected at most"),
    "a shape that overflows": (tensor(shape=(1 << 32, 1 << 32), strides=(0, 0)), "expected at most"),
    "many dimensions": (tensor(shape=(1,) * 20, strides=(0,) * 20), "expected at most"),
    "more bytes than it has": (tensor(size=1000), "claims a storage of 1,000 elements of 4 bytes but has 48 bytes"),
    "fewer bytes than it has": (tensor(size=11, shape=(2, 4)), "but has 48 bytes"),
    "complex numbers": (tensor(kind="ComplexFloatStorage"), "torch.ComplexFloatStorage; expected numbers"),
    "an unknown storage": (tensor(kind="EvilStorage"), "torch.EvilStorage; expected numbers"),
}


@pytest.mark.parametrize("name", FALSE_CLAIMS)
def test_false_claims_are_refused_before_memory_is_taken(tmp_path, name):
    claim, message = FALSE_CLAIMS[name]
    path = make.write_pt(tmp_path / "a.pt", claim)
    tracemalloc.start()
    with pytest.raises(ClipError, match=message):
        read(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 5_000_000


class Calls:
    def __init__(self, function, *args):
        self.call = function, args

    def __reduce__(self):
        return self.call


MARK = "executed"
HOSTILE_PICKLES = {
    "os.system": pickle.dumps(Calls(os.system, f"touch {MARK}"), protocol=2),
    "eval": pickle.dumps(Calls(eval, f"open({MARK!r}, 'w')"), protocol=2),
    "torch.load": b"ctorch\nload\n(X\x01\x00\x00\x00xtR.",
    "a class of torch": b"ctorch.nn.modules.linear\nLinear\n)R.",
    "a storage that is called": b"ctorch\nFloatStorage\n(J\xff\xff\xff\x7ftR.",
    "a path through a storage": b"\x80\x04\x8c\x05torch\x8c\x16FloatStorage.from_file\x93.",
    "a reference of another kind": b"(X\x06\x00\x00\x00moduletQ.",
    "a reference that is no tuple": b"X\x04\x00\x00\x00fileQ.",
    "a text reference": b"Pfile\n.",
    "huge memo": b"Nr\xff\xff\xff\x7f.",
    "never ends": b"N" * 1000,
    "nothing": b"",
}


@pytest.mark.parametrize("name", HOSTILE_PICKLES)
def test_a_pickle_that_asks_for_more_than_tensors_is_refused_and_nothing_run(tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "a.pt"
    path.write_bytes(make.torch_archive(HOSTILE_PICKLES[name], []))
    try:
        found = read(path)
    except ClipError as error:
        assert str(path) in str(error)
    else:
        assert found == {}  # only inert stand-ins were made
    assert not (tmp_path / MARK).exists()


def test_a_tensor_may_not_be_in_a_file_outside_the_archive(tmp_path):
    (tmp_path / "secret").write_bytes(bytes(48))
    evil = make.torch_bytes(tensor()).replace(b"X\x01\x00\x00\x000", b"X\x01\x00\x00\x00/")
    path = tmp_path / "a.pt"
    path.write_bytes(evil)
    with pytest.raises(ClipError):
        read(path)


OTHER_FILES = {
    "the format before 1.6": (
        b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19.\x80\x02M\xe9\x03.",
        "before version 1.6.*torch.save",
    ),
    "a pickle": (pickle.dumps({"motion": [1, 2]}), "Python pickle.*numpy.savez"),
    "HDF5": (b"\x89HDF\r\n\x1a\n" + bytes(100), "HDF5.*numpy.savez"),
    "empty": (b"", "not a PyTorch file.*the file is empty"),
    "a web page": (b"<!DOCTYPE html>", "not a PyTorch file.*<!DOCTYPE"),
    "a Git LFS pointer": (b"version https://git-lfs.github.com/spec/v1\n", "git lfs pull"),
}


@pytest.mark.parametrize("name", OTHER_FILES)
def test_files_that_are_no_tensors_are_named_for_what_they_are(tmp_path, name):
    content, message = OTHER_FILES[name]
    path = tmp_path / "a.pt"
    path.write_bytes(content)
    with pytest.raises(ClipError, match=message):
        read_track(FileEntry(path))


def zip_bytes(*members):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, data in members:
            archive.writestr(name, data)
    return stream.getvalue()


ARCHIVES = {
    "two pickles": (zip_bytes(("a/data.pkl", b"N."), ("b/data.pkl", b"N.")), "2 files data.pkl"),
    "TorchScript": (zip_bytes(("a/data.pkl", b"N."), ("a/constants.pkl", b"N.")), "TorchScript"),
    "no storage": (make.torch_bytes(MOTION).replace(b"motions/data/0", b"motions/data/9"), "no data/0"),
    "a huge pickle": (zip_bytes(("a/data.pkl", bytes(5_000_000))), "expected at most"),
}


@pytest.mark.parametrize("name", ARCHIVES)
def test_archives_that_torch_does_not_write(tmp_path, name):
    content, message = ARCHIVES[name]
    path = tmp_path / "a.pt"
    path.write_bytes(content)
    with pytest.raises(ClipError, match=message):
        read(path)


@given(cut=st.floats(0, 0.999))
def test_a_half_written_file_is_refused(tmp_path_factory, cut):
    path = tmp_path_factory.mktemp("pt") / "a.pt"
    whole = make.torch_bytes(MOTION)
    path.write_bytes(whole[: int(cut * len(whole))])
    with pytest.raises(ClipError):
        read_track(FileEntry(path))


@given(position=st.floats(0, 0.999), value=st.integers(0, 255))
def test_a_changed_byte_gives_the_same_motion_or_an_error(tmp_path_factory, position, value):
    path = tmp_path_factory.mktemp("pt") / "a.pt"
    data = bytearray(make.torch_bytes(MOTION))
    data[int(position * len(data))] = value
    path.write_bytes(data)
    try:
        track = read_track(FileEntry(path))
    except ClipError:
        return
    np.testing.assert_array_equal(track.exp, MOTION[:, :100])
