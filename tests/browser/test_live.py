"""The page as it opens: the clip played by the browser, its timeline and its transcript on one clock."""

import re
from importlib.util import find_spec

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import BROKEN_STEM, HOSTILE_STEM, HOSTILE_TEXT
from tests.browser.test_page import allow_refusals, choose, setting
from viewer.dataset import Dataset

STEM = "librivox-austen_0880"
# Plays the clip from its beginning to its end and notes, for each frame shown, what the sound's clock says then, where
# the playhead is, and which word is marked.
WATCH = """async () => {
  const stage = document.querySelector("clip-stage"), { player, timeline } = stage.live;
  const words = [...stage.shadowRoot.querySelector("clip-words").shadowRoot.querySelectorAll(".word")];
  const seen = [];
  player.addEventListener("frame", ({ detail }) => seen.push({
    frame: detail.frame, clock: player.seconds, playing: player.playing, playhead: timeline.frame,
    word: words.findIndex((word) => word.classList.contains("now")),
  }));
  const ended = new Promise((resolve) => player.addEventListener("ended", resolve, { once: true }));
  player.seek(0);
  await player.play();
  await ended;
  return { seen, words: words.length, hasSound: player.hasSound };
}"""


def test_opens_live_on_the_first_clip_and_waits_for_a_click(viewer, data):
    viewer.open()
    stems = Dataset.open(data).stems
    assert viewer.stem == stems[0]
    expect(viewer.page.get_by_role("tab", name="Live")).to_have_attribute("aria-selected", "true")
    assert viewer.live("[player.stem, player.frame, player.playing, stage.url]") == [stems[0], 0, False, None]
    assert viewer.page.locator("film-view").is_hidden()


def test_picked_clip_plays_and_sound_timeline_and_transcript_agree(viewer):
    viewer.open()
    viewer.page.locator("clip-list .row", has_text=STEM).click()
    viewer.wait_for_clip(STEM)
    viewer.until("player.frame > 3")
    status = "aligned" if find_spec("pocketsphinx") else "pip install pocketsphinx"
    expect(viewer.page.locator("clip-words .note")).to_contain_text(status)  # words do not change any more
    viewer.live("(player.pause(), player.speed = 0.5)")  # so that a slow machine too shows enough of it
    result = viewer.page.evaluate(WATCH)
    played = [sample for sample in result["seen"] if sample["playing"]]
    frames = [sample["frame"] for sample in played]
    assert result["hasSound"]
    assert len(set(frames)) > 5 and frames == sorted(frames)
    assert all(sample["playhead"] == sample["frame"] for sample in result["seen"])
    assert all(-1 <= sample["clock"] * 25 - sample["frame"] <= 2 for sample in played), "the sound's clock decides"
    words = [sample["word"] for sample in played if sample["word"] >= 0]
    assert words == sorted(words) and len(set(words)) > result["words"] / 3
    assert viewer.live("player.frame === player.frames - 1")


def test_click_in_the_timeline_seeks_and_the_link_follows(viewer):
    viewer.open(f"?clip={STEM}")
    viewer.wait_for_words()
    box = viewer.page.locator("clip-timeline .body").bounding_box()
    viewer.page.mouse.click(box["x"] + box["width"] * 0.7, box["y"] + box["height"] / 2)
    frame = viewer.live("player.frame")
    assert 10 < frame < 74
    assert viewer.live("timeline.frame") == frame
    viewer.page.wait_for_url(re.compile(rf"[?&]t={frame}(&|$)"))
    viewer.page.locator("clip-words .word").last.click()
    assert viewer.live("player.frame") > frame


