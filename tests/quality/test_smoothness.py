"""Frames and steps that leave the motion around them, against reference formulas and laws."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.interpolate import CubicSpline, lagrange
from scipy.signal import periodogram

from tests.quality.clips import FPS, smooth_motion
from viewer.quality.smoothness import fast_share, jump, off_path

ALL = np.ones(200, bool)
seeds = st.integers(0, 1000)


def test_a_frame_is_compared_with_the_cubic_through_its_neighbours():
    x = smooth_motion(n=1)
    at = 77
    cubic = lagrange([-2, -1, 1, 2], x[[at - 2, at - 1, at + 1, at + 2], 0])
    step = np.percentile(np.abs(np.diff(x[:, 0])), 75)
    assert off_path([x], ALL)[at] == pytest.approx(abs(x[at, 0] - cubic(0)) / step, rel=1e-6)


def test_a_cubic_motion_is_on_its_path():
    t = np.linspace(-1, 1, 200)[:, None]
    off = off_path([t**3 - t], ALL)
    assert np.isnan(off[:2]).all() and np.isnan(off[-2:]).all()
    assert np.nanmax(off) < 1e-6


@given(seeds, st.integers(5, 190), st.sampled_from([0.0, 1.0]))
def test_a_spike_is_found_where_it_is(seed, frame, noise):
    x = smooth_motion(seed=seed)
    steps = np.percentile(np.abs(np.diff(x, axis=0)), 75, axis=0)
    x[frame] += 4 * steps * np.random.default_rng(seed).choice([-1, 1], x.shape[1])
    assert np.nanargmax(off_path([x], ALL)) == frame


@given(seeds, st.integers(5, 190))
def test_a_step_that_stays_is_found_where_it_is(seed, frame):
    x = smooth_motion(seed=seed)
    steps = np.percentile(np.abs(np.diff(x, axis=0)), 75, axis=0)
    x[frame:] += 4 * steps * np.random.default_rng(seed).choice([-1, 1], x.shape[1])
    assert np.nanargmax(jump([x], ALL)) == frame


@given(seeds, st.floats(0.01, 100))
def test_scale_and_offset_change_nothing(seed, scale):
    x = smooth_motion(seed=seed)
    for measure in (off_path, jump):
        np.testing.assert_allclose(measure([scale * x + 3], ALL), measure([x], ALL), rtol=1e-5, atol=1e-6)
    assert fast_share([scale * x + 3], ALL, FPS) == pytest.approx(fast_share([x], ALL, FPS), rel=1e-6)


@given(seeds)
def test_backwards_in_time_the_same_frames_stand_off(seed):
    x = smooth_motion(seed=seed)
    np.testing.assert_allclose(off_path([x[::-1]], ALL)[::-1], off_path([x], ALL), rtol=1e-9)
    # The step into frame f is, backwards, the one into the frame before it.
    np.testing.assert_allclose(jump([x[::-1]], ALL)[::-1][1:-2], jump([x], ALL)[2:-1], rtol=1e-9)


def test_frames_that_are_no_numbers_are_left_out():
    x = smooth_motion()
    good = ALL.copy()
    good[50] = False
    x[50] = 1000  # whatever stands in their place
    for measure in (off_path, jump):
        off = measure([x], good)
        assert np.isnan(off[50]) and np.nanmax(off) < 3
    assert fast_share([x], good, FPS) == pytest.approx(fast_share([smooth_motion()], ALL, FPS), abs=0.02)


def test_a_blink_is_no_pop():
    """As quick as one, but few coefficients take part."""
    x = 0.1 * smooth_motion(n=50)
    blink = x.copy()
    blink[100:104, :2] += np.array([0.5, 1, 1, 0.5])[:, None]
    pop = x.copy()
    pop[100] += 0.3 * np.random.default_rng(0).choice([-1, 1], 50)
    assert np.nanmax(off_path([blink], ALL)) < 0.7 * np.nanmax(off_path([pop], ALL))


def test_fast_share_is_that_of_a_periodogram():
    rng = np.random.default_rng(0)
    n = 199  # odd: of an even number the last band stands for half as much
    x = smooth_motion(n, n=5) + 0.1 * rng.standard_normal((n, 5))
    window = np.hanning(n + 2)[1:-1]
    hz, power = periodogram(x - x.mean(axis=0), FPS, window=window, detrend=False, axis=0)
    share = power[hz > 8].sum(axis=0) / power[hz > 0.3].sum(axis=0)
    assert fast_share([x], ALL[:n], FPS) == pytest.approx(np.median(share), rel=1e-6)


def test_a_slow_wave_has_nothing_fast_and_a_quick_one_nothing_else():
    t = np.arange(200) / FPS
    slow, quick = np.sin(2 * np.pi * 3 * t)[:, None], np.sin(2 * np.pi * 10 * t)[:, None]
    assert fast_share([slow], ALL, FPS) < 1e-4
    assert fast_share([quick], ALL, FPS) > 0.999
    assert fast_share([np.zeros((200, 3))], ALL, FPS) is None
    assert fast_share([quick[:10]], ALL[:10], FPS) is None
    assert fast_share([slow], ALL, 12) is None  # 8 Hz cannot be seen at 12 frames a second


def test_a_motion_resampled_from_a_spline_is_smooth():
    knots = np.random.default_rng(1).standard_normal((21, 4))
    x = CubicSpline(np.arange(21) * 10, knots)(np.arange(200))
    assert np.nanmax(off_path([x], ALL)) < 0.5
