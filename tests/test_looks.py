from __future__ import annotations

import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.render import heads
from viewer import looks
from viewer.errors import UsageError


def test_names_and_defaults() -> None:
    assert list(looks.LOOKS) == ["artalk", "voca", "grey", "skin"]
    assert list(looks.CAMERAS) == ["front", "three-quarter", "profile"]
    artalk = looks.look(looks.DEFAULT_LOOK)
    assert (artalk.name, artalk.background, artalk.mesh) == ("artalk", (255, 255, 255), (142, 179, 247))
    assert looks.camera(looks.DEFAULT_CAMERA).name == "front"
    assert looks.picture_size(looks.DEFAULT_SIZE) == (512, 512)


@pytest.mark.parametrize("name", ["Artalk", "", None, 3])
def test_unknown_names_list_the_known_ones(name: object) -> None:
    with pytest.raises(UsageError, match="artalk, voca, grey, skin"):
        looks.look(name)  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="front, three-quarter, profile"):
        looks.camera(name)  # type: ignore[arg-type]


def test_everything_a_browser_needs_is_json() -> None:
    data = json.loads(json.dumps(looks.as_json(), allow_nan=False))
    assert set(data["uniforms"]) == set(looks.LOOKS)
    assert data["uniforms"]["artalk"]["front"]["albedo"] == pytest.approx([142 / 255, 179 / 255, 247 / 255])
    assert data["defaults"] == {"look": "artalk", "camera": "front", "size": 512}


@pytest.mark.parametrize("camera", looks.CAMERAS.values())
@pytest.mark.parametrize("aspect", [0.5, 1.0, 16 / 9])
def test_the_camera_stands_where_it_says(camera: looks.Camera, aspect: float) -> None:
    framing = looks.frame_head(heads.head())
    view = np.array(looks.view_matrix(camera, framing, aspect))
    np.testing.assert_allclose(view[:3, :3] @ view[:3, :3].T, np.eye(3), atol=1e-12)
    assert np.linalg.det(view[:3, :3]) == pytest.approx(1)
    away = looks.distance(framing, aspect)
    np.testing.assert_allclose(view @ [*framing.target, 1], [0, 0, -away, 1], atol=1e-12)
    eye = np.linalg.inv(view)[:3, 3] - framing.target
    assert math.degrees(math.atan2(eye[0], eye[2])) == pytest.approx(camera.azimuth)
    assert math.degrees(math.asin(eye[1] / away)) == pytest.approx(camera.elevation)


@given(st.floats(0.3, 3), st.floats(0.1, 10))
def test_the_limiting_side_fills_the_field_of_view(aspect: float, scale: float) -> None:
    framing = looks.frame_head(scale * heads.head())
    projection = np.array(looks.projection_matrix(framing, aspect))
    away = looks.distance(framing, aspect)
    top = projection @ [0, framing.half_height, -away, 1]
    side = projection @ [framing.half_width, 0, -away, 1]
    assert max(top[1] / top[3], side[0] / side[3]) == pytest.approx(1)
    near, far = (projection @ [0, 0, -away + z, 1] for z in (0.9 * framing.radius, -0.9 * framing.radius))
    assert -1 < near[2] / near[3] < far[2] / far[3] < 1


def test_a_dark_background_gets_more_rim_light() -> None:
    look, camera = looks.look("artalk"), looks.camera("front")
    assert looks.uniforms(look, camera, (0, 0, 0))["rim"] > 3 * looks.uniforms(look, camera)["rim"]


def test_heads_without_colours_are_announced() -> None:
    assert "one tone" in str(looks.note(looks.look("skin"), has_vertex_colors=False))
    assert looks.note(looks.look("skin"), has_vertex_colors=True) is None
    assert looks.note(looks.look("artalk"), has_vertex_colors=False) is None


@pytest.mark.parametrize("size", [511, (512, 301), 0, -2, 5000, (2, 2), (512,), "512", 512.0, (512.0, 512)])
def test_impossible_sizes(size: object) -> None:
    with pytest.raises(UsageError, match="Picture size"):
        looks.picture_size(size)  # type: ignore[arg-type]


@pytest.mark.parametrize("color", [(0, 0), (0, 0, 256), (-1, 0, 0), (0.5, 0, 0), "abc", "red", 7])
def test_impossible_colours(color: object) -> None:
    with pytest.raises(UsageError, match="Colour"):
        looks.rgb(color)  # type: ignore[arg-type]
