"""Which clips belong together, and two clips on common frames."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from tests.compare.clips import clip_of, motion, track_of
from tests.dataset.factories import make_dataset, write_motion
from viewer.clip import Clip
from viewer.compare import CompareError, match, pair, resampled
from viewer.dataset import Dataset
from viewer.errors import DatasetError


def test_clips_of_one_length_and_rate_are_paired_as_they_are():
    found = pair(clip_of(), clip_of(seed=1))
    assert len(found) == 20 and found.fps == 25 and found.remarks == () and not found.bad_frames.any()
    np.testing.assert_array_equal(found.prediction.exp, clip_of(seed=1).exp)


def test_lengths_may_differ_and_are_told():
    for lengths in ((20, 13), (13, 20)):
        found = pair(*(clip_of(frames) for frames in lengths))
        assert len(found) == len(found.reference) == len(found.prediction) == 13
        assert (found.reference_frames, found.prediction_frames) == lengths
        (remark,) = found.remarks
        assert f"{lengths[0]} frames" in remark and "first 13 are compared" in remark


@pytest.mark.parametrize(("rate", "frames"), [(50.0, 39), (30.0, 24), (12.5, 10), (24.0, 20)])
def test_another_rate_is_resampled_where_the_prediction_has_frames(rate, frames):
    """What goes straight stays straight, at the same time."""
    seconds = np.arange(frames) / rate
    ramp = np.outer(seconds, np.linspace(1, 2, 52))
    found = pair(clip_of(20), clip_of(frames, exp=ramp, fps=rate))
    assert len(found) == np.floor((frames - 1) / rate * 25 + 1e-9) + 1
    times = np.arange(len(found)) / 25
    np.testing.assert_allclose(found.prediction.exp, np.outer(times, np.linspace(1, 2, 52)), atol=1e-6)
    assert found.prediction.fps == 25 and found.prediction_fps == rate
    assert f"resampled from {rate:g} to 25" in found.remarks[0]


@given(st.tuples(*[st.floats(-2, 2)] * 3), st.sampled_from([10.0, 30.0, 60.0]))
def test_rotations_turn_at_constant_speed(turn, rate):
    """Of both joints, as SciPy's rotations say, also where an axis-angle vector goes the long way."""
    axis = np.asarray(turn)
    start = Rotation.from_rotvec([0.3, -0.2, 0.5])
    frames = 12
    there = (start * Rotation.from_rotvec(axis / frames * np.arange(frames)[:, None])).as_rotvec()
    clip = clip_of(frames, pose=np.concatenate([there, there[::-1]], axis=1), fps=rate)
    moved = resampled(clip, 25.0)
    times = np.arange(len(moved)) / 25 * rate
    expected = start * Rotation.from_rotvec(axis / frames * times[:, None])
    apart = Rotation.from_rotvec(moved.pose[:, :3].astype(float)).inv() * expected
    assert apart.magnitude().max() < 1e-5
    back = start * Rotation.from_rotvec(axis / frames * (frames - 1 - times)[:, None])
    assert (Rotation.from_rotvec(moved.pose[:, 3:].astype(float)).inv() * back).magnitude().max() < 1e-5


@given(st.integers(1, 30), st.sampled_from([10.0, 24.0, 25.0, 29.97, 60.0, 120.0]))
def test_resampling_there_and_to_a_multiple_keeps_every_frame(frames, rate):
    clip = clip_of(frames, fps=rate)
    doubled = resampled(clip, 2 * rate)
    assert len(doubled) == 2 * frames - 1
    np.testing.assert_array_equal(doubled.exp[::2], clip.exp)
    np.testing.assert_allclose(doubled.pose[::2], clip.pose, atol=1e-6)
    np.testing.assert_array_equal(resampled(clip, rate).exp, clip.exp)


def test_vertices_are_resampled_straight():
    line = np.arange(6)[:, None, None] * np.ones((1, 30, 3)) * 0.01
    moved = resampled(Clip.from_arrays(vertices=line, fps=50), 25)
    np.testing.assert_allclose(moved.vertices, line[::2], atol=1e-7)


