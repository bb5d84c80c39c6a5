"""A made-up head whose pictures do not change when the demo head does: an egg with a nose and a mouth that opens."""

from __future__ import annotations

from functools import cache

import numpy as np

ROWS, COLUMNS = 48, 40
MOUTH = (slice(186, 236), slice(92, 164))
"""Rows and columns of a 256×256 frontal picture around the mouth."""


@cache
def _egg() -> tuple[np.ndarray, np.ndarray]:
    """Right half of the head as a grid, welded to its mirror image: symmetric to the last bit."""
    down, around = np.linspace(0.02, 0.9, ROWS) * np.pi, np.linspace(0, 1, COLUMNS) * np.pi
    polar, azimuth = np.meshgrid(down, around, indexing="ij")
    x = -0.075 * np.sin(polar) * np.sin(azimuth)
    x[:, [0, -1]] = 0
    y = 0.125 * np.cos(polar)
    z = 0.095 * np.sin(polar) * np.cos(azimuth)
    z += 0.025 * np.exp(-((x / 0.012) ** 2) - ((y - 0.005) / 0.03) ** 2) * (z > 0)
    half = np.stack([x, y, z], axis=-1).reshape(-1, 3)
    i, j = np.meshgrid(np.arange(ROWS - 1), np.arange(COLUMNS - 1), indexing="ij")
    a = (i * COLUMNS + j).ravel()
    quads = np.stack([a, a + 1, a + COLUMNS + 1, a + COLUMNS], axis=1)
    middle = half[quads].mean(axis=1)
    slit = (abs(middle[:, 1] + 0.045) < 0.004) & (abs(middle[:, 0]) < 0.03) & (middle[:, 2] > 0)
    quads = quads[~slit]
    faces = np.concatenate([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]])
    points = np.concatenate([half, half * [-1, 1, 1]])
    points, weld = np.unique(points + 0.0, axis=0, return_inverse=True)
    faces = weld.ravel()[np.concatenate([faces, faces[:, ::-1] + len(half)])]
    return points.astype(np.float32), faces.astype(np.int32)


def head(jaw: float = 0.0) -> np.ndarray:
    """(V, 3) float32 vertices in metres; `jaw` 0..1 opens the mouth by up to 3 cm."""
    points = _egg()[0].copy()
    front = np.clip(points[:, 2] / 0.05, 0, 1)
    points[:, 1] -= 0.03 * jaw * front * (points[:, 1] < -0.0451)
    return points


def faces() -> np.ndarray:
    return _egg()[1]


def colors() -> np.ndarray:
    """(V, 3) uint8: skin with a darker top."""
    tint = np.full((len(head()), 3), (224, 178, 152), np.uint8)
    tint[head()[:, 1] > 0.06] = (90, 60, 40)
    return tint


def motion(n_frames: int, phase: float = 0.0) -> np.ndarray:
    """(T, V, 3) float32: the mouth opens and closes; no two frames are the same."""
    return np.stack([head(0.5 - 0.5 * np.cos(0.37 * t + phase)) for t in range(n_frames)])
