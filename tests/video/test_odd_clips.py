"""Films of clips with NaN, with vertices instead of coefficients, with a changing identity, and of no common length."""

from dataclasses import replace

import numpy as np
import pytest

from tests.flame.factories import head_like_flame, write_npz
from tests.video import decoding
from viewer.clip import Clip
from viewer.errors import Cancelled, ClipError
from viewer.flame import FlameModel, HeadChoice
from viewer.video import ExportSettings, alterations, clip_frames, export_clip, render_key

SMALL = ExportSettings(size=(128, 128), crf=10)


@pytest.fixture(scope="module")
def flame_head(tmp_path_factory):
    path = write_npz(tmp_path_factory.mktemp("head") / "FLAME2020.npz", head_like_flame())
    return HeadChoice(FlameModel.load(path), False, ("Expressions may look off.",))


def turning(frames=20, **changes):
    """A head that turns, so that every frame looks different."""
    pose = np.zeros((frames, 6))
    pose[:, 1] = np.linspace(-0.6, 0.6, frames)
    return {"exp": np.zeros((frames, 52)), "pose": pose, "expression_space": "arkit52", "stem": "odd", **changes}


def drawn(clip, head, renderer, settings=SMALL):
    return np.stack(list(clip_frames(clip, head=head, settings=settings, renderer=renderer)))


def test_film_of_a_clip_with_nan_holds_the_face_and_says_so(tmp_path, renderer, head):
    arrays = turning()
    arrays["pose"][8:11, 4] = np.nan
    clip = Clip.from_arrays(**arrays)
    path = tmp_path / "a.mp4"
    receipt = export_clip(clip, path, head=head, settings=SMALL, renderer=renderer)
    frames = decoding.frames(path, SMALL.size).astype(float)
    change = np.abs(np.diff(frames, axis=0)).mean(axis=(1, 2, 3))
    assert len(frames) == 20
    assert change[7:10].max() < 0.3 < change[[6, 10]].min()
    (note,) = receipt.altered
    assert "3 of 20 frames are NaN in pose (frames 8–10)" in note


def test_captions_mark_the_held_frames_and_no_others(renderer, head, tmp_path):
    arrays = turning()
    arrays["exp"][5] = np.nan
    path = tmp_path / "a.mp4"
    settings = ExportSettings(size=(512, 256), captions=True)
    export_clip(Clip.from_arrays(**arrays), path, head=head, settings=settings, renderer=renderer)
    top = decoding.frames(path, settings.size)[:, 1:12].astype(float).mean(axis=(1, 2))
    red, green, blue = top.T
    amber = (red - blue > 30) & (red > green)
    np.testing.assert_array_equal(np.flatnonzero(amber), [5])


def test_what_the_remark_of_a_frame_says():
    exp = np.zeros((6, 2))
    exp[[0, 3]] = np.nan, np.inf
    clip = Clip.from_arrays(exp=exp, pose=np.zeros((6, 6)))
    remarks = [clip.held_note(frame) for frame in range(6)]
    kind = "NaN, infinite or absurdly large"
    assert remarks[0] == f"Frame 0 is {kind} in the data: the first good frame is held"
    assert remarks[3] == f"Frame 3 is {kind} in the data: the last good frame is held"
    assert [frame for frame, remark in enumerate(remarks) if remark] == [0, 3]


def test_huge_coefficients_are_drawn_as_they_are(renderer, head):
    rng = np.random.default_rng(0)
    arrays = turning(4, exp=1000 * rng.uniform(0, 1, (4, 52)), shape=1000 * rng.normal(size=10))
    clip = Clip.from_arrays(**arrays)
    assert np.isfinite(np.concatenate(list(head.vertex_blocks(clip)))).all()
    frames = drawn(clip, head, renderer)
    assert all(frame.std() > 5 for frame in frames)  # in pieces all over the picture, but no empty or black frame


def test_a_head_so_large_that_one_triangle_fills_the_picture_is_no_failure(renderer, flame_head):
    model = flame_head.model
    centres = model.v_template[model.faces].mean(axis=1)
    nose = centres[centres[:, 2].argmax()]
    blocks = [1e6 * (model.v_template - nose)[None]]
    (frame,) = renderer.frames(blocks, faces=model.faces, v_template=model.v_template, size=128)
    assert np.ptp(frame, axis=(0, 1)).max() == 0 and frame[0, 0].max() < 250  # all blue, not the white behind it