def test_deep_link_opens_the_frame_as_it_was(viewer):
    viewer.open(f"?clip={STEM}&t=41&look=grey&camera=profile&speed=0.5")
    shown = "[player.stem, player.frame, timeline.frame, player.look, player.camera, player.speed, player.playing]"
    assert viewer.live(shown) == [STEM, 41, 41, "grey", "profile", 0.5, False]
    vertices = viewer.live("Array.from(player.vertices.slice(0, 30))")
    viewer.page.reload()
    viewer.wait_for_clip(STEM)
    assert viewer.live(shown) == [STEM, 41, 41, "grey", "profile", 0.5, False]
    assert viewer.live("Array.from(player.vertices.slice(0, 30))") == vertices
    expect(setting(viewer, "Look")).to_have_value("grey")


def test_link_to_this_frame(viewer):
    viewer.open(f"?clip={STEM}")
    viewer.live("player.seek(33)")
    canvas = viewer.page.locator("flame-player canvas").bounding_box()
    viewer.page.mouse.move(canvas["x"] + 200, canvas["y"] + 150)
    viewer.page.mouse.down()
    viewer.page.mouse.move(canvas["x"] + 260, canvas["y"] + 170, steps=4)
    viewer.page.mouse.up()
    view = viewer.live("player.view")
    assert viewer.live("player.camera") is None, "it was turned by hand"
    link = viewer.copy_link()
    assert "t=33" in link
    viewer.page.goto(link)
    viewer.wait_for_clip(STEM)
    assert viewer.live("player.frame") == 33
    assert viewer.live("player.view") == pytest.approx(view, abs=1e-3)


@pytest.mark.parametrize("query", ["t=-3", "t=1e99", "t=x&speed=99&tab=moon&orbit=a,b", "t=7.5&speed=nan"])
def test_numbers_that_make_no_sense_in_a_link_are_left_out(viewer, query):
    viewer.open(f"?clip={STEM}&{query}")
    assert viewer.live("player.speed") == 1
    assert viewer.live("player.frame") in (0, 74), "the first frame, or the last for one beyond it"


def test_unknown_look_in_a_link_is_told(viewer):
    viewer.open(f"?clip={STEM}&look=neon")
    message = viewer.page.get_by_role("alert").filter(has_text="There is no look “neon”; there are: artalk")
    expect(message).to_be_visible()
    assert viewer.live("player.look") == "artalk"


def test_back_button_returns_to_clip_frame_and_tab(viewer):
    viewer.open(f"?clip={STEM}&speed=0.1")
    viewer.live("player.seek(20)")
    viewer.page.locator("clip-list .row", has_text="cmusphinx_0002").click()
    viewer.wait_for_clip("cmusphinx_0002")
    assert "t=" not in viewer.page.url
    viewer.page.go_back()
    viewer.wait_for_clip(STEM)
    assert viewer.live("[player.frame, player.playing]") == [20, False]
    viewer.page.get_by_role("tab", name="mp4").click()
    viewer.wait_for_film(STEM)
    viewer.page.go_back()
    expect(viewer.page.locator("live-view")).to_be_visible()
    assert viewer.live("player.frame") == 20


def test_tab_mp4_renders_at_the_same_frame_and_only_one_tab_plays(viewer):
    viewer.open(f"?clip={STEM}&size=128&t=12&speed=0.1")
    viewer.page.get_by_role("tab", name="mp4").click()
    viewer.wait_for_film(STEM)
    assert viewer.stage("player.frame") == 12
    viewer.page.keyboard.press("k")
    viewer.until_stage("player.frame > 14")
    viewer.page.get_by_role("tab", name="Live").click()
    viewer.until("player.playing && player.frame > 14")
    assert viewer.stage("video.paused")
    viewer.page.get_by_role("tab", name="mp4").click()
    viewer.until_stage("!video.paused")
    assert not viewer.live("player.playing")


def test_nothing_is_rendered_for_the_live_tab_until_a_download_is_asked_for(viewer):
    asked = []
    viewer.hear("request", lambda request: "/viewer/film" in request.url and asked.append(request.url))
    viewer.open("?clip=cmusphinx_0001&size=128&look=grey")
    viewer.page.keyboard.press("n")
    viewer.wait_for_clip("cmusphinx_0002")
    viewer.until("player.frame > 3")
    assert asked == []
    with viewer.page.expect_download() as download:
        viewer.page.get_by_role("button", name="Download mp4").click()
    assert download.value.suggested_filename == "cmusphinx_0002.grey.front.128.mp4"
    assert download.value.path().read_bytes()[4:8] == b"ftyp"
    expect(viewer.page.get_by_role("button", name="Download mp4")).to_be_visible()


