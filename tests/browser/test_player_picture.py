"""The canvas shows what the mp4 shows."""

import numpy as np
import pytest

from tests.browser.player import PlayerTab
from tests.browser.serving import player_app, serving, speaking_clip
from viewer.looks import CAMERAS, LOOKS

SIZE = 256
FRAME = 30


@pytest.fixture(scope="module")
def clip(head):
    return speaking_clip(head, "clip", frames=40)


@pytest.fixture(scope="module")
def url(head, clip):
    with serving(player_app({"clip": clip}, head)) as url:
        yield url


@pytest.fixture(scope="module")
def tab(pages, url):
    tab = PlayerTab(pages, url, viewport={"width": SIZE, "height": 700})
    tab.open("clip", frame=FRAME)
    # The picture is what the bars leave: make it square.
    tab.js(
        "(player.style.height = `${argument + player.clientHeight - root.querySelector('.stage').clientHeight}px`)",
        SIZE,
    )
    tab.until("root.querySelector('.stage').clientHeight === argument", SIZE)
    tab.laid_out()
    yield tab
    tab.close()


@pytest.fixture(scope="module")
def mp4_frame(head, clip, renderer):
    model = head.model
    vertices = np.concatenate(list(head.vertex_blocks(clip)))[FRAME : FRAME + 1]

    def draw(look, camera):
        blocks = renderer.frames(
            [vertices], faces=model.faces, v_template=model.v_template, colors=model.vertex_colors,
            look=look, camera=camera, size=SIZE,
        )  # fmt: skip
        return next(iter(blocks))

    return draw


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("camera", CAMERAS)
def test_the_same_picture_as_in_the_mp4(tab, mp4_frame, look, camera):
    tab.js("Object.assign(player, argument)", {"look": look, "camera": camera})
    found, expected = tab.picture(), mp4_frame(look, camera).astype(float)
    # Drawn by a processor, it is twice as fine as the page shows it, and so is the mp4 before it is averaged down.
    found = found.reshape(SIZE, 2, SIZE, 2, 3).mean(axis=(1, 3))
    difference = np.abs(found - expected).max(axis=2)
    assert np.median(difference) <= 1
    assert difference.mean() < 0.5
    assert (difference > 12).mean() < 0.003


def test_a_held_head_stays_while_it_turns(tab):
    tab.js("Object.assign(player, {look: 'artalk', camera: 'front', layers: {expression: false, jaw: false}})")
    free, held = [], []
    for frame in (5, 35):
        tab.js("player.seek(argument)", frame)
        tab.js("player.headLocked = false")
        free.append(tab.picture().astype(int))
        tab.js("player.headLocked = true")
        held.append(tab.picture().astype(int))
    assert np.abs(held[0] - held[1]).mean() < 0.2
    assert np.abs(free[0] - free[1]).mean() > 5
    assert "Head held still" in tab.notices()
    tab.js("Object.assign(player, {headLocked: false, layers: {expression: true, jaw: true}})")


def test_wireframe_and_regions_change_the_picture_and_nothing_else(tab):
    vertices = tab.vertices([FRAME])
    plain = tab.picture()
    for name in ("wireframe", "tint"):
        tab.js(f"player.{name} = true")
        assert np.abs(tab.picture().astype(int) - plain).mean() > 1
        np.testing.assert_array_equal(tab.vertices([FRAME]), vertices)
        tab.js(f"player.{name} = false")
    np.testing.assert_array_equal(tab.picture(), plain)


