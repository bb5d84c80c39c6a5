"""Intervals of shares, against published ones."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from viewer.shares import difference, wilson

samples = st.integers(1, 5000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@given(samples, st.sampled_from([0.5, 0.9, 0.95, 0.99]))
def test_the_interval_is_wilsons(sample, confidence):
    expected = stats.binomtest(*sample).proportion_ci(confidence, method="wilson")
    assert wilson(*sample, confidence=confidence) == pytest.approx((expected.low, expected.high), abs=1e-12)


def test_the_ends_of_the_interval_are_exact():
    assert wilson(0, 0) == (0, 1)
    assert wilson(0, 50)[0] == 0 and wilson(50, 50)[1] == 1
    assert wilson(3, 50) == pytest.approx((0.02062, 0.16217), abs=1e-5)  # as in published tables


@pytest.mark.parametrize("sample", [(-1, 3), (4, 3), (0, -1)])
def test_a_sample_that_cannot_be(sample):
    with pytest.raises(ValueError, match="expected"):
        wilson(*sample)


@pytest.mark.parametrize(
    ("one", "other", "interval"),
    [
        ((48, 80), (56, 70), (0.0524, 0.3339)),
        ((3, 10), (9, 10), (0.1705, 0.8090)),
        ((2, 7), (6, 7), (0.0582, 0.8062)),
        ((0, 29), (5, 56), (-0.0381, 0.1926)),
        ((0, 20), (0, 10), (-0.1611, 0.2775)),
        ((0, 20), (10, 10), (0.6791, 1.0)),
    ],
)
def test_the_difference_is_newcombes(one, other, interval):
    """As in table II of Newcombe (1998), method 10, with the signs of the other order."""
    assert difference(one, other) == pytest.approx(interval, abs=6e-5)


@given(samples, samples)
def test_the_difference_turns_with_its_order_and_holds_what_was_seen(one, other):
    low, high = difference(one, other)
    assert -1 - 1e-9 <= low <= other[0] / other[1] - one[0] / one[1] <= high <= 1 + 1e-9
    assert difference(other, one) == pytest.approx((-high, -low), abs=1e-12)