def test_look_and_camera_from_the_form_and_from_the_player(viewer):
    viewer.open(f"?clip={STEM}&t=30")
    choose(viewer, "Look", "skin")
    viewer.until("player.look === 'skin'")
    viewer.page.locator("flame-player").press("3")
    viewer.until("player.camera === 'profile'")
    expect(setting(viewer, "Camera")).to_have_value("profile")
    assert "camera=profile" in viewer.page.url and "look=skin" in viewer.page.url
    viewer.page.go_back()
    viewer.until("player.camera === 'front' && player.look === 'skin'")
    expect(setting(viewer, "Camera")).to_have_value("front")
    assert viewer.live("player.frame") == 30


def test_player_keys_work_without_its_having_the_focus(viewer, data):
    stems = Dataset.open(data).stems
    viewer.open(f"?clip={stems[0]}&speed=0.1")
    for key in (".", ".", ",", "End", "Home", "ArrowRight"):
        viewer.page.keyboard.press(key)
    assert viewer.live("player.frame") == 13, "half a second"
    viewer.page.keyboard.press("n")
    viewer.wait_for_clip(stems[1])
    viewer.until("player.playing")
    viewer.page.keyboard.press("Space")
    assert not viewer.live("player.playing")
    viewer.page.keyboard.press("p")
    viewer.wait_for_clip(stems[0])
    here = viewer.page.locator("clip-list .scroll")
    expect(here).to_have_attribute("aria-activedescendant", "row-0")  # the list has followed
    viewer.page.keyboard.press("ArrowDown")
    viewer.page.keyboard.press("ArrowDown")
    viewer.page.keyboard.press("Enter")
    viewer.wait_for_clip(stems[2])


def test_marked_region_repeats(viewer):
    viewer.open(f"?clip={STEM}&t=20")
    viewer.page.keyboard.press("[")
    viewer.live("player.seek(29)")
    viewer.page.keyboard.press("]")
    assert viewer.live("player.region") == {"start": 20, "end": 29}
    assert viewer.live("timeline.region") == pytest.approx({"start": 0.8, "end": 1.2})
    box = viewer.page.locator("clip-timeline .body").bounding_box()
    viewer.page.keyboard.down("Shift")
    viewer.page.mouse.move(box["x"] + box["width"] * 0.5, box["y"] + 60)
    viewer.page.mouse.down()
    viewer.page.mouse.move(box["x"] + box["width"] * 0.6, box["y"] + 60, steps=3)
    viewer.page.mouse.up()
    viewer.page.keyboard.up("Shift")
    region, marked = viewer.live("player.region"), viewer.live("timeline.region")
    assert region == {"start": round(marked["start"] * 25), "end": round(marked["end"] * 25) - 1}
    viewer.live("player.play()")
    middle = (region["start"] + region["end"]) / 2
    viewer.until("player.frame > argument", middle)
    viewer.until("player.frame < argument && player.playing", middle)


def test_autoplay_goes_on_and_is_shared_by_both_tabs(viewer):
    viewer.open("?clip=cmusphinx_0002&size=128&speed=0.1")
    viewer.page.locator("flame-player").get_by_label("Go on to the next clip at the end").click()
    viewer.live("player.seek(player.frames - 2)")
    viewer.page.keyboard.press("k")
    viewer.until("player.playing && player.stem === 'librivox-austen_0870'")
    viewer.page.keyboard.press("k")
    assert viewer.stage("stage.film.controls.autoplay")
    viewer.page.reload()
    viewer.wait_for_clip("librivox-austen_0870")
    assert viewer.live("player.autoplayNext")


