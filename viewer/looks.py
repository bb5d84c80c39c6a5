"""Looks and cameras as plain data, shared by the renderer and a player in the browser.

Coordinates are FLAME's: metres, x to the person's left, y up, z out of the face. Colours are display-sRGB and are
lit as they are, without a second gamma, so a picture and a canvas show the same numbers. Lights are fixed to the
camera and lie in its plane of symmetry: a symmetric face gives a symmetric picture, so that a lopsided one is a fact
of the motion and not of the light.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from jaxtyping import Float

from viewer.errors import UsageError

RGB = tuple[int, int, int]
Vector = tuple[float, float, float]
Matrix = tuple[tuple[float, float, float, float], ...]
"""4 rows of 4 numbers, row first; multiplies column vectors."""

DEFAULT_SIZE = 512
"""Width and height of a picture in pixels."""
FOV_DEGREES = 22.0
"""Field of view over the side of the picture that limits the head: narrow, as in portrait photography."""


@dataclass(frozen=True)
class Look:
    """How a head is coloured and lit."""

    name: str
    background: RGB
    mesh: RGB
    """What a surface shows that faces the key light squarely; where vertex colours are used, they take its place."""
    vertex_colors: bool = False
    """Use the head's own colours where it has them."""
    inside: float = 0.16
    """Brightness of back faces, such as the inside of a head seen through an open mouth, as a share of `mesh`."""
    sky: Vector = (0.30, 0.31, 0.33)
    """Ambient light from above, relative to the key light."""
    ground: Vector = (0.20, 0.195, 0.195)
    """Ambient light from below."""
    key: Vector = (0.60, 0.595, 0.585)
    fill: Vector = (0.16, 0.165, 0.175)
    wrap: Vector = (0.22, 0.22, 0.22)
    """How far, per channel, the key light reaches around a surface (0 = Lambert); red ahead of blue looks like skin."""
    specular: float = 0.10
    bounce: float = 0.35
    """Share of the light lost in crevices that their walls give back."""
    rim: float = 0.10
    """Light that grazes the silhouette; stronger on a dark background, see `uniforms`."""


@dataclass(frozen=True)
class Camera:
    """Where the head is seen from. It always looks at the middle of the framing."""

    name: str
    azimuth: float
    """Degrees about the vertical axis; positive moves the camera to the person's left."""
    elevation: float = 0.0
    """Degrees above the horizon."""
    light_azimuth: float = 0.0
    """Degrees by which the lights turn about the camera's vertical axis; negative is towards the picture's left."""


@dataclass(frozen=True)
class Framing:
    """What part of space a picture shows: fitted to a head model once, so that it is steady over a clip."""

    target: Vector
    """Point in metres in the middle of the picture."""
    half_height: float
    """Metres from the middle to the upper edge, measured at `target`."""
    half_width: float
    """Metres from the middle to the side that a picture shows at least."""
    radius: float
    """Metres from `target` within which everything is drawn."""


LOOKS = {
    look.name: look
    for look in (
        Look("artalk", background=(255, 255, 255), mesh=(142, 179, 247)),
        Look("voca", background=(255, 255, 255), mesh=(232, 214, 196), rim=0.06),
        Look("grey", background=(58, 60, 64), mesh=(196, 197, 200), rim=0.2),
        Look(
            "skin",
            background=(237, 238, 240),
            mesh=(224, 178, 152),
            vertex_colors=True,
            key=(0.62, 0.59, 0.565),
            fill=(0.15, 0.16, 0.175),
            wrap=(0.36, 0.24, 0.19),
            specular=0.08,
            bounce=0.6,
        ),
    )
}
CAMERAS = {
    camera.name: camera
    for camera in (
        Camera("front", azimuth=0.0),
        Camera("three-quarter", azimuth=38.0, elevation=3.0, light_azimuth=-24.0),
        Camera("profile", azimuth=90.0, light_azimuth=-42.0),
    )
}
DEFAULT_LOOK = "artalk"
DEFAULT_CAMERA = "front"

_KEY_DIRECTION = (0.0, 0.50, 0.86)
_FILL_DIRECTION = (0.0, -0.55, 0.80)


def look(name: str | Look) -> Look:
    """Look of that name; a Look is passed through. Raises UsageError that lists the names."""
    return name if isinstance(name, Look) else _named("look", name, LOOKS)


