"""The formulas on cases that can be done by hand, and against plain loops in float64."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from scipy.spatial.transform import Rotation

from viewer.compare import formulas as f

SHAPE = (4, 3, 3)
points = arrays.arrays(np.float64, SHAPE, elements=st.floats(-0.2, 0.2))


def moved(*shifts_mm, frames=2, vertices=5):
    """A face at rest, and one whose vertices are shifted along x by so many mm, a number a vertex."""
    rest = np.random.default_rng(0).uniform(-0.1, 0.1, (frames, vertices, 3))
    shifted = rest.copy()
    for vertex, shift in enumerate(shifts_mm):
        shifted[:, vertex, 0] += np.asarray(shift) / 1000
    return rest, shifted


def test_one_lip_vertex_moved_by_a_millimetre_in_every_frame():
    errors = f.lip_errors_mm(*moved(1))
    assert f.lve_max_l2_mm(errors) == pytest.approx(1, rel=1e-12)
    assert f.lve_max_sq_mm2(errors) == pytest.approx(1, rel=1e-12)
    assert f.lve_rms_mm(errors) == pytest.approx(1, rel=1e-12)
    assert f.distances_mm(*moved(1)).mean() == pytest.approx(1 / 5, rel=1e-5)


def test_the_variants_of_lve_differ_as_their_names_say():
    """The furthest vertex moves 1 mm in one frame and 3 mm in the other: 2, (1 + 9) / 2, √5."""
    errors = f.lip_errors_mm(*moved([1, -2], [0, 3]))
    np.testing.assert_allclose(errors, [1, 3])
    assert f.lve_max_l2_mm(errors) == pytest.approx(2)
    assert f.lve_max_sq_mm2(errors) == pytest.approx(5)
    assert f.lve_rms_mm(errors) == pytest.approx(np.sqrt(5))


def test_fdd_of_a_face_that_moves_and_one_that_does_not():
    """Squared displacements 0 and 4 mm² have a standard deviation of 2; of a still face it is 0."""
    rest, shifted = moved([0, 2], vertices=1)
    assert f.fdd_signed(shifted, rest, rest[0]) != 0  # rest differs from frame to frame
    rest[1] = rest[0]
    shifted = rest.copy()
    shifted[1, 0, 0] += 0.002
    assert f.fdd_signed(shifted, rest, rest[0]) == pytest.approx(2)
    assert f.fdd_signed(rest, shifted, rest[0]) == pytest.approx(-2)


@given(points, points)
def test_lip_errors_against_a_loop(reference, prediction):
    expected = [
        max(1000 * np.sqrt(sum((p - r) ** 2 for r, p in zip(a, b, strict=True))) for a, b in zip(x, y, strict=True))
        for x, y in zip(reference.tolist(), prediction.tolist(), strict=True)
    ]
    np.testing.assert_allclose(f.lip_errors_mm(reference, prediction), expected, rtol=1e-12, atol=1e-15)


@given(points, points, arrays.arrays(np.float64, SHAPE[1:], elements=st.floats(-0.2, 0.2)))
def test_fdd_against_a_loop(reference, prediction, template):
    def spread(motion):
        deviations = []
        for vertex in range(SHAPE[1]):
            squared = [sum((1000 * (m[vertex] - template[vertex])) ** 2) for m in motion]
            mean = sum(squared) / len(squared)
            deviations.append(np.sqrt(sum((value - mean) ** 2 for value in squared) / len(squared)))
        return sum(deviations) / len(deviations)

    expected = spread(reference) - spread(prediction)
    assert f.fdd_signed(reference, prediction, template) == pytest.approx(expected, rel=1e-9, abs=1e-6)
    assert f.fdd_signed(prediction, reference, template) == pytest.approx(-expected, rel=1e-9, abs=1e-6)


@given(points, points, st.floats(0.1, 10))
def test_symmetry_and_scale(reference, prediction, scale):
    errors = f.lip_errors_mm(reference, prediction)
    np.testing.assert_array_equal(errors, f.lip_errors_mm(prediction, reference))
    np.testing.assert_allclose(f.lip_errors_mm(scale * reference, scale * prediction), scale * errors, atol=1e-9)
    assert f.lve_rms_mm(errors) ** 2 == pytest.approx(f.lve_max_sq_mm2(errors))
    assert f.lve_max_l2_mm(errors) <= f.lve_rms_mm(errors) * (1 + 1e-12) <= errors.max() * (1 + 1e-9)
    shifted = f.lip_errors_mm(reference + 0.05, prediction + 0.05)
    np.testing.assert_allclose(shifted, errors, atol=1e-9)


turns = arrays.arrays(np.float64, (5, 3), elements=st.floats(-1.8, 1.8))


@given(turns, turns)
def test_angles_are_those_of_scipy(one, other):
    expected = (Rotation.from_rotvec(one).inv() * Rotation.from_rotvec(other)).magnitude()
    found = f.angles_between_deg(one, other)
    np.testing.assert_allclose(found, np.degrees(expected), atol=2e-5)
    np.testing.assert_array_equal(found, f.angles_between_deg(other, one))


@pytest.mark.parametrize("degrees", [0, 1e-6, 1e-3, 1, 90, 179])
def test_angles_are_exact_where_a_cosine_is_not(degrees):
    turn = np.array([[0, np.radians(degrees), 0]])
    assert f.angles_between_deg(np.zeros((1, 3)), turn)[0] == pytest.approx(degrees, rel=1e-6)
