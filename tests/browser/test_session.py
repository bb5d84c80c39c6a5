"""What a person meets who keeps the page open: links, keys, refused clips, changing files, two tabs, a lost context."""

import contextlib
import re

import numpy as np
import pytest
from playwright.sync_api import expect

from tests.browser.conftest import BROKEN_STEM, CHROMIUM, HOSTILE_STEM, LONG_STEM, Viewer, wait_until
from tests.browser.pages import answer_to
from tests.browser.timers import HOLD
from tests.dataset.factories import motion_arrays, write_audio, write_motion

STEM = "librivox-austen_0880"
SETTINGS = "[player.layers, player.headLocked, player.wireframe, player.tint, player.captions, player.soundOffset]"
# A picture of the canvas, small enough to hand over.
PIXELS = """async () => {
  const { player } = document.querySelector("clip-stage").live;
  const picture = await createImageBitmap(await player.picture());
  const context = new OffscreenCanvas(64, 64).getContext("2d");
  context.drawImage(picture, 0, 0, 64, 64);
  return Array.from(context.getImageData(0, 0, 64, 64).data);
}"""


def test_a_link_shows_a_colleague_the_same_picture(viewer, chromium):
    viewer.open(f"?clip={STEM}")
    viewer.page.get_by_role("button", name="View", exact=True).click()
    for label in ("Jaw", "Identity", "Head held still", "Wireframe", "Regions"):
        viewer.page.locator("flame-player").get_by_label(label, exact=True).click()
    offset = viewer.page.get_by_label("Sound is heard late by, in milliseconds")
    offset.focus()
    for _ in range(3):
        viewer.page.keyboard.press("ArrowRight")
    viewer.page.keyboard.press("Escape")
    viewer.live("player.seek(20)")
    viewer.page.locator("flame-player").press("[")
    viewer.live("player.seek(35)")
    viewer.page.locator("flame-player").press("]")
    link = viewer.copy_link()
    settings, pixels = viewer.live(SETTINGS), viewer.page.evaluate(PIXELS)
    assert settings[0] == {"expression": True, "jaw": False, "headPose": True, "identity": False}
    assert settings[-1] == 30

    colleague = Viewer(chromium.new_context(viewport={"width": 1440, "height": 900}).new_page(), viewer.url)
    colleague.page.goto(link)
    colleague.wait_for_clip(STEM)
    assert colleague.live(SETTINGS) == settings
    assert colleague.live("[player.frame, player.region, player.loop]") == [35, {"start": 20, "end": 35}, True]
    assert colleague.live("timeline.region") == pytest.approx({"start": 0.8, "end": 1.44})
    assert np.abs(np.subtract(colleague.page.evaluate(PIXELS), pixels)).max() <= 2
    colleague.page.keyboard.press("n")
    colleague.wait_for_clip("librivox-austen_0890")
    assert "region=" not in colleague.page.url and "off=jaw%2Cidentity" in colleague.page.url
    colleague.page.go_back()
    colleague.wait_for_clip(STEM)
    assert colleague.live("player.region") == {"start": 20, "end": 35}
    colleague.page.context.close()
    assert colleague.trouble == []


@pytest.mark.parametrize(
    "query", ["off=hair&show=pumpkin", "region=9-&offset=soon", "region=4000-2&offset=9999", "orbit="]
)
def test_settings_that_make_no_sense_in_a_link_are_left_out(viewer, query):
    viewer.open(f"?clip={STEM}&{query}")
    assert viewer.live(SETTINGS) == [
        {"expression": True, "jaw": True, "headPose": True, "identity": True}, False, False, False, False, 0,
    ]  # fmt: skip
    region = viewer.live("player.region")
    assert region is None or 0 <= region["start"] <= region["end"] < viewer.live("player.frames")


