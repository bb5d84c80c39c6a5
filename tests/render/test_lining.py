"""What may be left out of a picture is what is not seen in it."""

from __future__ import annotations

import numpy as np
import pytest

from tests.flame_assets.raster import seen
from tests.render import heads
from viewer.flame import FlameModel, choose_head
from viewer.render import Renderer
from viewer.render.lining import EVERYWHERE, Lining, Window

HALF = 0.25
"""Metres that the pictures here show to each side of the origin."""
STEP = 0.004
FROM_THE_FRONT = np.diag([1 / HALF, 1 / HALF, -0.1, 1.0])
"""Clip space of an orthographic camera; x, y and z are the head's own."""


@pytest.fixture(scope="module")
def model() -> FlameModel:
    return choose_head(expression_space="arkit52").model


def window_of(lining: Lining, vertices: np.ndarray) -> Window | None:
    (window,) = lining.windows(vertices[None], FROM_THE_FRONT)
    return window


def test_from_the_front_only_the_eye_sockets_open_into_the_head(model: FlameModel) -> None:
    window = window_of(Lining(model.v_template, model.faces), model.v_template)
    assert window is not None
    eyes = model.v_template[model.part == model.part_names.index("eyes")][:, :2] / HALF
    assert (window.left, window.right) == pytest.approx((eyes[:, 0].min(), eyes[:, 0].max()), abs=0.05)
    assert window.low > eyes[:, 1].min() - 0.05
    assert window.high < eyes[:, 1].max() + 0.05


def test_a_closed_surface_shows_none_of_its_inside() -> None:
    points, faces = _ball()
    lining = Lining(points, faces)
    assert 0 < lining.start < len(faces)
    assert window_of(lining, points) is None


def test_a_hole_is_looked_into_from_its_own_side_only() -> None:
    points, faces = _ball()
    open_in_front = faces[(points[faces][:, :, 2] < 0.09).any(axis=1)]
    lining = Lining(points, open_in_front)
    window = window_of(lining, points)
    assert window is not None
    radius = np.sqrt(0.1**2 - 0.09**2) / HALF
    assert (window.left, window.right) == pytest.approx((-radius, radius), abs=0.1)
    assert window_of(lining, points * np.float32([-1, 1, -1])) is None  # turned by half a turn


def test_a_surface_without_an_outside_is_drawn_from_both_sides_everywhere() -> None:
    points, faces = _ball()
    faces = faces.copy()
    faces[::7] = faces[::7, ::-1]
    assert window_of(Lining(points, faces), points) == EVERYWHERE


@pytest.mark.parametrize("scale", [0.5, 1.7])
def test_a_head_may_move_turn_and_grow(scale: float) -> None:
    points, faces = _ball()
    angle = 0.3
    turn = np.array([[np.cos(angle), 0, np.sin(angle)], [0, 1, 0], [-np.sin(angle), 0, np.cos(angle)]])
    moved = np.float32(scale * points @ turn.T + [0.02, -0.01, 0.03])
    assert window_of(Lining(points, faces), moved) is None


def test_a_face_pushed_through_the_back_of_its_head_is_drawn_from_both_sides() -> None:
    points, faces = _ball()
    pushed = points.copy()
    pushed[:, 2] -= 0.25 * np.exp(-(((points - [0, 0, 0.1]) / 0.05) ** 2).sum(axis=1))
    assert window_of(Lining(points, faces), pushed) == EVERYWHERE


def test_a_bent_back_is_drawn_from_both_sides() -> None:
    points, faces = _ball()
    bent = points * np.where(points[:, 2:] < -0.05, np.float32(1.4), np.float32(1))
    assert window_of(Lining(points, faces), bent) == EVERYWHERE


