"""Write tests/flame/data/smplx_reference.npz: python -m tests.parity.store_reference"""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np

from tests.flame.factories import random_coefficients, random_flame, write_npz
from viewer.flame.smplx_layer import SmplxFlameModel

TARGET = Path(__file__).parents[1] / "flame" / "data" / "smplx_reference.npz"
MODEL_SEED, COEFFICIENTS_SEED, N_FRAMES = 11, 12, 6


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        model = SmplxFlameModel.load(write_npz(Path(folder) / "model.npz", random_flame(MODEL_SEED)))
    vertices = model.vertices(**random_coefficients(COEFFICIENTS_SEED, N_FRAMES, varying_shape=True))
    # Every seventh vertex keeps the file small; tests/parity compares all of them.
    indices = np.arange(0, vertices.shape[1], 7)
    np.savez_compressed(
        TARGET,
        model_seed=MODEL_SEED,
        coefficients_seed=COEFFICIENTS_SEED,
        vertex_indices=indices,
        vertices=vertices[:, indices],
    )
    print(f"{TARGET}: {TARGET.stat().st_size >> 10} kB")


if __name__ == "__main__":
    main()
