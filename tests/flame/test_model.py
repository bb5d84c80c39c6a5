"""The decoder against an oracle written independently, against body-models, stored smplx output, and laws that hold."""

from __future__ import annotations

import tracemalloc
from pathlib import Path
from typing import Any

import body_models.flame.numpy as body_models
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from tests.flame.factories import random_coefficients, random_flame, write_npz
from tests.flame.oracle import forward
from viewer.errors import UsageError
from viewer.flame.model import FlameModel

METRES = 1e-6
"""Agreement asked for, on every vertex."""


def rotations(coefficients: dict[str, np.ndarray]) -> np.ndarray:
    """(T, 5, 3): root, neck, jaw, left eye, right eye."""
    c = coefficients
    return np.concatenate([c["pose"][:, :3], c["neck"], c["pose"][:, 3:], c["eyes"]], axis=1).reshape(-1, 5, 3)


@pytest.mark.parametrize("varying_shape", [False, True])
@pytest.mark.parametrize("seed", [0, 1])
def test_agrees_with_the_oracle(seed: int, varying_shape: bool, tmp_path: Path) -> None:
    arrays = random_flame(seed)
    model = FlameModel.load(write_npz(tmp_path / "model.npz", arrays))
    coefficients = random_coefficients(seed, 3, varying_shape=varying_shape)
    vertices = model.vertices(**coefficients)
    assert vertices.dtype == np.float32 and vertices.shape == (3, 5023, 3)
    for frame, turned in enumerate(rotations(coefficients)):
        shape = coefficients["shape"][frame] if varying_shape else coefficients["shape"]
        expected = forward(arrays, shape=shape, exp=coefficients["exp"][frame], rotations=turned)
        assert np.abs(vertices[frame] - expected).max() < METRES


@pytest.mark.parametrize("sum_of_weights", [1, 0.9995])
def test_a_jaw_that_turns_alone_agrees_with_the_oracle(sum_of_weights: float, tmp_path: Path) -> None:
    """As in curves and metrics, which hold heads still; also where weights do not sum to 1, as they should."""
    arrays = random_flame(2)
    arrays["weights"] = sum_of_weights * arrays["weights"]
    model = FlameModel.load(write_npz(tmp_path / "model.npz", arrays))
    coefficients = random_coefficients(2, 3)
    turned = np.zeros((3, 5, 3))
    turned[:, 2] = coefficients["pose"][:, 3:]
    pose = np.hstack([turned[:, 0], turned[:, 2]])
    vertices = model.vertices(exp=coefficients["exp"], shape=coefficients["shape"], pose=pose)
    for frame in range(3):
        expected = forward(arrays, shape=coefficients["shape"], exp=coefficients["exp"][frame], rotations=turned[frame])
        assert np.abs(vertices[frame] - expected).max() < METRES


def test_agrees_with_body_models(arrays: dict[str, Any], model: FlameModel, model_file: Path) -> None:
    coefficients = random_coefficients(7, 6, varying_shape=True)
    turned = rotations(coefficients).astype(np.float32)
    expected = body_models.FLAME(model_path=model_file).forward_vertices(
        turned[:, 1:],
        head_rotation=turned[:, 0],
        shape=coefficients["shape"].astype(np.float32),
        expression=coefficients["exp"].astype(np.float32),
    )
    assert np.abs(model.vertices(**coefficients) - expected).max() < METRES


def test_agrees_with_stored_smplx_output(tmp_path: Path) -> None:
    """Written by tests/parity/store_reference.py, so that smplx is compared with where torch is not installed."""
    stored = np.load(Path(__file__).parent / "data" / "smplx_reference.npz")
    arrays = random_flame(int(stored["model_seed"]))
    model = FlameModel.load(write_npz(tmp_path / "model.npz", arrays))
    coefficients = random_coefficients(int(stored["coefficients_seed"]), len(stored["vertices"]), varying_shape=True)
    vertices = model.vertices(**coefficients)[:, stored["vertex_indices"]]
    assert np.abs(vertices - stored["vertices"]).max() < METRES


TERMS = {
    "identity": {"shape": np.eye(300)[:5]},
    "expression": {"exp": np.eye(100)[:5]},
    "global rotation": {"pose": [0.3, 0, 0, 0, 0, 0]},
    "jaw": {"pose": [0, 0, 0, 0.3, 0, 0]},
    "neck": {"neck": [0.3, 0, 0]},
    "left eye": {"eyes": [0.3, 0, 0, 0, 0, 0]},
    "right eye": {"eyes": [0, 0, 0, 0.3, 0, 0]},
}


