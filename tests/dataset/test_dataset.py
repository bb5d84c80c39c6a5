"""Clips and summaries of a data set: what is read, what is refused, what is flagged."""

import os
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from tests.dataset.factories import (
    RATE,
    make_dataset,
    motion_arrays,
    tone,
    write_audio,
    write_motion,
    write_transcript,
)
from viewer.dataset import Dataset
from viewer.errors import ClipError


@pytest.fixture
def root(tmp_path):
    return make_dataset(tmp_path / "data", stems=["a"])


def codes(flags):
    return [flag.code for flag in flags]


def clip_and_summary(root):
    dataset = Dataset.open(root)
    return dataset["a"], dataset.summary("a")


def test_a_clip_holds_what_its_files_hold(root):
    arrays = motion_arrays(seed=7, frames=50)
    write_motion(root, "a", arrays)
    clip, summary = clip_and_summary(root)
    np.testing.assert_array_equal(clip.exp, arrays["exp"])
    np.testing.assert_array_equal(clip.pose, arrays["pose"])
    np.testing.assert_array_equal(clip.shape, arrays["shape"])
    assert clip.shape.dtype == np.float64
    np.testing.assert_allclose(clip.audio.samples, tone(2), atol=1e-4)
    assert clip.transcript == "Hello there, this is a."
    assert (clip.fps, clip.seconds, clip.flags) == (25, 2, ())
    assert (summary.frames, summary.fps, summary.seconds, summary.audio_seconds) == (50, 25, 2, 2)
    assert summary.audio_format == "PCM 16-bit, 16000 Hz, mono"
    assert summary.transcript == clip.transcript
    assert summary.has_motion and summary.has_audio and summary.has_transcript and summary.playable
    assert summary.flags == ()


@pytest.mark.parametrize("fps", [25, np.array(25), np.array([25]), np.int64(25), np.float32(25), 25.0])
def test_a_frame_rate_may_be_any_kind_of_number(root, fps):
    write_motion(root, "a", fps=fps)
    clip, summary = clip_and_summary(root)
    assert clip.fps == summary.fps == 25
    assert clip.flags == ()


def test_another_frame_rate_is_used(root):
    write_motion(root, "a", fps=30, frames=60)
    clip, summary = clip_and_summary(root)
    assert clip.fps == summary.fps == 30
    assert clip.seconds == summary.seconds == 2


def test_without_frame_rate_25_is_taken_and_told(root):
    arrays = motion_arrays()
    del arrays["mocap_frame_rate"]
    write_motion(root, "a", arrays)
    clip, summary = clip_and_summary(root)
    assert clip.fps == summary.fps == 25
    assert codes(clip.flags) == codes(summary.flags) == ["no-frame-rate"]


def test_without_identity_it_is_the_mean_face(root):
    arrays = motion_arrays()
    del arrays["shape"]
    write_motion(root, "a", arrays)
    clip, summary = clip_and_summary(root)
    assert clip.shape.shape == (50, 0)
    assert codes(clip.flags) == codes(summary.flags) == ["no-shape"]


@pytest.mark.parametrize("shape", [np.ones(100), np.ones((1, 100))])
def test_one_identity_for_all_frames(root, shape):
    write_motion(root, "a", {**motion_arrays(), "shape": shape})
    clip, summary = clip_and_summary(root)
    np.testing.assert_array_equal(clip.shape, np.ones((50, 100)))
    assert summary.flags == ()


@pytest.mark.parametrize("n_exp", [1, 50, 100, 300])
def test_any_number_of_coefficients(root, n_exp):
    write_motion(root, "a", n_exp=n_exp)
    assert clip_and_summary(root)[0].exp.shape == (50, n_exp)


