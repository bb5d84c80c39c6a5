"""FLAME's skeleton on the head: joints, skinning weights and pose correctives.

The jaw hinge and its angle are fitted to the artist's `jawOpen`; `posedirs` carries what skinning misses, so that
turning the jaw joint alone by that angle gives the artist's shape. Eyelids follow the eye joints in the same way.
"""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp
from jaxtyping import Bool, Float, Int

ROOT, NECK, JAW, LEFT_EYE, RIGHT_EYE = range(5)
ROOT_JOINT = np.array([0.0, -0.146, -0.082])
NECK_JOINT = np.array([0.0, -0.009, -0.054])
"""Where FLAME has them, metres."""
PARENTS = np.array([[4294967295, 0, 1, 1, 1], [0, 1, 2, 3, 4]], np.int64)
# Entries of a rotation matrix (row-major) that are +sin and -sin of a rotation about x, y and z.
SINES = ((7, 5), (2, 6), (3, 1))


def rotation(axis: int, angle: float) -> Float[np.ndarray, "3 3"]:
    """(3, 3) rotation about coordinate axis 0, 1 or 2."""
    c, s = np.cos(angle), np.sin(angle)
    matrix = np.eye(3)
    i, j = (axis + 1) % 3, (axis + 2) % 3
    matrix[[i, i, j, j], [i, j, i, j]] = c, -s, s, c
    return matrix


def rigid_fit(
    before: Float[np.ndarray, "N 3"], after: Float[np.ndarray, "N 3"]
) -> tuple[Float[np.ndarray, "3 3"], Float[np.ndarray, "3"]]:
    """Rotation and translation that move points (N, 3) onto others best (Kabsch)."""
    a, b = before.mean(axis=0), after.mean(axis=0)
    u, _, vt = np.linalg.svd((before - a).T @ (after - b))
    turn = vt.T @ np.diag([1, 1, np.sign(np.linalg.det(vt.T @ u.T))]) @ u.T
    return turn, b - turn @ a


def hinge(before: Float[np.ndarray, "N 3"], after: Float[np.ndarray, "N 3"]) -> tuple[Float[np.ndarray, "3"], float]:
    """Joint (3,) in the plane x = 0 and angle in radians of the turn about x that moves points onto others best."""
    turn, shift = rigid_fit(before, after)
    y, z = np.linalg.lstsq((np.eye(3) - turn)[1:, 1:], shift[1:], rcond=None)[0]
    return np.array([0, y, z]), float(np.arctan2(turn[2, 1], turn[1, 1]))


def smoothstep(low: float, high: float, x: Float[np.ndarray, "*S"]) -> Float[np.ndarray, "*S"]:
    """0 below `low`, 1 above `high`, smooth between."""
    t = np.clip((x - low) / (high - low), 0, 1)
    return t * t * (3 - 2 * t)


def neighbour_average(triangles: Int[np.ndarray, "F 3"], n: int) -> sp.csr_matrix:
    """(n, n) matrix that replaces each vertex's value by the mean of its neighbours'."""
    edges = np.concatenate([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [2, 0]]])
    graph = sp.coo_matrix((np.ones(len(edges)), edges.T), shape=(n, n)).tocsr()
    graph = ((graph + graph.T) > 0).astype(float)
    return sp.diags(1 / np.maximum(np.asarray(graph.sum(axis=1)).ravel(), 1)) @ graph


def jaw_share(
    vertices: Float[np.ndarray, "V 3"],
    triangles: Int[np.ndarray, "F 3"],
    opened: Float[np.ndarray, "V 3"],
    joint: Float[np.ndarray, "3"],
    angle: float,
    fixed: dict[float, Bool[np.ndarray, " V"]],
) -> Float[np.ndarray, " V"]:
    """(V,) 0..1: how far each vertex goes along with the jaw, from the artist's displacements `opened` (V, 3).

    fixed: share -> mask of vertices that have exactly this share (teeth, eyes).
    """
    turned = (vertices - joint) @ rotation(0, angle).T + joint - vertices
    length = (turned**2).sum(axis=1)
    share = np.where(length > 1e-6, np.clip((opened * turned).sum(axis=1) / np.maximum(length, 1e-9), 0, 1), 0)
    average = neighbour_average(triangles, len(vertices))
    for _ in range(3):
        for value, mask in fixed.items():
            share[mask] = value
        share = 0.5 * share + 0.5 * (average @ share)
    for value, mask in fixed.items():
        share[mask] = value
    return share


def head_share(vertices: Float[np.ndarray, "V 3"]) -> Float[np.ndarray, " V"]:
    """(V,) 0..1: how far each vertex turns with the neck joint rather than stay with the bust."""
    return smoothstep(-0.2, -0.075, vertices[:, 1] + 0.7 * (vertices[:, 2] + 0.01))


def skin(
    vertices: Float[np.ndarray, "V 3"],
    head: Float[np.ndarray, " V"],
    jaw: Float[np.ndarray, " V"],
    eyes: tuple[Bool[np.ndarray, " V"], Bool[np.ndarray, " V"]],
) -> Float[np.ndarray, "V 5"]:
    """(V, 5) skinning weights from the shares of head and jaw; `eyes` are the masks of left and right eyeball."""
    weights = np.zeros((len(vertices), 5))
    weights[:, ROOT] = 1 - head
    weights[:, NECK] = head * (1 - jaw)
    weights[:, JAW] = head * jaw
    for joint, mask in zip((LEFT_EYE, RIGHT_EYE), eyes, strict=True):
        weights[mask] = 0
        weights[mask, joint] = 1
    return weights


def corrective(
    vertices: Float[np.ndarray, "V 3"],
    weights: Float[np.ndarray, " V"],
    joint: Float[np.ndarray, "3"],
    turn: Float[np.ndarray, "3 3"],
    wanted: Float[np.ndarray, "V 3"],
) -> Float[np.ndarray, "V 3"]:
    """(V, 3) to add before skinning so that turning one joint moves each vertex by `wanted` (V, 3).

    weights: (V,) of that joint; joint: its position; turn: (3, 3).
    """
    blend = np.eye(3) + weights[:, None, None] * (turn - np.eye(3))
    shift = weights[:, None] * (joint - turn @ joint)
    return np.linalg.solve(blend, (vertices + wanted - shift)[..., None])[..., 0] - vertices


def add_corrective(
    posedirs: Float[np.ndarray, "V 3 36"], joint: int, axis: int, angle: float, delta: Float[np.ndarray, "V 3"]
) -> None:
    """Let `delta` (V, 3) appear in proportion to sin of the joint's turn about an axis; whole at `angle`."""
    plus, minus = SINES[axis]
    block = 9 * (joint - 1)
    posedirs[:, :, block + plus] += delta / (2 * np.sin(angle))
    posedirs[:, :, block + minus] -= delta / (2 * np.sin(angle))


def regressor(
    vertices: Float[np.ndarray, "V 3"], joints: Float[np.ndarray, "5 3"], pools: list[Int[np.ndarray, " K"]]
) -> Float[np.ndarray, "5 V"]:
    """(5, V): each joint as an affine combination of the vertices of its pool, so that it follows the identity."""
    matrix = np.zeros((5, len(vertices)))
    for row, joint, pool in zip(matrix, joints, pools, strict=True):
        row[pool] = np.linalg.pinv(np.c_[np.ones(len(pool)), vertices[pool]].T) @ np.r_[1, joint]
    return matrix