def test_whatever_is_seen_of_the_inside_lies_in_the_window(model: FlameModel) -> None:
    """Against a z-buffer, over poses from all sides with faces that people make and some that they do not."""
    rng = np.random.default_rng(5)
    lining = Lining(model.v_template, model.faces)
    n_poses, n_seen, share = 7, 0, []
    exp = np.zeros((n_poses, 100))
    exp[:, :52] = rng.uniform(0, 1, (n_poses, 52)) * (rng.random((n_poses, 52)) < 0.3)
    pose = np.zeros((n_poses, 6))
    pose[:, :3] = rng.uniform(-1.2, 1.2, (n_poses, 3))
    pose[:2, 0] = -1.2, -0.9  # nods far enough to look into the neck
    pose[:, 3] = rng.uniform(0, 0.3, n_poses)
    centre = model.v_template.mean(axis=0)
    for vertices in model.vertices(exp=exp, pose=pose, shape=rng.normal(0, 1, (n_poses, 20))):
        vertices = vertices - centre
        found = window_of(lining, vertices)
        x, y = _backs_seen(vertices, lining)
        n_seen += len(x)
        window = found or Window(0, 0, 0, 0)
        outside = (x < window.left) | (x > window.right) | (y < window.low) | (y > window.high)
        assert outside.sum() <= 2  # cells in which edges of triangles meet
        share.append((window.right - window.left) * (window.high - window.low) / 4)
    assert n_seen > 50  # the neck was looked into
    assert np.median(share) < 0.2


def test_the_back_of_a_head_is_seen_through_a_hole_in_its_face(renderer: Renderer) -> None:
    points, faces = heads.head(), heads.faces()
    (whole,) = renderer.frames([points[None]], faces=faces, v_template=points, size=256)
    nose = points[:, 2] > 0.09
    holed = faces[~nose[faces].any(axis=1)]
    (frame,) = renderer.frames([points[None]], faces=holed, v_template=points, size=256)
    y, x = np.nonzero((whole != frame).any(axis=2))
    assert len(y) > 50
    hole = frame[y.min() + 4 : y.max() - 4, x.min() + 4 : x.max() - 4].reshape(-1, 3)
    assert (hole.max(axis=1) < 150).mean() > 0.3  # dark, and nowhere the white of the background
    assert not (hole == 255).all(axis=1).any()


def _ball(n: int = 40) -> tuple[np.ndarray, np.ndarray]:
    """A closed sphere of radius 0.1."""
    polar, azimuth = np.linspace(0, np.pi, n)[1:-1], np.linspace(0, 2 * np.pi, 2 * n, endpoint=False)
    p, a = np.meshgrid(polar, azimuth, indexing="ij")
    ring = np.stack([np.sin(p) * np.sin(a), np.cos(p), np.sin(p) * np.cos(a)], axis=-1).reshape(-1, 3)
    points = np.concatenate([ring, [[0, 1, 0], [0, -1, 0]]]) * 0.1
    rows, columns = n - 2, 2 * n
    i, j = np.meshgrid(np.arange(rows - 1), np.arange(columns), indexing="ij")
    a, b = (i * columns + j).ravel(), (i * columns + (j + 1) % columns).ravel()
    sides = np.concatenate([np.stack([a, a + columns, b + columns], 1), np.stack([a, b + columns, b], 1)])
    j = np.arange(columns)
    north = np.stack([np.full(columns, rows * columns), j, (j + 1) % columns], 1)
    last = (rows - 1) * columns
    south = np.stack([np.full(columns, rows * columns + 1), last + (j + 1) % columns, last + j], 1)
    return points.astype(np.float32), np.concatenate([sides, north, south]).astype(np.int32)


def _backs_seen(vertices: np.ndarray, lining: Lining) -> tuple[np.ndarray, np.ndarray]:
    """Where in clip space the back of a face of the lining is the frontmost thing."""
    n_faces = len(lining.faces)
    soup = vertices[lining.faces].reshape(-1, 3)
    number = seen(
        soup,
        np.arange(3 * n_faces).reshape(-1, 3),
        np.repeat(np.arange(n_faces), 3),
        centre=np.zeros(3),
        half_width=HALF,
        half_height=HALF,
        step=STEP,
    )
    a, b, c = soup.reshape(-1, 3, 3)[:, :, :2].transpose(1, 2, 0)
    is_back = (b[0] - a[0]) * (c[1] - a[1]) < (b[1] - a[1]) * (c[0] - a[0])
    is_back[: lining.start] = False
    row, column = np.nonzero((number >= 0) & is_back[number])
    return column * STEP / HALF - 1, row * STEP / HALF - 1
