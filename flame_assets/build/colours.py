"""Vertex colours (display-sRGB, 0..255) of a plain adult head: skin, lips, brows, lash line, shorn hair."""

from __future__ import annotations

import numpy as np
from closure import distance_to
from jaxtyping import Float, UInt8
from parts import INNER_MOUTH, LIPS, Parts
from parts import SKIN as SKIN_PART
from rig import smoothstep

SKIN = (214.0, 171.0, 148.0)
BLUSH = (208.0, 138.0, 118.0)
PALE = (224.0, 186.0, 162.0)
LIP = (186.0, 116.0, 106.0)
INSIDE = (190.0, 92.0, 88.0)
WATERLINE = (206.0, 146.0, 134.0)
LASHES = (50.0, 34.0, 28.0)
BROW = (74.0, 52.0, 40.0)
HAIR = (96.0, 76.0, 64.0)


def mix(
    base: Float[np.ndarray, "V 3"], colour: tuple[float, float, float], amount: Float[np.ndarray, " V"]
) -> Float[np.ndarray, "V 3"]:
    """Blend (V, 3) colours towards one colour by (V,) amounts 0..1."""
    return base + (np.array(colour) - base) * np.clip(amount, 0, 1)[:, None]


def blob(
    v: Float[np.ndarray, "V 3"], centre: tuple[float, float, float], radii: tuple[float, float, float]
) -> Float[np.ndarray, " V"]:
    """(V,) 0..1: a soft spot of the given radii in metres, on both sides of the face."""
    offset = (np.c_[np.abs(v[:, 0]), v[:, 1:]] - centre) / radii
    return np.exp(-(offset**2).sum(axis=1))


def brows(parts: Parts) -> Float[np.ndarray, " V"]:
    """(V,) 0..1: hair of the brows, an arc over each eye that thins out towards the temple."""
    centre = np.abs(parts.eyes[0].centre)
    x = np.abs(parts.vertices[:, 0]) - centre[0]
    y = parts.vertices[:, 1] - centre[1]
    t = (x + 0.019) / 0.046  # 0 at the nose, 1 at the temple
    arc = 0.0155 + 0.0065 * np.sin(np.pi * np.clip(t, 0, 1) ** 1.25) - 0.002 * np.clip(t, 0, 1)
    half = 0.0036 * (1 - 0.6 * np.clip(t, 0, 1) ** 1.5)
    across = 1 - smoothstep(0.15, 1.55, np.abs(y - arc) / half)
    ends = smoothstep(-0.08, 0.14, t) * (1 - smoothstep(0.82, 1.06, t))
    return across * ends * (parts.vertices[:, 2] > 0.01)


def scalp(parts: Parts) -> Float[np.ndarray, " V"]:
    """(V,) 0..1: shorn hair above a soft hairline from forehead over temples and ears to the nape."""
    v = parts.vertices
    azimuth = np.rad2deg(np.arctan2(np.abs(v[:, 0]), v[:, 2] + 0.02))  # 0 in front, 180 behind
    line = np.interp(
        azimuth,
        (0, 25, 40, 52, 64, 74, 84, 98, 112, 130, 180),
        (0.096, 0.094, 0.089, 0.070, 0.058, 0.046, 0.012, 0.020, 0.012, -0.022, -0.034),
    )
    return smoothstep(-0.012, 0.016, v[:, 1] - line) * (1 - np.clip(1.5 * parts.masks["ears"], 0, 1))


def paint(parts: Parts) -> UInt8[np.ndarray, "V 3"]:
    """(V, 3) uint8."""
    v, masks = parts.vertices, parts.masks
    eye_x, eye_y = np.abs(parts.eyes[0].centre[0]), parts.eyes[0].centre[1]
    colours = np.tile(np.array(SKIN), (len(v), 1))
    colours = mix(colours, PALE, 0.5 * blob(v, (0, 0.07, 0.05), (0.05, 0.03, 0.05)))
    colours = mix(colours, BLUSH, 0.42 * blob(v, (0.042, -0.018, 0.045), (0.019, 0.017, 0.03)))
    colours = mix(colours, BLUSH, 0.40 * blob(v, (0, -0.008, 0.078), (0.013, 0.011, 0.02)))
    colours = mix(colours, BLUSH, 0.22 * blob(v, (0, -0.085, 0.06), (0.016, 0.012, 0.03)))
    colours = mix(colours, BLUSH, 0.45 * masks["ears"])
    colours = mix(colours, (176.0, 118.0, 104.0), 0.30 * blob(v, (eye_x, eye_y - 0.001, 0.04), (0.017, 0.011, 0.02)))
    colours = mix(colours, LIP, 0.75 * smoothstep(0.1, 0.9, masks["lips"]))
    colours = mix(colours, INSIDE, smoothstep(0.2, 0.9, masks["inside-mouth"]))
    colours = mix(colours, HAIR, 0.55 * scalp(parts))
    colours = mix(colours, BROW, 0.85 * brows(parts))
    for eye, lids in zip(parts.eyes, parts.lids, strict=True):
        for edge, dark in ((lids.upper, 0.9), (lids.lower, 0.38)):
            # The outer half of the lid's rim carries the lashes, the inner half is moist skin.
            colours = mix(colours, LASHES, dark * np.exp(-((distance_to(v, v[edge]) / 0.0011) ** 2)))
        inner = 1 - smoothstep(0.0, 0.0006, np.linalg.norm(v - eye.centre, axis=1) - eye.radius - 0.0006)
        colours = mix(colours, WATERLINE, 0.8 * inner)
    outside = np.isin(parts.part, (SKIN_PART, LIPS))
    throat = (parts.part == INNER_MOUTH) & (np.arange(len(v)) < parts.skin.stop)
    return np.where((outside | throat)[:, None], colours, parts.colours).clip(0, 255).round().astype(np.uint8)