@pytest.mark.parametrize(("scale", "shift"), [(1000, 0), (100, 0), (1, 2)])
def test_a_track_in_another_unit_or_place_says_where_it_lies(flame_head, scale, shift):
    track = Clip.from_arrays(vertices=scale * flame_head.model.v_template[None] + shift)
    with pytest.raises(
        ClipError, match=r"its first frame lies in .* m, the head in -0.078..0.078 × .* m. Tracks are in m"
    ):
        flame_head.check(track)


def test_numbers_that_would_overflow_hold_the_face(renderer, head):
    arrays = turning(5)
    arrays["exp"][2] = 1e30
    frames = drawn(Clip.from_arrays(**arrays), head, renderer)
    np.testing.assert_array_equal(frames[2], frames[1])


def test_film_of_vertices_is_the_film_of_the_coefficients_they_were_made_with(renderer, flame_head):
    clip = Clip.from_arrays(**turning(6, exp=np.random.default_rng(0).normal(size=(6, 50)), shape=np.ones(20)))
    vertices = np.concatenate(list(flame_head.vertex_blocks(clip)))
    track = Clip.from_arrays(vertices=vertices)
    np.testing.assert_array_equal(drawn(track, flame_head, renderer), drawn(clip, flame_head, renderer))
    assert alterations(track, flame_head) == ()  # what the head cannot do with expressions is no matter here
    moved = Clip.from_arrays(vertices=vertices + 1e-3)
    assert render_key(track, flame_head, SMALL) != render_key(moved, flame_head, SMALL)


def test_a_track_of_another_head_is_an_error_of_that_clip(tmp_path, renderer, head, flame_head):
    track = Clip.from_arrays(vertices=np.zeros((3, 5023, 3)), stem="take_1")
    with pytest.raises(ClipError, match=r"take_1: the track has 5,023 vertices a frame, demo head .* has 11,3\d\d\."):
        export_clip(track, tmp_path / "a.mp4", head=head, settings=SMALL, renderer=renderer)
    assert list(tmp_path.iterdir()) == []
    other = Clip.from_arrays(vertices=np.zeros((3, 778, 3)))
    with pytest.raises(ClipError, match=r"778 vertices.* 5,023.*Name the model that the track was made with"):
        flame_head.check(other)


def test_an_identity_that_changes_at_frame_50_is_seen_there(renderer, flame_head):
    shape = np.zeros((60, 10))
    shape[50:] = 4
    arrays = turning(60, shape=shape)
    arrays["pose"][:] = 0
    frames = drawn(Clip.from_arrays(**arrays), flame_head, renderer).astype(float)
    change = np.abs(np.diff(frames, axis=0)).mean(axis=(1, 2, 3))
    assert change[49] > 1
    assert np.delete(change, 49).max() == 0


@pytest.mark.parametrize("vertices", [False, True])
def test_film_of_one_frame(tmp_path, renderer, flame_head, vertices):
    clip = Clip.from_arrays(**turning(1))
    if vertices:
        clip = Clip.from_arrays(vertices=np.concatenate(list(flame_head.vertex_blocks(clip))))
    path = tmp_path / "a.mp4"
    export_clip(clip, path, head=flame_head, settings=SMALL, renderer=renderer)
    assert len(decoding.frames(path, SMALL.size)) == 1


def test_thirty_thousand_frames_start_at_once_and_are_cancelled_at_once(tmp_path, renderer, head):
    sound = np.zeros(30_000 * 640)
    clip = Clip.from_arrays(**turning(30_000, audio=sound, transcript="so it goes " * 1500))
    settings = replace(SMALL, captions=True)
    done = []

    def cancelled():
        return len(done) >= 3

    with pytest.raises(Cancelled, match="at frame 3 of 30000"):
        export_clip(
            clip, tmp_path / "a.mp4", head=head, settings=settings, renderer=renderer,
            progress=lambda *at: done.append(at), cancelled=cancelled,
        )  # fmt: skip
    assert done == [(1, 30_000), (2, 30_000), (3, 30_000)]
    assert list(tmp_path.iterdir()) == []
