"""Lip vertex error against torchmetrics, which computes it as CodeTalker does; run with `make parity`."""

from __future__ import annotations

import numpy as np
import pytest

from tests.flame.factories import head_like_flame, random_coefficients, write_npz
from viewer.clip import Clip
from viewer.compare import Faces, LipRegion, Pair, measure, pair, pool
from viewer.compare.formulas import lip_errors_mm, lve_max_sq_mm2
from viewer.flame import choose_head

pytestmark = pytest.mark.parity

RELATIVE = 1e-6
LIPS = np.unique(np.random.default_rng(0).integers(0, 5023, 254))


@pytest.fixture(scope="module")
def faces(tmp_path_factory: pytest.TempPathFactory) -> Faces:
    path = write_npz(tmp_path_factory.mktemp("flame") / "generic_model.npz", head_like_flame())
    return Faces(choose_head(path, expression_space="flame2020"))


def clip(seed: int, frames: int) -> Clip:
    made = random_coefficients(seed, frames)
    return Clip.from_arrays(exp=made["exp"], pose=made["pose"], shape=made["shape"], stem=f"clip_{seed}")


def in_millimetres(faces: Faces, found: Pair) -> tuple[np.ndarray, np.ndarray]:
    reference, prediction = (np.concatenate(side) for side in zip(*faces.vertices(found), strict=True))
    return 1000 * reference.astype(np.float64), 1000 * prediction.astype(np.float64)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("scale", [1e-4, 1e-2, 1.0])
def test_formula(dtype: str, scale: float) -> None:
    import torch
    from torchmetrics.functional.multimodal import lip_vertex_error

    rng = np.random.default_rng(1)
    reference = rng.uniform(-0.1, 0.1, (40, 5023, 3)).astype(dtype)
    prediction = reference + (scale * rng.normal(0, 0.01, reference.shape)).astype(dtype)
    expected = float(lip_vertex_error(torch.tensor(prediction), torch.tensor(reference), LIPS.tolist()))
    found = lve_max_sq_mm2(lip_errors_mm(reference[:, LIPS], prediction[:, LIPS]))
    assert found == pytest.approx(1e6 * expected, rel=RELATIVE)


def test_a_pair_on_a_head(faces: Faces) -> None:
    import torch
    from torchmetrics.functional.multimodal import lip_vertex_error

    found = pair(clip(0, 60), clip(1, 60))
    reference, prediction = in_millimetres(faces, found)
    expected = float(lip_vertex_error(torch.tensor(prediction), torch.tensor(reference), LIPS.tolist()))
    measured = measure(found, faces, LipRegion(LIPS, False, "test"))
    assert measured.values["lve_max_sq_mm2"] == pytest.approx(expected, rel=RELATIVE)


def test_several_clips_pooled_by_frame(faces: Faces) -> None:
    """The class takes all frames of all clips together."""
    import torch
    from torchmetrics.multimodal import LipVertexError

    metric = LipVertexError(LIPS.tolist())
    metric.set_dtype(torch.float64)
    values, frames = [], []
    for seed, length in enumerate((10, 50, 30)):
        found = pair(clip(2 * seed, length), clip(2 * seed + 1, length))
        reference, prediction = in_millimetres(faces, found)
        metric.update(torch.tensor(prediction), torch.tensor(reference))
        measured = measure(found, faces, LipRegion(LIPS, False, "test"))
        values.append(measured.values["lve_max_sq_mm2"])
        frames.append(measured.weights["lve_max_sq_mm2"])
    pooled = pool({"lve": np.array(values, float)}, {"lve": np.array(frames, float)})["lve"]
    assert pooled.mean == pytest.approx(float(metric.compute()), rel=RELATIVE)
