"""<clip-timeline> in real Chromium: what it reads out, what it fires, and that it fires nothing by itself."""

import contextlib
import itertools

import numpy as np
import pytest
from fastapi import FastAPI
from fastapi.responses import HTMLResponse
from fastapi.staticfiles import StaticFiles
from playwright.sync_api import TimeoutError

from tests.browser.pages import Watcher
from tests.browser.serving import STATIC, lookup, serving, speaking_clip
from viewer import clock
from viewer.clip import Clip
from viewer.motion import CurveMaker
from viewer.web.timeline_routes import TimelineSource, timeline_router
from viewer.words import estimate_words

HOSTILE = "<img src=x onerror=document.title='owned'> </script><b>bold</b> end"
PAGE = """<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,"><style>body { margin: 0 }</style>
<script type="module" src="viewer/static/timeline/clip-timeline.js"></script>
<clip-timeline></clip-timeline>"""
WATCH = """() => {
  window.fired = [];
  const timeline = (window.timeline = document.querySelector("clip-timeline"));
  for (const type of ["seek", "region", "toggle", "load", "error"]) {
    timeline.addEventListener(type, ({ detail }) => fired.push([type, detail]));
  }
}"""


@pytest.fixture(scope="module")
def clips(head):
    rng = np.random.default_rng(0)
    pose = np.abs(np.cumsum(rng.normal(0, 0.01, (30_000, 6)), axis=0)) % 0.3
    arkit = head.model.expression_space
    clips = [
        speaking_clip(head, "speech", frames=200),
        speaking_clip(head, "film", frames=90, fps=23.976, sound=False),
        speaking_clip(head, "one", frames=1, sound=False, transcript=None),
        speaking_clip(head, "hostile", frames=50, transcript=HOSTILE),
        Clip.from_arrays(
            stem="long", exp=np.zeros((30_000, 52)), pose=pose, expression_space=arkit, transcript="so " * 4000
        ),
    ]
    return {clip.stem: clip for clip in clips}


@pytest.fixture(scope="module")
def url(clips, head):
    app = FastAPI()
    app.include_router(timeline_router(TimelineSource(lookup(clips), head)))
    app.mount("/viewer/static", StaticFiles(directory=STATIC))
    app.get("/")(lambda: HTMLResponse(PAGE))
    with serving(app) as url:
        yield url


class Timeline:
    def __init__(self, page):
        self.page = page

    def js(self, expression, argument=None):
        return self.page.evaluate(f"(argument) => {expression}", argument)

    def load(self, stem):
        assert self.js("timeline.load(argument)", stem) is True
        self.painted()
        return self

    def painted(self):
        self.js("new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)))")

    def fired(self, kind):
        """Details of the events of one kind since the last call; the others are forgotten too."""
        return [detail for type_, detail in self.js("fired.splice(0)") if type_ == kind]

    @property
    def view(self):
        view = self.js("timeline.view")
        return view["start"], view["end"]

    @property
    def plot(self):
        """Left edge and width of what lies along time, in pixels; the margins are those of layout.js."""
        width = self.page.viewport_size["width"]
        left = 188 if width >= 620 else 10
        return left, width - left - 10

    def x(self, time):
        start, end = self.view
        left, width = self.plot
        return left + (time - start) / (end - start) * width

    def time(self, x):
        start, end = self.view
        left, width = self.plot
        return start + (x - left) / width * (end - start)

    def turn_wheel(self, x, y):
        """Turn the mouse's wheel, which another part of the time line follows.

        Once more where it was taken for a part of the turns before: the browser ends these by a timer, which may be
        late.
        """
        before = self.js("({ start: timeline.view.start, end: timeline.view.end })")
        moved = "({ start, end }) => timeline.view.start !== start || timeline.view.end !== end"
        for patience in (3_000, 10_000, 60_000):
            self.page.mouse.wheel(x, y)
            with contextlib.suppress(TimeoutError):
                self.page.wait_for_function(moved, arg=before, timeout=patience)
                return
        pytest.fail("the wheel moves nothing")

    def values(self):
        """The numbers in the legend, as the user reads them."""
        texts = self.js("""[...timeline.shadowRoot.querySelectorAll(".legend .curve")].map((row) =>
            [row.querySelector(".name").textContent, row.querySelector(".value").firstChild.nodeValue])""")
        return {name: float(text.replace("−", "-")) if text != "–" else None for name, text in texts}


