"""Regions and landmarks: where they are, how they move, and where they come from."""

from __future__ import annotations

import dataclasses
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.flame.factories import head_like_flame, random_flame, write_npz
from viewer.errors import ModelFileError, UsageError
from viewer.flame import FlameModel, choose_head, regions
from viewer.flame.regions import DERIVED, LIPS, Regions


@pytest.fixture(scope="module")
def labelled() -> FlameModel:
    """The demo head, whose file names its lips."""
    return choose_head(expression_space="arkit52").model


@pytest.fixture(scope="module")
def unlabelled(labelled: FlameModel) -> FlameModel:
    """The same head as FLAME comes: without part names."""
    return FlameModel(dataclasses.replace(labelled.arrays, part=None, part_names=(), expression_names=()))


@pytest.fixture(scope="module")
def hollow(labelled: FlameModel) -> FlameModel:
    """The same head without an inner mouth: like FLAME's, its lips end in an open edge."""
    arrays = labelled.arrays
    outside = [labelled.part_names.index(name) for name in ("skin", "lips", "eyes")]
    kept = np.isin(arrays.part, outside)
    number = np.cumsum(kept) - 1
    faces = number[arrays.faces[kept[arrays.faces].all(axis=1)]].astype(np.int32)
    cut: dict[str, Any] = {
        name: getattr(arrays, name)[kept] for name in ("v_template", "shape_dirs", "exp_dirs", "pose_dirs", "weights")
    }
    # An affine combination of the vertices left that gives the same joints.
    system = np.column_stack([cut["v_template"], np.ones(kept.sum())]).astype(np.float64)
    cut["joint_regressor"] = np.column_stack([labelled.joints, np.ones(5)]) @ np.linalg.pinv(system)
    return FlameModel(dataclasses.replace(arrays, faces=faces, part=None, part_names=(), vertex_colors=None, **cut))


@pytest.fixture(params=["labelled", "unlabelled", "hollow"])
def head(request: pytest.FixtureRequest) -> FlameModel:
    return request.getfixturevalue(request.param)


def opening_mm(found: Regions, vertices: np.ndarray) -> np.ndarray:
    upper, lower = (found.landmark(f"lip_{lip}_inner").of(vertices) for lip in ("upper", "lower"))
    return 1000 * np.linalg.norm(upper - lower, axis=-1)


def test_every_region_and_landmark_is_found(head: FlameModel) -> None:
    found = regions(head)
    sides = ("left", "right")
    assert set(found.masks) == {
        *LIPS, "nose", "upper_face", "jaw", *(f"brow_{side}" for side in sides),
        *(f"eyelid_{lid}_{side}" for lid in ("upper", "lower") for side in sides),
    }  # fmt: skip
    assert all(mask.any() for mask in found.masks.values())
    assert len(found.landmarks) == 10
    lips = np.sum([found.masks[name] for name in LIPS], axis=0)
    assert lips.max() == 1
    assert not (found.masks["jaw"] & (lips > 0)).any()


def test_landmarks_lie_where_a_face_has_them(head: FlameModel) -> None:
    found = regions(head)
    at = {name: landmark.of(head.v_template) * 1000 for name, landmark in found.landmarks.items()}
    heights = ["eyelid_upper_left", "eyelid_lower_left", "nose_tip", "lip_upper_inner", "chin"]
    assert np.all(np.diff([at[name][1] for name in heights]) < -2)
    assert all(abs(at[name][0]) < 3 for name in ("nose_tip", "lip_upper_inner", "lip_lower_inner", "chin"))
    assert 35 < at["mouth_corner_left"][0] - at["mouth_corner_right"][0] < 60
    for left in ("mouth_corner_left", "eyelid_upper_left", "eyelid_lower_left"):
        mirrored = at[left.replace("left", "right")] * [-1, 1, 1]
        assert np.linalg.norm(at[left] - mirrored) < 4
    assert at["nose_tip"][2] == max(point[2] for point in at.values())


def test_mouth_opens_with_the_jaw(head: FlameModel) -> None:
    found = regions(head)
    pose = np.zeros((6, 6))
    pose[:, 3] = np.linspace(0, 0.25, 6)
    opening = opening_mm(found, head.vertices(pose=pose))
    assert opening[0] < 2
    assert np.all(np.diff(opening) > 1)
    assert opening[-1] > 12
    moved = np.linalg.norm(head.vertices(pose=pose[-1])[0] - head.v_template, axis=1)
    assert moved[found["jaw"]].min() > 2 * moved[found["upper_face"]].max()
    lower, upper = (np.union1d(found[f"lip_{lip}_inner"], found[f"lip_{lip}_outer"]) for lip in ("lower", "upper"))
    assert np.median(moved[lower]) > 2 * np.median(moved[upper])


def test_lids_close_with_a_blink(labelled: FlameModel) -> None:
    found = regions(labelled)
    blink = np.zeros((2, labelled.n_exp))
    blink[1, [labelled.expression_names.index(f"eyeBlink_{side}") for side in "LR"]] = 1
    vertices = labelled.vertices(exp=blink)
    for side in ("left", "right"):
        upper, lower = (found.landmark(f"eyelid_{lid}_{side}").of(vertices) for lid in ("upper", "lower"))
        gap = 1000 * np.linalg.norm(upper - lower, axis=-1)
        assert gap[0] > 6
        assert gap[1] < 0.5 * gap[0]


def test_derived_lips_are_those_of_the_artist(labelled: FlameModel, unlabelled: FlameModel) -> None:
    named, derived = set(regions(labelled)["lips"].tolist()), set(regions(unlabelled)["lips"].tolist())
    assert len(named & derived) / len(named | derived) > 0.6
    for name in ("mouth_corner_left", "lip_upper_inner", "lip_lower_inner"):
        apart = [regions(model).landmark(name).of(labelled.v_template) for model in (labelled, unlabelled)]
        assert np.linalg.norm(np.subtract(*apart)) < 0.003


