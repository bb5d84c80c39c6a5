"""What the pictures show."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from PIL import Image

from tests.render import heads, references
from tests.render.conftest import Picture
from viewer import looks
from viewer.errors import RenderError
from viewer.render import Renderer


@pytest.mark.parametrize("shot", references.SHOTS)
def test_pictures_match_the_references(renderer: Renderer, shot: str) -> None:
    drawn = references.draw(renderer, shot).astype(int)
    stored = np.asarray(Image.open(references.FOLDER / f"{shot}.png")).astype(int)
    difference = abs(drawn - stored)
    assert difference.mean() < 1.5
    assert np.percentile(difference, 99) < 24  # other rasterisers put edges elsewhere, by less than a pixel


@pytest.mark.parametrize("name", looks.LOOKS)
@pytest.mark.parametrize("background", [None, (255, 0, 0), (18, 18, 22)])
def test_background_is_exact(picture: Picture, name: str, background: looks.RGB | None) -> None:
    frame = picture(look=name, background=background)
    expected = background or looks.look(name).background
    assert (frame[:8] == expected).all()
    assert (frame[:, :8] == expected).all()


@pytest.mark.parametrize("color", [(142, 179, 247), (255, 0, 0), (224, 178, 152), (10, 200, 30)])
@pytest.mark.parametrize("camera", looks.CAMERAS)
def test_a_surface_that_faces_the_key_light_shows_its_colour_exactly(
    renderer: Renderer, color: looks.RGB, camera: str
) -> None:
    matt = replace(looks.look("artalk"), mesh=color, specular=0.0, rim=0.0)
    view = looks.camera(camera)
    to_world = np.linalg.inv(np.array(looks.view_matrix(view, looks.frame_head(heads.head()), 1.0)))[:3, :3]
    normal = to_world @ looks.uniforms(matt, view)["key_direction"]
    side = np.cross([0, 1, 0], normal)
    side /= np.linalg.norm(side)
    square = 0.1 * np.array([-side, side, np.cross(normal, side)]) * [[1], [1], [1]]
    triangle = np.float32(square - square.mean(axis=0))
    (frame,) = renderer.frames(
        [triangle[None]], faces=np.array([[0, 1, 2]]), v_template=triangle, look=matt, camera=view, size=128
    )
    assert np.abs(frame[64, 64].astype(int) - color).max() <= 1


def test_a_smooth_picture_is_the_mean_of_one_twice_as_large_that_is_not(picture: Picture) -> None:
    large = picture(size=256, smooth=False).astype(float)
    blocks = large.reshape(128, 2, 128, 2, 3).mean(axis=(1, 3))
    np.testing.assert_allclose(picture(size=128), blocks, atol=0.51)


def test_edges_that_are_not_smoothed_are_all_or_nothing(picture: Picture) -> None:
    assert set(np.unique(picture(transparent=True, smooth=False)[..., 3])) == {0, 255}
    assert len(np.unique(picture(transparent=True)[..., 3])) > 2


def test_a_lit_head_is_close_to_the_colour_of_its_look(picture: Picture) -> None:
    frame = picture(look="artalk", camera="front")
    forehead = frame[40:80, 108:148].reshape(-1, 3).mean(axis=0)
    assert np.abs(forehead - looks.look("artalk").mesh).max() < 16


def test_a_symmetric_face_gives_a_symmetric_picture(picture: Picture) -> None:
    frame = picture(heads.head(1.0)).astype(int)
    difference = abs(frame - frame[:, ::-1])
    assert difference.mean() < 0.1
    assert np.percentile(difference, 99.5) <= 3


def test_the_mouth_darkens_as_it_opens(picture: Picture) -> None:
    brightness = [picture(heads.head(jaw))[heads.MOUTH].mean() for jaw in (0, 0.25, 0.5, 0.75, 1)]
    assert np.all(np.diff(brightness) < -5)


def test_the_inside_is_dark_not_background(picture: Picture) -> None:
    frame = picture(heads.head(1.0), look="voca")
    mouth = frame[205:215, 110:146]
    assert mouth.max() < 60


def test_cameras_differ_and_each_shows_the_whole_head(picture: Picture) -> None:
    frames = [picture(camera=name) for name in looks.CAMERAS]
    for frame in frames:
        drawn = (frame != 255).any(axis=2)
        assert not drawn[:4].any()
        assert not drawn[:, :4].any()
        assert not drawn[:, -4:].any()
        assert drawn.any(axis=1).mean() > 0.85  # rows
    assert all(abs(a.astype(int) - b).mean() > 3 for a, b in pairwise(frames))


@pytest.mark.parametrize("camera", looks.CAMERAS)
@pytest.mark.parametrize("size", [(128, 256), (320, 180), (256, 256)])
def test_any_even_shape_fits_the_head(picture: Picture, camera: str, size: tuple[int, int]) -> None:
    frame = picture(camera=camera, size=size)
    assert frame.shape == (size[1], size[0], 3)
    drawn = (frame != 255).any(axis=2)
    assert not drawn[:, :2].any()
    assert not drawn[:, -2:].any()
    assert not drawn[:2].any()


def test_the_frame_stays_put_when_the_head_moves(renderer: Renderer) -> None:
    """One camera for a clip: a head 2 cm to its left is drawn as far right as the projection says."""
    still, moved = heads.head(), heads.head() + np.float32([0.02, 0, 0])
    size, framing = 256, looks.frame_head(still)
    frames = list(
        renderer.frames([np.stack([still, moved])], faces=heads.faces(), v_template=still, size=size, camera="front")
    )
    columns = [np.flatnonzero((frame != 255).any(axis=2).any(axis=0)) for frame in frames]
    shift = (columns[1].mean() - columns[0].mean()) / size
    assert shift == pytest.approx(0.02 / (2 * framing.half_height), rel=0.05)


def test_points_are_drawn_where_the_matrices_say(renderer: Renderer) -> None:
    """A player in the browser uses the same matrices; so a small marker must land on the predicted pixel."""
    where, size = np.array([0.04, 0.03, 0.02]), (320, 200)
    camera, template = looks.camera("three-quarter"), heads.head()
    framing, aspect = looks.frame_head(template), size[0] / size[1]
    marker = (where + 0.004 * np.array([[-1, -1, 0.0], [1, -1, 0], [0, 2, 0]])).astype(np.float32)
    vertices = np.concatenate([marker, np.repeat(where[None], len(template) - 3, axis=0)]).astype(np.float32)
    (frame,) = renderer.frames(
        [vertices[None]], faces=np.array([[0, 1, 2]]), v_template=template, camera=camera, size=size
    )
    clip = np.array(looks.projection_matrix(framing, aspect)) @ np.array(looks.view_matrix(camera, framing, aspect))
    x, y, _, w = clip @ [*where, 1]
    rows, columns = np.nonzero((frame != 255).any(axis=2))
    assert columns.mean() == pytest.approx((x / w + 1) / 2 * size[0] - 0.5, abs=1)
    assert rows.mean() == pytest.approx((1 - y / w) / 2 * size[1] - 0.5, abs=1)


def test_vertex_colours_show_in_the_look_that_wants_them(picture: Picture) -> None:
    plain, tinted = picture(look="skin"), picture(look="skin", colors=heads.colors())
    top, chin = (slice(40, 60), slice(110, 146)), (slice(236, 250), slice(110, 146))
    assert plain[top].mean() - tinted[top].mean() > 60
    assert np.abs(plain[chin].astype(int) - tinted[chin]).max() <= 2
    np.testing.assert_array_equal(picture(look="artalk"), picture(look="artalk", colors=heads.colors()))


def test_edges_are_antialiased(picture: Picture) -> None:
    frame = picture(background=(255, 0, 0))
    row = frame[128].astype(int)
    edge = [tuple(pixel) for pixel in row if 20 < abs(pixel - (255, 0, 0)).sum() < 250]
    assert edge


def test_a_head_outside_the_picture_is_an_error_not_an_empty_frame(picture: Picture) -> None:
    with pytest.raises(RenderError, match=r"Nothing of the head is in the picture.*metres"):
        picture(heads.head() + np.float32(50))


def test_frames_are_not_the_ones_before(renderer: Renderer) -> None:
    frames = list(renderer.frames([heads.motion(40)], faces=heads.faces(), v_template=heads.head(), size=64))
    assert len(frames) == 40
    assert all((a != b).any() for a, b in pairwise(frames))


@pytest.mark.parametrize("transparent", [False, True])
def test_a_picture_does_not_depend_on_the_frames_drawn_with_it(renderer: Renderer, transparent: bool) -> None:
    """Only the part of the picture in which a head moves is drawn, for many frames at once."""
    places = np.float32([[0, 0, 0], [0.08, 0.05, 0], [-0.17, 0, 0], [0, -0.2, 0.05]])
    options = {"faces": heads.faces(), "v_template": heads.head(), "size": (388, 274), "transparent": transparent}
    vertices = heads.head() + places[:, None]
    together = list(renderer.frames([vertices], **options))
    apart = [frame for one in vertices for frame in renderer.frames([one[None]], **options)]
    differ = [(a != b).any(axis=2).sum() for a, b in zip(together, apart, strict=True)]
    assert max(differ) < 20  # corners are rounded to fractions of a pixel, counted from the part's own corner
    assert len({frame.tobytes() for frame in together}) == len(places)


def test_a_head_cut_by_the_border_reaches_it(picture: Picture) -> None:
    frame = picture(heads.head() + np.float32([0.1, 0, 0]), camera="front")
    assert (frame[128, -1] != 255).any()
    assert (frame[:, 0] == 255).all()
