"""What of a head is seen: a small z-buffer, independent of the viewer's renderer."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float, Integer


def seen(
    vertices: Float[np.ndarray, "V 3"],
    faces: Integer[np.ndarray, "F 3"],
    labels: Integer[np.ndarray, " V"],
    *,
    centre: Float[np.ndarray, "3"],
    half_width: float,
    half_height: float,
    azimuth: float = 0.0,
    step: float = 0.0005,
) -> Integer[np.ndarray, "H W"]:
    """Label of the frontmost face (that of its first corner) in each cell of a window around `centre`; -1 if none.

    Orthographic, from `azimuth` degrees to the person's left; lengths in metres.
    """
    a = np.deg2rad(azimuth)
    turn = np.array([[np.cos(a), 0, -np.sin(a)], [0, 1, 0], [np.sin(a), 0, np.cos(a)]])
    x, y, z = ((vertices - centre) @ turn.T).T
    u, v = (x + half_width) / step, (y + half_height) / step
    width, height = round(2 * half_width / step), round(2 * half_height / step)
    depth = np.full((height, width), -np.inf)
    label = np.full((height, width), -1)
    tu, tv, tz = u[faces], v[faces], z[faces]
    inside = (tu.max(1) > 0) & (tu.min(1) < width) & (tv.max(1) > 0) & (tv.min(1) < height)
    for f in np.flatnonzero(inside):
        (u0, u1, u2), (v0, v1, v2) = tu[f], tv[f]
        area = (u1 - u0) * (v2 - v0) - (u2 - u0) * (v1 - v0)
        if abs(area) < 1e-9:
            continue
        columns = np.arange(max(int(np.ceil(tu[f].min())), 0), min(int(tu[f].max()) + 1, width))
        rows = np.arange(max(int(np.ceil(tv[f].min())), 0), min(int(tv[f].max()) + 1, height))[:, None]
        if not columns.size or not rows.size:
            continue
        b1 = ((columns - u0) * (v2 - v0) - (u2 - u0) * (rows - v0)) / area
        b2 = ((u1 - u0) * (rows - v0) - (columns - u0) * (v1 - v0)) / area
        at = tz[f, 0] + b1 * (tz[f, 1] - tz[f, 0]) + b2 * (tz[f, 2] - tz[f, 0])
        window = np.s_[rows[0, 0] : rows[-1, 0] + 1, columns[0] : columns[-1] + 1]
        front = (b1 >= -1e-9) & (b2 >= -1e-9) & (b1 + b2 <= 1 + 1e-9) & (at > depth[window])
        depth[window][front] = at[front]
        label[window][front] = labels[faces[f, 0]]
    return label
