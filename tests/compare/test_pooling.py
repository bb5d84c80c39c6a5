"""Means over clips and their intervals."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from viewer.compare import Pooled, pool

NAN = float("nan")


def of(*values):
    return {"x": np.array(values, float)}


def test_by_clip_and_by_frame():
    values, frames = of(1, 4), of(30, 10)
    assert pool(values)["x"].mean == 2.5
    assert pool(values, frames)["x"].mean == pytest.approx(70 / 40)


def test_squares_are_pooled_as_squares():
    """RMS over all frames of two clips of 30 and 10."""
    found = pool(of(1, 3), of(30, 10), roots=frozenset({"x"}))["x"]
    assert found.mean == pytest.approx(np.sqrt((30 * 1 + 10 * 9) / 40))


def test_clips_without_a_value_are_left_out():
    found = pool(of(1, NAN, 4), of(30, 1000, 10))["x"]
    assert found.mean == pytest.approx(70 / 40) and found.clips == 2
    assert pool(of(NAN, NAN))["x"] == Pooled(None, None, None, 0)
    assert pool({}) == {}


def test_one_clip_has_no_interval():
    assert pool(of(3))["x"] == Pooled(3, None, None, 1)
    assert pool(of(3, NAN))["x"] == Pooled(3, None, None, 1)


def test_intervals_are_the_same_again_and_do_not_depend_on_other_metrics():
    values = {name: np.random.default_rng(seed).normal(size=40) for seed, name in enumerate("xyz")}
    assert pool(values) == pool(values) and pool(values)["y"] == pool({"y": values["y"]})["y"]


def test_an_interval_is_about_that_of_the_normal_distribution():
    values = np.random.default_rng(0).normal(3, 2, 2000)
    found = pool({"x": values})["x"]
    error = values.std() / np.sqrt(len(values))
    assert found.low == pytest.approx(found.mean - 1.96 * error, abs=0.15 * error)
    assert found.high == pytest.approx(found.mean + 1.96 * error, abs=0.15 * error)


def test_intervals_hold_the_truth_about_as_often_as_they_say():
    rng = np.random.default_rng(1)
    held = [found.low <= 5 <= found.high for found in (pool({"x": rng.gamma(5, 1, 60)})["x"] for _ in range(200))]
    assert 0.88 <= np.mean(held) <= 0.99


@given(st.lists(st.floats(-100, 100), min_size=2, max_size=30), st.floats(0.01, 100))
def test_intervals_lie_around_the_mean_and_scale(values, scale):
    found = pool(of(*values))["x"]
    slack = 1e-9 * (1 + np.abs(values).max())
    assert min(values) - slack <= found.low <= found.mean + slack and found.mean - slack <= found.high
    scaled = pool(of(*np.multiply(scale, values)))["x"]
    expected = np.multiply(scale, (found.mean, found.low, found.high))
    np.testing.assert_allclose((scaled.mean, scaled.low, scaled.high), expected, atol=scale * slack)


def test_equal_weights_change_nothing():
    values = np.random.default_rng(0).uniform(size=20)
    assert pool({"x": values}, {"x": np.full(20, 7.0)})["x"].mean == pytest.approx(pool({"x": values})["x"].mean)
