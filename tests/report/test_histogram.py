"""Histograms: every clip is counted, and limits stand where they belong."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from viewer.quality.thresholds import Limit
from viewer.report.histogram import WIDTH, Histogram, histogram

numbers = st.floats(-1e30, 1e30) | st.integers(-20, 20).map(float)
LIMITS = (Limit("warn_above", 20.0), Limit("error_above", 35.0))


@given(st.lists(numbers, min_size=1, max_size=60))
def test_every_value_is_counted_once(values):
    found = Histogram.of(values, LIMITS)
    assert found.total.sum() == len(values)
    assert (np.diff(found.edges) > 0).all()


@given(st.lists(numbers, min_size=1, max_size=60))
def test_bars_stay_in_the_picture(values):
    svg = histogram(values, LIMITS, unit="mm", title="t")
    for x, width in re.findall(r'<rect [^>]*x="([^"]+)"[^>]* width="([^"]+)"', svg):
        assert 0 <= float(x) <= WIDTH and float(x) + float(width) <= WIDTH + 1
    assert "nan" not in svg and "inf" not in svg


def test_whole_numbers_have_a_bar_each():
    found = Histogram.of([0.0] * 5 + [1.0] * 3 + [-2.0], ())
    middles = (found.edges[:-1] + found.edges[1:]) / 2
    assert {middle: count for middle, count in zip(middles, found.total, strict=True) if count} == {-2: 1, 0: 5, 1: 3}


def test_one_clip_among_many_can_be_seen():
    values = [*np.random.default_rng(0).normal(size=20_000), 4.6]
    svg = histogram(values, [Limit("warn_above", 4.5)], unit="", title="t")
    heights = [float(height) for height in re.findall(r'<rect [^>]*height="([^"]+)"', svg)]
    assert heights[-1] == 2.0 and max(heights) == 84


def test_limits_near_the_values_are_drawn_and_far_ones_left_out():
    svg = histogram(list(np.linspace(0, 30, 400)), LIMITS, unit="°", title="t")
    assert svg.count('class="limit warn"') == svg.count('class="limit error"') == 1
    at = float(re.search(r'class="limit warn" x1="([^"]+)"', svg)[1])
    assert at == pytest.approx(20 / 35 * WIDTH, abs=3)
    assert "limit" not in histogram(list(np.linspace(0, 3, 400)), LIMITS, unit="°", title="t")


def test_each_clip_has_the_colour_of_its_own_severity_also_where_a_limit_divides_a_bar():
    """As with an identity, which may not change by 0.002 and is compared with one that changes by 2."""
    found = Histogram.of([0.0005] * 9 + [2.0], [Limit("error_above", 0.002)])
    assert found.counts["ok"].tolist() == [9, *[0] * (len(found.total) - 1)]
    assert found.counts["error"].sum() == found.counts["error"][-1] == 1
    svg = histogram([0.001] * 3 + [0.003] + [2.0], [Limit("error_above", 0.002)], unit="SD", title="t")
    assert svg.count('class="bar error"') == 2 and svg.count('class="bar ok"') == 1
