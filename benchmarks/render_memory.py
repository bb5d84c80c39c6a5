"""Megabytes by which the render process and its owner grow over 1,000 frames; at most 20.

python benchmarks/render_memory.py
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from viewer.render import Renderer

HEAD = Path(__file__).resolve().parents[1] / "flame_assets" / "demo_head.npz"
LIMIT_MB = 20


def megabytes(pid: int) -> float:
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


def main() -> int:
    data = np.load(HEAD)
    template, faces = data["v_template"].astype(np.float32), data["f"].astype(np.int32)

    def blocks(n_frames: int) -> Iterator[np.ndarray]:
        for start in range(0, n_frames, 50):
            shift = np.sin(np.arange(start, start + 50) / 5)[:, None, None] * np.float32(0.003)
            yield template + shift

    with Renderer() as renderer:

        def draw(n_frames: int) -> None:
            for _ in renderer.frames(blocks(n_frames), faces=faces, v_template=template):
                pass

        draw(100)
        processes = {"render process": renderer.pid or 0, "owner": os.getpid()}
        before = {name: megabytes(pid) for name, pid in processes.items()}
        draw(1000)
        grown = {name: megabytes(pid) - before[name] for name, pid in processes.items()}
    for name, growth in grown.items():
        print(f"{name:14} {before[name]:6.0f} MB, grew by {growth:+.1f} MB over 1,000 frames (limit {LIMIT_MB})")
    return int(sum(grown.values()) > LIMIT_MB)


if __name__ == "__main__":
    sys.exit(main())