FILM_KEYS = {
    "ArrowRight": "player.frame === 33", "ArrowLeft": "player.frame === 7", "l": "player.frame === 70",
    "j": "player.frame === 0", "Home": "player.frame === 0", "End": "player.frame === player.frames - 1",
    ".": "player.frame === 21", ",": "player.frame === 19", "<": "video.playbackRate === 0.75",
    ">": "video.playbackRate === 1.25", "r": "video.loop", "a": "stage.film.controls.autoplay", "m": "video.muted",
    "f": "stage.film.shadowRoot.fullscreenElement !== null",
    " ": "!video.paused || player.frame > 20", "k": "!video.paused || player.frame > 20",
}  # fmt: skip


def test_keys_do_the_same_to_the_film(viewer):
    viewer.open_film(f"?clip={STEM}&size=128")
    for key, state in FILM_KEYS.items():
        viewer.stage("Object.assign(stage.film.controls, {speed: 1, loop: false, autoplay: false})")
        viewer.stage("(video.pause(), video.muted = false, player.seek(20))")
        assert not viewer.stage(state), key
        viewer.page.keyboard.press(key)
        viewer.until_stage(state)
        viewer.page.evaluate("document.fullscreenElement && document.exitFullscreen()")
    viewer.stage("(video.pause(), player.seek(20))")
    with viewer.page.expect_download() as download:
        viewer.page.keyboard.press("s")
    assert download.value.suggested_filename == f"{STEM}.frame20.png"
    viewer.page.keyboard.press("3")
    viewer.page.wait_for_url(re.compile("camera=profile"))
    viewer.page.keyboard.press("p")
    viewer.page.wait_for_url(re.compile("clip=librivox-austen_0870"))


@pytest.mark.parametrize("tab", ["live", "mp4"])
def test_help_lists_the_keys_of_both_tabs(viewer, tab):
    viewer.open(f"?clip={STEM}&tab={tab}&size=128", ready=False)
    viewer.page.keyboard.press("?")
    dialog = viewer.page.get_by_role("dialog", name="Keys")
    for text in ("Half a second back, on", "Wireframe", "Move in the list, open", "On both tabs"):
        expect(dialog).to_contain_text(text)
    viewer.page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()


def test_a_refused_clip_offers_the_next_one(viewer):
    viewer.refusals.add(422)
    viewer.open(f"?clip={BROKEN_STEM}", ready=False)
    viewer.page.locator("flame-player .choices").get_by_role("button", name="Next clip").click()
    viewer.wait_for_clip(HOSTILE_STEM)
    viewer.page.keyboard.press("p")
    expect(viewer.page.locator("flame-player [role=alert]")).to_contain_text(BROKEN_STEM)
    viewer.page.keyboard.press("p")
    viewer.wait_for_clip(LONG_STEM)


def test_autoplay_goes_on_past_a_refused_clip(viewer):
    viewer.refusals.add(422)
    viewer.run_first(HOLD)
    viewer.open(f"?clip={LONG_STEM}")
    viewer.page.keyboard.press("a")
    viewer.page.keyboard.press("k")
    viewer.until("player.stem === argument && player.state === 'error'", BROKEN_STEM)
    expect(viewer.page.locator("flame-player").get_by_text("The next clip follows in a moment.")).to_be_visible()
    viewer.live("player.addEventListener('play', () => (window.played = player.stem))")
    viewer.page.evaluate("readOn()")
    viewer.page.wait_for_function("(stem) => window.played === stem", arg=HOSTILE_STEM)


def test_autoplay_of_films_goes_on_past_a_refused_clip(viewer):
    viewer.refusals.add(422)
    viewer.run_first(HOLD)
    viewer.open_film(f"?clip={LONG_STEM}&size=128")
    viewer.page.keyboard.press("a")
    viewer.page.keyboard.press("k")
    expect(viewer.page.locator("film-panel").get_by_text("The next clip follows in a moment.")).to_be_visible()
    viewer.stage("video.addEventListener('play', () => (window.played = stage.clip.stem))")
    viewer.page.evaluate("readOn()")
    viewer.page.wait_for_function("(stem) => window.played === stem", arg=HOSTILE_STEM)


