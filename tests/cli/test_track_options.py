"""The options that say how a data set is read and what it borrows, through the commands that have them."""

import json

import numpy as np
import pytest

from tests.dataset import track_factories as make
from tests.dataset.factories import make_dataset
from tests.flame.factories import head_like_flame, write_npz


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """A model with FLAME's number of vertices, and a mesh of it in motion."""
    path = tmp_path_factory.mktemp("model") / "FLAME2020" / "generic_model.npz"
    path.parent.mkdir()
    arrays = head_like_flame()
    write_npz(path, arrays)
    return path, (arrays["v_template"] * np.linspace(1, 1.05, make.FRAMES)[:, None, None]).astype(np.float32)


@pytest.fixture
def preds(tmp_path, model):
    for kind, write in make.FORMAT_FILES.items():
        write(tmp_path / "preds", f"{kind.replace(' ', '-')}_pred")
    make.write_npy(tmp_path / "preds" / "vertices_pred.npy", model[1])
    return tmp_path / "preds"


@pytest.fixture
def base(tmp_path):
    return make_dataset(
        tmp_path / "base", stems=[kind.replace(" ", "-") for kind in make.FORMAT_FILES], frames=make.FRAMES
    )


def test_a_frame_of_every_format_is_drawn(cli, preds, base, model, tmp_path):
    stems = [path.stem for path in sorted(preds.iterdir())]
    options = ("--data", preds, "--base", base, "--stem-pattern", "{stem}_pred", "--model", model[0])
    code, stdout, stderr = cli("export", *stems, *options, "--out", tmp_path / "out", "--frame", 3, "--size", 64)
    assert code == 0, stderr
    assert [line.rsplit("/", 1)[1] for line in stdout.splitlines()] == [f"{stem}.frame3.png" for stem in stems]


def test_a_film_of_a_mesh_has_the_sound_of_the_base(cli, preds, base, model, tmp_path):
    options = ("--data", preds, "--base", base, "--stem-pattern", "{stem}_pred", "--model", model[0])
    code, _, stderr = cli("export", "vertices_pred", *options, "--out", tmp_path / "out", "--size", 64)
    assert code == 0
    assert (tmp_path / "out" / "vertices_pred.mp4").exists()
    assert "vertices_pred: From vertices of base: sound, transcript, split." in stderr


def test_a_mesh_needs_a_head_of_as_many_vertices(cli, preds, tmp_path):
    code, _, stderr = cli("export", "vertices_pred", "--data", preds, "--out", tmp_path / "out", "--frame", 0)
    assert code == 1
    assert "5,023 vertices" in stderr
    assert "--model FILE" in stderr


def test_info_tells_what_is_borrowed_and_what_has_no_match(cli, preds, base):
    code, stdout, _ = cli("info", "--data", preds, "--base", base, "--stem-pattern", "{stem}_pred", "--json")
    found = json.loads(stdout)["dataset"]
    assert code == 0, stdout
    assert found["flags"]["borrowed"] == found["clips"] == found["with_audio"] == len(make.FORMAT_FILES)
    assert found["base"] == str(base)
    assert found["warnings"] == []
    _, stdout, _ = cli("info", "--data", preds, "--base", base)
    assert f"borrows from  {base}" in stdout
    assert "10 of 10 clips match none" in " ".join(stdout.split())


def test_a_map_and_a_format_are_taken(cli, preds, tmp_path):
    (tmp_path / "map.toml").write_text("fps = 12")
    options = ("--data", preds, "--map", tmp_path / "map.toml", "--track-format", "artalk", "--json")
    code, stdout, _ = cli("info", "artalk_pred", *options)
    clip = json.loads(stdout)["clip"]
    assert code == 0
    assert (clip["fps"], clip["frames"]) == (12, make.FRAMES)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--track-format", "bvh"), "no track format 'bvh'; expected auto, webtalk, artalk"),
        (("--stem-pattern", "pred"), "expected {stem} in it once"),
        (("--map", "none.toml"), "map none.toml"),
        (("--plugin", "none.py"), "none.py: no such file"),
    ],
)
def test_wrong_options_are_told_at_once(cli, preds, options, message):
    code, _, stderr = cli("export", "--data", preds, *options)
    assert code == 2
    assert message in stderr


@pytest.mark.parametrize("option", ["--base", "--map", "--plugin"])
def test_the_demo_data_borrows_nothing(cli, option):
    code, _, stderr = cli("info", option, "x")
    assert code == 2
    assert f"{option} is for a data set of yours" in stderr


def test_a_base_that_is_none_is_told(cli, preds, tmp_path):
    code, _, stderr = cli("info", "--data", preds, "--base", tmp_path / "none")
    assert code == 1
    assert f"{tmp_path / 'none'}: no such folder" in stderr
