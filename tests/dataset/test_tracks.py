"""Every track format: what is read from it, how it is told from the others, and what is refused with a reason."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from tests.dataset import track_factories as make
from viewer.clip import FLAME_2020
from viewer.dataset.entry import FileEntry
from viewer.dataset.tracks import FORMATS, TrackOptions, check_format_name, read_track, read_track_header
from viewer.dataset.tracks.file import open_track
from viewer.errors import ClipError, UsageError
from viewer.flame.version import FLAME_2023


def track_of(path, format="auto"):
    """The track of a file; what its header says must be the same."""
    options = TrackOptions(format)
    track = read_track(FileEntry(path), options=options)
    assert read_track_header(FileEntry(path), options=options) == track.header
    return track


def codes(track):
    return [flag.code for flag in track.flags]


@pytest.mark.parametrize("kind", make.FORMAT_FILES)
def test_each_format_is_told_by_its_content_and_gives_the_same_motion(tmp_path, kind):
    name = kind.split()[0]
    path = make.FORMAT_FILES[kind](tmp_path, "a")
    with open_track(FileEntry(path)) as file:
        assert [known.name for known in FORMATS.values() if known.recognise(file)] == [name]
    for track in (track_of(path), track_of(path, name)):
        assert track.frames == make.FRAMES
        if name == "vertices":
            np.testing.assert_array_equal(track.vertices, make.mesh())
            assert track.exp is track.pose is None
            continue
        expected = make.coefficients()
        np.testing.assert_array_equal(track.exp, expected["exp"])
        np.testing.assert_array_equal(track.pose[:, 3:], expected["pose"][:, 3:])
        np.testing.assert_array_equal(track.pose[:, :3], 0 if name == "smplx" else expected["pose"][:, :3])


@pytest.mark.parametrize(
    ("kind", "fps", "space", "flags"),
    [
        ("webtalk", 25, None, []),
        ("artalk", 25, FLAME_2020, ["no-shape"]),
        ("emica", 25, None, ["no-frame-rate"]),
        ("vhap", 25, FLAME_2023, ["parts-left-out", "no-frame-rate"]),
        ("smplx", 30, FLAME_2020, ["no-shape", "no-pose", "body-left-out"]),
        ("vertices", 25, None, ["vertices-only", "no-frame-rate"]),
    ],
)
def test_what_a_format_says_and_what_it_lacks(tmp_path, kind, fps, space, flags):
    track = track_of(make.FORMAT_FILES[kind](tmp_path, "a"))
    assert (track.fps, track.expression_space, codes(track)) == (fps, space, flags)


def test_files_are_told_by_their_bytes_and_not_by_their_suffix(tmp_path):
    path = make.write_pt(tmp_path / "a.pt", make.artalk()).rename(tmp_path / "a.npz")
    np.testing.assert_array_equal(track_of(path).exp, make.coefficients()["exp"])
    np.save(tmp_path / "b.npy", make.artalk())
    path = (tmp_path / "b.npy").rename(tmp_path / "b.pt")
    np.testing.assert_array_equal(track_of(path).exp, make.coefficients()["exp"])


@pytest.mark.parametrize(
    "arrays",
    [
        {"expcode": (6, 50), "posecode": (6, 6), "shapecode": (6, 100)},
        {"exp": (6, 50), "jaw": (6, 3), "global_pose": (6, 3), "shape": (100,)},
        {"exp": (1, 6, 50), "jaw": (1, 6, 3), "global_pose": (1, 6, 3), "shape": (1, 6, 100)},
        {"expression": (6, 50), "jaw_pose": (6, 3), "head_pose": (6, 3)},
        {"gt_exp": (6, 50), "gt_jaw": (6, 3), "gt_shape": (1, 100), "fps": ()},
    ],
)
def test_names_that_are_used_for_separate_arrays(tmp_path, arrays):
    rng = np.random.default_rng(0)
    values = {key: rng.normal(0, 0.1, shape) for key, shape in arrays.items()}
    if "fps" in values:
        values["fps"] = 30
    track = track_of(make.write_npz(tmp_path / "a.npz", values))
    assert track.exp.shape == (6, 50)
    pose = values.get("posecode")
    if pose is None:
        global_pose = next((values[key] for key in ("global_pose", "head_pose") if key in values), np.zeros((6, 3)))
        jaw = next(values[key] for key in ("jaw", "jaw_pose", "gt_jaw") if key in values)
        pose = np.concatenate([global_pose.reshape(6, 3), jaw.reshape(6, 3)], axis=1)
    np.testing.assert_array_equal(track.pose, pose)
    assert track.fps == (30 if "fps" in values else 25)
    assert ("no-shape" in codes(track)) == (not any("shape" in key for key in values))


@pytest.mark.parametrize("shape", [(6, 15069), (1, 6, 15069), (6, 5023, 3), (1, 6, 5023, 3)])
def test_meshes_in_every_shape_that_is_written(tmp_path, shape):
    path = make.write_npy(tmp_path / "a.npy", make.mesh().reshape(shape))
    np.testing.assert_array_equal(track_of(path).vertices, make.mesh())


def test_a_single_frame_is_a_track(tmp_path):
    path = make.write_npy(tmp_path / "a.npy", make.mesh(1))
    assert track_of(path).vertices.shape == (1, 5023, 3)
    path = make.write_npz(tmp_path / "a.npz", {**make.smplx(1), "poses": np.zeros((1, 55, 3))})
    assert track_of(path).pose.shape == (1, 6)
    assert track_of(make.write_npy(tmp_path / "b.npy", make.artalk(1))).frames == 1


def test_other_meshes_are_read_where_a_key_says_that_they_are_vertices(tmp_path):
    path = make.write_npz(tmp_path / "a.npz", {"verts": make.mesh(n_vertices=40)})
    assert track_of(path).vertices.shape == (6, 40, 3)


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("layout", ["C", "F"])
@pytest.mark.parametrize("dtype", ["f2", "f4", "f8"])
def test_byte_order_memory_layout_and_width_of_numbers_do_not_matter(tmp_path, order, layout, dtype):
    array = np.asarray(make.artalk(), dtype=order + dtype, order=layout)
    for path in (make.write_npy(tmp_path / "a.npy", array), make.write_npz(tmp_path / "a.npz", {"x": array})):
        track = track_of(path)
        np.testing.assert_array_equal(np.concatenate([track.exp, track.pose], axis=1), array)


def test_frames_that_are_not_finite_are_left_to_the_clip(tmp_path):
    arrays = make.emica()
    arrays["exp"][2] = np.nan
    track = track_of(make.write_npz(tmp_path / "a.npz", arrays))
    assert np.isnan(track.exp[2]).all()
    mesh = make.mesh()
    mesh[0] = np.nan
    assert np.isnan(track_of(make.write_npy(tmp_path / "a.npy", mesh)).vertices[0]).all()


REFUSED = {
    "a vector of 56": (make.artalk()[:, :56], "no known track format.*holds array \\(6, 56\\).*--map FILE"),
    "four dimensions": (np.zeros((2, 6, 106, 1)), "no known track format"),
    "one frame without its dimension": (np.zeros(106), "no known track format"),
    "no frames": (np.zeros((0, 106)), "array has no frames"),
    "objects": (np.array([{"exp": 1}], object), "no known track format.*no numbers"),
    "text": (np.full((6, 106), "1"), "no known track format"),
    "millimetres": (make.mesh() * 1000, "makes a head of 200 m.*units"),
    "offsets from a template": (make.mesh() / 1000, "offsets from a template"),
    "exp and motion at once": (
        {**make.webtalk(), "jaw": np.zeros((6, 3))},
        "more than one way.*--track-format webtalk or --track-format emica",
    ),
    "coefficients and vertices": (
        {**make.webtalk(), "vertices": make.mesh()},
        "--track-format webtalk or --track-format vertices",
    ),
    "two tracks of 106": ({"a": make.artalk(), "b": make.artalk()}, "no known track format"),
    "two meshes": ({"a": make.mesh(), "b": make.mesh()}, "2 arrays of this kind: a, b"),
    "a jaw of two numbers": ({**make.emica(), "jawpose": np.zeros((6, 2))}, "jawpose has width 2; expected 3"),
    "a posecode of three": (
        {"expcode": np.zeros((6, 50)), "posecode": np.zeros((6, 3))},
        "posecode has width 3, so it has no column 5",
    ),
    "lengths that differ": ({**make.emica(), "jawpose": np.zeros((5, 3))}, "exp 6, globalpose 6, jawpose 5, shape 6"),
    "a body without a face": ({**make.smplx(), "poses": np.zeros((6, 72))}, "poses has width 72; expected 165"),
    "vertices by fours": ({"vertices": np.zeros((6, 40))}, "multiple of 3"),
    "nothing": ({}, "holds nothing"),
    "text and a number": ({"name": "x", "n": 3}, "holds name \\(no numbers\\), n \\(\\)"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_does_not_fit_is_refused_with_what_it_holds(tmp_path, name):
    content, message = REFUSED[name]
    path = tmp_path / "a"
    if isinstance(content, dict):
        path = make.write_npz(path.with_suffix(".npz"), content)
    else:
        np.save(path.with_suffix(".npy"), content, allow_pickle=True)
        path = path.with_suffix(".npy")
    with pytest.raises(ClipError, match=message) as error:
        read_track(FileEntry(path))
    assert str(path) in str(error.value)


def test_of_an_ambiguous_file_one_reading_can_be_chosen(tmp_path):
    path = make.write_npz(tmp_path / "a.npz", {**make.webtalk(), "vertices": make.mesh()})
    assert track_of(path, "webtalk").kind == "coefficients"
    assert track_of(path, "vertices").kind == "vertices"


@pytest.mark.parametrize("kind", make.FORMAT_FILES)
@pytest.mark.parametrize("name", FORMATS)
def test_a_format_that_is_asked_for_but_does_not_fit_is_a_clip_error(tmp_path, kind, name):
    path = make.FORMAT_FILES[kind](tmp_path, "a")
    try:
        track = track_of(path, name)
    except ClipError as error:
        assert str(path) in str(error)
    else:
        assert kind.split()[0] == name or (kind, name) == (
            "vhap",
            "emica",
        )  # its global rotation has another name there
        assert track.frames == make.FRAMES


def test_unknown_formats_are_named_with_the_known_ones():
    check_format_name("artalk")
    check_format_name("auto")
    with pytest.raises(UsageError, match="did you mean artalk"):
        check_format_name("artalks")
    with pytest.raises(UsageError, match="auto, webtalk, artalk, emica, vhap, smplx, vertices"):
        check_format_name("bvh")


@given(
    arrays=st.dictionaries(
        st.sampled_from(
            ["exp", "pose", "jaw", "shape", "vertices", "expressions", "poses", "expr", "rotation", "fps", "posecode"]
        ),
        hnp.arrays(np.float32, hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=6)),
        max_size=5,
    )
)
def test_any_arrays_are_a_track_or_a_clip_error(tmp_path_factory, arrays):
    path = make.write_npz(tmp_path_factory.mktemp("any") / "a.npz", arrays)
    try:
        header = read_track_header(FileEntry(path))
    except ClipError:
        return
    assert header.frames > 0
    try:
        track = read_track(FileEntry(path))
    except ClipError as error:  # what headers cannot tell
        assert "makes a head of" in str(error)
        return
    assert header == track.header
