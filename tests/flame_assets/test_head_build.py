"""The mesh surgery behind the demo head: cutting, splitting, following loops, closing lips."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

BUILD = Path(__file__).resolve().parents[2] / "flame_assets/build"


@pytest.fixture
def topology(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(BUILD)
    import topology

    return topology


@pytest.fixture
def closure(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(BUILD)
    import closure

    return closure


def sheet(n: int) -> tuple[np.ndarray, np.ndarray]:
    """n by n quads in the plane z = x + 2 y."""
    x, y = (g.ravel().astype(float) for g in np.meshgrid(np.arange(n + 1), np.arange(n + 1)))
    corner = (np.arange(n)[:, None] * (n + 1) + np.arange(n)).ravel()
    return np.stack([x, y, x + 2 * y], axis=1), np.stack([corner, corner + 1, corner + n + 2, corner + n + 1], axis=1)


def cube() -> tuple[np.ndarray, np.ndarray]:
    corners = np.array([[x, y, z] for x in (0, 1) for y in (0, 1) for z in (0, 1)], float)
    quads = [[0, 1, 3, 2], [4, 6, 7, 5], [0, 4, 5, 1], [2, 3, 7, 6], [0, 2, 6, 4], [1, 5, 7, 3]]
    return corners, np.array(quads)


def directed_edges(triangles: np.ndarray) -> Counter[tuple[int, int]]:
    return Counter((int(t[i]), int(t[(i + 1) % 3])) for t in triangles for i in range(3))


def test_splitting_some_quads_leaves_no_hole_and_keeps_the_winding(topology: ModuleType) -> None:
    vertices, quads = cube()
    for chosen in ([], [0], [0, 2], [0, 1, 2, 3, 4, 5]):
        mask = np.isin(np.arange(6), chosen)
        matrix, triangles = topology.subdivide(vertices, quads, mask)
        edges = directed_edges(triangles)
        assert set(edges.values()) == {1}, chosen
        assert all((b, a) in edges for a, b in edges), chosen
        np.testing.assert_allclose(matrix.sum(axis=1), 1)
        a, b, c = (matrix @ vertices)[triangles.T]
        assert np.einsum("ij,ij->i", a, np.cross(b, c)).sum() > 0, "turned inside out"


def test_splitting_follows_catmull_and_clark(topology: ModuleType) -> None:
    vertices, quads = cube()
    matrix, triangles = topology.subdivide(vertices, quads, np.ones(6, bool))
    points = matrix @ (vertices - 0.5)
    assert (len(points), len(triangles)) == (26, 48)
    # Of a cube with corners ±1/2: corners go to ±5/18, edge points to ±3/8, face points stay at ±1/2.
    np.testing.assert_allclose(np.abs(points[:8]), 5 / 18)
    np.testing.assert_allclose(np.sort(np.abs(points[8:14]), axis=1), np.tile([0, 0, 0.5], (6, 1)))
    np.testing.assert_allclose(np.sort(np.abs(points[14:]), axis=1), np.tile([0, 0.375, 0.375], (12, 1)))


def test_splitting_keeps_a_plane_flat(topology: ModuleType) -> None:
    vertices, quads = sheet(5)
    matrix, _ = topology.subdivide(vertices, quads, np.arange(25) % 3 == 0)
    x, y, z = (matrix @ vertices).T
    np.testing.assert_allclose(z, x + 2 * y, atol=1e-12)


def test_cut_ends_on_the_surface_and_keeps_one_piece(topology: ModuleType) -> None:
    vertices, quads = sheet(8)

    def left_half(points: np.ndarray) -> np.ndarray:
        return 3.4 - points[:, 0]

    pull, kept = topology.cut(vertices, quads, left_half)
    moved = pull @ vertices
    used = np.unique(kept)
    assert moved[used, 0].max() == pytest.approx(3.4)
    np.testing.assert_allclose(moved[used, 2], moved[used, 0] + 2 * moved[used, 1])
    assert len(kept) == 4 * 8


def test_edge_loop_runs_straight_on_and_closes(topology: ModuleType) -> None:
    ring = np.arange(12).reshape(3, 4)  # three rings of four vertices: a tube
    after = np.roll(ring, -1, axis=1)
    quads = np.stack([ring[:-1], after[:-1], after[1:], ring[1:]], axis=-1).reshape(-1, 4)
    assert topology.edge_loop(quads, 4, 5) == [4, 5, 6, 7]


def test_lips_meet_half_way(closure: ModuleType) -> None:
    x = np.linspace(-0.02, 0.02, 9)
    bow = 0.002 * (1 - (x / 0.02) ** 2)
    points = np.concatenate([np.c_[x, bow, 0 * x], np.c_[x, -2 * bow, 0 * x]])
    lips = closure.Opening(upper=np.arange(9), lower=np.arange(9, 18))
    opened = points + np.where(np.arange(18) < 9, 0.0, -0.02)[:, None] * [0, 1, 0]
    shift = closure.lip_closing(points, opened, lips) @ points[:, 1]
    closed = points + shift[:, None] * [0, 1, 0]
    np.testing.assert_allclose(lips.gap(closed), 0, atol=1e-9)
    np.testing.assert_allclose(closed[:9, 1], -bow / 2, atol=1e-9)
