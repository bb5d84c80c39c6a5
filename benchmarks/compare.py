"""Comparing pairs of clips on a head of FLAME's size: time, and peak memory of the processes that measure.

    python benchmarks/compare.py [--pairs 1000] [--processes 2] [--frames 200]

Clips are 8 s long at 25 fps, with 100 expressions, 100 identity coefficients, head and jaw; predictions are the same
with noise. A few different files stand under many names, so that the disk holds little. Reading, all metrics, pooling
and intervals count; writing the clips does not. The second run finds everything kept.
"""

from __future__ import annotations

import argparse
import os
import resource
import sys
import tempfile
import time
from functools import partial
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.flame.factories import head_like_flame, write_npz
from viewer.compare import compare_datasets
from viewer.dataset import Dataset
from viewer.flame import choose_head

DIFFERENT = 20


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=1000)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--frames", type=int, default=200)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="flame-viewer-compare-") as folder:
        root = Path(folder)
        reference, prediction = write_clips(root, asked.pairs, asked.frames)
        opened = [partial(Dataset.open, path, cache=root / "cache") for path in (reference, prediction)]
        head = choose_head(write_npz(root / "generic_model.npz", head_like_flame()), expression_space="flame2020")
        for run in ("all pairs", "once more, kept"):
            start = time.perf_counter()
            found = compare_datasets(
                opened[0](),
                opened[1](),
                head=head,
                out=root / "results",
                reopen=(opened[0], opened[1]),
                processes=asked.processes,
            )
            n_intervals = len([pooled for pooled in found.pooled.values() if pooled.low is not None])
            seconds = time.perf_counter() - start
            print(
                f"{run}: {len(found.pairs):,} pairs of {asked.frames} frames in {seconds:.1f} s, {asked.processes} "
                f"processes; {1000 * seconds / len(found.pairs):.1f} ms a pair; {n_intervals} metrics with intervals"
            )
        spent = resource.getrusage(resource.RUSAGE_CHILDREN)
        print(f"CPU of the processes: {spent.ru_utime + spent.ru_stime:.1f} s; load: {os.getloadavg()[0]:.1f}")
        own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(f"peak memory: {spent.ru_maxrss / 1024:.0f} MB a process, {own:.0f} MB here")


def write_clips(root: Path, n_pairs: int, n_frames: int) -> tuple[Path, Path]:
    """Two folders of clips: a few files under many names."""
    rng = np.random.default_rng(0)
    folders = root / "reference", root / "prediction"
    for folder in folders:
        (folder / "FLAME_coeffs_25").mkdir(parents=True)
    for number in range(n_pairs):
        paths = [folder / "FLAME_coeffs_25" / f"clip_{number:05d}.npz" for folder in folders]
        if number >= DIFFERENT:
            for path in paths:
                path.hardlink_to(path.with_name(f"clip_{number % DIFFERENT:05d}.npz"))
            continue
        motion = {
            "exp": rng.normal(0, 0.5, (n_frames, 100)).astype(np.float32),
            "shape": np.tile(rng.normal(0, 1, 100), (n_frames, 1)),
            "pose": rng.normal(0, 0.1, (n_frames, 6)).astype(np.float32),
            "mocap_frame_rate": 25,
        }
        np.savez(paths[0], **motion)
        noisy = {name: motion[name] + rng.normal(0, 0.05, motion[name].shape) for name in ("exp", "pose")}
        np.savez(paths[1], **motion | {name: array.astype(np.float32) for name, array in noisy.items()})
    return folders


if __name__ == "__main__":
    main()
