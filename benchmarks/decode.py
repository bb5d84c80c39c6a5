"""Coefficients to vertices: ours, smplx, body-models. Ratios within one run.

    python benchmarks/decode.py [--frames 200] [--rounds 5]

Every implementation runs in a process of its own, one after the other, round after round, so that none inherits
another's threads or memory and all see the same drift of the machine. A time is the best of all rounds; peak memory is
that of the whole process, imports and model included. smplx is left out where it is not installed
(`pip install -r requirements-parity.txt`).
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.flame.factories import random_flame, write_npz

Decode = Callable[[], np.ndarray]
Inputs = dict[str, np.ndarray]


def inputs(n_frames: int) -> Inputs:
    """A clip like those of the data: 100 expressions, one identity repeated in every frame, head and jaw."""
    rng = np.random.default_rng(1)
    exp = rng.normal(0, 1, (n_frames, 100)).astype(np.float32)
    shape = np.tile(rng.normal(0, 1, 300), (n_frames, 1))
    pose = rng.normal(0, 0.1, (n_frames, 6)).astype(np.float32)
    return {"exp": exp, "shape": shape, "pose": pose}


def ours(path: Path, clip: Inputs) -> Decode:
    from viewer.flame import FlameModel

    model = FlameModel.load(path)
    return lambda: model.vertices(**clip)


def ours_in_blocks(path: Path, clip: Inputs) -> Decode:
    from viewer.flame import FlameModel

    model = FlameModel.load(path)

    def decode() -> np.ndarray:
        for block in model.vertex_blocks(**clip, frames_per_block=16):
            last = block
        return last

    return decode


def ours_frame_by_frame(path: Path, clip: Inputs) -> Decode:
    from viewer.flame import FlameModel

    model = FlameModel.load(path)
    frames = [{name: array[frame] for name, array in clip.items()} for frame in range(len(clip["exp"]))]
    return lambda: np.concatenate([model.vertices(**frame) for frame in frames])


def one_large_product(path: Path, clip: Inputs) -> Decode:
    """The same mathematics as few large products, which is what OpenBLAS spreads over its threads."""
    from viewer.flame.load import load_arrays
    from viewer.flame.skinning import Skinning, joint_transforms, rotation_matrices

    arrays = load_arrays(path)
    joints_of = Skinning(arrays).joints
    n_vertices = len(arrays.v_template)
    exp_dirs = np.ascontiguousarray(arrays.exp_dirs.transpose(2, 1, 0).reshape(100, -1))
    pose_dirs = np.ascontiguousarray(arrays.pose_dirs.transpose(2, 1, 0).reshape(36, -1))
    weights = np.ascontiguousarray(arrays.weights.T)

    def decode() -> np.ndarray:
        n_frames = len(clip["exp"])
        identity = arrays.v_template + arrays.shape_dirs @ clip["shape"][0].astype(np.float32)
        rotations = np.zeros((n_frames, 5, 3))
        rotations[:, 0], rotations[:, 2] = clip["pose"][:, :3], clip["pose"][:, 3:]
        matrices = rotation_matrices(rotations)
        transforms = joint_transforms(matrices, joints_of(clip["shape"][:1], clip["exp"])).astype(np.float32)
        features = (matrices[:, 1:] - np.eye(3)).reshape(n_frames, 36).astype(np.float32)
        unposed = (clip["exp"] @ exp_dirs + features @ pose_dirs).reshape(n_frames, 3, n_vertices) + identity.T
        blended = transforms.transpose(0, 2, 3, 1).reshape(-1, 5) @ weights
        blended = blended.reshape(n_frames, 3, 4, n_vertices)
        posed = (blended[:, :, :3] * unposed[:, None]).sum(axis=2) + blended[:, :, 3]
        return np.ascontiguousarray(posed.transpose(0, 2, 1))

    return decode


def smplx_batch(path: Path, clip: Inputs) -> Decode:
    from viewer.flame.smplx_layer import SmplxFlameModel

    model = SmplxFlameModel.load(path)
    return lambda: model.vertices(**clip)


def smplx_frame_by_frame(path: Path, clip: Inputs) -> Decode:
    from viewer.flame.smplx_layer import SmplxFlameModel

    model = SmplxFlameModel.load(path)
    frames = [{name: array[frame] for name, array in clip.items()} for frame in range(len(clip["exp"]))]
    return lambda: np.concatenate([model.vertices(**frame) for frame in frames])


def body_models(path: Path, clip: Inputs) -> Decode:
    from body_models.flame.numpy import FLAME

    model = FLAME(model_path=path)
    n_frames = len(clip["exp"])
    head_pose = np.zeros((n_frames, 4, 3), np.float32)
    head_pose[:, 1] = clip["pose"][:, 3:]
    shape = clip["shape"].astype(np.float32)
    return lambda: model.forward_vertices(
        head_pose, head_rotation=clip["pose"][:, :3], shape=shape, expression=clip["exp"]
    )


RUNS: dict[str, tuple[Callable[[Path, Inputs], Decode], dict[str, str]]] = {
    "smplx, batch": (smplx_batch, {}),
    "smplx, frame by frame": (smplx_frame_by_frame, {}),
    "body-models, batch": (body_models, {}),
    "one large product": (one_large_product, {}),
    "ours": (ours, {}),
    "ours, one BLAS thread": (ours, {"OPENBLAS_NUM_THREADS": "1"}),
    "ours, blocks of 16": (ours_in_blocks, {}),
    "ours, frame by frame": (ours_frame_by_frame, {}),
}
REFERENCE = "smplx, batch"


def child(name: str, path: Path, n_frames: int) -> None:
    """Time one implementation and print the result."""
    decode = RUNS[name][0](path, inputs(n_frames))
    decode()
    wall, cpu = [], []
    for _ in range(3):
        start = time.perf_counter(), time.process_time()
        result = decode()
        wall.append(time.perf_counter() - start[0])
        cpu.append(time.process_time() - start[1])
    print(
        json.dumps(
            {
                "wall_ms": 1000 * min(wall) / n_frames,
                "cpu_ms": 1000 * min(cpu) / n_frames,
                "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
                "last": result[-1, ::500].tolist(),
            }
        )
    )


def measure(name: str, path: Path, n_frames: int) -> dict[str, Any] | None:
    arguments = [sys.executable, __file__, "--child", name, "--model", str(path), "--frames", str(n_frames)]
    done = subprocess.run(arguments, capture_output=True, text=True, env={**os.environ, **RUNS[name][1]})
    if done.returncode:
        print(f"{name}: left out ({done.stderr.strip().splitlines()[-1]})", file=sys.stderr)
        return None
    return json.loads(done.stdout)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--frames", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--child", help=argparse.SUPPRESS)
    parser.add_argument("--model", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.child:
        return child(arguments.child, arguments.model, arguments.frames)
    best: dict[str, dict[str, Any]] = {}
    with tempfile.TemporaryDirectory() as folder:
        path = write_npz(Path(folder) / "flame.npz", random_flame())
        for _ in range(arguments.rounds):
            for name in RUNS:
                found = measure(name, path, arguments.frames)
                if found is not None:
                    known = best.setdefault(name, found)
                    for key in ("wall_ms", "cpu_ms"):
                        known[key] = min(known[key], found[key])
    reference = best.get(REFERENCE)
    expected = np.array(best["ours"]["last"])
    print(f"{arguments.frames} frames, best of {arguments.rounds} rounds; times per frame")
    print(f"{'':24}{'wall ms':>9}{'CPU ms':>9}{'peak MB':>9}{'÷ smplx':>9}{'differs by, m':>15}")
    for name, found in best.items():
        ratio = f"{found['wall_ms'] / reference['wall_ms']:.2f}" if reference else "–"
        differs = np.abs(np.array(found["last"]) - expected).max()
        print(f"{name:24}{found['wall_ms']:9.3f}{found['cpu_ms']:9.3f}{found['peak_mb']:9.0f}{ratio:>9}{differs:15.1e}")
    return None


if __name__ == "__main__":
    main()
