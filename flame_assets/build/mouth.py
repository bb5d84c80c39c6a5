"""Two rows of teeth in their gums: the source only has two plain wedges there.

Sizes are average adult crowns (mesio-distal width and height, millimetres), incisors to second premolar to molar.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

UPPER_WIDTHS_MM = (8.5, 6.6, 7.6, 7.0, 6.8, 10.0)
UPPER_HEIGHTS_MM = (10.0, 8.8, 9.8, 8.4, 7.8, 7.2)
LOWER_WIDTHS_MM = (5.3, 5.9, 6.8, 7.0, 7.1, 11.0)
LOWER_HEIGHTS_MM = (8.6, 9.0, 10.0, 8.6, 8.0, 7.4)
ACROSS = (0.0, 0.09, 0.5, 0.91)
"""Columns of each tooth, as fractions of its width; the first lies in the gap before it."""

ENAMEL = np.array([244.0, 237.0, 222.0])
GUM = np.array([156.0, 88.0, 84.0])
SHADE = np.array([64.0, 26.0, 26.0])


@dataclass(frozen=True)
class Row:
    """One jaw's teeth: points in metres, display-sRGB colours 0..255."""

    points: Float[np.ndarray, "P 3"]
    triangles: Int[np.ndarray, "K 3"]
    gum: Bool[np.ndarray, " P"]
    colours: Float[np.ndarray, "P 3"]


def teeth(*, upper: bool, edge: tuple[float, float], half_width: float, depth: float) -> Row:
    """Teeth along half an ellipse, symmetric in x.

    edge: (y, z) of the incisors' biting edge; half_width, depth: of the arch at its molars; all in metres.
    """
    widths = np.array(UPPER_WIDTHS_MM if upper else LOWER_WIDTHS_MM) / 1000
    heights = np.array(UPPER_HEIGHTS_MM if upper else LOWER_HEIGHTS_MM) / 1000
    down = -1.0 if upper else 1.0  # towards the biting edge
    start = np.concatenate([[0], np.cumsum(widths)])
    tooth, across = (grid.ravel() for grid in np.meshgrid(np.arange(len(widths)), ACROSS, indexing="ij"))
    along = start[tooth] + across * widths[tooth]
    other_side = np.flatnonzero(along > 0)[::-1]
    along = np.concatenate([-along[other_side], along])
    tooth, across = (np.concatenate([values[other_side], values]) for values in (tooth, across))

    angle = np.linspace(-np.pi / 2, np.pi / 2, 2001)
    arch = np.stack([half_width * np.sin(angle), depth * (np.cos(angle) - 1)], axis=1)
    length = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(arch, axis=0), axis=1))])
    length -= length[-1] / 2
    x, z = (np.interp(along, length, arch[:, i]) for i in range(2))
    normal = np.stack([x / half_width**2, (z + depth) / depth**2], axis=1)
    normal /= np.linalg.norm(normal, axis=1, keepdims=True)

    gap = across == 0
    middle = 1 - (2 * across - 1) ** 2  # 0 at a tooth's sides, 1 in its middle
    height = heights[tooth]
    edge_y = edge[0] - down * (0.0012 * (1 - middle) ** 2 + 0.0003 * tooth)  # rounded corners, edge curves up backwards
    crown = edge_y - down * height
    papilla = np.where(gap, 0.0022, 0.0) * down  # gum reaches down between teeth
    inwards = np.where(gap, 0.0009, 0.0004 * (1 - middle))
    rows: list[
        tuple[np.ndarray | float, np.ndarray, bool, float]
    ] = [  # outwards from the arch, height, is gum, enamel seen
        (0.0006, crown - down * 0.007, True, 0.3),
        (0.0006, crown + papilla, True, 1.0),
        (0.0008 - inwards, crown + papilla + down * 0.0006, False, 0.86),
        (0.0011 - inwards, crown + 0.45 * (edge_y - crown), False, 1.0),
        (0.0006 - inwards, crown + 0.88 * (edge_y - crown), False, 1.0),
        (0.0000 - inwards, edge_y, False, 0.96),
        (-0.0012 - 0.5 * inwards - 0.0004 * tooth, edge_y - down * 0.0004, False, 0.8),
        (-0.0050 - 0.0008 * tooth, crown + 0.2 * (edge_y - crown), False, 0.45),
    ]
    back = np.clip(np.abs(along) / start[-1], 0, 1)
    points, gum, colours = [], [], []
    for outwards, y, is_gum, seen in rows:
        plan = np.stack([x, z], axis=1) + np.broadcast_to(np.asarray(outwards), x.shape)[:, None] * normal
        points.append(np.stack([plan[:, 0], np.broadcast_to(y, x.shape), plan[:, 1] + edge[1]], axis=1))
        gum.append(np.full(len(x), is_gum))
        light = seen * (1 - 0.75 * back**1.5) * np.where(gap & ~is_gum, 0.72, 1.0)
        base = GUM if is_gum else ENAMEL
        colours.append(SHADE + (base - SHADE) * np.clip(light, 0, 1)[:, None])
    n_columns, n_rows = len(x), len(rows)
    grid = np.arange(n_rows * n_columns).reshape(n_rows, n_columns)
    a, b, c, d = (g.ravel() for g in (grid[:-1, :-1], grid[:-1, 1:], grid[1:, 1:], grid[1:, :-1]))
    triangles = np.concatenate([np.stack([a, d, c], axis=1), np.stack([a, c, b], axis=1)])
    if not upper:
        triangles = triangles[:, ::-1]
    return Row(np.concatenate(points), triangles, np.concatenate(gum), np.concatenate(colours))


def binding(source: Float[np.ndarray, "S 3"], points: Float[np.ndarray, "P 3"]) -> Float[np.ndarray, "P S"]:
    """(P, S) weights that carry the least-squares affine motion of `source` (S, 3) over to `points` (P, 3)."""
    centre = source.mean(axis=0)
    frame = np.linalg.pinv(np.c_[np.ones(len(source)), source - centre], rcond=1e-6)
    return np.c_[np.ones(len(points)), points - centre] @ frame