@pytest.mark.parametrize("term", TERMS)
def test_models_of_these_tests_have_flames_scale(term: str, model: FlameModel) -> None:
    """A term that hardly moved anything could be wrong without the comparisons above noticing."""
    moved = np.linalg.norm(model.vertices(**TERMS[term]) - model.v_template, axis=2)
    assert (moved.max(axis=1) > 1e-3).all()


def test_pose_correctives_and_joint_motion_matter(arrays: dict[str, Any], tmp_path: Path) -> None:
    """Without correctives, or with joints that stay where they are under expression, vertices move by 1 mm and more."""
    coefficients = random_coefficients(5, 1)
    turned = rotations(coefficients)[0]
    full = forward(arrays, exp=coefficients["exp"][0], rotations=turned)
    no_correctives = forward(
        arrays | {"posedirs": arrays["posedirs"] * 0}, exp=coefficients["exp"][0], rotations=turned
    )
    assert np.linalg.norm(full - no_correctives, axis=1).max() > 1e-3
    moved = arrays["J_regressor"] @ np.tensordot(arrays["shapedirs"][:, :, 300:], coefficients["exp"][0], axes=1)
    assert np.linalg.norm(moved, axis=1).max() > 1e-3


def test_rest_is_the_template(model: FlameModel) -> None:
    np.testing.assert_allclose(model.vertices()[0], model.v_template, atol=1e-7)
    np.testing.assert_allclose(model.vertices(pose=np.zeros((4, 6)))[3], model.v_template, atol=1e-7)


VECTOR = st.lists(st.floats(-3, 3), min_size=3, max_size=3).map(np.array)


@settings(max_examples=15, deadline=None)
@given(rotation=VECTOR, jaw=VECTOR, seed=st.integers(0, 1000))
def test_global_rotation_is_rigid_about_the_root_joint(
    model: FlameModel, rotation: np.ndarray, jaw: np.ndarray, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    exp, shape = rng.normal(0, 1, 100), rng.normal(0, 1, 300)
    still = model.vertices(exp=exp, shape=shape, pose=np.concatenate([np.zeros(3), jaw]))[0].astype(np.float64)
    turned = model.vertices(exp=exp, shape=shape, pose=np.concatenate([rotation, jaw]))[0]
    unposed = model.vertices(exp=exp, shape=shape)[0]
    root = model.arrays.joint_regressor[0] @ unposed
    expected = Rotation.from_rotvec(rotation).apply(still - root) + root
    np.testing.assert_allclose(turned, expected, atol=METRES)


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 1000), factor=st.floats(-3, 3))
def test_identity_and_expression_are_linear_at_rest(model: FlameModel, seed: int, factor: float) -> None:
    rng = np.random.default_rng(seed)
    exp, shape = rng.normal(0, 1, (2, 100)), rng.normal(0, 1, (2, 300))

    def offset(exp: np.ndarray, shape: np.ndarray) -> np.ndarray:
        return model.vertices(exp=exp, shape=shape)[0].astype(np.float64) - model.v_template

    combined = offset(exp[0] + factor * exp[1], shape[0] + factor * shape[1])
    np.testing.assert_allclose(combined, offset(exp[0], shape[0]) + factor * offset(exp[1], shape[1]), atol=METRES)


@settings(max_examples=10, deadline=None)
@given(n_frames=st.integers(1, 40), frames_per_block=st.integers(1, 50), varying_shape=st.booleans())
def test_blocks_change_nothing(model: FlameModel, n_frames: int, frames_per_block: int, varying_shape: bool) -> None:
    coefficients = random_coefficients(n_frames, n_frames, varying_shape=varying_shape)
    blocks = list(model.vertex_blocks(**coefficients, frames_per_block=frames_per_block))
    assert all(len(block) == frames_per_block for block in blocks[:-1])
    np.testing.assert_allclose(np.concatenate(blocks), model.vertices(**coefficients), atol=1e-7)


