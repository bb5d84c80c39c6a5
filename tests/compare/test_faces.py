"""Errors on the face: what counts, and what does not."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from tests.compare.clips import clip_of, motion, track_of
from viewer.clip import Clip
from viewer.compare import CompareError, Faces, pair
from viewer.errors import ClipError
from viewer.flame import HeadChoice, choose_head

angles = st.floats(-1.5, 1.5)


def whole_head(head, clip, *, shape=None, turned=False):
    """Vertices in float64 of a clip, by the model itself."""
    pose = np.array(clip.pose)
    if not turned:
        pose[:, :3] = 0
    return head.model.vertices(exp=clip.exp, shape=clip.shape if shape is None else shape, pose=pose).astype(float)


def test_errors_are_distances_with_still_heads_and_one_identity(head, faces):
    mine, theirs = clip_of(), clip_of(seed=1)
    expected = np.linalg.norm(whole_head(head, theirs, shape=mine.shape) - whole_head(head, mine), axis=2)
    np.testing.assert_allclose(faces.errors_mm(pair(mine, theirs)), 1000 * expected, atol=2e-4)


def test_head_pose_and_identity_count_where_asked(head):
    mine, theirs = clip_of(), clip_of(seed=1)
    for options in ({"head_pose": True}, {"own_identity": True}, {"head_pose": True, "own_identity": True}):
        turned, own = "head_pose" in options, "own_identity" in options
        there = whole_head(head, theirs, shape=theirs.shape if own else mine.shape, turned=turned)
        expected = np.linalg.norm(there - whole_head(head, mine, turned=turned), axis=2)
        found = Faces(head, **options).errors_mm(pair(mine, theirs))
        np.testing.assert_allclose(found, 1000 * expected, atol=2e-4)


@settings(max_examples=20)
@given(st.tuples(angles, angles, angles))
def test_turning_a_head_changes_nothing(faces, turn):
    arrays = motion(seed=1)
    arrays["pose"][:, :3] = np.linspace(0, 1, 20)[:, None] * turn
    plain = faces.errors_mm(pair(clip_of(), clip_of(seed=1)))
    np.testing.assert_array_equal(faces.errors_mm(pair(clip_of(), clip_of(**arrays))), plain)


def test_a_clip_against_itself_has_no_error(faces):
    assert faces.errors_mm(pair(clip_of(), clip_of())).max() == 0
    assert faces.errors_mm(pair(clip_of(), clip_of(shape=np.zeros(20)))).max() == 0  # it gets the reference's identity


def test_an_identity_that_changes_is_shared_frame_by_frame(head, faces):
    changing = np.random.default_rng(3).normal(0, 1, (20, 20))
    mine, theirs = clip_of(shape=changing), clip_of(seed=1)
    expected = np.linalg.norm(whole_head(head, theirs, shape=changing) - whole_head(head, mine), axis=2)
    np.testing.assert_allclose(faces.errors_mm(pair(mine, theirs)), 1000 * expected, atol=2e-4)


def test_bad_frames_have_no_errors(faces):
    arrays = motion(seed=1)
    arrays["exp"][[2, 3]] = np.nan
    errors = faces.errors_mm(pair(clip_of(), clip_of(**arrays)))
    np.testing.assert_array_equal(np.flatnonzero(np.isnan(errors).all(axis=1)), [2, 3])
    assert np.isfinite(errors[4:]).all()


def test_many_frames_come_in_blocks(faces):
    found = pair(clip_of(600), clip_of(600, seed=1))
    lengths = [(len(here), len(there)) for here, there in faces.vertices(found)]
    assert len(lengths) > 1 and sum(here for here, _ in lengths) == 600 and all(a == b for a, b in lengths)


def test_a_track_of_the_same_motion_has_next_to_no_error(head, faces):
    """Whatever its head does: skulls are laid over each other. Expressions as strong as these move a skull a little."""
    mine = clip_of()
    track = track_of(head.model.vertices(exp=mine.exp, shape=mine.shape, pose=mine.pose))
    for found in (pair(mine, track), pair(track, mine)):
        errors = faces.errors_mm(found)
        assert errors.max() < 0.2 and errors.mean() < 0.06
        assert "skulls" in found.remarks[0]


@given(st.tuples(angles, angles, angles), st.tuples(*[st.floats(-0.1, 0.1)] * 3))
def test_moving_a_track_about_changes_nothing(head, faces, turn, shift):
    rest, open_mouth = head.model.vertices(pose=[[0] * 6, [0, 0, 0, 0.2, 0, 0]])
    mine = np.stack([rest, rest, open_mouth])
    theirs = np.stack([rest, open_mouth, open_mouth])
    moved = theirs @ Rotation.from_rotvec(turn).as_matrix().T + np.array(shift)
    plain = faces.errors_mm(pair(track_of(mine), track_of(theirs)))
    assert plain[[0, 2]].max() == 0 and plain[1].max() > 10
    np.testing.assert_allclose(faces.errors_mm(pair(track_of(mine), track_of(moved))), plain, atol=2e-3)


def test_playing_what_is_compared_gives_what_is_compared(head, faces):
    mine, theirs = clip_of(), track_of(head.model.vertices(**motion(seed=1)))
    found = pair(mine, theirs)
    played = [np.concatenate(list(head.vertex_blocks(clip))) for clip in faces.compared(found)]
    errors = 1000 * np.linalg.norm(played[1].astype(float) - played[0], axis=2)
    np.testing.assert_allclose(faces.errors_mm(found), errors, atol=2e-4)


def test_a_head_that_cannot_make_the_expressions_compares_no_faces(head):
    """On the demo head FLAME's faces stay neutral: distances of vertices would leave expressions out."""
    faces = Faces(choose_head(head.model.path, expression_space="flame2020"))
    clips = [clip_of(seed=seed, expression_space="flame2020") for seed in (0, 1)]
    found = pair(*clips)
    assert "demo head" in faces.why_not(found) and "--model FILE" in faces.why_not(found)
    with pytest.raises(CompareError, match="Faces cannot be compared"):
        faces.errors_mm(found)
    rest = head.model.v_template[None]
    assert faces.why_not(pair(track_of(rest), track_of(rest))) is None  # of tracks nothing is left out


def test_a_track_of_another_mesh_does_not_fit(faces):
    with pytest.raises(ClipError, match="40 vertices a frame"):
        faces.errors_mm(pair(clip_of(2), Clip.from_arrays(vertices=np.zeros((2, 40, 3)))))


def test_expressions_that_one_lacks_count_as_zero(head):
    half = motion()["exp"][:, :30]
    padded = np.pad(half, ((0, 0), (0, 22)))
    faces = Faces(HeadChoice(head.model, False, ()))
    expected = faces.errors_mm(pair(clip_of(), clip_of(exp=padded)))
    np.testing.assert_array_equal(faces.errors_mm(pair(clip_of(), clip_of(exp=half))), expected)
