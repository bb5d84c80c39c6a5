"""The colour scale of errors: plain data, shared by pictures, figures and the browser.

From ivory (no error) over amber and red to a dark violet: lightness falls in equal steps, so the order shows in grey
and to every kind of colour vision, and no colour of it is the blue of the default look. It is a path in OKLCh (Ottosson
2020, "A perceptual color space for image processing").
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from jaxtyping import Float, UInt8

from viewer.errors import UsageError

TOP_MM = 5.0
"""Error in mm at which the scale ends, unless told otherwise."""
NO_DATA = (128, 130, 134)
"""Colour of what is not known, display-sRGB: a grey, which the scale has none of."""
STEPS = 256

_LIGHTNESS = (0.94, 0.29)
# Where on the scale, chroma and hue in degrees.
_CHROMA = ((0.0, 0.22, 0.45, 0.7, 1.0), (0.022, 0.125, 0.165, 0.185, 0.11))
_HUE = ((0.0, 0.22, 0.45, 0.7, 1.0), (95.0, 84.0, 52.0, 20.0, -45.0))


def colors(errors_mm: Float[np.ndarray, "*shape"], top_mm: float = TOP_MM) -> UInt8[np.ndarray, "*shape 3"]:
    """Display-sRGB of errors in mm, 0 to `top_mm` and beyond, which looks like it; grey where they are NaN.

    Raises UsageError for a `top_mm` that is not above 0.
    """
    errors = np.asarray(errors_mm)
    found = table()[steps(errors, top_mm)]
    found[np.isnan(errors)] = NO_DATA
    return found


def steps(errors_mm: Float[np.ndarray, "*shape"], top_mm: float = TOP_MM) -> UInt8[np.ndarray, "*shape"]:
    """Row of `table` for errors in mm: round(255 · error / top), halves upwards, held at both ends; 0 for NaN.

    Raises UsageError for a `top_mm` that is not above 0.
    """
    if not 0 < top_mm < np.inf:
        raise UsageError(f"the scale ends at {top_mm} mm; expected a number above 0, such as {TOP_MM:g}")
    share = np.clip(np.nan_to_num(np.asarray(errors_mm, np.float64) / top_mm, nan=0.0), 0, 1)
    return np.floor((STEPS - 1) * share + 0.5).astype(np.uint8)


def table() -> UInt8[np.ndarray, "256 3"]:
    """The whole scale, display-sRGB, from no error to the top."""
    return _table().copy()


@lru_cache(maxsize=1)
def _table() -> UInt8[np.ndarray, "256 3"]:
    share = np.linspace(0, 1, STEPS)
    lightness = _LIGHTNESS[0] + share * (_LIGHTNESS[1] - _LIGHTNESS[0])
    chroma, hue = np.interp(share, *_CHROMA), np.radians(np.interp(share, *_HUE))
    linear = _linear_rgb(np.stack([lightness, chroma * np.cos(hue), chroma * np.sin(hue)], axis=-1))
    clipped = np.clip(linear, 0, 1)
    encoded = np.where(clipped <= 0.0031308, 12.92 * clipped, 1.055 * clipped ** (1 / 2.4) - 0.055)
    return np.rint(255 * encoded).astype(np.uint8)


def _linear_rgb(oklab: Float[np.ndarray, "N 3"]) -> Float[np.ndarray, "N 3"]:
    """Linear sRGB of OKLab, by Ottosson's matrices."""
    to_cones = np.array(
        [
            [1, 0.3963377774, 0.2158037573],
            [1, -0.1055613458, -0.0638541728],
            [1, -0.0894841775, -1.2914855480],
        ]
    )
    to_rgb = np.array(
        [
            [4.0767416621, -3.3077115913, 0.2309699292],
            [-1.2684380046, 2.6097574011, -0.3413193965],
            [-0.0041960863, -0.7034186147, 1.7076147010],
        ]
    )
    return (oklab @ to_cones.T) ** 3 @ to_rgb.T
