"""The demo head is a FLAME model file, and a face: lips that meet, teeth behind them, lids that close."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.flame_assets.raster import seen
from viewer.flame import FlameModel

HEAD_FILE = Path(__file__).resolve().parents[2] / "flame_assets/demo_head.npz"
CELL_MM2 = 0.25  # of the z-buffer in raster.py
SKIN, LIPS, INNER_MOUTH, TONGUE, TEETH, EYES = range(6)


@pytest.fixture(scope="module")
def arrays() -> dict[str, np.ndarray]:
    with np.load(HEAD_FILE, allow_pickle=False) as file:
        return dict(file)


@pytest.fixture(scope="module")
def head() -> FlameModel:
    return FlameModel.load(HEAD_FILE)


def posed(head: FlameModel, *, jaw=(0, 0, 0), neck=(0, 0, 0), eyes=(0, 0, 0), shape=(0,), **units: float) -> np.ndarray:
    """(V, 3) metres; units by ARKit name, without side for both sides."""
    exp = np.zeros(head.n_exp)
    for unit, amount in units.items():
        found = [i for i, name in enumerate(head.expression_names) if name in (unit, f"{unit}_L", f"{unit}_R")]
        assert found, unit
        exp[found] = amount
    return head.vertices(
        exp=exp, shape=np.array(shape, float), pose=[[0, 0, 0, *jaw]], neck=[neck], eyes=[[*eyes, *eyes]]
    )[0]


def mouth_parts(head: FlameModel, vertices: np.ndarray, azimuth: float = 0.0) -> dict[int, float]:
    """Square millimetres that each part shows in a window around the mouth."""
    centre = head.v_template[head.part == LIPS].mean(axis=0)
    window = seen(vertices, head.faces, head.part, centre=centre, half_width=0.03, half_height=0.034, azimuth=azimuth)
    return {part: float((window == part).sum()) * CELL_MM2 for part in range(6)}


def eye_mm2(head: FlameModel, vertices: np.ndarray, side: int, azimuth: float = 0.0) -> float:
    """Square millimetres that an eyeball shows; side 0 left, 1 right."""
    centre = head.joints[3 + side]
    window = seen(vertices, head.faces, head.part, centre=centre, half_width=0.022, half_height=0.016, azimuth=azimuth)
    return float((window == EYES).sum()) * CELL_MM2


def test_keys_shapes_and_dtypes_are_flames(arrays: dict[str, np.ndarray]) -> None:
    v, f = len(arrays["v_template"]), len(arrays["f"])
    expected = {
        "v_template": ((v, 3), "float32"),
        "f": ((f, 3), "uint32"),
        "shapedirs": ((v, 3, 400), "float16"),
        "posedirs": ((v, 3, 36), "float16"),
        "J_regressor": ((5, v), "float64"),
        "weights": ((v, 5), "float32"),
        "kintree_table": ((2, 5), "int64"),
        "part": ((v,), "uint8"),
        "vertex_colors": ((v, 3), "uint8"),
    }
    assert {name: (arrays[name].shape, str(arrays[name].dtype)) for name in expected} == expected
    assert arrays["kintree_table"].tolist() == [[4294967295, 0, 1, 1, 1], [0, 1, 2, 3, 4]]
    assert (str(arrays["bs_style"]), str(arrays["bs_type"])) == ("lbs", "lrotmin")
    for name, array in arrays.items():
        assert array.dtype.kind != "f" or np.isfinite(array).all(), name


def test_file_is_small_and_names_its_source_and_licence(arrays: dict[str, np.ndarray]) -> None:
    assert HEAD_FILE.stat().st_size <= 2.5e6
    assert str(arrays["licence"]) == "CC0-1.0"
    assert "MakeHuman" in str(arrays["source"])
    assert "Face Units" in str(arrays["source"])
    assert str(arrays["expression_space"]) == "arkit52"


def test_names_52_units_and_six_parts(arrays: dict[str, np.ndarray]) -> None:
    names = arrays["expression_names"].tolist()
    assert len(names) == len(set(names)) == 52
    assert {"jawOpen", "mouthClose", "mouthPucker", "eyeBlink_L", "eyeBlink_R", "browInnerUp", "tongueOut"} <= set(
        names
    )
    moved = np.abs(arrays["shapedirs"].astype(np.float32)).max(axis=(0, 1))
    assert (moved[300:352] > 1e-3).all(), "every unit moves something by a millimetre"
    assert not moved[352:].any()
    assert not moved[40:300].any()
    assert arrays["part_names"].tolist() == ["skin", "lips", "inner mouth", "tongue", "teeth", "eyes"]
    assert np.unique(arrays["part"]).tolist() == [0, 1, 2, 3, 4, 5]


def test_weights_and_regressor_are_affine(arrays: dict[str, np.ndarray]) -> None:
    assert arrays["weights"].min() >= 0
    np.testing.assert_allclose(arrays["weights"].sum(axis=1), 1, atol=1e-6)
    np.testing.assert_allclose(arrays["J_regressor"].sum(axis=1), 1, atol=1e-6)


def test_stands_where_flame_stands(head: FlameModel) -> None:
    flame_2023_open = [[0, -0.146, -0.082], [0, -0.009, -0.054], [0, -0.016, -0.058]]
    flame_2023_open += [[0.032, 0.023, 0.024], [-0.032, 0.023, 0.024]]
    distance = np.linalg.norm(head.joints - flame_2023_open, axis=1)
    assert distance[[0, 1, 3, 4]].max() < 0.005
    assert distance[2] < 0.035, "its jaw hinge is fitted to its own jaw"


def test_mesh_is_sound(arrays: dict[str, np.ndarray]) -> None:
    vertices, faces = arrays["v_template"].astype(float), arrays["f"].astype(int)
    a, b, c = (vertices[faces[:, i]] for i in range(3))
    normals = np.cross(b - a, c - a)
    assert np.linalg.norm(normals, axis=1).min() > 1e-11, "a degenerate face"
    assert np.unique(faces).size == len(vertices), "a vertex that no face uses"
    directed = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]])
    assert len(np.unique(directed, axis=0)) == len(directed), "neighbouring faces wind in opposite senses"
    nose_tip = vertices[:, 2].argmax()
    assert (normals[(faces == nose_tip).any(axis=1), 2] > 0).all(), "faces look outwards"


def test_face_is_symmetric(arrays: dict[str, np.ndarray]) -> None:
    vertices = arrays["v_template"]
    mirrored = vertices * [-1, 1, 1]
    for part in (LIPS, TEETH, EYES):
        chosen = arrays["part"] == part
        gaps = np.linalg.norm(mirrored[chosen][:, None] - vertices[chosen], axis=2).min(axis=1)
        assert gaps.max() < 0.0008, part


def test_closed_mouth_shows_lips_only(head: FlameModel) -> None:
    for azimuth in (-35, 0, 35):
        shown = mouth_parts(head, posed(head), azimuth)
        assert shown[TEETH] == shown[TONGUE] == 0, azimuth
        assert shown[INNER_MOUTH] < 5
        assert shown[LIPS] > 400


@pytest.mark.parametrize("sigma", [-2.0, 2.0])
@pytest.mark.parametrize("mode", range(12))
def test_teeth_stay_behind_the_lips_of_every_identity(head: FlameModel, mode: int, sigma: float) -> None:
    shape = np.zeros(12)
    shape[mode] = sigma
    assert mouth_parts(head, posed(head, shape=shape))[TEETH] <= 0.5


def test_random_identities_keep_their_mouths_closed(head: FlameModel) -> None:
    rng = np.random.default_rng(0)
    for _ in range(6):
        shown = mouth_parts(head, posed(head, shape=rng.normal(0, 0.7, 40)))
        assert shown[TEETH] + shown[TONGUE] <= 1


def test_mouth_opens_steadily_with_the_jaw(head: FlameModel) -> None:
    opened = []
    for angle in (0, 0.02, 0.05, 0.1, 0.15, 0.2, 0.26):
        shown = mouth_parts(head, posed(head, jaw=(angle, 0, 0)))
        opened.append(shown[INNER_MOUTH] + shown[TONGUE] + shown[TEETH])
    assert (np.diff(opened) > 0).all(), opened
    assert mouth_parts(head, posed(head, jaw=(0.1, 0, 0)))[TEETH] > 10, "an open mouth shows teeth"


def test_turning_the_jaw_gives_the_artists_open_mouth(head: FlameModel, arrays: dict[str, np.ndarray]) -> None:
    slot = 300 + arrays["expression_names"].tolist().index("jawOpen")
    wanted = arrays["v_template"] + arrays["shapedirs"][:, :, slot].astype(np.float64)
    lower = (arrays["part"] == TEETH) & (arrays["weights"][:, 2] > 0.99)
    before, after = (v[lower] - v[lower].mean(axis=0) for v in (arrays["v_template"].astype(float), wanted))
    angle = np.arctan2(
        (before[:, 1] * after[:, 2] - before[:, 2] * after[:, 1]).sum(), (before[:, 1:] * after[:, 1:]).sum()
    )
    assert np.rad2deg(angle) == pytest.approx(24.2, abs=0.5)
    assert np.abs(posed(head, jaw=(angle, 0, 0)) - wanted).max() < 1e-4


@pytest.mark.parametrize("side", [0, 1])
def test_blink_closes_the_lids_over_the_eye(head: FlameModel, side: int) -> None:
    shown = [eye_mm2(head, posed(head, eyeBlink=amount), side) for amount in (0, 0.25, 0.5, 0.75, 1)]
    assert shown[0] > 100
    assert (np.diff(shown) < 0).all(), shown
    for azimuth in (-30, 0, 30):
        assert eye_mm2(head, posed(head, eyeBlink=1.0), side, azimuth) <= 1, azimuth


def test_every_identity_can_close_its_eyes(head: FlameModel) -> None:
    rng = np.random.default_rng(5)
    for _ in range(4):
        closed = posed(head, shape=rng.normal(0, 0.7, 40), eyeBlink=1.0)
        assert max(eye_mm2(head, closed, side) for side in (0, 1)) <= 1


def test_lids_follow_the_gaze(head: FlameModel) -> None:
    down, ahead, up = (posed(head, eyes=(pitch, 0, 0)) for pitch in (0.3, 0, -0.3))
    lids = (head.part == SKIN) & (np.linalg.norm(head.v_template - head.joints[3], axis=1) < 0.021)
    assert (down - ahead)[lids, 1].min() < -0.0015
    assert (up - ahead)[lids, 1].max() > 0.001


@pytest.mark.parametrize(
    ("unit", "axis", "sign"),
    [("eyeLookUp_L", 1, 1), ("eyeLookDown_L", 1, -1), ("eyeLookOut_L", 0, 1), ("eyeLookIn_L", 0, -1)],
)
def test_gaze_units_turn_the_eyeball(head: FlameModel, unit: str, axis: int, sign: int) -> None:
    eyeball = np.flatnonzero((head.part == EYES) & (head.v_template[:, 0] > 0))
    pupil = eyeball[head.v_template[eyeball, 2].argmax()]
    assert sign * (posed(head, **{unit: 1.0}) - posed(head))[pupil, axis] > 0.002


@pytest.mark.parametrize(
    "pose",
    [
        {"neck": (0.4, 0, 0)},
        {"neck": (-0.4, 0, 0)},
        {"neck": (0, 0.6, 0)},
        {"neck": (0, 0, 0.4)},
        {"jaw": (0.1, 0.1, 0)},
        {"jaw": (0.1, 0, 0.1)},
    ],
    ids=str,
)
def test_skin_does_not_tear(head: FlameModel, pose: dict) -> None:
    faces = head.faces[(head.part[head.faces] == SKIN).all(axis=1)]
    edges = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]]])

    def lengths(vertices: np.ndarray) -> np.ndarray:
        return np.linalg.norm(vertices[edges[:, 0]] - vertices[edges[:, 1]], axis=1)

    long = lengths(head.v_template) > 0.002
    stretch = lengths(posed(head, **pose))[long] / lengths(head.v_template)[long]
    assert stretch.max() < 2.2
    assert stretch.min() > 0.25
