"""Heads in colours of each frame, and pictures without a background."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.render import heads
from viewer import looks
from viewer.errors import RenderError
from viewer.render import Painted, Renderer

HEAD: dict[str, Any] = {"faces": heads.faces(), "v_template": heads.head(), "size": 128}
TONES = np.array([(200, 40, 40), (40, 200, 40), (40, 40, 200)], np.uint8)


def painted(vertices: np.ndarray) -> Painted:
    """Each frame in a tone of its own."""
    tones = TONES[np.arange(len(vertices)) % 3]
    return Painted(vertices, np.repeat(tones[:, None], vertices.shape[1], axis=1))


def test_each_frame_has_its_own_colours(renderer: Renderer) -> None:
    frames = renderer.frames([painted(heads.motion(40))], look=looks.legible(looks.look("artalk")), **HEAD)
    foreheads = np.array([frame[30:44, 54:74].reshape(-1, 3).mean(axis=0) for frame in frames])
    assert len(foreheads) == 40
    assert np.abs(foreheads - TONES[np.arange(40) % 3]).max() < 24  # the light of a head is on them


def test_a_surface_that_faces_the_light_has_the_colour_that_it_was_given(renderer: Renderer) -> None:
    look = looks.legible(looks.look("grey"))
    key = np.array(looks.uniforms(look, looks.camera("front"))["key_direction"])
    side = np.cross([0, 1, 0], key)
    square = 0.1 * np.array([-side, side, np.cross(key, side)])
    triangle = np.float32(square - square.mean(axis=0))
    colors = np.full((1, 3, 3), (250, 180, 60), np.uint8)
    (frame,) = renderer.frames(
        [Painted(triangle[None], colors)],
        faces=np.array([[0, 1, 2]]),
        v_template=triangle,
        look=look,
        size=128,
    )
    assert np.abs(frame[64, 64].astype(int) - (250, 180, 60)).max() <= 1


@pytest.mark.parametrize("colors", [None, heads.colors()])
def test_paint_does_not_stay_on_a_head(renderer: Renderer, colors: np.ndarray | None) -> None:
    vertices = heads.motion(3)
    options = {**HEAD, "look": "skin", "colors": colors}
    before = list(renderer.frames([vertices], **options))
    list(renderer.frames([painted(vertices)], **options))
    np.testing.assert_array_equal(list(renderer.frames([vertices], **options)), before)
    mixed = list(renderer.frames([vertices[:1], painted(vertices[1:2]), vertices[2:]], **options))
    np.testing.assert_array_equal([mixed[0], mixed[2]], [before[0], before[2]])
    assert (mixed[1] != before[1]).any()


def test_a_head_that_is_painted_first_is_plain_later(renderer: Renderer) -> None:
    vertices = heads.motion(1) * np.float32(1.01)  # a head of its own: nothing of it is in the graphics memory
    options = {**HEAD, "v_template": vertices[0], "look": "skin", "colors": heads.colors()}
    list(renderer.frames([painted(vertices)], **options))
    (after,) = renderer.frames([vertices], **options)
    with Renderer(gl="software") as fresh:
        (expected,) = fresh.frames([vertices], **options)
    np.testing.assert_array_equal(after, expected)


@pytest.mark.parametrize(
    "colors", [np.zeros((1, 5, 3), np.uint8), np.zeros((2, len(heads.head()), 3)), np.zeros((3, 3), np.uint8)]
)
def test_paint_that_does_not_fit_is_refused(renderer: Renderer, colors: np.ndarray) -> None:
    with pytest.raises(RenderError, match=r"colors of frames are .*; expected uint8 \(1, \d+, 3\)"):
        list(renderer.frames([Painted(heads.motion(1), colors)], **HEAD))


@pytest.mark.parametrize("look", looks.LOOKS)
@pytest.mark.parametrize("background", [None, (0, 90, 255)])
def test_a_transparent_picture_over_its_background_is_the_opaque_one(
    renderer: Renderer, look: str, background: looks.RGB | None
) -> None:
    """Straight alpha, as PNG has it: also at the edges, which are a quarter, half or three quarters covered."""
    options = {**HEAD, "look": look, "camera": "three-quarter", "background": background, "colors": heads.colors()}
    (opaque,) = renderer.frames([heads.motion(1)], **options)
    (clear,) = renderer.frames([heads.motion(1)], transparent=True, **options)
    assert clear.shape == (128, 128, 4)
    alpha = clear[..., 3:] / 255
    over = clear[..., :3] * alpha + np.array(background or looks.look(look).background) * (1 - alpha)
    assert np.abs(over - opaque).max() < 1.01
    edge = (alpha[..., 0] > 0) & (alpha[..., 0] < 1)
    assert edge.sum() > 100
    assert not clear[alpha[..., 0] == 0].any()


def test_edges_have_no_halo_of_the_background(renderer: Renderer) -> None:
    """Colours beside the edge are those of the head, whatever is behind it."""
    even = looks.legible(looks.look("artalk"))
    head = heads.motion(1)
    white = Painted(head, np.full_like(head, 255, np.uint8))
    (clear,) = renderer.frames([white], look=even, transparent=True, **HEAD)
    edge = (clear[..., 3] > 0) & (clear[..., 3] < 255)
    edge[96:] = False  # the cut of the neck shows the dark inside
    assert clear[edge][:, :3].min() > 100


def test_a_transparent_picture_of_nothing_is_an_error(renderer: Renderer) -> None:
    with pytest.raises(RenderError, match="Nothing of the head is in the picture"):
        list(renderer.frames([heads.motion(1) + np.float32(9)], transparent=True, **HEAD))