def test_autoplay_of_films_waits_until_the_list_names_the_next_clip(viewer):
    """As where the next clip is on a page of the list that has not come."""

    def without_the_last(route):
        answer = answer_to(route)
        body = answer.json()
        body["rows"] = [row for row in body["rows"] if row["stem"] != HOSTILE_STEM]
        route.fulfill(response=answer, json=body)

    held = []
    viewer.refusals.add(422)
    viewer.run_first(HOLD)
    viewer.page.route("**/viewer/clips?*", without_the_last)
    viewer.page.route(f"**/viewer/neighbours?*clip={BROKEN_STEM}*", lambda route: held.append(route))
    viewer.open_film(f"?clip={LONG_STEM}&size=128")
    viewer.page.keyboard.press("a")
    viewer.page.keyboard.press("k")
    expect(viewer.page.locator("film-panel").get_by_role("alert")).to_contain_text(BROKEN_STEM)
    wait_until(viewer.page, lambda: held)
    for route in held:
        route.continue_()
    expect(viewer.page.locator("film-panel").get_by_text("The next clip follows in a moment.")).to_be_visible()
    viewer.page.evaluate("readOn()")
    viewer.wait_for_film(HOSTILE_STEM)


def test_two_tabs_do_not_disturb_each_other(viewer):
    viewer.open("?clip=cmusphinx_0001&speed=0.1")
    other = Viewer(viewer.page.context.new_page(), viewer.url).open(f"?clip={STEM}&look=grey")
    viewer.page.keyboard.press("k")
    other.page.keyboard.press("w")
    other.live("player.seek(30)")
    viewer.until("player.frame > 2")
    other.page.wait_for_url(re.compile("t=30"))
    assert other.live("[player.frame, player.playing, player.stem]") == [30, False, STEM]
    assert viewer.live("[player.stem, player.look, player.wireframe]") == ["cmusphinx_0001", "artalk", False]
    assert other.trouble == []


def test_a_lost_context_is_said_and_comes_back(viewer):
    viewer.open(f"?clip={STEM}&t=12")
    viewer.wait_for_findings()
    before = viewer.page.evaluate(PIXELS)
    viewer.page.evaluate(
        """() => {
          const canvas = document.querySelector("clip-stage").live.player.shadowRoot.querySelector("canvas");
          window.lose = canvas.getContext("webgl2").getExtension("WEBGL_lose_context");
          lose.loseContext();
        }"""
    )
    told = viewer.page.get_by_text("The browser has taken the graphics away")
    expect(told).to_be_visible()
    viewer.page.keyboard.press(".")
    viewer.page.evaluate("lose.restoreContext()")
    expect(told).to_have_count(0)
    viewer.page.keyboard.press(",")
    assert viewer.live("player.frame") == 12
    assert viewer.page.evaluate(PIXELS) == before


def test_a_rewritten_clip_is_shown_as_it_is_now(viewer, data):
    viewer.refusals.add(422)
    motion = data / "FLAME_coeffs_25" / f"{LONG_STEM}.npz"
    original = motion.read_bytes()
    viewer.open(f"?clip={LONG_STEM}")
    first = viewer.live("Array.from(player.vertices.slice(0, 300))")
    try:
        write_motion(data, LONG_STEM, motion_arrays(frames=13) | {"pose": np.full((13, 6), 0.1)})
        viewer.page.keyboard.press("n")
        viewer.until("player.state === 'error'")
        viewer.page.keyboard.press("p")
        viewer.wait_for_clip(LONG_STEM)
        assert viewer.live("[player.frames, timeline.data.header.frames, stage.clip.frames]") == [13, 13, 13]
        assert viewer.live("Array.from(player.vertices.slice(0, 300))") != first
    finally:
        motion.write_bytes(original)
    viewer.open(f"?clip={LONG_STEM}")  # at its first frame, however far it has played
    assert viewer.live("Array.from(player.vertices.slice(0, 300))") == first