def test_sources_are_told(labelled: FlameModel, unlabelled: FlameModel) -> None:
    assert regions(unlabelled).source == DERIVED
    assert regions(labelled).sources["lip_upper_outer"] == "parts named in the model file"
    assert regions(labelled).sources["jaw"] == DERIVED


def test_colours_show_every_region(head: FlameModel) -> None:
    found = regions(head)
    colors = found.colors()
    assert colors.shape == head.v_template.shape and colors.dtype == np.uint8
    shown = {tuple(color) for color in colors.tolist()}
    assert shown >= set(found.legend().values())


@pytest.mark.parametrize("make", [head_like_flame, random_flame])
def test_a_head_without_a_mouth_has_no_lips(make: Any, tmp_path: Path) -> None:
    """Without two lips that part there is nothing to measure an opening at, and asking for it says so."""
    arrays = make()
    arrays["posedirs"] = arrays["posedirs"] * 0
    arrays["weights"] = np.tile([0, 1, 0, 0, 0], (len(arrays["v_template"]), 1)).astype(float)
    found = regions(FlameModel.load(write_npz(tmp_path / "model.npz", arrays)))
    assert not set(LIPS) & set(found.masks)
    with pytest.raises(UsageError, match="no region lip_upper_outer"):
        found["lips"]
    with pytest.raises(UsageError, match="no landmark chin; it has nose_tip"):
        found.landmark("chin")


def test_noise_in_the_shape_of_a_model_breaks_nothing(tmp_path: Path) -> None:
    model = FlameModel.load(write_npz(tmp_path / "model.npz", random_flame()))
    assert regions(model).colors().shape == (5023, 3)


@pytest.fixture
def flame_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a model of FLAME's size in it, where the user's files go."""
    monkeypatch.setenv("FLAME_ASSETS", str(tmp_path))
    folder = tmp_path / "FLAME2020"
    folder.mkdir()
    write_npz(folder / "generic_model.npz", head_like_flame())
    return tmp_path


def masks_file(folder: Path) -> Path:
    path = folder / "FLAME_masks.pkl"
    numbers = {
        "lips": range(3000, 3254),
        "nose": range(100, 300),
        "forehead": range(500),
        "eye_region": range(400, 700),
    }
    path.write_bytes(pickle.dumps({key: np.array(value) for key, value in numbers.items()}, protocol=2))
    return path


def test_the_users_masks_come_first(flame_folder: Path) -> None:
    path = masks_file(flame_folder)
    model = FlameModel.load(flame_folder / "FLAME2020" / "generic_model.npz")
    found = regions(model)
    np.testing.assert_array_equal(found["nose"], np.arange(100, 300))
    np.testing.assert_array_equal(found["upper_face"], np.arange(700))
    assert found.sources["nose"] == f"FLAME masks file {path}"
    assert found.sources["brow_left"] == DERIVED
    assert str(path) in found.source


def test_masks_are_for_flames_own_mesh_only(flame_folder: Path, unlabelled: FlameModel) -> None:
    masks_file(flame_folder)
    assert regions(unlabelled).source == DERIVED


@pytest.mark.parametrize("kind", ["51 points, pickle", "68 points, object array"])
def test_the_users_landmarks_come_first(kind: str, flame_folder: Path) -> None:
    n_points = int(kind[:2])
    faces = np.arange(n_points) * 100
    weights = np.random.default_rng(0).dirichlet(np.ones(3), n_points)
    if n_points == 51:
        path = flame_folder / "flame_static_embedding.pkl"
        path.write_bytes(pickle.dumps({"lmk_face_idx": faces, "lmk_b_coords": weights}, protocol=2))
    else:
        path = flame_folder / "landmark_embedding.npy"
        content = {"full_lmk_faces_idx": faces[None], "full_lmk_bary_coords": weights[None]}
        np.save(path, np.array(content, dtype=object), allow_pickle=True)
    model = FlameModel.load(flame_folder / "FLAME2020" / "generic_model.npz")
    found = regions(model)
    row = 48 - (68 - n_points)
    corner = found.landmark("mouth_corner_right")
    assert corner.source == f"FLAME landmarks file {path}"
    np.testing.assert_allclose(
        corner.of(model.v_template), weights[row] @ model.v_template[model.faces[faces[row]]], atol=1e-6
    )
    lid = found.landmark("eyelid_upper_left").of(model.v_template)
    rows = [43 - (68 - n_points), 44 - (68 - n_points)]
    points = [weights[row] @ model.v_template[model.faces[faces[row]]] for row in rows]
    np.testing.assert_allclose(lid, np.mean(points, axis=0), atol=1e-6)


BAD_MASKS = {
    "executes": (b"cos\nsystem\n(S'true'\ntR.", "asks for posix.system|asks for os.system"),
    "another mesh": (pickle.dumps({"lips": np.array([5023])}), "numbers from 0 to 5022"),
    "no masks": (pickle.dumps({"mouth": np.array([1])}), "expected lips, nose, forehead, eye_region; has mouth"),
    "a list": (pickle.dumps([1, 2]), "holds a list"),
}


@pytest.mark.parametrize("name", BAD_MASKS)
def test_bad_masks_file_is_an_error(name: str, flame_folder: Path) -> None:
    content, message = BAD_MASKS[name]
    (flame_folder / "FLAME_masks.pkl").write_bytes(content)
    with pytest.raises(ModelFileError, match=message):
        regions(FlameModel.load(flame_folder / "FLAME2020" / "generic_model.npz"))
