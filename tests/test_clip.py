import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from viewer.clip import Clip
from viewer.errors import ClipError


def arrays(frames=10, **changes):
    return {"exp": np.full((frames, 50), 0.1), "pose": np.full((frames, 6), 0.2), **changes}


def test_lists_and_any_numeric_dtype_are_taken():
    clip = Clip.from_arrays(exp=[[1, 2]], pose=[[0, 0, 0, 1, 0, 0]], shape=[3, 4])
    assert clip.exp.dtype == clip.pose.dtype == np.float32
    assert clip.shape.dtype == np.float64
    np.testing.assert_array_equal(clip.shape, [[3, 4]])


def test_one_identity_is_held_over_all_frames():
    clip = Clip.from_arrays(**arrays(frames=10, shape=[1.0, 2.0]))
    np.testing.assert_array_equal(clip.shape, np.tile([1.0, 2.0], (10, 1)))


def test_without_shape_it_is_the_mean_face():
    assert Clip.from_arrays(**arrays(frames=10)).shape.shape == (10, 0)


def test_big_endian_and_fortran_order_mean_the_same():
    exp = np.arange(30.0).reshape(10, 3)
    plain = Clip.from_arrays(**arrays(exp=exp))
    odd = Clip.from_arrays(**arrays(exp=np.asfortranarray(exp).astype(">f8")))
    assert odd.content_hash == plain.content_hash


def test_arrays_are_copies_that_cannot_be_written():
    exp = np.zeros((10, 3), np.float32)
    clip = Clip.from_arrays(**arrays(exp=exp, audio=np.zeros(100, np.float32)))
    exp[:] = 9
    assert clip.exp.max() == 0
    for array in (clip.exp, clip.pose, clip.shape, clip.audio.samples):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 1


def test_frame_rate_from_a_loaded_npz_is_an_array_without_dimensions():
    assert Clip.from_arrays(**arrays(fps=np.array(30))).fps == 30


def test_seconds_follow_the_frame_rate():
    assert Clip.from_arrays(**arrays(frames=60, fps=30)).seconds == 2


@pytest.mark.parametrize(
    ("samples", "expected"),
    [
        (np.array([-32768, 0, 16384], np.int16), [-1, 0, 0.5]),
        (np.array([-(2**31), 2**30], np.int32), [-1, 0.5]),
        (np.array([0.25, -0.5]), [0.25, -0.5]),
    ],
)
def test_integer_sound_is_scaled_to_one(samples, expected):
    audio = Clip.from_arrays(**arrays(audio=samples, sample_rate=8000)).audio
    np.testing.assert_allclose(audio.samples[:, 0], expected)
    assert audio.rate == 8000


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"pose": np.zeros((10, 5))}, "pose has width 5; expected 6"),
        ({"pose": np.zeros((9, 6))}, "differ in their number of frames: exp 10, pose 9"),
        ({"shape": np.zeros((7, 100))}, "shape 7"),
        ({"exp": np.zeros((0, 50))}, "no frames"),
        ({"exp": np.zeros((10, 0))}, "no coefficients"),
        ({"exp": np.zeros((10, 301))}, "width 301; expected at most 300"),
        ({"exp": np.zeros(10)}, "expected two dimensions"),
        ({"exp": np.zeros((10, 5), "U3")}, "dtype <U3; expected numbers"),
        ({"exp": np.zeros((10, 5), complex)}, "dtype complex128"),
        ({"exp": np.zeros((10, 5), object)}, "dtype object"),
        ({"exp": [[1.0, 2.0], [3.0]]}, "exp is no array of numbers"),
        ({"exp": np.full((10, 5), 1e300)}, "all 10 frames are infinite or absurdly large in exp"),
        ({"exp": None}, "exp missing; expected exp and pose, or vertices"),
        ({"vertices": np.zeros((10, 4, 3))}, "vertices and exp, pose are given; expected one or the other"),
        ({"fps": 0}, "frame rate is 0"),
        ({"fps": -25}, "frame rate is -25"),
        ({"fps": float("nan")}, "frame rate is nan"),
        ({"fps": float("inf")}, "frame rate is inf"),
        ({"fps": "25"}, "frame rate is '25'"),
        ({"fps": [25, 25]}, "frame rate"),
        ({"audio": np.zeros((100, 9))}, "9 channels"),
        ({"audio": np.zeros((10, 10, 10))}, "audio has shape"),
        ({"audio": [float("nan")]}, "NaN"),
        ({"audio": np.zeros(10), "sample_rate": 0}, "sample rate is 0"),
        ({"audio": np.zeros(10), "sample_rate": 0.5}, "whole number"),
        ({"audio": np.zeros(10, np.uint8)}, "signed integer PCM"),
    ],
)
def test_what_cannot_be_played_is_refused_with_what_was_found(changes, message):
    with pytest.raises(ClipError, match=message) as error:
        Clip.from_arrays(**{**arrays(), "stem": "ann_7", **changes})
    assert str(error.value).startswith("ann_7: ")