def test_bad_frames_of_either_are_left_out_and_told():
    mine, theirs = motion(), motion(seed=1)
    mine["exp"][4, 0] = np.nan
    theirs["pose"][7:9] = np.inf
    found = pair(clip_of(**mine), clip_of(**theirs))
    np.testing.assert_array_equal(np.flatnonzero(found.bad_frames), [4, 7, 8])
    assert found.remarks == ("Left out, as not a number in one of the two: frames 4, 7–8 (3 in all).",)


def test_a_frame_between_two_of_which_one_is_bad_is_bad():
    arrays = motion(12)
    arrays["exp"][4] = np.nan
    moved = resampled(clip_of(12, **arrays, fps=12.5), 25)
    np.testing.assert_array_equal(np.flatnonzero(moved.bad_frames), [7, 8, 9])


def test_no_common_good_frame_is_refused():
    arrays = motion(4)
    arrays["exp"][:3] = np.nan
    with pytest.raises(CompareError, match="none of the 3 frames"):
        pair(clip_of(3), clip_of(4, **arrays))


def test_other_expressions_are_refused_with_the_reason():
    with pytest.raises(CompareError, match=r"'arkit52'.*'flame2020'.*dataset.json"):
        pair(clip_of(), clip_of(seed=1, expression_space="flame2020"))
    vertices = np.random.default_rng(0).uniform(-0.1, 0.1, (20, 50, 3))
    pair(clip_of(), Clip.from_arrays(vertices=vertices, expression_space="flame2020"))  # vertices have no such basis
    with pytest.raises(CompareError, match="50 vertices a frame, the prediction 40"):
        pair(track_of(vertices), track_of(vertices[:, :40]))


def test_fewer_expressions_are_told():
    found = pair(clip_of(), clip_of(exp=motion()["exp"][:, :50]))
    assert found.remarks == (
        "The reference has 52 expression coefficients, the prediction 50: those that one lacks count as 0.",
    )


@pytest.fixture
def reference(tmp_path):
    return Dataset.open(make_dataset(tmp_path / "data", stems=("a_0", "a_1", "b_0")), cache=tmp_path / "cache")


def predictions(reference, tmp_path, names, **options):
    for name in names:
        write_motion(tmp_path / "preds", name, frames=50)
    return Dataset.open(tmp_path / "preds", cache=tmp_path / "cache", base=reference.path, **options)


def test_clips_are_paired_by_stem_and_what_is_left_is_told(reference, tmp_path):
    there = predictions(reference, tmp_path, ["b_0", "a_0", "x_9"])
    found = match(reference, there)
    assert found.pairs == (("a_0", "a_0"), ("b_0", "b_0"))
    assert (found.missing, found.extra) == (("a_1",), ("x_9",))
    some = match(reference, there, ["b_0", "a_1", "b_0"])
    assert (some.pairs, some.missing, some.extra) == ((("b_0", "b_0"),), ("a_1",), ("x_9",))


def test_clips_are_paired_as_predictions_are_named(reference, tmp_path):
    there = predictions(reference, tmp_path, ["a_0_pred", "b_0"], stem_pattern="{stem}_pred")
    assert match(reference, there).pairs == (("a_0", "a_0_pred"), ("b_0", "b_0"))
    assert match(there, reference).pairs == (("a_0_pred", "a_0"), ("b_0", "b_0"))


def test_nothing_in_common_names_both_sides(reference, tmp_path):
    there = predictions(reference, tmp_path, ["a-0", "a-1"])
    with pytest.raises(CompareError, match=r"none of 3 clips.*'a_0'.*'a-0', 'a-1'.*--stem-pattern"):
        match(reference, there)
    with pytest.raises(DatasetError, match="no clip 'nobody'"):
        match(reference, reference, ["nobody"])


def test_sound_alone_is_no_prediction(reference, tmp_path):
    there = make_dataset(tmp_path / "sounds", stems=("a_0", "a_1"))
    (there / "FLAME_coeffs_25" / "a_1.npz").unlink()
    found = match(reference, Dataset.open(there, cache=tmp_path / "cache"))
    assert found.pairs == (("a_0", "a_0"),) and found.missing == ("a_1", "b_0")
