"""Milliseconds to draw one 512×512 antialiased frame: the viewer's renderer against pyrender as it is usually used.

Usual: a new `Mesh` and `Scene` a frame, pyrender's shader, its 4x MSAA, three lights, one kept `OffscreenRenderer`.
Ours: `Renderer.frames`, with the way to the render process and back. Both run alternately, so that a busy machine
slows both; the figure that counts is the ratio.

    python benchmarks/frame.py [HEAD.npz]
"""

from __future__ import annotations

import os

os.environ.setdefault("PYOPENGL_PLATFORM", "egl")

import statistics
import sys
import time
from pathlib import Path

import numpy as np
import pyrender
import trimesh

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from viewer.render import Renderer

HEAD = Path(__file__).resolve().parents[1] / "flame_assets" / "demo_head.npz"
ROUNDS, FRAMES = 6, 32


def usual(renderer: pyrender.OffscreenRenderer, vertices: np.ndarray, faces: np.ndarray) -> None:
    for points in vertices:
        mesh = pyrender.Mesh.from_trimesh(trimesh.Trimesh(points, faces, process=False))
        scene = pyrender.Scene(bg_color=[1.0, 1.0, 1.0, 1.0], ambient_light=[0.3, 0.3, 0.3])
        scene.add(mesh)
        for position in ((0, 0.5, 1), (1, 0, 1), (-1, 0, 1)):
            pose = np.eye(4)
            pose[:3, 3] = position
            scene.add(pyrender.DirectionalLight(intensity=1.5), pose=pose)
        pose = np.eye(4)
        pose[2, 3] = 0.9
        scene.add(pyrender.PerspectiveCamera(yfov=0.4), pose=pose)
        renderer.render(scene)


def main() -> None:
    data = np.load(sys.argv[1] if len(sys.argv) > 1 else HEAD)
    template, faces = data["v_template"].astype(np.float32), data["f"].astype(np.int32)
    nod = np.sin(np.arange(FRAMES) / 5)[:, None] * np.float32(0.003)
    vertices = np.repeat(template[None], FRAMES, axis=0)
    vertices[:, :, 1] += nod
    stock = pyrender.OffscreenRenderer(512, 512)
    times: dict[str, list[float]] = {"usual": [], "ours": []}
    with Renderer(gl="software") as renderer:
        print(f"{renderer.info.renderer}; {len(template)} vertices, {len(faces)} triangles, {os.cpu_count()} cores")
        for warm_up in (True, *[False] * ROUNDS):
            for name in times:
                start = time.perf_counter()
                if name == "usual":
                    usual(stock, vertices, faces)
                else:
                    for _ in renderer.frames([vertices], faces=faces, v_template=template):
                        pass
                if not warm_up:
                    times[name].append((time.perf_counter() - start) / FRAMES * 1e3)
    for name, values in times.items():
        print(f"{name:6} {statistics.median(values):6.1f} ms a frame (best {min(values):.1f})")
    ratios = [a / b for a, b in zip(times["usual"], times["ours"], strict=True)]
    print(f"ratio  {statistics.median(ratios):6.1f}")


if __name__ == "__main__":
    main()
