"""The list, the facts and the rendered film, as a user meets them on the tab "mp4"."""

import re
from importlib.util import find_spec

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import BROKEN_STEM, HOSTILE_STEM, HOSTILE_TEXT, LONG_STEM, wait_until
from tests.dataset.factories import motion_arrays, write_motion
from viewer.dataset import Dataset

# Plays the film from its beginning and notes, for each frame on the screen, its time, the clock of the sound, the word
# that is marked and the brightness of the mouth. A machine that cannot keep up with a film is shown it more slowly.
WATCH = """async () => {
  const stage = document.querySelector("clip-stage"), { player } = stage.film, { video } = player;
  const words = [...stage.shadowRoot.querySelector("clip-words").shadowRoot.querySelectorAll(".word")];
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = 64;
  const context = canvas.getContext("2d", { willReadFrequently: true });
  let seen = [];
  const note = (_, { mediaTime }) => {
    context.drawImage(video, 0, 0, 64, 64);
    const pixels = context.getImageData(24, 30, 16, 24).data;
    let sum = 0;
    for (let i = 0; i < pixels.length; i += 4) sum += pixels[i] + pixels[i + 1] + pixels[i + 2];
    seen.push({ mediaTime, clock: video.currentTime, word: words.findIndex((word) => word.classList.contains("now")),
      shown: player.frame, sum, audioBytes: video.webkitAudioDecodedByteCount });
    video.requestVideoFrameCallback(note);
  };
  video.requestVideoFrameCallback(note);
  for (const rate of [1, 0.5, 0.25, 0.1]) {
    video.pause();
    video.playbackRate = rate;
    player.seek(0);
    while (video.seeking) await new Promise((resolve) => setTimeout(resolve, 20));
    seen = [];
    const ended = new Promise((resolve) => video.addEventListener("ended", resolve, { once: true }));
    await player.play();
    await ended;
    const late = seen.map(({ mediaTime, clock }) => Math.abs(clock - mediaTime)).sort((a, b) => a - b);
    if (seen.length > player.frames / 3 && late[Math.floor(late.length / 2)] < 0.2) break;
  }
  return { seen, words: words.length };
}"""


def test_first_clip_is_shown_and_waits_for_a_click(viewer, data):
    viewer.open_film()
    assert viewer.stem == Dataset.open(data).stems[0]
    assert viewer.stage("video.paused && video.currentTime === 0")
    expect(viewer.page.locator("viewer-header .bar")).to_contain_text("demo head")
    assert viewer.page.title() == f"{viewer.stem} · Demo clips · FLAME viewer"