def camera(name: str | Camera) -> Camera:
    """Camera of that name; a Camera is passed through. Raises UsageError that lists the names."""
    return name if isinstance(name, Camera) else _named("camera", name, CAMERAS)


def _named(kind: str, name: str, known: dict[str, Any]) -> Any:
    try:
        return known[name]
    except (KeyError, TypeError):
        raise UsageError(f"There is no {kind} {name!r}; choose one of: {', '.join(known)}") from None


def legible(chosen: Look) -> Look:
    """A look for a painted surface whose colours are compared with a legend: light almost without direction or tint."""
    return replace(
        chosen,
        name=f"{chosen.name}, legible",
        vertex_colors=True,
        sky=(0.62,) * 3,
        ground=(0.50,) * 3,
        key=(0.36,) * 3,
        fill=(0.0,) * 3,
        wrap=(0.5,) * 3,
        specular=0.0,
        bounce=0.75,
        rim=0.0,
    )


def note(chosen: Look, *, has_vertex_colors: bool) -> str | None:
    """What the user should know about this look on this head, or None."""
    if chosen.vertex_colors and not has_vertex_colors:
        return f"The head has no colours of its own: look {chosen.name!r} shows it in one tone, RGB {chosen.mesh}"
    return None


def picture_size(size: int | Sequence[int]) -> tuple[int, int]:
    """(width, height) in pixels of a square side or a pair. Raises UsageError: odd, too small or too large."""
    pair = (size, size) if isinstance(size, int | np.integer) else size
    if not _are_whole(pair, 2):
        raise UsageError(f"Picture size is {size!r}; expected one whole number or (width, height)")
    width, height = (int(n) for n in pair)
    for n in (width, height):
        if n % 2:
            raise UsageError(f"Picture size is {width}×{height}; video needs even numbers: try {n + 1} for {n}")
        if not 16 <= n <= 4096:
            raise UsageError(f"Picture size is {width}×{height}; expected 16 to 4096 pixels a side")
    return width, height


def rgb(color: Sequence[int]) -> RGB:
    """A colour as three whole numbers in 0..255. Raises UsageError for anything else."""
    if not _are_whole(color, 3) or not all(0 <= channel <= 255 for channel in color):
        raise UsageError(f"Colour is {color!r}; expected three whole numbers in 0..255: red, green, blue")
    red, green, blue = (int(channel) for channel in color)
    return red, green, blue


def _are_whole(values: object, n: int) -> bool:
    return (
        isinstance(values, Sequence | np.ndarray)
        and len(values) == n
        and all(isinstance(value, int | np.integer) for value in values)
    )


def frame_head(v_template: Float[np.ndarray, "V 3"]) -> Framing:
    """Framing that a head model (metres) fills well from every camera, with room for its motion.

    The crown has air above it and the cut of the neck lies just under the lower edge, as in a portrait.
    """
    low, high = np.min(v_template, axis=0).astype(float), np.max(v_template, axis=0).astype(float)
    height = high[1] - low[1]
    top, bottom = high[1] + 0.085 * height, low[1] + 0.035 * height
    half_height = (top - bottom) / 2
    half_extent = np.max(high - low) / 2
    target = ((low[0] + high[0]) / 2, (top + bottom) / 2, (low[2] + high[2]) / 2)
    half_width = 0.54 * max(high[0] - low[0], high[2] - low[2])
    return Framing(
        target=(float(target[0]), float(target[1]), float(target[2])),
        half_height=float(half_height),
        half_width=float(half_width),
        radius=float(3 * half_extent),
    )


def distance(framing: Framing, aspect: float) -> float:
    """Metres from the camera to the target, for a picture of `aspect` = width / height."""
    return max(framing.half_height, framing.half_width / aspect) / math.tan(math.radians(FOV_DEGREES / 2))


def view_matrix(chosen: Camera, framing: Framing, aspect: float) -> Matrix:
    """World to camera space (x right, y up, looking down -z), metres."""
    right, up, back = _axes(chosen)
    away = distance(framing, aspect)
    eye = [t + away * b for t, b in zip(framing.target, back, strict=True)]
    return (
        (*right, -_dot(right, eye)),
        (*up, -_dot(up, eye)),
        (*back, -_dot(back, eye)),
        (0.0, 0.0, 0.0, 1.0),
    )


