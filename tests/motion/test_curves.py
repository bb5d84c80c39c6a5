"""Curves against what a clip was made to do."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from viewer.clip import Audio, Clip
from viewer.dataset import DEMO_DATASET, Dataset
from viewer.errors import ClipError
from viewer.flame import FlameModel, HeadChoice, regions
from viewer.motion import CurveMaker, head_angles, jaw_angle, loudness
from viewer.motion.curves import FLOOR_DB, mean_speed

angles = st.floats(-1.5, 1.5)
RATE = 16000


@pytest.fixture(scope="module")
def maker(head):
    return CurveMaker(head)


@pytest.fixture(scope="module")
def demo():
    dataset = Dataset.open(DEMO_DATASET)
    return dataset[dataset.stems[3]]


def clip_of(pose, exp=None, **options):
    pose = np.asarray(pose, float)
    exp = np.zeros((len(pose), 52)) if exp is None else exp
    return Clip.from_arrays(exp=exp, pose=pose, expression_space="arkit52", **options)


def values(maker, clip):
    return {curve.name: curve.values for curve in maker.curves(clip)}


def test_demo_clip_has_every_curve_with_a_value_a_frame(maker, demo):
    curves = maker.curves(demo)
    assert [curve.name for curve in curves] == [
        "mouth_opening",
        "jaw_angle",
        "head_yaw",
        "head_pitch",
        "head_roll",
        "expression_speed",
        "loudness",
    ]
    for curve in curves:
        assert curve.values.shape == (len(demo),) and curve.values.dtype == np.float32
        assert curve.unit and curve.source and curve.least_range[0] < curve.least_range[1]
        first = 1 if curve.name == "expression_speed" else 0
        assert np.isfinite(curve.values[first:]).all()
    assert maker.notes(demo) == ()


def test_mouth_opening_and_speed_are_those_of_the_whole_head(head, maker, demo):
    still = np.array(demo.pose)
    still[:, :3] = 0
    vertices = head.model.vertices(exp=demo.exp, shape=demo.shape, pose=still).astype(np.float64)
    found = regions(head.model)
    gap = found.landmark("lip_upper_inner").of(vertices) - found.landmark("lip_lower_inner").of(vertices)
    curves = values(maker, demo)
    np.testing.assert_allclose(curves["mouth_opening"], 1000 * np.linalg.norm(gap, axis=1), atol=1e-3)
    # The mean over a few spread points stands for the mean over all of the face.
    face = np.unique(np.concatenate([found[name] for name in ("upper_face", "nose", "jaw", "lips")]))
    whole = mean_speed(vertices[:, face].astype(np.float32), demo.fps)
    assert np.corrcoef(whole[1:], curves["expression_speed"][1:])[0, 1] > 0.95


@given(rotation=st.tuples(angles, angles, angles))
@settings(deadline=None)
def test_turning_the_head_is_neither_opening_nor_expression(maker, demo, rotation):
    turned = np.array(demo.pose)
    turned[:, :3] = np.linspace(0, 1, len(demo))[:, None] * rotation
    moved = values(maker, clip_of(turned, demo.exp, shape=demo.shape))
    for name in ("mouth_opening", "jaw_angle", "expression_speed"):
        np.testing.assert_array_equal(moved[name], values(maker, demo)[name])


def test_mouth_opens_with_the_jaw(maker):
    pose = np.zeros((41, 6))
    pose[:, 3] = np.linspace(0, 0.4, 41)
    curves = values(maker, clip_of(pose))
    assert (np.diff(curves["mouth_opening"]) > 0).all()
    assert curves["mouth_opening"][0] < 2 and 20 < curves["mouth_opening"][-1] < 60
    np.testing.assert_allclose(curves["jaw_angle"], np.degrees(pose[:, 3]), atol=1e-4)
    assert np.allclose(curves["head_yaw"], 0) and np.allclose(curves["head_pitch"], 0)


@given(st.floats(-179, 179), st.floats(-89, 89), st.floats(-179, 179))
@settings(deadline=None)
def test_known_turns_come_back_as_yaw_pitch_and_roll(yaw, pitch, roll):
    turn = Rotation.from_euler("YXZ", [yaw, pitch, roll], degrees=True)
    pose = np.concatenate([turn.as_rotvec(), np.zeros(3)])[None]
    np.testing.assert_allclose(head_angles(pose)[0], [yaw, pitch, roll], atol=1e-6)


def test_signs_of_the_head_angles():
    """What yaw, pitch and roll say about the face: +z is where it looks, +x its left, +y its top."""
    nose, top = np.array([0, 0, 1.0]), np.array([0, 1.0, 0])
    for axis, sign_of in (
        (1, lambda R: R.apply(nose)[0]),
        (0, lambda R: -R.apply(nose)[1]),
        (2, lambda R: -R.apply(top)[0]),
    ):
        pose = np.zeros((1, 6))
        pose[0, axis] = 0.2
        assert sign_of(Rotation.from_rotvec(pose[0, :3])) > 0  # to its left, downwards, to its right shoulder
        column = (1, 0, 2).index(axis)
        assert head_angles(pose)[0] == pytest.approx(np.degrees(0.2) * np.eye(3)[column])


@given(st.tuples(angles, angles, angles))
@settings(deadline=None)
def test_jaw_angle_is_the_geodesic_angle(jaw):
    pose = np.concatenate([np.zeros(3), jaw])[None]
    angle = jaw_angle(pose)[0]
    assert abs(angle) == pytest.approx(np.degrees(Rotation.from_rotvec(jaw).magnitude()), abs=1e-3)
    if jaw[0] and np.linalg.norm(jaw) > 1e-9:
        assert (angle < 0) == (jaw[0] < 0)


def test_jaw_angle_beyond_half_a_turn_goes_the_short_way():
    assert jaw_angle(np.array([[0, 0, 0, 2 * np.pi + 0.1, 0, 0]]))[0] == pytest.approx(np.degrees(0.1), abs=1e-4)
    assert jaw_angle(np.array([[0, 0, 0, 2 * np.pi - 0.1, 0, 0]]))[0] == pytest.approx(-np.degrees(0.1), abs=1e-4)


@given(st.floats(1, 120), st.floats(0.1, 50))
@settings(deadline=None)
def test_speed_of_a_steady_motion(fps, millimetres_a_second):
    direction = np.array([2, -1, 2]) / 3
    seconds = np.arange(12) / fps
    points = (1e-3 * millimetres_a_second * seconds[:, None, None] * direction).repeat(5, axis=1)
    speed = mean_speed(points.astype(np.float64), fps)
    assert np.isnan(speed[0])
    np.testing.assert_allclose(speed[1:], millimetres_a_second, rtol=1e-5)


def test_a_jitter_of_single_frames_is_fast(maker):
    pose = np.zeros((10, 6))
    pose[1::2, 3] = 0.05
    assert (values(maker, clip_of(pose))["expression_speed"][1:] > 10).all()


def test_silence_and_missing_sound_are_at_the_floor():
    assert (loudness(Audio(np.zeros((RATE, 1), np.float32), RATE), 25, 25) == FLOOR_DB).all()
    loud = Audio(np.ones((RATE // 2, 2), np.float32), RATE)  # half as long as the motion
    level = loudness(loud, 25, 25)
    assert np.allclose(level[:12], 0) and (level[13:] == FLOOR_DB).all() and FLOOR_DB < level[12] < 0


@given(st.floats(-70, 0), st.sampled_from([8000, 16000, 44100]), st.sampled_from([24, 25, 29.97, 60]))
@settings(deadline=None)
def test_level_of_a_sine_is_three_decibels_below_its_peak(peak_db, rate, fps):
    time = np.arange(2 * rate) / rate
    sine = (10 ** (peak_db / 20) * np.sin(2 * np.pi * 1000 * time)).astype(np.float32)
    level = loudness(Audio(sine[:, None], rate), 40, fps)
    np.testing.assert_allclose(level, peak_db - 3.01, atol=0.3)


def test_more_frames_than_samples():
    level = loudness(Audio(np.ones((10, 1), np.float32), 10), 25, 25)
    assert level.shape == (25,) and level.max() == pytest.approx(0)


def test_one_frame_without_sound(maker):
    curves = values(maker, clip_of(np.zeros((1, 6))))
    assert "loudness" not in curves
    assert np.isnan(curves["expression_speed"]).all() and np.isfinite(curves["mouth_opening"]).all()


def test_identity_counts(maker):
    """Another face has another mouth; a face that changes is moving."""
    pose = np.zeros((6, 6))
    pose[:, 3] = 0.2
    shape = np.zeros((6, 20))
    shape[3:] = np.random.default_rng(0).normal(size=20) * 2
    changing = values(maker, clip_of(pose, shape=shape))
    assert changing["mouth_opening"][3] != pytest.approx(changing["mouth_opening"][2], abs=1e-3)
    assert changing["expression_speed"][3] > 1 and np.allclose(changing["expression_speed"][[1, 2, 4, 5]], 0)


def test_a_head_that_cannot_make_the_expressions_says_so(head, demo):
    neutral = CurveMaker(HeadChoice(head.model, True, ()))
    assert "neutral" in neutral.notes(demo)[0]
    shown = values(neutral, demo)["mouth_opening"]
    np.testing.assert_array_equal(shown, values(neutral, clip_of(demo.pose))["mouth_opening"])
    assert neutral.key != CurveMaker(head).key


def test_a_head_without_a_mouth_has_no_opening(head):
    """A head whose jaw turns nothing has no mouth line."""
    arrays = head.model.arrays
    weights = arrays.weights.copy()
    weights[:, 1] += weights[:, 2]
    weights[:, 2] = 0
    jawless = dataclasses.replace(arrays, weights=weights, pose_dirs=np.zeros_like(arrays.pose_dirs))
    maker = CurveMaker(HeadChoice(FlameModel(jawless), False, ()))
    clip = clip_of(np.zeros((4, 6)))
    assert any("mouth" in note for note in maker.notes(clip))
    names = values(maker, clip).keys()
    assert "mouth_opening" not in names and {"jaw_angle", "head_yaw", "expression_speed"} <= names


def test_frames_that_are_nan_in_the_data_have_no_values(maker, demo):
    """Neither has the speed from such a frame to the next, which nobody knows."""
    exp = np.array(demo.exp)
    exp[[20, 21, 40], 3] = np.nan
    clip = clip_of(demo.pose, exp, shape=demo.shape, audio=demo.audio.samples)
    good = values(maker, clip_of(demo.pose, demo.exp, shape=demo.shape, audio=demo.audio.samples))
    found = values(maker, clip)
    for name, curve in found.items():
        gaps = {"loudness": [], "expression_speed": [0, 20, 21, 22, 40, 41]}.get(name, [20, 21, 40])
        np.testing.assert_array_equal(np.flatnonzero(np.isnan(curve)), gaps)
        rest = np.isfinite(curve)
        np.testing.assert_array_equal(curve[rest], good[name][rest])
    assert maker.notes(clip) == ("No values where the data is NaN: frames 20–21, 40 (3 in all).",)


@pytest.fixture(scope="module")
def track(head, demo):
    """The demo clip as vertices."""
    vertices = head.model.vertices(exp=demo.exp, shape=demo.shape, pose=demo.pose)
    return Clip.from_arrays(vertices=vertices, audio=demo.audio.samples)


def test_a_track_of_vertices_has_the_curves_that_need_no_coefficients(maker, demo, track):
    expected, found = values(maker, demo), values(maker, track)
    assert list(found) == ["mouth_opening", "expression_speed", "loudness"]
    np.testing.assert_allclose(found["mouth_opening"], expected["mouth_opening"], atol=1e-3)
    np.testing.assert_array_equal(found["loudness"], expected["loudness"])
    # The head's motion is taken out although its pose is not known.
    speeds = found["expression_speed"][1:], expected["expression_speed"][1:]
    assert np.abs(speeds[0] - speeds[1]).max() < 0.02 * speeds[1].max()
    (note,) = maker.notes(track)
    assert "without coefficients" in note


def test_the_head_of_a_track_may_turn_as_it_likes(maker, head):
    pose = np.zeros((5, 6))
    pose[:, :3] = np.random.default_rng(0).uniform(-2, 2, (5, 3))
    track = Clip.from_arrays(vertices=head.model.vertices(pose=pose))
    assert values(maker, track)["expression_speed"][1:].max() < 0.5  # mm/s


def test_a_track_of_another_head_is_refused(maker):
    with pytest.raises(ClipError, match="7 vertices a frame"):
        maker.curves(Clip.from_arrays(vertices=np.zeros((2, 7, 3))))