def test_film_plays_with_its_sound_and_the_transcript_follows(viewer):
    viewer.open_film("?clip=librivox-austen_0880")
    status = "aligned" if find_spec("pocketsphinx") else "type: pip install"
    expect(viewer.page.locator("clip-words .note")).to_contain_text(status)  # words do not change any more
    result = viewer.page.evaluate(WATCH)
    seen, frames = result["seen"], viewer.stage("player.frames")
    media = [sample["mediaTime"] for sample in seen]
    assert media == sorted(media)
    assert len(seen) > frames / 3
    assert all(abs(time * 25 - round(time * 25)) < 0.01 for time in media), "frames lie on the clock of the motion"
    late = [abs(sample["clock"] - sample["mediaTime"]) for sample in seen]
    assert sorted(late)[len(late) // 2] < 0.2, "the picture keeps to the clock of the sound"
    assert seen[-1]["audioBytes"] > seen[0]["audioBytes"] > 0, "sound is being decoded"
    assert len({sample["sum"] for sample in seen}) > len(seen) / 2, "the mouth moves"
    words = [sample["word"] for sample in seen if sample["word"] >= 0]
    assert words == sorted(words)
    assert len(set(words)) > result["words"] / 2
    assert words[-1] >= result["words"] - 2


def test_shown_frame_is_the_frame_on_the_screen(viewer):
    viewer.open_film("?clip=librivox-austen_0880")
    viewer.stage(
        """(window.onScreen = null, function note(_, { mediaTime } = {}) {
          window.onScreen = mediaTime ?? null;
          video.requestVideoFrameCallback(note);
        }())"""
    )
    for frame in (17, 0, 1, 40, viewer.stage("player.frames") - 1):
        viewer.stage(f"(player.seek({frame}), null)")
        viewer.until_stage(f"!video.seeking && onScreen !== null && Math.round(onScreen * 25) === {frame}")
        expect(viewer.page.locator("play-controls .time")).to_contain_text(f"frame {frame} /")


def test_next_and_previous_by_button_and_key(viewer, data):
    stems = Dataset.open(data).stems
    viewer.open_film("?speed=0.1")
    viewer.page.locator("film-view").get_by_label("Next clip", exact=True).click()
    viewer.wait_for_film(stems[1])
    assert viewer.stem == stems[1]
    viewer.until_stage("!video.paused")
    viewer.page.keyboard.press("n")
    viewer.wait_for_film(stems[2])
    viewer.page.keyboard.press("p")
    viewer.page.locator("film-view").get_by_label("Previous clip").click()
    viewer.wait_for_film(stems[0])
    expect(viewer.page.locator("film-view").get_by_label("Previous clip")).to_be_disabled()


def test_keys_move_through_the_film(viewer):
    viewer.open_film("?clip=librivox-austen_0880&speed=0.1")
    viewer.page.keyboard.press("ArrowRight")
    assert viewer.stage("player.frame") == 13, "half a second"
    viewer.page.keyboard.press(".")
    viewer.page.keyboard.press(".")
    viewer.page.keyboard.press(",")
    assert viewer.stage("player.frame") == 14
    viewer.page.keyboard.press("ArrowLeft")
    assert viewer.stage("player.frame") == 1
    viewer.page.keyboard.press("Space")
    viewer.until_stage("!video.paused")
    viewer.page.keyboard.press("Space")
    viewer.until_stage("video.paused")
    viewer.page.keyboard.press("m")
    assert viewer.stage("video.muted")
    viewer.page.keyboard.press("?")
    expect(viewer.page.get_by_role("dialog")).to_contain_text("One frame back")
    viewer.page.keyboard.press("Escape")


@pytest.mark.parametrize("viewer", [{"viewport": {"width": 360, "height": 640}}], indirect=True)
def test_help_on_a_small_screen_begins_at_its_beginning(viewer):
    viewer.open()
    viewer.page.keyboard.press("?")
    help_ = viewer.page.get_by_role("dialog", name="Keys")
    expect(help_.get_by_role("heading", name="Keys")).to_be_in_viewport()
    viewer.page.keyboard.press("Escape")
    expect(help_).to_be_hidden()


def test_scrubbing_and_clicking_a_word_seek(viewer):
    viewer.open_film("?clip=librivox-austen_0880")
    viewer.wait_for_words()
    box = viewer.page.locator("scrub-bar").bounding_box()
    viewer.page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    middle = viewer.stage("player.frames") // 2
    assert abs(viewer.stage("player.frame") - middle) <= 1
    viewer.page.locator("clip-words .word").last.click()
    assert viewer.stage("player.frame") > middle
    expect(viewer.page.locator("clip-words .word").last).to_have_class(re.compile("now"))


def test_filter(viewer, data):
    viewer.open_film()
    field = viewer.page.get_by_label("Filter clips")
    rows = viewer.page.locator("clip-list .row")
    viewer.page.keyboard.press("/")
    viewer.page.keyboard.type("disposed YOUNG")
    expect(rows).to_have_count(1)
    expect(rows.first).to_contain_text("librivox-austen_0880")
    expect(viewer.page.locator("clip-list .count")).to_have_text(f"1 of {len(Dataset.open(data))} clips")
    viewer.page.keyboard.press("Enter")
    viewer.wait_for_film("librivox-austen_0880")
    following = viewer.page.locator("film-view").get_by_label("Next clip", exact=True)
    expect(following, "next and previous keep to the filtered list").to_be_disabled()
    field.fill("no such words")
    expect(viewer.page.locator("clip-list .empty")).to_have_text("No clip matches “no such words”.")
    field.press("Escape")
    expect(rows).to_have_count(len(Dataset.open(data)))
    viewer.page.locator("[data-filter=split]").click()
    viewer.page.get_by_role("checkbox", name="val").check()
    expect(rows).to_have_count(2)


def test_list_by_keyboard(viewer, data):
    stems = Dataset.open(data).stems
    viewer.open_film()
    viewer.page.keyboard.press("ArrowDown")
    viewer.page.keyboard.press("ArrowDown")
    viewer.page.keyboard.press("Enter")
    viewer.wait_for_film(stems[2])
    expect(viewer.page.locator("clip-list .row[aria-selected=true] .stem")).to_have_text(stems[2])


def test_deep_link_reload_and_back(viewer):
    viewer.open_film("?clip=librivox-austen_0880&look=grey&camera=profile&size=384")
    assert viewer.stem == "librivox-austen_0880"
    assert viewer.stage("[stage.receipt.look, stage.receipt.camera, video.videoWidth]") == ["grey", "profile", 384]
    for label, value in (("Look", "grey"), ("Camera", "profile"), ("Size", "384 px")):
        expect(setting(viewer, label)).to_have_value(value)
    viewer.page.reload()
    viewer.wait_for_film("librivox-austen_0880")
    viewer.page.locator("clip-list .row", has_text="cmusphinx_0002").click()
    viewer.wait_for_film("cmusphinx_0002")
    assert "clip=cmusphinx_0002" in viewer.page.url and "look=grey" in viewer.page.url
    viewer.page.go_back()
    viewer.wait_for_film("librivox-austen_0880")
    viewer.page.go_forward()
    viewer.wait_for_film("cmusphinx_0002")


def setting(viewer, label):
    """A dropdown of the page."""
    return viewer.page.locator("#fv-view").get_by_label(label, exact=True)


def choose(viewer, label, value):
    setting(viewer, label).click()
    viewer.page.get_by_role("option", name=value).click()


def test_look_and_camera_change_the_film_and_keep_the_place(viewer):
    viewer.open_film("?clip=cmusphinx_0002")
    viewer.stage("player.seek(30)")
    before = viewer.stage("stage.url")
    choose(viewer, "Look", "skin")
    viewer.page.wait_for_function("(url) => document.querySelector('clip-stage').url !== url", arg=before)
    viewer.wait_for_film()
    assert viewer.stage("stage.receipt.look") == "skin"
    assert viewer.stage("player.frame") == 30
    assert "look=skin" in viewer.page.url
    choose(viewer, "Camera", "three-quarter")
    viewer.page.wait_for_function("document.querySelector('clip-stage').receipt?.camera === 'three-quarter'")
    viewer.page.go_back()
    viewer.page.go_back()
    viewer.page.wait_for_function("document.querySelector('clip-stage').receipt?.look === 'artalk'")
    expect(setting(viewer, "Look")).to_have_value("artalk")
    expect(setting(viewer, "Camera")).to_have_value("front")


def test_clip_that_cannot_be_shown_says_why_and_the_rest_works(viewer):
    viewer.open_film(f"?clip={BROKEN_STEM}", ready=False)
    alert = viewer.page.get_by_role("alert")
    expect(alert).to_contain_text("This clip cannot be shown")
    expect(alert).to_contain_text(BROKEN_STEM)
    alert.get_by_role("button", name="Next clip").click()
    viewer.wait_for_film(HOSTILE_STEM)
    viewer.page.go_back()
    expect(alert).to_be_visible()
    allow_refusals(viewer, 422)


def test_clip_that_does_not_exist(viewer):
    viewer.open_film("?clip=librivox-austen_088", ready=False)
    expect(viewer.page.get_by_role("alert")).to_contain_text("did you mean 'librivox-austen_0880'")
    allow_refusals(viewer, 404)


def allow_refusals(viewer, status):
    """The browser itself writes each refused request to the console."""
    viewer.refusals.add(status)
    viewer.trouble = [text for text in viewer.trouble if f"status of {status}" not in text]


def test_hostile_stem_and_transcript_are_only_text(viewer):
    viewer.hear("dialog", lambda dialog: viewer.trouble.append(f"a script ran: {dialog.message}"))
    viewer.open_film()
    viewer.page.locator("clip-list .row", has_text="zz ünï").click()
    viewer.wait_for_film(HOSTILE_STEM)
    assert viewer.stem == HOSTILE_STEM
    assert viewer.page.locator("clip-words .words").inner_text().strip() == HOSTILE_TEXT
    assert viewer.page.title() == f"{HOSTILE_STEM} · Demo clips · FLAME viewer"
    viewer.page.reload()
    viewer.wait_for_film(HOSTILE_STEM)


def test_what_was_altered_is_said(viewer):
    viewer.open_film(f"?clip={LONG_STEM}")
    notes = viewer.page.locator("fact-sheet .notes")
    expect(notes).to_contain_text("Sound lasts 1.00 s, motion 0.40 s: 0.60 s are cut off.")
    assert viewer.page.locator("fact-sheet .notes").inner_text().count("0.60 s") == 1, "once is enough"
    row = viewer.page.locator("clip-list .row[aria-selected=true]")
    expect(row.get_by_role("img", name="2 flags")).to_have_attribute("title", re.compile("Sound lasts"))


def test_download(viewer):
    viewer.open_film("?clip=cmusphinx_0001")
    with viewer.page.expect_download() as download:
        viewer.page.get_by_role("button", name="Download mp4").click()
    assert download.value.suggested_filename == "cmusphinx_0001.artalk.front.256.mp4"
    assert download.value.path().read_bytes()[4:8] == b"ftyp"


def test_autoplay_goes_on_to_the_next_clip(viewer):
    viewer.open_film("?clip=cmusphinx_0001&speed=0.1")
    viewer.page.locator("film-view").get_by_label("Go on to the next clip at the end").click()
    viewer.stage("player.seek(player.frames - 2)")
    viewer.page.keyboard.press("k")
    viewer.wait_for_film("cmusphinx_0002")
    viewer.until_stage("!video.paused")
    viewer.page.reload()
    viewer.wait_for_film("cmusphinx_0002")
    onwards = viewer.page.locator("film-view").get_by_label("Go on to the next clip at the end")
    expect(onwards).to_have_attribute("aria-pressed", "true")


def test_next_clip_is_prefetched_while_one_plays(viewer, cache):
    viewer.open_film("?clip=librivox-austen_0890&size=128")
    films = set(cache.rglob("*.json"))
    viewer.page.keyboard.press("k")
    wait_until(
        viewer.page,
        lambda: any('"librivox-austen_0920"' in path.read_text() for path in set(cache.rglob("*.json")) - films),
    )


def test_changed_clip_is_rendered_anew(viewer, data):
    viewer.open_film(f"?clip={LONG_STEM}")
    original = (data / "FLAME_coeffs_25" / f"{LONG_STEM}.npz").read_bytes()
    try:
        before = viewer.stage("stage.url")
        write_motion(data, LONG_STEM, motion_arrays(frames=14))
        viewer.page.reload()
        viewer.wait_for_film(LONG_STEM)
        assert viewer.stage("player.frames") == 14 and viewer.stage("stage.url") != before
    finally:
        (data / "FLAME_coeffs_25" / f"{LONG_STEM}.npz").write_bytes(original)


def test_theme_in_the_url_wins(viewer):
    viewer.open_film("?clip=cmusphinx_0001&__theme=dark")
    background = viewer.page.evaluate("getComputedStyle(document.querySelector('.gradio-container')).backgroundColor")
    assert sum(map(int, re.findall(r"\d+", background)[:3])) < 200
    viewer.page.keyboard.press("n")
    viewer.wait_for_film("cmusphinx_0002")
    assert "__theme=dark" in viewer.page.url
