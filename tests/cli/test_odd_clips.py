"""Clips with NaN and tracks of vertices on the command line."""

import json

import numpy as np
import pytest
import trimesh

from tests.dataset.factories import make_dataset, motion_arrays, write_motion
from tests.flame.factories import head_like_flame, write_npz
from viewer.flame import FlameModel


@pytest.fixture
def nan_data(tmp_path):
    data = make_dataset(tmp_path / "data", stems=["a"], frames=4)
    arrays = motion_arrays(frames=4)
    arrays["pose"][:, 1] = [0, 0.2, 0.4, 0.6]
    arrays["pose"][2, 3] = np.nan
    write_motion(data, "a", arrays)
    return data


def test_info_names_the_frames_that_are_nan(cli, nan_data):
    code, stdout, _ = cli("info", "a", "--data", nan_data, "--json")
    clip = json.loads(stdout)["clip"]
    assert code == 0
    assert clip["bad_frames"] == [[2, 2]]
    assert clip["flags"][0]["code"] == "motion-not-finite"
    assert np.isfinite(list(clip["jaw_degrees"].values())).all()
    _, stdout, _ = cli("info", "a", "--data", nan_data)
    assert "1 of 4 frames are NaN in pose (frame 2)" in " ".join(stdout.split())


def test_export_says_once_which_frames_it_held(cli, nan_data, tmp_path):
    code, _, stderr = cli("export", "a", "--data", nan_data, "--out", tmp_path / "out", "--size", 64)
    assert code == 0
    assert stderr.count("frames are NaN in pose") == 1


@pytest.mark.parametrize(("frame", "told"), [(1, False), (2, True)])
def test_a_picture_of_a_held_frame_says_so(cli, nan_data, tmp_path, frame, told):
    out = tmp_path / "out"
    code, _, stderr = cli("export", "a", "--data", nan_data, "--out", out, "--size", 64, "--frame", frame)
    assert code == 0 and (out / f"a.frame{frame}.png").exists()
    assert ("Frame 2 is NaN in the data: the last good frame is held" in stderr) == told


@pytest.fixture
def head(tmp_path):
    return write_npz(tmp_path / "generic_model.npz", head_like_flame())


@pytest.fixture
def tracks(tmp_path, head):
    """A folder of one track of vertices, flat as VOCASET has them."""
    folder = tmp_path / "tracks"
    folder.mkdir()
    pose = np.zeros((3, 6))
    pose[:, 3] = [0, 0.1, 0.2]
    vertices = FlameModel.load(head).vertices(pose=pose)
    np.save(folder / "take_1.npy", vertices.reshape(3, -1))
    return folder, vertices


def test_info_of_a_track(cli, tracks):
    folder, _ = tracks
    code, stdout, _ = cli("info", "take_1", "--data", folder, "--json")
    clip = json.loads(stdout)["clip"]
    assert code == 0
    assert (clip["vertices"], clip["exp_coefficients"], clip["jaw_degrees"]) == (5023, 0, None)
    _, stdout, _ = cli("info", "take_1", "--data", folder)
    assert "5,023 a frame, no coefficients" in stdout


def test_a_track_becomes_a_film_a_picture_and_a_mesh(cli, tracks, head, tmp_path):
    folder, vertices = tracks
    out = tmp_path / "out"
    options = ("--data", folder, "--model", head, "--out", out, "--size", 64)
    assert cli("export", "take_1", *options)[0] == 0
    assert cli("export", "take_1", *options, "--frame", 1)[0] == 0
    assert cli("export", "take_1", *options, "--frame", 1, "--format", "ply")[0] == 0
    assert {path.name for path in out.iterdir()} == {"take_1.mp4", "take_1.frame1.png", "take_1.frame1.ply"}
    mesh = trimesh.load(out / "take_1.frame1.ply", process=False)
    np.testing.assert_allclose(mesh.vertices, vertices[1], atol=1e-6)


def test_a_track_on_the_demo_head_says_what_to_install(cli, tracks, tmp_path):
    folder, _ = tracks
    model = "flame_assets/demo_head.npz"
    code, _, stderr = cli("export", "take_1", "--data", folder, "--model", model, "--out", tmp_path / "out")
    assert code == 1
    assert "5,023 vertices" in stderr and "generic_model.pkl" in stderr and "--model FILE" in stderr