@pytest.fixture
def timeline(pages, url, request):
    page = pages.take(url, **{"viewport": {"width": 1000, "height": 500}} | getattr(request, "param", {}))
    page.set_default_timeout(60_000)
    trouble = []
    watcher = Watcher()
    watcher.watch(
        page,
        pageerror=lambda error: trouble.append(str(error)),
        console=lambda message: message.type == "error" and trouble.append(message.text),
    )
    page.goto(url)
    page.evaluate("customElements.whenDefined('clip-timeline').then(() => true)")
    page.evaluate(WATCH)
    yield Timeline(page)
    watcher.leave()
    pages.give_back(page)
    assert [text for text in trouble if "Failed to load resource" not in text] == []


def move(timeline, time, y=150):
    """Move the mouse to a time; gives the time that its whole pixel really has."""
    x = round(timeline.x(time))
    timeline.page.mouse.move(x, y)
    timeline.painted()
    return timeline.time(x)


@pytest.mark.parametrize("stem", ["speech", "film"])
def test_readout_is_pythons_value_at_the_frame(timeline, clips, head, stem):
    clip = clips[stem]
    curves = {curve.label: curve for curve in CurveMaker(head).curves(clip)}
    timeline.load(stem)
    for time in np.linspace(0.05, clip.seconds - 0.05, 7):
        frame = clock.frame_at(move(timeline, time), clip.fps, len(clip))
        shown = timeline.values()
        assert shown.keys() == curves.keys()
        for label, value in shown.items():
            assert value == pytest.approx(curves[label].values[frame], abs=0.5001 if "speed" in label else 0.0501)
        readout = timeline.js("timeline.readout()")
        assert readout["frame"] == frame
        words = [word.text for word in estimate_words(clip) if word.start <= readout["time"] < word.end]
        assert readout["word"] == (words[0] if words else None)
    x = round(timeline.x(clip.seconds - 0.05))
    timeline.js("(timeline.view = { start: 0.5, end: 1.5 })")  # the pointer stays, what is under it does not
    assert timeline.js("timeline.readout().time") == pytest.approx(timeline.time(x))
    timeline.page.mouse.move(5, 5)  # off the plot: values are those of the playhead
    timeline.js("(timeline.time = argument)", clock.frame_middle(31, clip.fps))
    timeline.painted()
    assert timeline.values()["Jaw angle"] == pytest.approx(curves["Jaw angle"].values[31], abs=0.0501)


