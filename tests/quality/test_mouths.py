"""What phones say of the mouth, and lags of one curve behind another."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.quality.clips import FPS, smooth_motion
from viewer.quality.mouths import BILABIALS, lag, template
from viewer.speech import Phone

GOOD = np.ones(200, bool)


def phones(*labels, seconds=0.2):
    return [Phone(label, i * seconds, (i + 1) * seconds, 0.0) for i, label in enumerate(labels)]


def test_lips_are_closed_at_bilabials_and_open_at_vowels():
    opening = template(phones("SIL", "AA", "M", "AE", "P", "AH", "B"), 35, FPS)
    middles = opening[2::5]
    assert middles[1] > 0.8 and middles[3] > 0.7 and middles[5] > 0.4
    assert (middles[[2, 4, 6]] < 0.25).all()
    assert (opening >= 0).all() and (opening <= 1).all()
    assert set(BILABIALS) == {"P", "B", "M"}


def test_unknown_phones_are_between():
    assert 0.2 < template(phones("XX"), 5, FPS).mean() < 0.6


@given(st.integers(-10, 10), st.integers(0, 100))
def test_a_shifted_curve_lags_by_its_shift(shift, seed):
    long = smooth_motion(240, seed=seed, n=1)[:, 0]
    expected, moved = long[20:220], long[20 - shift : 220 - shift]
    frames, correlation = lag(3 * moved + 5, expected, GOOD, most=12)
    assert frames == pytest.approx(shift, abs=0.3) and correlation > 0.99
    # The other way round it leads.
    assert lag(expected, moved, GOOD, most=12)[0] == pytest.approx(-shift, abs=0.3)


def test_the_lag_is_found_between_frames():
    t = np.arange(200)
    for offset in (-0.4, 0.25, 1.5):
        moved, expected = np.sin((t - offset) / 5) + np.sin((t - offset) / 11), np.sin(t / 5) + np.sin(t / 11)
        assert lag(moved, expected, GOOD, most=12)[0] == pytest.approx(offset, abs=0.1)


def test_what_does_not_move_has_no_lag():
    moving = smooth_motion(n=1)[:, 0]
    assert lag(np.ones(200), moving, GOOD, most=12) is None
    assert lag(moving[:20], moving[:20], GOOD[:20], most=12) is None


def test_bad_frames_are_left_out_of_the_lag():
    long = smooth_motion(240, n=1)[:, 0]
    moved, good = long[17:217].copy(), GOOD.copy()
    good[60:70] = False
    moved[60:70] = 100
    assert lag(moved, long[20:220], good, most=12)[0] == pytest.approx(3, abs=0.3)