def projection_matrix(framing: Framing, aspect: float) -> Matrix:
    """Camera space to OpenGL clip space, for a picture of `aspect` = width / height."""
    away = distance(framing, aspect)
    half_height = max(framing.half_height, framing.half_width / aspect)
    near, far = max(away - framing.radius, away / 20), away + framing.radius
    focal = away / half_height
    return (
        (focal / aspect, 0.0, 0.0, 0.0),
        (0.0, focal, 0.0, 0.0),
        (0.0, 0.0, (far + near) / (near - far), 2 * far * near / (near - far)),
        (0.0, 0.0, -1.0, 0.0),
    )


def uniforms(
    chosen: Look, view: Camera, background: RGB | None = None, *, has_vertex_colors: bool = False
) -> dict[str, Any]:
    """Values of the shader's uniforms, by name; colours in 0..1, directions in camera space.

    The lights are scaled so that a surface which faces the key light squarely shows its own colour exactly, before
    the highlight.
    """
    key, fill = (_turned(_unit(d), view.light_azimuth) for d in (_KEY_DIRECTION, _FILL_DIRECTION))
    highlight = _unit((key[0], key[1], key[2] + 1))  # half way to the camera, which is far away
    red, green, blue = chosen.background if background is None else background
    dark = 1 - (0.299 * red + 0.587 * green + 0.114 * blue) / 255
    at_key = [
        ground + (sky - ground) * (0.5 + 0.5 * key[1]) + k + f * max(_dot(key, fill), 0.0)
        for sky, ground, k, f in zip(chosen.sky, chosen.ground, chosen.key, chosen.fill, strict=True)
    ]

    def exposed(light: Vector) -> Vector:
        r, g, b = (value / full for value, full in zip(light, at_key, strict=True))
        return r, g, b

    return {
        "background": (red / 255, green / 255, blue / 255),
        "albedo": tuple(channel / 255 for channel in chosen.mesh),
        "vertex_colors": float(chosen.vertex_colors and has_vertex_colors),
        "inside": chosen.inside,
        "bounce": chosen.bounce,
        "sky_color": exposed(chosen.sky),
        "ground_color": exposed(chosen.ground),
        "key_color": exposed(chosen.key),
        "key_direction": key,
        "key_wrap": chosen.wrap,
        "fill_color": exposed(chosen.fill),
        "fill_direction": fill,
        "specular": chosen.specular,
        "highlight_direction": highlight,
        "rim": chosen.rim * (0.35 + 1.65 * dark),
    }


def as_json() -> dict[str, Any]:
    """Everything a player in the browser needs to draw the same picture, ready for `json.dumps`."""
    return {
        "looks": {name: asdict(item) for name, item in LOOKS.items()},
        "cameras": {name: asdict(item) for name, item in CAMERAS.items()},
        "uniforms": {name: {view: uniforms(item, CAMERAS[view]) for view in CAMERAS} for name, item in LOOKS.items()},
        "defaults": {"look": DEFAULT_LOOK, "camera": DEFAULT_CAMERA, "size": DEFAULT_SIZE},
        "fov_degrees": FOV_DEGREES,
    }


def _axes(chosen: Camera) -> tuple[Vector, Vector, Vector]:
    """Right, up and back of a camera, unit vectors in world space."""
    a, e = math.radians(chosen.azimuth), math.radians(chosen.elevation)
    right = (math.cos(a), 0.0, -math.sin(a))
    up = (-math.sin(e) * math.sin(a), math.cos(e), -math.sin(e) * math.cos(a))
    back = (math.cos(e) * math.sin(a), math.sin(e), math.cos(e) * math.cos(a))
    return right, up, back


def _turned(direction: Vector, degrees: float) -> Vector:
    a = math.radians(degrees)
    x, y, z = direction
    return x * math.cos(a) + z * math.sin(a), y, z * math.cos(a) - x * math.sin(a)


def _unit(v: Vector) -> Vector:
    length = math.sqrt(_dot(v, v))
    return v[0] / length, v[1] / length, v[2] / length


def _dot(a: Sequence[float], b: Sequence[float]) -> float:
    return sum(x * y for x, y in zip(a, b, strict=True))