UNUSABLE = {
    "no pose": ({"pose": None}, "no pose in the file; it holds exp, mocap_frame_rate, shape"),
    "no exp": ({"exp": None}, "no exp in the file"),
    "pose of FLAME's five joints": ({"pose": np.zeros((50, 15))}, "pose has width 15; expected 6"),
    "different lengths": ({"pose": np.zeros((49, 6))}, "differ in their number of frames: exp 50, pose 49, shape 50"),
    "shape of another length": ({"shape": np.zeros((20, 100))}, "shape 20"),
    "no frames": ({key: np.zeros((0, 6)) for key in ("exp", "pose", "shape")}, "no frames"),
    "exp without frames": ({"exp": np.zeros(100)}, "expected two dimensions"),
    "exp of three dimensions": ({"exp": np.zeros((50, 1, 100))}, "expected two dimensions"),
    "a pickle": ({"exp": np.array([{}], object)}, "pickled"),
    "text": ({"exp": np.full((50, 100), "1")}, "expected numbers"),
    "frame rate 0": ({"mocap_frame_rate": 0}, "mocap_frame_rate is 0"),
    "negative frame rate": ({"mocap_frame_rate": -25}, "mocap_frame_rate is -25"),
    "frame rate NaN": ({"mocap_frame_rate": np.nan}, "mocap_frame_rate is nan"),
    "frame rate of text": ({"mocap_frame_rate": "25"}, "expected numbers"),
    "many frame rates": ({"mocap_frame_rate": np.full(50, 25)}, r"mocap_frame_rate has shape \(50,\)"),
}


@pytest.mark.parametrize("name", UNUSABLE)
def test_motion_that_cannot_be_used_is_refused_and_flagged_from_its_header(root, name):
    changes, message = UNUSABLE[name]
    arrays = {key: array for key, array in {**motion_arrays(), **changes}.items() if array is not None}
    write_motion(root, "a", arrays)
    dataset = Dataset.open(root)
    with pytest.raises(ClipError, match=message):
        dataset["a"]
    summary = dataset.summary("a")
    assert codes(summary.flags) == ["motion-unreadable"]
    assert summary.has_motion and not summary.playable


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_frames_that_are_not_finite_are_held_and_told(root, value):
    arrays = motion_arrays()
    arrays["pose"][3, 0] = value
    write_motion(root, "a", arrays)
    clip = Dataset.open(root)["a"]
    np.testing.assert_array_equal(np.flatnonzero(clip.bad_frames), [3])
    np.testing.assert_array_equal(clip.pose[3], clip.pose[2])
    assert "motion-not-finite" in codes(clip.flags)


def test_without_one_good_frame_there_is_nothing_to_show(root):
    arrays = motion_arrays()
    arrays["exp"][:, 7] = np.nan
    write_motion(root, "a", arrays)
    with pytest.raises(ClipError, match=r"a: all [0-9]+ frames are NaN in exp"):
        Dataset.open(root)["a"]


def test_without_motion_there_is_nothing_to_show(root):
    write_audio(root, "b", tone(1.5))
    dataset = Dataset.open(root)
    with pytest.raises(ClipError, match="b: no motion file"):
        dataset["b"]
    summary = dataset.summary("b")
    assert codes(summary.flags) == ["no-motion", "no-transcript"]
    assert (summary.seconds, summary.frames, summary.playable) == (1.5, None, False)


def test_without_sound_and_transcript_a_clip_plays(root):
    write_motion(root, "b")
    dataset = Dataset.open(root)
    clip = dataset["b"]
    assert clip.audio is None
    assert clip.transcript is None
    assert codes(clip.flags) == codes(dataset.summary("b").flags) == ["no-audio", "no-transcript"]


@pytest.mark.parametrize("content", [b"", b"RIFF", b"<html></html>"])
def test_sound_that_cannot_be_read_leaves_the_clip_silent(root, content):
    (root / "audios" / "a.wav").write_bytes(content)
    clip, summary = clip_and_summary(root)
    assert clip.audio is None
    assert codes(clip.flags) == codes(summary.flags) == ["audio-unreadable"]


def test_of_sound_that_is_cut_off_the_seconds_are_told(root):
    path = root / "audios" / "a.wav"
    path.write_bytes(path.read_bytes()[: 44 + 2 * RATE])
    clip, summary = clip_and_summary(root)
    assert clip.audio.seconds == 1
    assert codes(clip.flags) == codes(summary.flags) == ["audio-truncated", "audio-shorter"]
    assert "1.00 of 2.00 s" in clip.flags[0].message


@pytest.mark.parametrize(("seconds", "expected"), [(2.1, []), (1.9, []), (3, ["audio-longer"]), (1, ["audio-shorter"])])
def test_a_clear_difference_in_length_is_told(root, seconds, expected):
    write_audio(root, "a", tone(seconds))
    clip, summary = clip_and_summary(root)
    assert codes(clip.flags) == codes(summary.flags) == expected


