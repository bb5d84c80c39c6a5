"""Every vertex against the smplx package itself; run with `make parity`."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pytest

from tests.flame.factories import random_coefficients, random_flame, write_npz, write_python3_pickle
from viewer.flame.heads import choose_head
from viewer.flame.model import FlameModel

pytestmark = pytest.mark.parity

METRES = 1e-6


@pytest.mark.parametrize("varying_shape", [False, True])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_smplx_layer_agrees_on_every_vertex(seed: int, varying_shape: bool, tmp_path: Path) -> None:
    path = write_npz(tmp_path / "model.npz", random_flame(seed))
    ours = FlameModel.load(path)
    theirs = choose_head(path, expression_space=ours.expression_space, layer="smplx").model
    assert theirs.layer == "smplx"
    coefficients = random_coefficients(seed, 10, varying_shape=varying_shape)
    assert np.abs(ours.vertices(**coefficients) - theirs.vertices(**coefficients)).max() < METRES
    blocks = list(theirs.vertex_blocks(**coefficients, frames_per_block=4))
    assert [len(block) for block in blocks] == [4, 4, 2]
    np.testing.assert_allclose(np.concatenate(blocks), theirs.vertices(**coefficients), atol=1e-7)


def test_agrees_with_smplx_flame_class(tmp_path: Path) -> None:
    """The class that data of this kind is made with: its own order of joints, no layer of ours between."""
    import smplx
    import torch

    arrays = random_flame(5)
    path = write_python3_pickle(tmp_path / "FLAME_NEUTRAL.pkl", arrays)
    static = {"lmk_face_idx": np.zeros(51, np.int64), "lmk_b_coords": np.full((51, 3), 1 / 3)}
    (tmp_path / "flame_static_embedding.pkl").write_bytes(pickle.dumps(static))
    reference = smplx.FLAME(
        str(tmp_path), num_betas=300, num_expression_coeffs=100, use_face_contour=False, batch_size=4, ext="pkl"
    )
    coefficients = random_coefficients(6, 4)
    pose, eyes = coefficients["pose"], coefficients["eyes"]

    def tensor(array: np.ndarray) -> object:
        return torch.tensor(np.broadcast_to(array, (4, array.shape[-1])), dtype=torch.float32)

    with torch.no_grad():
        expected = reference(
            betas=tensor(coefficients["shape"]),
            expression=tensor(coefficients["exp"]),
            global_orient=tensor(pose[:, :3]),
            neck_pose=tensor(coefficients["neck"]),
            jaw_pose=tensor(pose[:, 3:]),
            leye_pose=tensor(eyes[:, :3]),
            reye_pose=tensor(eyes[:, 3:]),
        ).vertices.numpy()
    vertices = FlameModel.load(path).vertices(**coefficients)
    assert np.abs(vertices - expected).max() < METRES


def test_torch_tensors_are_accepted(tmp_path: Path) -> None:
    import torch

    model = FlameModel.load(write_npz(tmp_path / "model.npz", random_flame(1)))
    coefficients = random_coefficients(1, 3)
    tensors = {name: torch.tensor(array, requires_grad=True) for name, array in coefficients.items()}
    np.testing.assert_array_equal(model.vertices(**tensors), model.vertices(**coefficients))
