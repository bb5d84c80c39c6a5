"""Curves of a clip from a few vertices against the same from all of them. Ratios within one run.

    python benchmarks/curves.py [--rounds 20]

Both give mouth opening and expression speed of an 8-second clip on the demo head; times are the best of all rounds,
which alternate so that both see the same drift of the machine.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from viewer.clip import Clip
from viewer.flame import choose_head, regions
from viewer.motion import CurveMaker, spectrogram, waveform
from viewer.motion.curves import mean_speed

FRAMES, FPS, RATE = 200, 25, 16000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=20)
    rounds = parser.parse_args().rounds
    rng = np.random.default_rng(0)
    head = choose_head(expression_space="arkit52")
    clip = Clip.from_arrays(
        exp=rng.uniform(0, 1, (FRAMES, 52)),
        pose=rng.normal(0, 0.1, (FRAMES, 6)),
        shape=rng.normal(0, 1, 100),
        audio=rng.normal(0, 0.1, FRAMES * RATE // FPS),
        expression_space="arkit52",
    )
    maker, found = CurveMaker(head), regions(head.model)
    upper, lower = found.landmark("lip_upper_inner"), found.landmark("lip_lower_inner")
    audio = clip.audio
    assert audio is not None

    def all_vertices() -> None:
        vertices = head.model.vertices(exp=clip.exp, shape=clip.shape, pose=clip.pose)
        np.linalg.norm(upper.of(vertices) - lower.of(vertices), axis=1)
        mean_speed(vertices, FPS)

    tasks: dict[str, Callable[[], object]] = {
        "all vertices": all_vertices,
        "curves": lambda: maker.curves(clip),
        "waveform and spectrogram": lambda: (waveform(audio, FRAMES, FPS), spectrogram(audio, FRAMES, FPS)),
    }
    best = dict.fromkeys(tasks, float("inf"))
    for _ in range(rounds):
        for name, task in tasks.items():
            start = time.perf_counter()
            task()
            best[name] = min(best[name], time.perf_counter() - start)
    for name, seconds in best.items():
        print(f"{name:26}{1000 * seconds:8.2f} ms   {seconds / best['all vertices']:.3f} of all vertices")


if __name__ == "__main__":
    main()