def test_sound_in_a_form_that_browsers_do_not_play(viewer, data):
    """The page converts it: here 64-bit floats at 12 kHz in two channels."""
    viewer.refusals.add(422)
    sound = data / "audios" / f"{LONG_STEM}.wav"
    original = sound.read_bytes()
    tone = 0.3 * np.sin(np.arange(12_000) / 12_000 * 2 * np.pi * 220)
    try:
        write_audio(data, LONG_STEM, np.stack([tone, tone], axis=1), rate=12_000, subtype="DOUBLE")
        viewer.open(f"?clip={LONG_STEM}")
        assert viewer.live("player.hasSound")
        viewer.page.keyboard.press("k")
        viewer.until("player.frame > 2")
        assert not any("sound could not" in text for text in viewer.page.locator(".notice").all_inner_texts())
    finally:
        sound.write_bytes(original)


def test_a_link_waits_for_a_click_where_the_browser_wants_one(chromium, program):
    """Chromium as it is delivered: no page plays sound before somebody has clicked or pressed a key in it."""
    launch = chromium.browser_type.launch
    with contextlib.closing(
        launch(executable_path=CHROMIUM, args=["--no-sandbox", "--enable-unsafe-swiftshader"])
    ) as browser:
        viewer = Viewer(browser.new_page(), program.url).open(f"?clip={STEM}&t=20")
        assert viewer.live("[player.frame, player.playing]") == [20, False]
        viewer.page.locator("flame-player canvas").click()
        viewer.until("player.frame > 22")
    assert viewer.trouble == []


def test_every_script_is_named_before_gradio_starts_and_fetched_once(viewer):
    asked = []
    viewer.hear("request", lambda request: asked.append(request.url))
    response = viewer.page.goto(viewer.url)
    named = {viewer.url + path for path in re.findall(r'rel="modulepreload" href="(viewer/[^"]+)"', response.text())}
    viewer.wait_for_clip()
    scripts = [url for url in asked if url.startswith(f"{viewer.url}viewer/static/")]
    assert set(scripts) == named and len(named) > 40
    assert len(scripts) == len(named)


# Whether the control bar is whole, in so many rows at most, and the page no wider than its window.
WHOLE = """(rows) => {
  const { live, film, view } = document.querySelector("clip-stage");
  const bar = (view === live ? live.player : film.controls).shadowRoot.querySelector(".bar");
  const outer = bar.getBoundingClientRect();
  const parts = [...bar.children].map((part) => part.getBoundingClientRect()).filter(({ height }) => height > 4);
  const middles = parts.map(({ top, bottom }) => (top + bottom) / 2).sort((a, b) => a - b);
  return (
    parts.every(({ left, right }) => left >= outer.left && right <= outer.right + 0.5)
    && 1 + middles.filter((y, i) => i > 0 && y - middles[i - 1] > 10).length <= rows
    && document.documentElement.scrollWidth === innerWidth
  );
}"""


@pytest.mark.parametrize(
    ("viewer", "rows"),
    [
        ({}, {1440: 1, 1024: 1, 768: 2, 360: 2}),
        ({"viewport": {"width": 720, "height": 450}, "device_scale_factor": 2}, {720: 1}),  # 1440 at 200 %
        ({"viewport": {"width": 360, "height": 740}, "has_touch": True, "is_mobile": True}, {360: 2}),
    ],
    indirect=["viewer"],
    ids=["any", "200%", "touch"],
)
def test_the_control_bar_is_whole_at_every_width(viewer, rows):
    viewer.open(f"?clip={STEM}&size=128")
    for tab in ("live", "mp4"):
        if tab == "mp4":
            viewer.page.get_by_role("tab", name="mp4").click()
            viewer.wait_for_film(STEM)
        for width, most in rows.items():
            viewer.page.set_viewport_size({"width": width, "height": viewer.page.viewport_size["height"]})
            viewer.page.wait_for_function(WHOLE, arg=most)