@settings(max_examples=10, deadline=None)
@given(n_exp=st.integers(1, 99), n_shape=st.integers(1, 299))
def test_fewer_coefficients_stand_for_zeros(model: FlameModel, n_exp: int, n_shape: int) -> None:
    rng = np.random.default_rng(n_exp)
    exp, shape, pose = rng.normal(0, 1, (3, n_exp)), rng.normal(0, 1, n_shape), rng.normal(0, 0.3, (3, 6))
    padded = model.vertices(
        exp=np.pad(exp, ((0, 0), (0, 100 - n_exp))), shape=np.pad(shape, (0, 300 - n_shape)), pose=pose
    )
    np.testing.assert_allclose(model.vertices(exp=exp, shape=shape, pose=pose), padded, atol=1e-7)


def test_constant_shape_per_frame_equals_one_shape(model: FlameModel) -> None:
    coefficients = random_coefficients(2, 5)
    every_frame = coefficients | {"shape": np.tile(coefficients["shape"], (5, 1))}
    np.testing.assert_array_equal(model.vertices(**every_frame), model.vertices(**coefficients))


def test_one_frame_stands_for_all(model: FlameModel) -> None:
    coefficients = random_coefficients(3, 4)
    one_exp = coefficients | {"exp": coefficients["exp"][0]}
    tiled = coefficients | {"exp": np.tile(coefficients["exp"][0], (4, 1))}
    np.testing.assert_array_equal(model.vertices(**one_exp), model.vertices(**tiled))


def test_head_pose_on_the_neck(model: FlameModel) -> None:
    pose = np.array([0.2, -0.3, 0.1, 0.1, 0, 0])
    on_neck = model.vertices(pose=pose, head_pose="neck")
    by_hand = model.vertices(pose=[0, 0, 0, 0.1, 0, 0], neck=pose[:3])
    np.testing.assert_array_equal(on_neck, by_hand)
    assert np.abs(on_neck - model.vertices(pose=pose)).max() > 1e-2


class Tensor:
    """As much of a torch tensor as the viewer touches; torch itself is tried in tests/parity."""

    def __init__(self, values: np.ndarray) -> None:
        self.values, self.dtype = values, values.dtype

    def detach(self) -> Tensor:
        return self

    def cpu(self) -> Tensor:
        return self

    def __array__(self, dtype: Any = None, copy: Any = None) -> np.ndarray:
        return self.values


def test_lists_and_tensors(model: FlameModel) -> None:
    exp = np.random.default_rng(0).normal(0, 1, (2, 10)).astype(np.float32)
    expected = model.vertices(exp=exp)
    np.testing.assert_array_equal(model.vertices(exp=exp.tolist()), expected)
    np.testing.assert_array_equal(model.vertices(exp=Tensor(exp)), expected)


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "pose of body models": ({"pose": np.zeros((4, 15))}, "pose has width 15; expected 6"),
    "too many coefficients": ({"exp": np.ones(101)}, "101 coefficients; this model has 100"),
    "lengths": ({"exp": np.zeros((4, 100)), "pose": np.zeros((5, 6))}, "exp 4, pose 5"),
    "three dimensions": ({"exp": np.zeros((4, 1, 100))}, r"shape \(4, 1, 100\)"),
    "text": ({"exp": ["happy"]}, "expected numbers"),
    "NaN": ({"shape": [np.nan]}, "NaN or infinite"),
    "head pose": ({"head_pose": "hips"}, "one of root, neck"),
    "neck twice": ({"head_pose": "neck", "neck": np.zeros(3)}, "cannot be given too"),
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_input_is_named(name: str, model: FlameModel) -> None:
    arguments, message = WRONG[name]
    with pytest.raises(UsageError, match=message):
        model.vertices(**arguments)
    with pytest.raises(UsageError, match=message):
        model.vertex_blocks(**arguments)


def test_zeros_beyond_the_model_are_dropped(model: FlameModel) -> None:
    assert model.vertices(exp=np.zeros((2, 120)), shape=np.zeros(400)).shape == (2, 5023, 3)


def test_no_frames(model: FlameModel) -> None:
    assert model.vertices(exp=np.zeros((0, 100))).shape == (0, 5023, 3)
    assert list(model.vertex_blocks(exp=np.zeros((0, 100)))) == []


def test_memory_of_blocks_does_not_grow_with_the_clip(model: FlameModel) -> None:
    def peak(n_frames: int) -> int:
        exp, pose = np.ones((n_frames, 100), np.float32), np.zeros((n_frames, 6), np.float32)
        tracemalloc.start()
        for _ in model.vertex_blocks(exp=exp, pose=pose, frames_per_block=16):
            pass
        result = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return result

    model.vertices()
    inputs = 800 * 110 * 8 * 3
    assert peak(1000) - peak(200) < inputs
