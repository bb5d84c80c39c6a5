"""Export of an 8 s clip at 512x512 with antialiasing: ours against the naive pipeline, and where our time goes.

    python benchmarks/export.py [--rounds 3] [--flame-sized]

Both turn the same clip on the same head into an mp4 with sound, in turn, in processes whose imports are done and, for
ours, whose second render process is there; ratios are between neighbours in time. `first` is an export before it comes.
The floor is what the stages take that no export can leave out, each alone, spread over all cores. `cold start` is the
whole command, from the shell and back.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import soundfile

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.flame.factories import head_like_flame
from viewer.clip import Clip
from viewer.dataset import DEMO_DATASET, Dataset
from viewer.flame import FlameModel, HeadChoice, choose_head
from viewer.render import Renderer
from viewer.video import ExportSettings, clip_frames, export_clip
from viewer.video.sound import fit_audio

HERE = Path(__file__).resolve().parent
FRAMES = 200
WARM_UP = 4
"""Exports: more than the four seconds of drawing after which the second process is started, and the two that takes."""


def eight_seconds(dataset: Dataset) -> Clip:
    """The longest demo clip, played again from its start until 8 s are full."""
    longest = max(dataset.summaries(), key=lambda summary: summary.frames or 0)
    clip = dataset[longest.stem]
    frames = np.arange(FRAMES) % len(clip)
    assert clip.audio is not None
    samples = np.resize(fit_audio(clip.audio, len(clip), clip.fps).samples, (FRAMES * clip.audio.rate // 25, 1))
    return Clip.from_arrays(
        stem="eight-seconds",
        exp=clip.exp[frames],
        pose=clip.pose[frames],
        shape=clip.shape[frames],
        audio=samples,
        sample_rate=clip.audio.rate,
        expression_space=clip.expression_space,
    )


def flame_sized(folder: Path) -> HeadChoice:
    """A smooth head with FLAME's 5,023 vertices and 9,976 faces; the demo head has twice as many."""
    np.savez(folder / "flame_sized.npz", **head_like_flame())
    return HeadChoice(FlameModel.load(folder / "flame_sized.npz"), False, ())


def naive(folder: Path, clip: Clip, model: FlameModel) -> float:
    head, wav = folder / "head.npz", folder / "clip.wav"
    if not head.exists():
        with np.load(model.path) as archive:
            names = ("v_template", "f", "shapedirs", "posedirs", "J_regressor", "weights")
            np.savez(head, **{name: archive[name] for name in names})
        np.savez(folder / "clip.npz", exp=clip.exp, shape=clip.shape, pose=clip.pose)
        assert clip.audio is not None
        soundfile.write(wav, clip.audio.samples, clip.audio.rate)
    command = [sys.executable, HERE / "naive_pipeline.py", head, folder / "clip.npz", wav, folder / "naive.mp4"]
    environment = {**os.environ, "PYOPENGL_PLATFORM": "egl"}
    done = subprocess.run(command, env=environment, check=True, capture_output=True)
    return json.loads(done.stdout)["seconds"]["total"]


def stages(*options: str) -> dict[str, float]:
    """Processor milliseconds a frame of each stage alone."""
    command = [sys.executable, HERE / "export_stages.py", *options]
    return json.loads(subprocess.run(command, check=True, capture_output=True).stdout)


def cold_start(folder: Path) -> float:
    stem = Dataset.open(DEMO_DATASET).stems[0]
    start = time.perf_counter()
    command = [sys.executable, "-m", "viewer", "export", stem, "--out", folder]
    subprocess.run(command, check=True, capture_output=True, cwd=HERE.parent)
    return time.perf_counter() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3, help="times that both are run (default 3)")
    parser.add_argument("--flame-sized", action="store_true", help="a head of FLAME's size instead of the demo head")
    options = parser.parse_args()
    rounds = options.rounds
    clip = eight_seconds(Dataset.open(DEMO_DATASET))
    with tempfile.TemporaryDirectory() as name, Renderer() as renderer:
        folder = Path(name)
        head = flame_sized(folder) if options.flame_sized else choose_head(expression_space=clip.expression_space)

        def export() -> float:
            start = time.perf_counter()
            export_clip(clip, folder / "ours.mp4", head=head, renderer=renderer)
            return time.perf_counter() - start

        with contextlib.closing(clip_frames(clip, head=head, settings=ExportSettings(), renderer=renderer)) as frames:
            next(frames)  # the head is looked at, shaders are compiled
        first, *_ = [export() for _ in range(WARM_UP)]
        print(
            f"{renderer.info.renderer}, {os.cpu_count()} cores, {FRAMES} frames of 512x512, "
            f"{len(head.model.v_template):,} vertices"
        )
        ratios, walls = [], []
        for _ in range(rounds):
            theirs = naive(folder, clip, head.model)
            cpu = _cpu_seconds()
            ours = export()
            walls.append(ours)
            ratios.append(theirs / ours)
            print(
                f"naive {theirs:5.1f} s   ours {ours:5.2f} s ({ours * 1000 / FRAMES:.1f} ms a frame, "
                f"{_cpu_seconds() - cpu:.2f} s CPU in this process)   ratio {ratios[-1]:.1f}"
            )
        print(f"ratio, median of {rounds}: {statistics.median(ratios):.1f}")
        costs = stages(*(["--flame-sized"] if options.flame_sized else []))
        for stage, milliseconds in costs.items():
            print(f"{stage:10} {milliseconds:5.2f} ms of processor time a frame")
        cores = len(os.sched_getaffinity(0))
        floor = sum(milliseconds for stage, milliseconds in costs.items() if stage != "rest") / cores
        print(f"floor, {cores} cores busy: {floor:.1f} ms a frame")
        for name, seconds in {"median": statistics.median(walls), "best": min(walls), "first": first}.items():
            ours = seconds * 1000 / FRAMES
            print(f"{name:6} {ours:.1f} ms a frame, {ours / floor:.2f} times as long as the floor")
        print(f"cold start, one demo clip: {statistics.median(cold_start(folder) for _ in range(rounds)):.2f} s")
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(f"peak memory of this process: {peak:.0f} MB")


def _cpu_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    main()
