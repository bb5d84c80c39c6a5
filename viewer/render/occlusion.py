"""How open each vertex of a head is to the light around it (ambient occlusion), computed once per head.

It darkens nostrils, ears, the crease of the lips and the inside of the mouth, which makes a face readable.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float, Float32, Integer
from scipy import sparse

from viewer.render.normals import VertexNormals
from viewer.topology import largest_piece

_N_DIRECTIONS = 96
_CELLS = 90  # of a depth map along the head's longest side: about 3.5 mm each
_LIFT = 1.2  # cells by which a vertex is moved off its own surface before it is tested
_MOST_STEPS = 8  # points along the longest edge of a triangle
_DARKEST = 0.24
_INNER_SHARE = 0.45  # least share of the sky for pieces that lie inside the head


def openness(v_template: Float[np.ndarray, "V 3"], faces: Integer[np.ndarray, "F 3"]) -> Float32[np.ndarray, " V"]:
    """Cosine-weighted share of the sky that each vertex sees, 0.24 (closed in) to 1 (free).

    For each of a set of directions the surface is drawn as points into a depth map along that direction; a vertex
    sees the sky there if nothing lies above it. Directions and maps are mirror images in x, so that a symmetric head
    gets symmetric values.
    """
    extent = max(float(np.ptp(v_template, axis=0).max()), 1e-6)
    vertices = np.asarray(v_template * (_CELLS / extent), np.float32)  # now in cells
    normals = VertexNormals(faces, len(vertices))(vertices[None])[0]
    points = np.ascontiguousarray(_surface_points(vertices, faces).T)
    lifted = np.ascontiguousarray((vertices + _LIFT * normals).T)
    seen, total = np.zeros(len(vertices), np.float32), np.full(len(vertices), 1e-6, np.float32)
    for axes in _directions():
        weight = np.maximum(normals @ axes[2], 0)
        seen += weight * _is_free(axes @ lifted, axes @ points)
        total += weight
    share = _smooth(seen / total, faces)
    # Teeth, tongue and eyeballs are hidden at rest, but what is measured here is used when lips and lids are open.
    inner = ~largest_piece(faces, len(vertices))
    share[inner] = _INNER_SHARE + (1 - _INNER_SHARE) * share[inner]
    return (_DARKEST + (1 - _DARKEST) * np.clip(share * 1.25, 0, 1)).astype(np.float32)


def _is_free(vertices: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Whether no point lies above a vertex; both (3, n) in cells, the third row along the direction."""
    origin = np.minimum(points[:2].min(axis=1), vertices[:2].min(axis=1))[:, None]  # a vertex may belong to no face
    columns, rows = (points[:2] - origin).astype(np.int32)
    at_column, at_row = (vertices[:2] - origin).astype(np.int32)
    width, height = 1 + max(columns.max(), at_column.max()), 1 + max(rows.max(), at_row.max())
    depth = np.full(height * width, -np.inf, np.float32)
    np.maximum.at(depth, rows * width + columns, points[2])
    return vertices[2] >= depth[at_row * width + at_column]


def _surface_points(vertices: np.ndarray, faces: np.ndarray) -> np.ndarray:
    """Points (n, 3) on all triangles, so close that they leave no hole in a depth map."""
    triangles = vertices[faces]
    edges = np.linalg.norm(triangles - np.roll(triangles, 1, axis=1), axis=2).max(axis=1)
    steps = np.clip(np.ceil(edges), 1, _MOST_STEPS).astype(int)
    clouds = []
    for n in np.unique(steps):
        grid = np.array([(i, j, n - i - j) for i in range(n + 1) for j in range(n + 1 - i)], np.float32) / np.float32(n)
        clouds.append(np.einsum("pk,fkc->fpc", grid, triangles[steps == n]).reshape(-1, 3))
    return np.concatenate(clouds)


def _directions() -> list[np.ndarray]:
    """Evenly spread directions (Fibonacci sphere), each as (3, 3): two axes of the map, then the direction."""
    n = _N_DIRECTIONS // 2
    i = np.arange(n) + 0.5
    x = i / n  # one half of the sphere; the other is its mirror image
    angle = np.pi * (1 + 5**0.5) * i
    r = np.sqrt(1 - x**2)
    result = []
    for d in np.stack([x, r * np.cos(angle), r * np.sin(angle)], axis=1):
        helper = np.eye(3)[np.argmin(np.abs(d))]
        first = np.cross(helper, d)
        first /= np.linalg.norm(first)
        axes = np.stack([first, np.cross(d, first), d]).astype(np.float32)
        result += [axes, axes * np.array([-1, 1, 1], np.float32)]
    return result


def _smooth(values: np.ndarray, faces: np.ndarray) -> np.ndarray:
    """Mean over the neighbours, twice: hides the grain of the depth maps."""
    n = len(values)
    first, second = faces[:, [0, 1, 2]].ravel(), faces[:, [1, 2, 0]].ravel()
    edges = sparse.coo_matrix((np.ones(len(first), np.float32), (first, second)), shape=(n, n)).tocsr()
    edges = edges + edges.T + sparse.identity(n, np.float32)
    degree = np.asarray(edges.sum(axis=1)).ravel()
    for _ in range(2):
        values = (edges @ values) / degree
    return values
