"""A few vertices alone move as they do on the whole head."""

import numpy as np
import pytest

from tests.flame.factories import random_coefficients
from viewer.errors import UsageError
from viewer.flame.points import FlamePoints


@pytest.mark.parametrize("varying_shape", [False, True])
def test_points_are_the_vertices_of_the_whole_model(model, varying_shape):
    given = random_coefficients(3, 40, varying_shape=varying_shape)
    coefficients = {name: given[name] for name in ("exp", "shape", "pose")}
    numbers = np.random.default_rng(0).choice(len(model.v_template), 300, replace=False)  # unsorted, three tiles
    points = FlamePoints(model, numbers).vertices(**coefficients)
    assert points.shape == (40, 300, 3)
    np.testing.assert_allclose(points, model.vertices(**coefficients)[:, numbers], rtol=0, atol=1e-7)


def test_no_points_are_fine_and_unknown_ones_are_not(model):
    assert FlamePoints(model, np.zeros(0, int)).vertices(pose=np.zeros((4, 6))).shape == (4, 0, 3)
    for wrong in ([0, 5023], [-1, 3]):
        with pytest.raises(UsageError, match="expected 0 to 5022"):
            FlamePoints(model, np.array(wrong))