def test_sound_of_the_wrong_scale_or_with_holes_is_told(root):
    samples = tone(2) * 20_000
    samples[5] = np.nan
    write_audio(root, "a", samples, subtype="FLOAT")
    assert codes(Dataset.open(root)["a"].flags) == ["audio-not-finite", "audio-out-of-range"]


@pytest.mark.parametrize(
    ("content", "text", "expected"),
    [
        ("café".encode("cp1252"), "café", ["transcript-encoding"]),
        (b"a\0b", "ab", ["transcript-characters"]),
        (b" \r\n", "", ["transcript-empty"]),
        (b"x" * 300_000, "x" * 262_144, ["transcript-cut"]),
        (b"</script> --> =1", "</script> --> =1", []),
    ],
)
def test_transcripts_are_fit_to_be_shown(root, content, text, expected):
    write_transcript(root, "a", content)
    clip, summary = clip_and_summary(root)
    assert clip.transcript == summary.transcript == text
    assert codes(clip.flags) == codes(summary.flags) == expected


def test_a_file_that_vanishes_is_an_error_of_its_clip_alone(root):
    make_dataset(root, stems=["a", "b"])
    dataset = Dataset.open(root)
    for folder in ("FLAME_coeffs_25", "audios", "transcripts"):
        for file in (root / folder).glob("a.*"):
            file.unlink()
    with pytest.raises(ClipError, match="is gone since the data set was opened"):
        dataset["a"]
    assert codes(dataset.summary("a").flags) == ["motion-unreadable", "audio-unreadable", "transcript-unreadable"]
    assert dataset["b"].flags == ()


def test_a_file_rewritten_in_place_is_noticed(root):
    dataset = Dataset.open(root)
    before, summary = dataset.fingerprint("a"), dataset.summary("a")
    assert dataset.fingerprint("a") == before
    assert dataset.summary("a") is summary
    path = write_motion(root, "a", frames=30)
    assert dataset.fingerprint("a") != before
    assert dataset.summary("a").frames == len(dataset["a"]) == 30
    path.unlink()
    assert dataset.summary("a").frames is None


def test_a_file_of_the_same_size_and_time_put_in_its_place_is_noticed(root):
    dataset = Dataset.open(root)
    before = dataset.fingerprint("a")
    path = root / "FLAME_coeffs_25" / "a.npz"
    times = path.stat()
    other = path.with_name("other")
    other.write_bytes(path.read_bytes())
    os.utime(other, ns=(times.st_atime_ns, times.st_mtime_ns))
    other.replace(path)
    assert dataset.fingerprint("a") != before


def write_tokens(root, stem, array):
    path = root / "audios_token_glm" / f"{stem}.npy"
    path.parent.mkdir(exist_ok=True)
    np.save(path, array)


def test_audio_tokens_are_counted(root):
    assert Dataset.open(root).summary("a").tokens is None
    write_tokens(root, "a", np.arange(25))
    write_tokens(root, "tokens_alone", np.arange(25))
    dataset = Dataset.open(root)
    summary = dataset.summary("a")
    assert (summary.tokens, summary.flags) == (25, ())
    assert dataset.stems == ("a",)
    before = dataset.fingerprint("a")
    write_tokens(root, "a", np.arange(26))
    assert dataset.fingerprint("a") != before


@pytest.mark.parametrize("array", [np.ones(25), np.ones((5, 5), int), np.array(["a"])])
def test_audio_tokens_that_are_none_are_flagged(root, array):
    write_tokens(root, "a", array)
    summary = Dataset.open(root).summary("a")
    assert summary.tokens is None
    assert codes(summary.flags) == ["tokens-unreadable"]
    assert summary.playable


def test_many_threads_may_read(tmp_path):
    dataset = Dataset.open(make_dataset(tmp_path, stems=[f"s_{i}" for i in range(20)], frames=10))
    with ThreadPoolExecutor(8) as pool:
        clips = list(pool.map(dataset.__getitem__, dataset.stems * 3))
        summaries = list(pool.map(dataset.summary, dataset.stems * 3))
    assert [clip.stem for clip in clips] == [summary.stem for summary in summaries] == list(dataset.stems * 3)


def test_nothing_is_written_into_a_data_set(root):
    def state():
        return {path: (path.stat().st_mtime_ns, path.stat().st_size) for path in root.rglob("*")}

    before = state()
    dataset = Dataset.open(root)
    dataset.summaries()
    dataset["a"]
    assert state() == before