def test_frames_that_are_not_finite_hold_the_last_good_one_and_are_named():
    data = arrays(exp=np.arange(50.0).reshape(10, 5), pose=np.arange(60.0).reshape(10, 6), shape=np.ones((10, 3)))
    data["pose"][3, 1] = data["pose"][4, 2] = np.nan
    data["exp"][8, 0] = np.inf
    clip = Clip.from_arrays(**data)
    shown = [0, 1, 2, 2, 2, 5, 6, 7, 7, 9]
    np.testing.assert_array_equal(np.flatnonzero(clip.bad_frames), [3, 4, 8])
    np.testing.assert_array_equal(clip.exp, np.arange(50.0).reshape(10, 5)[shown])  # whole frames, not single arrays
    np.testing.assert_array_equal(clip.pose, np.arange(60.0).reshape(10, 6)[shown])
    np.testing.assert_array_equal(clip.shape, np.ones((10, 3)))
    (flag,) = clip.flags
    assert flag.code == "motion-not-finite"
    assert flag.message.startswith(
        "3 of 10 frames are NaN, infinite or absurdly large in exp, pose (frames 3–4, 8): the face holds the last"
    )


def test_before_the_first_good_frame_that_one_is_shown():
    exp = np.arange(4.0)[:, None]
    exp[:2] = np.nan
    clip = Clip.from_arrays(**arrays(frames=4, exp=exp))
    np.testing.assert_array_equal(clip.exp[:, 0], [2, 2, 2, 3])
    assert clip.bad_values == "NaN"


def test_an_identity_that_is_not_finite_for_all_frames_leaves_nothing_to_show():
    with pytest.raises(ClipError, match="all 10 frames are NaN in shape"):
        Clip.from_arrays(**arrays(shape=[1.0, np.nan]))


def test_a_clip_without_bad_frames_says_so():
    clip = Clip.from_arrays(**arrays(frames=3))
    assert (clip.bad_frames.tolist(), clip.bad_values, clip.flags) == ([False] * 3, "", ())


def test_absurd_numbers_are_bad_frames_and_large_ones_are_data():
    exp = np.zeros((4, 3))
    exp[1], exp[2, 0] = 1e30, -9e3
    clip = Clip.from_arrays(**arrays(frames=4, exp=exp))
    np.testing.assert_array_equal(clip.bad_frames, [False, True, False, False])
    assert clip.exp[2, 0] == -9e3


@given(st.lists(st.booleans(), min_size=2, max_size=40).filter(lambda bad: not all(bad)))
def test_whichever_frames_are_bad_each_shows_the_nearest_good_one_before_it(bad):
    exp = np.arange(len(bad), dtype=float)[:, None]
    exp[np.array(bad)] = np.nan
    clip = Clip.from_arrays(exp=exp, pose=np.zeros((len(bad), 6)))
    good = [frame for frame, is_bad in enumerate(bad) if not is_bad]
    expected = [max([frame for frame in good if frame <= at], default=good[0]) for at in range(len(bad))]
    np.testing.assert_array_equal(clip.exp[:, 0], expected)
    np.testing.assert_array_equal(clip.bad_frames, bad)


def test_a_clip_that_holds_frames_is_another_film_than_one_that_rests():
    rests = np.ones((4, 3))
    holds = rests.copy()
    holds[2] = np.nan
    assert (
        Clip.from_arrays(**arrays(4, exp=rests)).content_hash != Clip.from_arrays(**arrays(4, exp=holds)).content_hash
    )


def track(frames=5, vertices=7):
    return np.random.default_rng(0).normal(size=(frames, vertices, 3))


def test_a_track_of_vertices_has_no_coefficients():
    clip = Clip.from_arrays(vertices=track())
    assert clip.vertices.dtype == np.float32
    np.testing.assert_allclose(clip.vertices, track(), rtol=1e-6)
    assert (clip.exp.shape, clip.pose.shape, clip.shape.shape) == ((5, 0), (5, 6), (5, 0))
    assert not clip.pose.any()
    assert (len(clip), clip.seconds) == (5, 0.2)
    with pytest.raises(ValueError, match="read-only"):
        clip.vertices[0] = 1


def test_a_flat_track_is_the_same_track():
    flat = Clip.from_arrays(vertices=track().reshape(5, -1))
    assert flat.content_hash == Clip.from_arrays(vertices=track()).content_hash


