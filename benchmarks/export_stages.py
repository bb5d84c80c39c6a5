"""Processor time of each stage of an export, alone in one process: what an export costs at least.

    python benchmarks/export_stages.py [--fast] [--flame-sized]

Prints JSON: milliseconds a frame for each stage, without what is spent in stages within it. `rest` is all that connects
them. `benchmarks/export.py` compares this with what a real export takes.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ |= {"PYOPENGL_PLATFORM": "egl", "OPENBLAS_NUM_THREADS": "1", "LP_NUM_THREADS": "0"}
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import cv2

from benchmarks.export import FRAMES, eight_seconds, flame_sized
from viewer.dataset import DEMO_DATASET, Dataset
from viewer.flame import HeadChoice, choose_head
from viewer.render.job import Head, Job, Shot
from viewer.render.lean import LeanRenderer
from viewer.render.lining import Lining
from viewer.render.normals import VertexNormals
from viewer.render.process import start
from viewer.video import ExportSettings
from viewer.video.mp4 import Mp4Writer

BLOCK = 16


class Stages:
    """Processor seconds by stage, each without the stages within it."""

    def __init__(self) -> None:
        self.seconds: defaultdict[str, float] = defaultdict(float)
        self._open = ["rest"]
        self._since = time.process_time()

    def _switch(self) -> None:
        now = time.process_time()
        self.seconds[self._open[-1]] += now - self._since
        self._since = now

    def of(self, stage: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """The same function, timed."""

        def timed(*args: Any, **options: Any) -> Any:
            self._switch()
            self._open.append(stage)
            try:
                return function(*args, **options)
            finally:
                self._switch()
                self._open.pop()

        return timed

    def watch(self, owner: Any, name: str, stage: str) -> None:
        setattr(owner, name, self.of(stage, getattr(owner, name)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--fast", action="store_true", help="as `export --fast`")
    parser.add_argument("--flame-sized", action="store_true", help="a head of FLAME's size instead of the demo head")
    options = parser.parse_args()
    clip = eight_seconds(Dataset.open(DEMO_DATASET))
    settings = ExportSettings(fast=options.fast)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        head = flame_sized(folder) if options.flame_sized else choose_head(expression_space=clip.expression_space)
        offscreen, _ = start("software")
        model = head.model
        mesh = Head.of(model.v_template, model.faces, model.vertex_colors)
        shot = Shot.of(
            mesh,
            look=settings.look,
            camera=settings.camera,
            size=settings.size,
            background=None,
            smooth=not settings.fast,
        )
        offscreen.draw(next(_jobs(mesh, shot, head, clip)))
        stages = Stages()
        stages.watch(VertexNormals, "__call__", "normals")
        stages.watch(Lining, "windows", "lining")
        stages.watch(LeanRenderer, "draw", "OpenGL")
        stages.watch(cv2, "resize", "smoothing")
        stages.watch(cv2, "cvtColor", "colours")
        stages.watch(Mp4Writer, "write", "encoding")
        writer = Mp4Writer(
            folder / "film.mp4",
            fps=clip.fps,
            size=settings.size,
            audio=settings.audio_of(clip),
            crf=settings.crf,
            threads=1,
            fastest=settings.fast,
        )
        with writer:
            jobs = _jobs(mesh, shot, head, clip)
            while job := stages.of("decoding", next)(jobs, None):
                for frame in offscreen.draw(job):
                    writer.write(frame)
            stages.watch(writer, "close", "encoding")
    print(json.dumps({stage: seconds * 1000 / FRAMES for stage, seconds in stages.seconds.items()}))


def _jobs(mesh: Head, shot: Shot, head: HeadChoice, clip: Any) -> Any:
    for block, colors in mesh.blocks(head.vertex_blocks(clip), BLOCK):
        yield Job(mesh, shot, block, colors)


if __name__ == "__main__":
    main()
