from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from tests.render import heads
from viewer.render.normals import VertexNormals
from viewer.render.occlusion import openness

normals_of = VertexNormals(heads.faces(), len(heads.head()))


def test_normals_agree_with_a_plain_float64_sum() -> None:
    vertices = heads.motion(3)
    expected = np.zeros(vertices.shape)
    for frame, points in enumerate(vertices.astype(float)):
        for a, b, c in heads.faces():
            expected[frame, [a, b, c]] += np.cross(points[b] - points[a], points[c] - points[a])
    length = np.linalg.norm(expected, axis=2, keepdims=True)
    used = length[..., 0] > 0
    np.testing.assert_allclose(normals_of(vertices)[used], (expected / np.maximum(length, 1e-30))[used], atol=2e-4)


def test_normals_of_an_egg_point_outwards() -> None:
    vertices = heads.head()
    (normals,) = normals_of(vertices[None])
    assert (np.einsum("vc,vc->v", normals, vertices) > 0).mean() > 0.97


@settings(deadline=None, max_examples=20)
@given(st.tuples(*[st.floats(-3, 3)] * 3), st.tuples(*[st.floats(-1, 1)] * 3), st.floats(0.1, 10))
def test_normals_turn_with_the_head_and_ignore_place_and_size(
    turn: tuple[float, ...], shift: tuple[float, ...], scale: float
) -> None:
    rotation = Rotation.from_rotvec(turn).as_matrix()
    vertices = heads.head(0.3)
    moved = (scale * vertices @ rotation.T + np.array(shift) * 0.1).astype(np.float32)
    np.testing.assert_allclose(normals_of(moved[None])[0], normals_of(vertices[None])[0] @ rotation.T, atol=0.03)


def test_vertices_without_a_face_do_no_harm() -> None:
    vertices = np.float32([[0, 0, 0], [1, 0, 0], [0, 1, 0], [9, 9, 9]])
    faces = np.array([[0, 1, 2], [0, 0, 0]])
    (normals,) = VertexNormals(faces, 4)(vertices[None])
    np.testing.assert_array_equal(normals, [[0, 0, 1]] * 3 + [[0, 0, 0]])
    assert np.isfinite(openness(vertices, faces)).all()


def test_openness_is_low_in_a_pit_and_high_on_the_plain_around_it() -> None:
    x, y = np.meshgrid(np.linspace(-1, 1, 61), np.linspace(-1, 1, 61))
    radius = np.hypot(x, y)
    z = np.where(radius < 0.15, -0.8, 0.0)
    vertices = np.stack([x, y, z], axis=-1).reshape(-1, 3).astype(np.float32)
    corner = (np.arange(60)[:, None] * 61 + np.arange(60)).ravel()
    faces = np.concatenate(
        [np.stack([corner, corner + 1, corner + 62], 1), np.stack([corner, corner + 62, corner + 61], 1)]
    )
    values = openness(vertices, faces).reshape(61, 61)
    assert values[radius < 0.05].mean() < 0.6
    assert values[(radius > 0.5) & (radius < 0.8)].mean() > 0.9
    assert values.min() >= 0.2
    assert values.max() <= 1


def test_pieces_inside_the_head_are_dimmed_but_lit() -> None:
    """Teeth and eyes: closed in at rest, seen when lips and lids are open."""
    outer, faces = heads.head(), heads.faces()
    both = np.concatenate([outer, 0.6 * outer])
    values = openness(both, np.concatenate([faces, faces + len(outer)]))
    assert values[: len(outer)].mean() > 0.9
    assert 0.5 < values[len(outer) :].mean() < 0.75


def test_openness_of_a_symmetric_head_is_symmetric_and_does_not_depend_on_units() -> None:
    vertices = heads.head(0.5)
    values = openness(vertices, heads.faces())
    place = {tuple(point): i for i, point in enumerate(np.round(vertices, 6).tolist())}
    mirror = [place[(-x + 0.0, y, z)] for x, y, z in np.round(vertices, 6).tolist()]
    assert np.abs(values - values[mirror]).mean() < 0.01
    assert np.abs(values - openness(1000 * vertices, heads.faces())).mean() < 0.01