def test_a_track_of_vertices_holds_its_good_frames_too():
    vertices = track()
    vertices[2, 3, 1] = np.nan
    clip = Clip.from_arrays(vertices=vertices)
    np.testing.assert_array_equal(clip.vertices[2], clip.vertices[1])
    assert "1 of 5 frames are NaN in vertices (frame 2)" in clip.flags[0].message


@pytest.mark.parametrize("shape", [(5, 7, 2), (5, 20), (0, 7, 3), (5, 0, 3), (21,), (5, 7, 3, 1)])
def test_tracks_of_other_shapes_are_refused(shape):
    with pytest.raises(ClipError, match=r"clip: vertices has shape .*; expected \(frames, vertices, 3\)"):
        Clip.from_arrays(vertices=np.zeros(shape))


def test_some_frames_of_a_clip():
    for clip in (Clip.from_arrays(**arrays(shape=[1.0], audio=[0.0])), Clip.from_arrays(vertices=track(10))):
        part = clip.frames(3, 5)
        assert (len(part), len(part.shape), len(part.bad_frames), part.audio) == (2, 2, 2, None)
        if clip.vertices is not None:
            np.testing.assert_array_equal(part.vertices, clip.vertices[3:5])


@given(st.sampled_from(["exp", "pose", "shape", "audio"]), st.integers(0, 10**6))
def test_any_change_of_what_is_shown_or_heard_changes_the_hash(name, position):
    data = arrays(shape=np.zeros((10, 4)), audio=np.zeros(50, np.float32))
    changed = {key: np.array(value) for key, value in data.items()}
    changed[name].flat[position % changed[name].size] += 0.25
    assert Clip.from_arrays(**data).content_hash != Clip.from_arrays(**changed).content_hash


@pytest.mark.parametrize(
    "change", [{"fps": 30}, {"transcript": "hi"}, {"expression_space": "arkit52"}, {"audio": [0.0]}]
)
def test_so_does_all_else_that_changes_the_film(change):
    assert Clip.from_arrays(**arrays()).content_hash != Clip.from_arrays(**arrays(**change)).content_hash


def test_one_identity_and_the_same_in_every_frame_are_the_same_film():
    one = Clip.from_arrays(**arrays(shape=[1.0, 2.0]))
    assert one.content_hash == Clip.from_arrays(**arrays(shape=np.tile([1.0, 2.0], (10, 1)))).content_hash


def test_any_change_of_a_track_changes_the_hash():
    moved = track()
    moved[4, 6, 2] += 1e-3
    assert Clip.from_arrays(vertices=track()).content_hash != Clip.from_arrays(vertices=moved).content_hash


def test_the_name_of_a_clip_does_not_change_its_hash():
    assert Clip.from_arrays(**arrays(), stem="a").content_hash == Clip.from_arrays(**arrays(), stem="b").content_hash


class Tensor:
    """What of a torch tensor matters here: it must be detached and brought to the host before NumPy can see it."""

    def __init__(self, array, ready=False):
        self._array, self._ready, self.dtype = array, ready, "torch.float32"

    def detach(self):
        return self

    def cpu(self):
        return Tensor(self._array, ready=True)

    def __array__(self, dtype=None, copy=None):
        if not self._ready:
            raise TypeError("can't convert a CUDA tensor that requires grad")
        return self._array


def test_tensors_on_a_device_and_with_gradient_are_taken():
    clip = Clip.from_arrays(**{name: Tensor(array) for name, array in arrays().items()})
    assert clip.content_hash == Clip.from_arrays(**arrays()).content_hash


@pytest.mark.parametrize("fps", [1e-6, 0.5, 1001, [1, [2]]])
def test_frame_rates_that_are_broken_numbers_are_refused_with_the_range(fps: object) -> None:
    with pytest.raises(ClipError, match="expected 1 to 1000"):
        Clip.from_arrays(exp=np.zeros((2, 5)), pose=np.zeros((2, 6)), fps=fps)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "wrong", [{"transcript": 5}, {"transcript": b"x"}, {"stem": 5}, {"stem": ""}, {"expression_space": None}]
)
def test_texts_must_be_texts(wrong: dict) -> None:
    with pytest.raises(ClipError, match=next(iter(wrong))):
        Clip.from_arrays(exp=np.zeros((2, 5)), pose=np.zeros((2, 6)), **wrong)


def test_one_split_as_plain_text_is_refused() -> None:
    with pytest.raises(ClipError, match="splits"):
        Clip.from_arrays(exp=np.zeros((2, 5)), pose=np.zeros((2, 6)), splits="train")  # type: ignore[arg-type]