NO_WEBGL = """const get = HTMLCanvasElement.prototype.getContext;
HTMLCanvasElement.prototype.getContext = function (kind, ...rest) {
  return kind.startsWith("webgl") ? null : get.call(this, kind, ...rest);
};"""


def test_without_webgl_the_page_says_so_and_shows_the_film(viewer):
    viewer.run_first(NO_WEBGL)
    viewer.open(f"?clip={STEM}&size=128&t=9", ready=False)
    viewer.wait_for_film(STEM)
    expect(viewer.page.get_by_role("alert").filter(has_text="WebGL 2 is missing")).to_be_visible()
    expect(viewer.page.get_by_role("tab", name="mp4")).to_have_attribute("aria-selected", "true")
    assert viewer.stage("player.frame") == 9
    viewer.page.keyboard.press("k")
    viewer.until_stage("player.frame > 12")


def test_clip_that_cannot_be_shown_says_why_and_the_rest_works(viewer):
    viewer.open(f"?clip={BROKEN_STEM}", ready=False)
    expect(viewer.page.get_by_role("alert")).to_contain_text(BROKEN_STEM)
    viewer.page.keyboard.press("n")
    viewer.wait_for_clip(HOSTILE_STEM)
    assert viewer.page.locator("clip-words .words").inner_text().strip() == HOSTILE_TEXT
    viewer.open("?clip=librivox-austen_088", ready=False)
    expect(viewer.page.get_by_role("alert")).to_contain_text("did you mean 'librivox-austen_0880'")
    allow_refusals(viewer, 422)
    allow_refusals(viewer, 404)


SCREENS = [
    {"viewport": {"width": width, "height": height}, "color_scheme": scheme}
    for width, height in ((1440, 900), (1024, 768), (390, 844))
    for scheme in ("light", "dark")
]


@pytest.mark.parametrize(
    "viewer", SCREENS, indirect=True, ids=lambda screen: f"{screen['viewport']['width']}-{screen['color_scheme']}"
)
def test_every_screen_shows_face_and_film_and_never_scrolls_sideways(viewer, request):
    viewer.open("?clip=cmusphinx_0001")
    width, page_width, height, page_height = viewer.page.evaluate(PAGE)
    assert page_width == width
    canvas = viewer.page.locator("flame-player canvas").bounding_box()
    assert canvas["width"] >= 340 and canvas["height"] >= 260 and canvas["y"] + canvas["height"] <= height
    if width == 1440:
        assert page_height == height
        words = viewer.page.locator("clip-words").bounding_box()
        assert words["y"] + words["height"] <= height, "picture, timeline and transcript are in view together"
    brightness = viewer.page.evaluate("getComputedStyle(document.querySelector('.gradio-container')).backgroundColor")
    assert (sum(map(int, re.findall(r"\d+", brightness)[:3])) < 200) is ("dark" in request.node.name)

    viewer.page.get_by_role("tab", name="mp4").click()
    viewer.wait_for_film()
    width, page_width, height, _ = viewer.page.evaluate(PAGE)
    assert page_width == width
    video = viewer.page.locator("clip-stage video").bounding_box()
    assert video["width"] >= 340 and video["y"] + video["height"] <= height


PAGE = "[innerWidth, document.documentElement.scrollWidth, innerHeight, document.documentElement.scrollHeight]"


def test_a_page_with_one_data_set_knows_nothing_of_comparing(viewer):
    asked = []
    viewer.hear("request", lambda request: asked.append(request.url))
    viewer.open(f"?clip={STEM}&with=preds_a&mode=heat")
    viewer.page.keyboard.press("o")
    viewer.page.keyboard.press("y")
    expect(viewer.page.locator("clip-stage compare-bar")).to_be_hidden()
    expect(viewer.page.get_by_role("button", name="Compare", exact=True)).to_be_hidden()
    assert viewer.live("player.compare") is None
    assert not any("/compare/tracks" in url or "/compare/curves" in url for url in asked)
