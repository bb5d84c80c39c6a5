"""Words in time on the page: transcript, captions of the player and timeline take them up as soon as they are found."""

from __future__ import annotations

import json
import math
from importlib.util import find_spec
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.speech.clips import BY_EYE
from viewer.dataset import Dataset

STEM = "librivox-austen_0880"
LONG = "librivox-austen_0870"  # as a whole it leaves no room for phones
TROUBLE = "<img/src=x/onerror=document.title='owned'>"
ANSWER = {
    "stem": STEM,
    "status": "aligned",
    "words": [["he", 0.2, 0.4, False], [TROUBLE, 0.4, 1.0, True], ["man", 2.0, 2.6, False]],
    "phones": [["SIL", 0.0, 0.2, -5.0], ["HH", 0.2, 0.3, -9.0], ["IY", 0.3, 0.4, -9.0]],
    "confidence": -12.0,
    "message": "",
}


@pytest.fixture
def answer(viewer):
    """Let the server answer with words of the test; returns a function that chooses them."""

    def choose(value=ANSWER, *, status=200):
        body = json.dumps(value)
        viewer.page.route(
            "**/viewer/words?*", lambda route: route.fulfill(status=status, body=body, content_type="application/json")
        )

    yield choose
    viewer.page.unroute("**/viewer/words?*")


def note(viewer):
    return viewer.page.locator("clip-words .note")


@pytest.mark.skipif(find_spec("pocketsphinx") is None, reason="has no wheel for this Python")
def test_words_found_in_the_sound_take_the_place_of_the_estimate(viewer):
    viewer.open(f"?clip={STEM}")
    expect(note(viewer)).to_contain_text("aligned")
    expect(viewer.page.locator("clip-timeline [data-row=words]")).to_contain_text("aligned")
    for _index, text, start in BY_EYE[STEM][1:]:  # the first word lasts two frames
        frame = math.ceil(start * 25) + 1  # 40 to 80 ms later than a person saw it begin
        viewer.page.evaluate("(frame) => document.querySelector('clip-stage').live.seek(frame)", frame)
        expect(viewer.page.locator("clip-words .word.now")).to_have_text(text)
        read = "document.querySelector('clip-stage').live.timeline.readout().word"
        viewer.page.wait_for_function(f"(text) => {read} === text", arg=text)


def test_weak_words_are_marked_and_all_are_text(viewer, answer):
    answer()
    viewer.open(f"?clip={STEM}")
    expect(note(viewer)).to_contain_text("aligned")
    expect(viewer.page.locator("clip-words .word")).to_have_text(["he", TROUBLE, "man"])
    expect(viewer.page.locator("clip-words .word.weak")).to_have_text([TROUBLE])
    viewer.page.evaluate("() => Object.assign(document.querySelector('clip-stage').live.player, { captions: true })")
    expect(viewer.page.locator("flame-player .words b.weak")).to_have_text([TROUBLE])
    viewer.page.locator("clip-words .word").nth(2).click()
    expect(viewer.page.locator("clip-words .word.now")).to_have_text("man")
    assert viewer.page.evaluate("document.querySelector('clip-stage').live.frame") == 50
    assert viewer.page.title() != "owned"


def test_the_words_can_be_downloaded_as_subtitles(viewer):
    viewer.open(f"?clip={STEM}")
    with viewer.page.expect_download() as started:
        note(viewer).get_by_role("link", name="WebVTT").click()
    assert started.value.suggested_filename == f"{STEM}.vtt"
    text = Path(started.value.path()).read_text("utf-8")
    assert text.startswith("WEBVTT\n") and "-->" in text


def place_of_words(viewer):
    """Where their row is; asked in one step, since the names of rows are made anew whenever the timeline is painted."""
    return viewer.page.evaluate(
        """() => {
          const { shadowRoot } = document.querySelector("clip-stage").live.timeline;
          return shadowRoot.querySelector("[data-row=words]").getBoundingClientRect().toJSON();
        }"""
    )


def row_of_words(viewer):
    """Its picture from 0 to 0.6 s; it stays where it was."""
    expect(viewer.page.locator("clip-timeline [data-row=words]")).to_contain_text("aligned")
    viewer.wait_for_findings()
    whole = place_of_words(viewer)
    assert whole["height"] > 0
    viewer.page.evaluate("() => { document.querySelector('clip-stage').live.timeline.view = { start: 0, end: 0.6 }; }")
    viewer.page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    assert place_of_words(viewer) == whole
    return viewer.page.screenshot(clip={"x": whole["right"], "y": whole["y"], "width": 300, "height": whole["height"]})


def test_phones_are_shown_when_zoomed_in_and_move_nothing(viewer, answer):
    shown = []
    for phones in (ANSWER["phones"], ANSWER["phones"], [["SIL", 0.0, 0.2, -5.0], ["M", 0.2, 0.4, -9.0]]):
        answer(ANSWER | {"stem": LONG, "phones": phones})
        viewer.open(f"?clip={LONG}")
        shown.append(row_of_words(viewer))
    assert shown[0] == shown[1] != shown[2]


def test_why_words_are_estimated_is_said(viewer, answer):
    why = "The transcript looks like German; only English can be aligned."
    words = [[text, i / 10, (i + 1) / 10, True] for i, text in enumerate(Dataset.demo()[STEM].transcript.split())]
    answer(ANSWER | {"status": "estimated", "words": words, "phones": [], "confidence": None, "message": why})
    viewer.open(f"?clip={STEM}")
    expect(note(viewer)).to_contain_text(why)
    expect(note(viewer)).to_contain_text("estimated timing")
    expect(viewer.page.locator("clip-words .word.weak")).to_have_count(0)
    expect(viewer.page.locator("clip-timeline [data-row=words]")).to_contain_text("estimated")


def test_the_estimate_stays_where_there_is_no_answer(viewer, answer):
    viewer.refusals.add(500)
    answer({"error": "no words today"}, status=500)
    with viewer.page.expect_response("**/viewer/words?*"):
        viewer.open(f"?clip={STEM}")
    expect(note(viewer)).to_contain_text("estimated timing")
    expect(viewer.page.locator("clip-words .word")).to_have_count(len(Dataset.demo()[STEM].transcript.split()))