@pytest.mark.parametrize("stem", ["speech", "film"])
def test_click_seeks_to_the_frame_under_the_pointer(timeline, clips, stem):
    clip = clips[stem]
    timeline.load(stem)
    left, width = timeline.plot
    for x in (left, left + 1, left + width // 3, left + width // 2, left + width - 1):
        timeline.page.mouse.click(x, 200)
        (seek,) = timeline.fired("seek")
        assert seek["frame"] == clock.frame_at(timeline.time(x), clip.fps, len(clip))
        assert seek["time"] == pytest.approx(clock.frame_middle(seek["frame"], clip.fps))
        timeline.page.wait_for_timeout(20)


def test_drag_seeks_through_the_frames_in_between(timeline):
    timeline.load("speech")
    timeline.page.mouse.move(timeline.x(1), 200)
    timeline.page.mouse.down()
    timeline.page.mouse.move(timeline.x(2), 200, steps=30)
    timeline.page.mouse.move(-50, 200)  # beyond the clip: its first frame
    timeline.page.mouse.up()
    frames = [seek["frame"] for seek in timeline.fired("seek")]
    assert len(frames) > 20 and frames[0] == 25 and max(frames) in (49, 50) and frames[-1] == 0
    assert all(a != b for a, b in itertools.pairwise(frames))


def test_setting_properties_fires_nothing(timeline):
    timeline.load("speech")
    timeline.fired("load")
    for expression in (
        "(timeline.time = 3)",
        "(timeline.region = { start: 1, end: 2 })",
        "(timeline.view = { start: 1, end: 4 })",
        "(timeline.time = 6)",
        "(timeline.off = ['jaw_angle'])",
        "(timeline.region = null)",
        "(timeline.data = null)",
    ):
        timeline.js(expression)
        timeline.painted()
    assert timeline.js("fired") == []


def test_shift_drag_marks_whole_frames(timeline):
    timeline.load("speech")
    timeline.page.keyboard.down("Shift")
    timeline.page.mouse.move(timeline.x(3.0) + 2, 200)
    timeline.page.mouse.down()
    timeline.page.mouse.move(timeline.x(1.5), 200, steps=5)
    times = (timeline.time(timeline.x(1.5)), timeline.time(timeline.x(3.0) + 2))
    assert timeline.fired("region") == []
    timeline.page.mouse.up()
    timeline.page.keyboard.up("Shift")
    region, *others = [detail for kind, detail in timeline.js("fired.slice()") if kind == "region"]
    assert not others and timeline.fired("seek") == [], "a selection does not seek"
    assert (region["start"] * 25) % 1 == pytest.approx(0) and region["start"] <= times[0] < region["start"] + 0.041
    assert region["end"] == pytest.approx(np.ceil(times[1] * 25) / 25)

    timeline.page.mouse.move(timeline.x(region["end"]), 200)  # its end can be dragged, without a key
    timeline.page.mouse.down()
    timeline.page.mouse.move(timeline.x(5.0) - 2, 200, steps=4)
    timeline.page.mouse.up()
    (moved,) = timeline.fired("region")
    assert moved == {"start": pytest.approx(region["start"]), "end": pytest.approx(5.0)}

    timeline.page.get_by_label("Forget the marked region").click()
    assert timeline.fired("region") == [None] and timeline.js("timeline.region") is None


def test_wheel_keeps_the_time_under_the_pointer(timeline):
    timeline.load("speech")
    for x, deltas in ((400, [-300, -500, 200]), (900, [-400, 300])):
        for delta in deltas:
            timeline.page.mouse.move(x, 200)
            before, span = timeline.time(x), np.diff(timeline.view)[0]
            timeline.turn_wheel(0, delta)
            after = np.diff(timeline.view)[0]
            assert (after < span) == (delta < 0)
            if timeline.view[0] > 0 and timeline.view[1] < 8:
                assert timeline.time(x) == pytest.approx(before, abs=1e-9)
    frame = clock.frame_at(timeline.time(600), 25, 200)
    timeline.fired("seek")
    timeline.page.mouse.click(600, 200)
    assert timeline.fired("seek")[0]["frame"] == frame, "clicks mean what is seen when zoomed in"
    timeline.page.wait_for_timeout(600)  # or it would be taken for one gesture with the turns before
    start = timeline.view[0]
    timeline.turn_wheel(100, 0)
    assert timeline.view[0] > start
    timeline.page.mouse.dblclick(600, 200)
    timeline.page.wait_for_function("timeline.view.start === 0 && timeline.view.end === 8")


def test_page_scrolls_where_there_is_nothing_to_zoom(timeline):
    timeline.load("speech")
    timeline.js("document.body.append(Object.assign(document.createElement('p'), { style: 'height: 3000px' }))")
    timeline.page.mouse.move(500, 200)
    timeline.page.mouse.wheel(0, 200)
    timeline.page.wait_for_function("scrollY > 0")
    assert timeline.view == (0, 8)


def test_zoom_never_leaves_the_clip(timeline):
    timeline.load("speech")
    for start, end in ((-5, 3), (7, 20), (3, 3), (-100, 100), (4, 2)):
        timeline.js("(timeline.view = { start: argument[0], end: argument[1] })", [start, end])
        shown = timeline.view
        assert 0 <= shown[0] < shown[1] <= 8 + 1e-9


def test_view_follows_the_playhead_page_by_page(timeline):
    timeline.load("speech")
    timeline.js("(timeline.view = { start: 1, end: 3 })")
    timeline.js("(timeline.time = 2.99)")
    assert timeline.view == (1, 3)
    timeline.js("(timeline.time = 3.01)")
    assert timeline.view[0] < 3.01 < timeline.view[1] and timeline.view[0] > 2.5
    timeline.js("(timeline.view = { start: 6, end: 7 })")
    timeline.js("(timeline.time = 3.05)")
    assert timeline.view == (6, 7), "who looks elsewhere is left there"


def test_a_mark_beyond_the_other_end_moves_that_one_to_the_end_of_the_clip(timeline):
    timeline.load("speech")
    timeline.page.get_by_role("slider", name="Time").focus()
    for key, frame, region in (("[", 150, (6, 8)), ("]", 50, (0, 51 / 25))):
        timeline.js("(timeline.region = { start: 3, end: 5 })")
        timeline.js("(timeline.time = argument)", clock.frame_middle(frame, 25))
        timeline.page.keyboard.press(key)
        assert timeline.fired("region") == [{"start": pytest.approx(region[0]), "end": pytest.approx(region[1])}]


def test_keys(timeline):
    timeline.load("speech")
    timeline.js("(timeline.time = argument)", clock.frame_middle(100, 25))
    timeline.page.get_by_role("slider", name="Time").focus()
    for key, frame in ((".", 101), (",", 99), ("ArrowRight", 113), ("ArrowLeft", 87), ("Home", 0), ("End", 199)):
        timeline.page.keyboard.press(key)
        assert [seek["frame"] for seek in timeline.fired("seek")] == [frame]
    timeline.page.keyboard.press("[")
    assert timeline.fired("region") == [{"start": 4, "end": 8}]
    timeline.page.keyboard.press("]")
    assert timeline.fired("region") == [{"start": 4, "end": pytest.approx(4.04)}]
    timeline.page.keyboard.press("\\")
    assert timeline.fired("region") == [None]
    timeline.page.keyboard.press("+")
    assert np.diff(timeline.view)[0] == pytest.approx(8 / 1.5)
    timeline.page.keyboard.press("0")
    assert timeline.view == (0, 8)
    timeline.page.keyboard.press("Space")
    assert timeline.js("fired") == [], "what it has no use for is left to the player"


def test_rows_are_switched_off_and_on(timeline):
    timeline.load("speech")
    height = timeline.js("timeline.clientHeight")
    timeline.page.get_by_text("Rows", exact=True).click()
    timeline.page.get_by_label("Jaw angle").uncheck()
    timeline.page.get_by_label("Head yaw").uncheck()
    timeline.page.get_by_label("Spectrogram").uncheck()
    timeline.painted()
    assert timeline.fired("toggle")[-1] == {"off": ["jaw_angle", "head_yaw", "spectrogram"]}
    assert "Jaw angle" not in timeline.values() and "Head pitch" in timeline.values()
    assert timeline.js("timeline.clientHeight") < height - 90
    timeline.page.keyboard.press("Escape")
    assert not timeline.page.get_by_label("Jaw angle").is_visible()
    timeline.load("film")
    assert timeline.js("timeline.off") == ["jaw_angle", "head_yaw", "spectrogram"], "kept from clip to clip"


def test_hostile_transcript_is_text(timeline):
    timeline.load("hostile")
    assert timeline.page.title() == ""
    assert timeline.js("timeline.data.header.words.map(([text]) => text).join(' ')") == HOSTILE
    assert timeline.js("timeline.shadowRoot.querySelector('img, b')") is None


def test_one_frame_and_thirty_thousand(timeline):
    timeline.load("one")
    assert timeline.values()["Expression speed"] is None and timeline.values()["Jaw angle"] == 0
    timeline.page.mouse.click(600, 100)
    assert timeline.fired("seek")[0]["frame"] == 0
    timeline.load("long")
    timeline.page.mouse.click(600, 100)
    assert timeline.fired("seek")[0]["frame"] == clock.frame_at(timeline.time(600), 25, 30_000)


def test_unknown_clip_and_retry(timeline, clips, head):
    assert timeline.js("timeline.load('later')") is False
    assert "later" in timeline.fired("error")[0]["message"]
    status = timeline.page.get_by_role("status")
    assert "no clip 'later'" in status.inner_text()
    clips["later"] = speaking_clip(head, "later", frames=20)
    timeline.page.get_by_role("button", name="Try again").click()
    timeline.page.wait_for_function("timeline.data !== null")
    assert not status.is_visible() and timeline.js("timeline.data.header.frames") == 20


def test_a_dropped_connection_is_tried_again(timeline):
    dropped = []

    def drop_twice(route):
        dropped.append(route.request.url)
        if len(dropped) <= 2:
            route.abort("connectionreset")
        else:
            route.continue_()

    timeline.page.route("**/clip.bin*", drop_twice)
    timeline.load("film")
    assert len(dropped) == 3 and timeline.fired("error") == []


# In a profile of its own: the clock of all pages of a profile is replaced, and stays so.
@pytest.mark.parametrize("timeline", [{"device_scale_factor": 1}], indirect=True)
def test_an_answer_that_stalls_is_asked_for_again(timeline):
    asked = []

    def stall_once(route):
        asked.append(route.request.url)
        if len(asked) > 1:
            route.continue_()

    timeline.page.clock.install()
    timeline.page.route("**/clip.bin*", stall_once)
    with timeline.page.expect_request("**/clip.bin*"):
        timeline.js("(timeline.load('film'), 0)")
    timeline.page.clock.fast_forward(21_000)
    timeline.page.wait_for_function("timeline.data !== null")
    assert len(asked) == 2 and timeline.fired("error") == []


def test_the_last_of_several_loads_wins(timeline):
    outcomes = timeline.js("Promise.all(['speech', 'film', 'one', 'film'].map((stem) => timeline.load(stem)))")
    assert outcomes == [False, False, False, True]
    assert timeline.js("[timeline.stem, timeline.data.header.stem]") == ["film", "film"]


def test_time_and_region_set_while_loading_are_kept(timeline):
    timeline.js("""{ timeline.load("speech"); timeline.time = 2; timeline.region = { start: 1, end: 3 };
        return new Promise((resolve) => timeline.addEventListener("load", () => resolve())); }""")
    assert timeline.js("[timeline.time, timeline.region, timeline.frame]") == [2, {"start": 1, "end": 3}, 50]


@pytest.mark.parametrize("timeline", [{"viewport": {"width": 360, "height": 640}, "has_touch": True}], indirect=True)
def test_narrow_and_touch(timeline):
    timeline.load("speech")
    assert timeline.js("document.documentElement.scrollWidth") == 360
    assert {"Mouth opening", "yaw", "Loudness"} <= timeline.values().keys()
    timeline.page.touchscreen.tap(timeline.x(4.01), 200)
    assert [seek["frame"] for seek in timeline.fired("seek")] == [
        clock.frame_at(timeline.time(timeline.x(4.01)), 25, 200)
    ]
    timeline.page.get_by_label("Mark a region to loop").click()
    timeline.page.mouse.move(100, 200)
    timeline.page.mouse.down()
    timeline.page.mouse.move(200, 200, steps=3)
    timeline.page.mouse.up()
    assert len(timeline.fired("region")) == 1


@pytest.mark.parametrize("timeline", [{"color_scheme": "dark", "device_scale_factor": 2}], indirect=True)
def test_dark_and_sharp(timeline):
    timeline.load("speech")
    pixel = """(() => {
      const canvas = timeline.shadowRoot.querySelector("canvas");
      return [canvas.width, ...canvas.getContext("2d").getImageData(4, canvas.height - 4, 1, 1).data.slice(0, 3)];
    })()"""
    width, *dark = timeline.js(pixel)
    assert width == 2000 and max(dark) < 60
    timeline.page.emulate_media(color_scheme="light")
    timeline.painted()
    assert min(timeline.js(pixel)[1:]) > 200
