"""Damaged files of every kind: they are read, or refused with the viewer's own errors, and take little memory."""

import io
import os
import tracemalloc
from contextlib import suppress

import numpy as np
import pytest
import soundfile
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.dataset.archives import numbered, scan, tar_bytes
from tests.dataset.factories import make_dataset, motion_arrays, tone
from tests.dataset.mutations import mutations
from tests.dataset.track_factories import torch_bytes
from viewer.dataset import Dataset
from viewer.dataset.entry import FileEntry
from viewer.dataset.npy import read_npy, read_npy_header
from viewer.dataset.read import read_clip_sound, read_token_count, read_transcript
from viewer.dataset.tar import scan_tar
from viewer.dataset.text import read_text
from viewer.dataset.tracks import read_track, read_track_header
from viewer.dataset.wav import read_sound, read_sound_header
from viewer.errors import ClipError, DatasetError

FUZZ = settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
MOTION = motion_arrays(frames=4, n_exp=3, n_shape=2)


def npz_bytes(save=np.savez, **arrays):
    stream = io.BytesIO()
    save(stream, **arrays)
    return stream.getvalue()


def npy_bytes(array):
    stream = io.BytesIO()
    np.save(stream, array)
    return stream.getvalue()


def wav_bytes(**options):
    stream = io.BytesIO()
    soundfile.write(stream, tone(0.02), 16000, format=options.pop("format", "WAV"), **options)
    return stream.getvalue()


def tries(path, data, *readers):
    """Read a file by each reader: what is raised is a ClipError, and memory stays near the size of the file."""
    path.write_bytes(data)
    for reader in readers:
        tracemalloc.start()
        try:
            reader(FileEntry(path))
        except ClipError as error:
            assert str(path) in str(error)
        finally:
            peak = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
        assert peak < 20_000_000


@FUZZ
@given(
    data=st.one_of(
        mutations(npz_bytes(**MOTION)),
        mutations(npz_bytes(np.savez_compressed, **MOTION)),
        mutations(torch_bytes({"exp": MOTION["exp"], "pose": MOTION["pose"]})),
    )
)
def test_motion(tmp_path, data):
    tries(tmp_path / "a.npz", data, read_track, read_track_header)


@FUZZ
@given(
    data=st.one_of(
        mutations(npy_bytes(np.arange(30))),
        mutations(npy_bytes(np.ones((5, 106), np.float32))),
        st.binary(max_size=300),
    )
)
def test_arrays(tmp_path, data):
    path = tmp_path / "a.npy"
    tries(
        path, data, read_npy, read_npy_header, read_track, read_track_header, lambda entry: read_token_count(entry)[0]
    )


SOUNDS = (
    wav_bytes(),
    wav_bytes(subtype="FLOAT"),
    wav_bytes(subtype="ULAW"),
    wav_bytes(subtype="IMA_ADPCM"),
    wav_bytes(format="WAVEX"),
    wav_bytes(format="RF64"),
    wav_bytes(format="FLAC"),
)


@FUZZ
@given(data=st.sampled_from(SOUNDS).flatmap(mutations))
def test_sound(tmp_path, data):
    tries(tmp_path / "a.wav", data, read_sound, read_sound_header, read_clip_sound)


@FUZZ
@given(data=st.one_of(st.binary(max_size=400), mutations("Zoë – “hi”, 你好\r\n".encode("utf-16")), mutations(b"Hello")))
def test_text(tmp_path, data):
    tries(tmp_path / "a.txt", data, read_text, read_transcript)


@pytest.fixture(scope="module")
def packed(tmp_path_factory):
    """Archives of a small data set, as bytes by name."""
    root = make_dataset(tmp_path_factory.mktemp("packed") / "data", frames=4)
    folders = {folder.name: sorted(folder.iterdir()) for folder in root.iterdir() if folder.is_dir()}
    return {
        f"{folder}.tar": tar_bytes([(f"{folder}/{file.name}", file.read_bytes()) for file in files])
        for folder, files in folders.items()
    }


@FUZZ
@given(data=st.data())
def test_data_sets_of_damaged_archives(tmp_path_factory, packed, data):
    """A data set opens, or is refused, and each clip is read, or refused, and nothing else is raised."""
    root = tmp_path_factory.mktemp("fuzz") / "data"
    root.mkdir()
    for name, content in packed.items():
        (root / name).write_bytes(data.draw(st.one_of(st.just(content), mutations(content))))
    try:
        dataset = Dataset.open(root, cache=root.parent / "cache")
        again = Dataset.open(root, cache=root.parent / "cache")
    except DatasetError:
        return
    assert (again.stems, again.problems) == (dataset.stems, dataset.problems)
    for stem in dataset.stems:
        summary = dataset.summary(stem)
        with suppress(ClipError):
            assert len(dataset[stem]) == summary.frames


@FUZZ
@given(data=mutations(tar_bytes(numbered(3))))
@example(data=tar_bytes(numbered(3)).replace(b"\0", b"ustar"))
def test_walks_over_damaged_archives_end(tmp_path, data):
    found = scan(data, tmp_path / "a.tar")
    assert found.position == len(data)
    assert sum(member.size for member in found.members if member.offset + member.size <= len(data)) <= len(data)


@FUZZ
@given(data=mutations(tar_bytes(numbered(3))), cut=st.floats(0, 1))
def test_archives_that_shrink_during_the_walk(tmp_path, data, cut):
    path = tmp_path / "a.tar"
    path.write_bytes(data)
    with path.open("rb") as file:
        batches = scan_tar(file.fileno())
        os.truncate(path, int(cut * len(data)))
        assert list(batches)