def test_the_camera_is_moved_and_put_back(tab):
    tab.js("player.camera = 'front'")
    plain = tab.picture()
    box = tab.page.locator("flame-player canvas").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    tab.page.mouse.move(x, y)
    tab.page.mouse.down()
    tab.page.mouse.move(x + 100, y, steps=4)
    tab.page.mouse.up()
    assert tab.js("player.camera") is None
    assert tab.js("player.view.azimuth") == pytest.approx(-40, abs=2)
    assert not tab.js("player.playing")  # a drag is no click
    tab.page.mouse.wheel(0, -300)
    tab.until("player.view.zoom > 1.3")
    assert tab.heard("settings")[-1]["view"]["zoom"] > 1.3
    tab.press("0")
    assert tab.js("player.camera") == "front"
    np.testing.assert_array_equal(tab.picture(), plain)


def test_unknown_looks_and_cameras_name_those_there_are(tab):
    assert "artalk" in tab.js("(() => { try { player.look = 'nope'; } catch (e) { return e.message; } })()")
    assert "three-quarter" in tab.js("(() => { try { player.camera = 'nope'; } catch (e) { return e.message; } })()")


def test_unknown_look_in_an_attribute_is_said_and_the_default_shown(pages, url):
    tab = PlayerTab(pages, url, attributes="look=nope%20stem=clip")
    tab.until("player.state === 'ready'")
    assert tab.js("player.look") == "artalk"
    assert any("nope" in text for text in tab.notices())
    tab.close()


def test_a_lost_context_comes_back(tab):
    before = tab.picture()
    tab.js(
        "(window.lose = root.querySelector('canvas').getContext('webgl2').getExtension('WEBGL_lose_context'))"
        ".loseContext()"
    )
    tab.page.wait_for_function("heard.some(([type]) => type === 'contextlost')")
    tab.js("player.seek(3)")  # nothing breaks meanwhile
    assert tab.vertices([4]).shape[1] == tab.vertices([5]).shape[1]
    tab.js("lose.restoreContext()")
    tab.page.wait_for_function("heard.some(([type]) => type === 'contextrestored')")
    tab.js("player.seek(argument)", FRAME)
    np.testing.assert_array_equal(tab.picture(), before)


def test_without_webgl_a_message_stands_where_the_face_would_be(pages, url, head, clip):
    init = """const get = HTMLCanvasElement.prototype.getContext;
      HTMLCanvasElement.prototype.getContext = function (kind, ...rest) {
        return kind === "webgl2" ? null : get.call(this, kind, ...rest);
      };"""
    tab = PlayerTab(pages, url, init=init)
    assert tab.open("clip")
    assert "WebGL 2" in tab.page.locator("flame-player [role=alert]").inner_text()
    found = tab.vertices([FRAME])[0]  # the numbers do not need it
    assert np.abs(found - np.concatenate(list(head.vertex_blocks(clip)))[FRAME]).max() < 1e-5
    tab.js("player.play()")
    tab.until("player.frame > 2")
    assert tab.page.locator("flame-player [role=alert]").is_visible()
    tab.close()


def test_a_processor_draws_fewer_pixels_while_it_plays_and_more_when_it_rests(pages, url):
    tab = PlayerTab(pages, url, viewport={"width": 1600, "height": 1200}, device_scale_factor=2)
    tab.js("(player.loop = true)")
    tab.open("clip", play=True)
    assert tab.js("player.software")
    pixels = "((canvas) => canvas.width * canvas.height)(root.querySelector('canvas'))"
    tab.until("player.frame > 2")
    assert tab.js(pixels) <= 640 * 640 * 1.01
    tab.js("player.pause()")
    tab.until(f"{pixels} > 1600 * 1000")
    tab.close()


def test_a_picture_of_another_size_becomes_fine_once_it_rests(pages, url):
    """Where a processor draws, what moves has a pixel of the canvas for one of the screen, what rests has more."""
    tab = PlayerTab(pages, url, viewport={"width": 420, "height": 420})
    tab.open("clip")
    fine = "(({ width, clientWidth }) => width > clientWidth && clientWidth > argument)(root.querySelector('canvas'))"
    tab.until(fine, 100)
    tab.page.set_viewport_size({"width": 500, "height": 480})
    tab.until(fine, 430)
    tab.close()
