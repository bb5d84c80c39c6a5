"""Eyeballs: spheres fine enough for a clean iris, coloured by the angle from the line of sight."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float, Int

PUPIL_DEG, LIMBUS_DEG = 8.6, 23.5
"""An iris of 12 mm and a pupil of 4.5 mm on these 15 mm eyeballs."""
RINGS_DEG = (0, 5, 8.1, 9.2, 12, 15.5, 19, 21.5, 23.2, 24.6, 27, 33, 41, 51, 64, 82)
"""Front to back; what lies behind is never seen."""
N_COLUMNS = 28

PUPIL = np.array([16.0, 14.0, 15.0])
IRIS_INNER = np.array([138.0, 98.0, 60.0])
IRIS_OUTER = np.array([84.0, 60.0, 42.0])
LIMBUS = np.array([44.0, 34.0, 30.0])
SCLERA = np.array([236.0, 231.0, 226.0])
SCLERA_BACK = np.array([190.0, 164.0, 154.0])


def sphere(points: Float[np.ndarray, "N 3"]) -> tuple[Float[np.ndarray, "3"], float]:
    """Centre and radius of the sphere nearest to (N, 3) points."""
    a, b, c, d = np.linalg.lstsq(np.c_[2 * points, np.ones(len(points))], (points**2).sum(axis=1), rcond=None)[0]
    centre = np.array([a, b, c])
    return centre, float(np.sqrt(d + centre @ centre))


def eyeball(
    centre: Float[np.ndarray, "3"], radius: float
) -> tuple[Float[np.ndarray, "P 3"], Int[np.ndarray, "K 3"], Float[np.ndarray, "P 3"]]:
    """points (P, 3), triangles (K, 3) and display-sRGB colours (P, 3) of an eye that looks along +z."""
    rings = np.deg2rad(RINGS_DEG[1:])
    columns = np.arange(N_COLUMNS) * 2 * np.pi / N_COLUMNS
    ring, column = (g.ravel() for g in np.meshgrid(rings, columns, indexing="ij"))
    directions = np.stack([np.sin(ring) * np.cos(column), np.sin(ring) * np.sin(column), np.cos(ring)], axis=1)
    points = centre + radius * np.concatenate([[[0, 0, 1]], directions])

    grid = 1 + np.arange(len(rings) * N_COLUMNS).reshape(len(rings), N_COLUMNS)
    following = np.roll(grid, -1, axis=1)
    tip = np.stack([np.zeros(N_COLUMNS, int), grid[0], following[0]], axis=1)
    a, b, c, d = (g.ravel() for g in (grid[:-1], following[:-1], following[1:], grid[1:]))
    triangles = np.concatenate([tip, np.stack([a, d, c], axis=1), np.stack([a, c, b], axis=1)])

    degrees = np.concatenate([[0], np.rad2deg(ring)])
    streak = np.concatenate([[0], 0.10 * np.cos(7 * column + 1) + 0.07 * np.cos(13 * column)])
    depth = np.clip((degrees - PUPIL_DEG) / (LIMBUS_DEG - PUPIL_DEG), 0, 1)[:, None]
    iris = (IRIS_INNER + (IRIS_OUTER - IRIS_INNER) * depth) * (1 + streak[:, None])
    iris = iris + (LIMBUS - iris) * np.clip((depth - 0.8) / 0.2, 0, 1)
    sclera = SCLERA + (SCLERA_BACK - SCLERA) * np.clip((degrees - 32) / 42, 0, 1)[:, None]
    colours = np.where(degrees[:, None] < LIMBUS_DEG, iris, sclera)
    return points, triangles, np.where(degrees[:, None] < PUPIL_DEG, PUPIL, colours)
