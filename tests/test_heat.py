"""The colour scale of errors."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from viewer import heat
from viewer.errors import UsageError
from viewer.looks import DEFAULT_LOOK, LOOKS

# What dichromats see of linear sRGB: Machado, Oliveira and Fernandes 2009, severity 1.
VISION = {
    "normal": np.eye(3),
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "tritanopia": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
    "grey": [[0.2126, 0.7152, 0.0722]] * 3,
}


def linear(colors):
    share = np.asarray(colors) / 255
    return np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)


def lightness(colors, vision="normal"):
    """L* of CIELAB."""
    seen = np.clip(linear(colors) @ np.asarray(VISION[vision]).T, 0, 1)
    luminance = seen @ [0.2126, 0.7152, 0.0722]
    return np.where(luminance > 0.008856, 116 * np.cbrt(luminance) - 16, 903.3 * luminance)


@pytest.mark.parametrize("vision", VISION)
def test_more_error_is_darker_to_every_eye(vision):
    found = lightness(heat.table()[::8], vision)
    assert (np.diff(found) < 0).all()
    assert found[0] > 88 and found[-1] < 25


def test_steps_of_lightness_are_about_equal():
    steps = -np.diff(lightness(heat.table()[::16]))
    assert steps.max() < 1.8 * steps.min()


def test_the_ends_are_those_of_the_scale():
    colors = heat.colors(np.array([-1, 0, 5, 5.1, 1e9, np.inf]))
    np.testing.assert_array_equal(colors[:2], [heat.table()[0]] * 2)
    np.testing.assert_array_equal(colors[2:], [heat.table()[255]] * 4)
    assert colors.dtype == np.uint8 and heat.table().shape == (256, 3)


@given(st.floats(0.1, 100), st.floats(0, 1))
def test_a_share_of_the_top_is_that_share_of_the_table(top, share):
    row = int(heat.steps(np.array(share * top), top))
    assert abs(row - 255 * share) <= 0.5 + 1e-9
    np.testing.assert_array_equal(heat.colors(np.array([share * top]), top)[0], heat.table()[row])


def test_what_is_not_known_is_grey_and_grey_is_nothing_else():
    shape = heat.colors(np.full((2, 3), np.nan))
    assert shape.shape == (2, 3, 3) and (shape == heat.NO_DATA).all()
    chroma = np.ptp(heat.table().astype(int), axis=1)
    assert np.ptp(heat.NO_DATA) < 8 and chroma[8:].min() > 20


def test_no_colour_is_the_blue_of_the_default_look():
    apart = np.abs(heat.table().astype(int) - LOOKS[DEFAULT_LOOK].mesh).max(axis=1)
    assert apart.min() > 60


@pytest.mark.parametrize("top", [0, -1, np.nan, np.inf])
def test_a_scale_needs_an_end(top):
    with pytest.raises(UsageError, match="above 0"):
        heat.colors(np.zeros(1), top)
