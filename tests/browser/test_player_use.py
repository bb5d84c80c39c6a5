"""Opening clips, keys, panels, and everything that goes wrong on the way."""

import json
import re

import numpy as np
import pytest
from fastapi import FastAPI
from PIL import Image

from tests.browser.player import PlayerTab
from tests.browser.serving import lasting_port, player_app, serving, speaking_clip
from tests.browser.timers import HOLD
from tests.flame.factories import head_like_flame, write_npz
from viewer.clip import Clip, Flag
from viewer.errors import ClipError
from viewer.flame import FlameModel, HeadChoice
from viewer.web.player_routes import PlayerSource

HOSTILE = "<img src=x onerror=alert(1)> </script><script>document.title='owned'</script> end"


@pytest.fixture(scope="module")
def clips(head):
    broken = Flag("no-audio", "The sound file cannot be read: it is cut off")
    return {f"clip {i}": speaking_clip(head, f"clip {i}", frames=30, seed=i) for i in range(6)} | {
        "hostile <b>&": speaking_clip(head, "hostile <b>&", frames=30, transcript=HOSTILE),
        "mute": speaking_clip(head, "mute", frames=30, sound=False, transcript=None, flags=(broken,)),
        "long": speaking_clip(head, "long", frames=30_000, sound=False),
        "changing": speaking_clip(
            head,
            "changing",
            frames=60,
            shape=np.repeat(np.random.default_rng(0).normal(size=(2, 100)), [50, 10], axis=0),
        ),
    }


@pytest.fixture(scope="module")
def url(head, clips):
    with serving(player_app(clips, head)) as url:
        yield url


@pytest.fixture
def tab(pages, url):
    tab = PlayerTab(pages, url)
    yield tab
    tab.close()


def test_a_clip_named_in_the_page_opens_by_itself(pages, url):
    tab = PlayerTab(pages, url, attributes='stem="clip 2" look=grey camera=profile loop')
    tab.until("player.state === 'ready'")
    assert tab.js("[player.stem, player.look, player.camera, player.loop, player.frames]") == [
        "clip 2", "grey", "profile", True, 30,
    ]  # fmt: skip
    assert not tab.js("player.playing")
    tab.js("player.setAttribute('stem', 'clip 3')")
    tab.until("player.state === 'ready' && player.clip.stem === 'clip 3'")
    tab.close()


def test_behind_a_proxy_that_strips_a_prefix(pages, head, clips):
    outer = FastAPI()
    outer.mount("/proxy/7860", player_app(clips, head))
    with serving(outer) as url:
        tab = PlayerTab(pages, f"{url}proxy/7860/")
        assert tab.open("clip 1", play=True)
        tab.until("player.frame > 2 && player.hasSound")
        tab.close()


def test_opening_at_a_frame(tab, head, clips):
    assert tab.open("clip 1", frame=17)
    assert tab.js("[player.frame, player.fps, player.state]") == [17, 25, "ready"]
    expected = np.concatenate(list(head.vertex_blocks(clips["clip 1"])))[17]
    assert np.abs(tab.js("Array.from(player.vertices)") - expected.ravel()).max() < 1e-5
    assert tab.heard("open") == [{"stem": "clip 1", "frames": 30, "fps": 25}]


def test_only_the_last_of_many_clicks_counts(tab, head, clips):
    held = []
    tab.page.route("**/clip.bin?stem=clip%200", lambda route: held.append(route))
    results = tab.js("Promise.all([0, 1, 2, 0, 3].map((i) => player.open(`clip ${i}`)))")
    assert results == [False, False, False, False, True]
    for route in held:
        route.continue_()
    tab.page.unroute("**/clip.bin?stem=clip%200")
    tab.js("fetch('viewer/player/clip.bin?stem=clip%200').then((answer) => answer.blob()).then(() => 0)")  # comes last
    assert tab.js("[player.stem, player.clip.stem]") == ["clip 3", "clip 3"]
    expected = np.concatenate(list(head.vertex_blocks(clips["clip 3"])))[0]
    assert np.abs(tab.js("Array.from(player.vertices)") - expected.ravel()).max() < 1e-5
    assert [detail["stem"] for detail in tab.heard("open")] == ["clip 3"]


def test_a_stem_that_is_unknown(tab):
    tab.open("clip 1")
    assert not tab.open("nobody")
    assert "no clip 'nobody'" in tab.page.locator("flame-player [role=alert]").inner_text()
    assert tab.js("[player.state, player.vertices]") == ["error", None]
    assert tab.heard("error")[0]["kind"] == "refused"
    assert tab.open("clip 1")  # and all is well again
    assert tab.page.locator("flame-player [role=alert]").count() == 0


def test_a_clip_that_cannot_be_read(pages, head, clips):
    def find(stem):
        raise ClipError(f"{stem}: exp has 3 values that are NaN, in 1 of 200 frames (first: frame 17)")

    with serving(player_app({}, head, find=find)) as url:
        tab = PlayerTab(pages, url)
        assert not tab.open("clip 1")
        assert "first: frame 17" in tab.page.locator("flame-player [role=alert]").inner_text()
        tab.close()


@pytest.fixture(scope="module")
def half_broken_url(head, clips):
    def find(stem):
        if stem == "broken":
            raise ClipError("broken: the file is cut off")
        return clips[stem]

    with serving(player_app({}, head, find=find)) as url:
        yield url


@pytest.fixture
def half_broken(pages, half_broken_url):
    """A tab on clips of which one cannot be read."""
    tab = PlayerTab(pages, half_broken_url, init=HOLD)
    yield tab
    tab.close()


def test_a_refused_clip_offers_the_next_and_a_second_try(half_broken):
    tab = half_broken
    assert not tab.open("broken")
    stays = """(async () => {
      const button = root.querySelector(".choices button");
      player.wireframe = true;  // what has nothing to do with it
      await new Promise((resolve) => setTimeout(resolve));
      return button.isConnected;
    })()"""
    assert tab.js(stays), "a click meets the button that was aimed at"
    tab.page.get_by_role("button", name="Next clip", exact=True).first.click()
    assert tab.heard("next") == [{"byUser": True}]
    assert tab.page.get_by_role("button", name="Try again").is_visible()
    tab.js("(player.hasNext = false)")
    assert tab.page.get_by_role("button", name="Next clip", exact=True).count() == 1, "that of the bar, switched off"
    assert tab.js("readOn()") == 0
    assert len(tab.heard("next")) == 1, "nobody asked for autoplay"


@pytest.mark.parametrize("play", [True, False])
def test_autoplay_goes_on_past_a_clip_that_cannot_be_played(half_broken, play):
    tab = half_broken
    tab.js("(player.autoplayNext = true)")
    assert not tab.open("broken", play=play)
    follows = tab.page.get_by_text("The next clip follows in a moment.")
    assert follows.count() == play, "a clip that was only opened stays"
    assert tab.js("readOn()") == play
    assert tab.heard("next") == [{"byUser": False}] * play


def test_autoplay_goes_on_to_a_clip_that_the_list_names_only_afterwards(half_broken):
    """The answer about a clip's neighbours may come after the one that refuses the clip."""
    tab = half_broken
    tab.js("Object.assign(player, { autoplayNext: true, hasNext: false })")
    assert not tab.open("broken", play=True)
    tab.js("(player.hasNext = true)")
    tab.page.get_by_text("The next clip follows in a moment.").wait_for()
    tab.js("readOn()")
    assert tab.heard("next") == [{"byUser": False}]


def test_opening_another_clip_calls_the_skip_off(half_broken):
    tab = half_broken
    tab.js("(player.autoplayNext = true)")
    assert not tab.open("broken", play=True)
    assert tab.open("clip 1")
    assert tab.js("readOn()") == 0
    assert tab.heard("next") == []


def test_a_slow_connection_shows_how_far_it_is(tab):
    tab.session.send("Network.enable")
    slow = {"offline": False, "latency": 300, "downloadThroughput": 20_000, "uploadThroughput": 20_000}
    tab.session.send("Network.emulateNetworkConditions", slow)
    tab.js("(player.open('long'), 0)")
    busy = tab.page.get_by_role("progressbar", name="Loading")
    busy.wait_for()
    assert tab.js("player.state") == "loading"
    tab.until("Number(getComputedStyle(root.querySelector('.busy')).getPropertyValue('--share')) > 0")
    tab.session.send("Network.emulateNetworkConditions", slow | {"latency": 0, "downloadThroughput": -1})
    assert tab.open("clip 1")
    assert not busy.is_visible()


def test_a_clip_that_trickles_in_is_announced_and_the_one_before_fades(tab):
    """What arrives bit by bit must not put off the sign that something comes."""
    tab.open("clip 2")
    seen = tab.js(
        """(async () => {
          const fetched = window.fetch;
          window.fetch = async (...request) => {
            const bytes = new Uint8Array(await (await fetched(...request)).arrayBuffer());
            let sent = 0;
            const body = new ReadableStream({
              async pull(controller) {
                await new Promise((resolve) => setTimeout(resolve, 100));
                if (sent === bytes.length) return controller.close();
                const end = Math.min(sent + Math.ceil(bytes.length / 20), bytes.length);
                controller.enqueue(bytes.slice(sent, end));
                sent = end;
              },
            });
            return new Response(body, { headers: { "Content-Length": bytes.length } });
          };
          const [busy, canvas] = [".busy", "canvas"].map((name) => root.querySelector(name));
          const opacity = () => Number(getComputedStyle(canvas).opacity);
          const opening = player.open("clip 1");
          const first = [busy.hidden, opacity()];
          let late = null;
          const look = setInterval(() => {
            if (player.state === "loading" && !busy.hidden) late = [busy.hidden, opacity()];
          }, 10);
          await opening;
          clearInterval(look);
          window.fetch = fetched;
          await new Promise((resolve) => setTimeout(resolve));
          return [first, late, [busy.hidden, opacity()]];
        })()"""
    )
    assert seen[0] == seen[2] == [True, 1]
    assert seen[1] is not None
    assert seen[1][1] < 1


def test_a_dropped_connection_is_tried_again(tab):
    failures = iter([True, True])

    def drop(route):
        if next(failures, False):
            route.abort("connectionreset")
        else:
            route.continue_()

    tab.page.route("**/clip.bin*", drop)
    assert tab.open("clip 1")
    assert next(failures, None) is None
    assert tab.heard("error") == []


@pytest.mark.parametrize("route", ["**/clip.bin*", "**/setup.json"])
def test_an_answer_that_is_none_of_the_viewers(pages, url, route):
    """Such as the log-in page of a proxy."""
    tab = PlayerTab(pages, url)
    tab.page.route(route, lambda route: route.fulfill(status=200, content_type="text/html", body="<h1>Log in</h1>"))
    if route == "**/setup.json":
        tab.page.goto(url)
    assert not tab.open("clip 1")
    assert tab.js("player.state") == "error"
    assert "not from the viewer" in tab.page.locator("flame-player [role=alert]").inner_text()
    tab.page.unroute(route)
    tab.page.get_by_role("button", name="Try again").click()
    tab.until("player.state === 'ready'")
    tab.close()


def test_a_server_that_stays_away_and_comes_back(pages, head, clips):
    app = player_app(clips, head)
    port = lasting_port()
    with serving(app, port) as url:
        tab = PlayerTab(pages, url)
        tab.open("clip 1")
    assert not tab.open("clip 2", frame=5)
    alert = tab.page.locator("flame-player [role=alert]")
    assert "does not answer" in alert.inner_text()
    with serving(app, port):
        tab.page.get_by_role("button", name="Try again").click()
        tab.until("player.state === 'ready'")
        assert tab.js("[player.stem, player.frame]") == ["clip 2", 5]
        tab.close()


def test_a_clip_that_changed_is_shown_as_it_is_now(pages, head):
    shelf = {"a": speaking_clip(head, "a", frames=10, seed=1)}
    with serving(player_app(shelf, head)) as url:
        tab = PlayerTab(pages, url)
        tab.open("a")
        first = tab.vertices([4])
        shelf["a"] = speaking_clip(head, "a", frames=12, seed=2)
        tab.open("a")
        assert tab.js("player.frames") == 12
        expected = np.concatenate(list(head.vertex_blocks(shelf["a"])))[4:5]
        assert np.abs(tab.vertices([4]) - expected).max() < 1e-5
        assert np.abs(first - expected).max() > 1e-3
        tab.close()


@pytest.fixture
def other_head(tmp_path):
    return HeadChoice(FlameModel.load(write_npz(tmp_path / "FLAME2020.npz", head_like_flame())), False, ())


NEUTRAL = Clip.from_arrays(stem="a", exp=np.full((5, 20), 0.3), pose=np.zeros((5, 6)))


def is_drawn_on(tab, head, frame):
    expected = np.concatenate(list(head.vertex_blocks(NEUTRAL)))[frame]
    return np.abs(tab.js("Array.from(player.vertices)") - expected.ravel()).max() < 1e-5


def test_a_head_that_changed_is_fetched_anew(pages, head, other_head):
    app = player_app({"a": NEUTRAL}, head)
    with serving(app) as url:
        tab = PlayerTab(pages, url)
        tab.open("a")
        source = app.state.source
        fresh = PlayerSource(source.clip, other_head)
        source.head, source._packed = other_head, fresh.packed_head()
        del source.__dict__["setup"]
        tab.open("a", frame=3)
        assert is_drawn_on(tab, other_head, 3)
        tab.close()


def test_another_head_on_the_next_visit_is_what_is_drawn(pages, head, other_head):
    """The browser keeps a head for ever, under its hash: a new one has another."""
    port = lasting_port()
    with serving(player_app({"a": NEUTRAL}, head), port) as url:
        tab = PlayerTab(pages, url)
        tab.open("a")
        assert is_drawn_on(tab, head, 0)
        tab.page.goto("about:blank")
    with serving(player_app({"a": NEUTRAL}, other_head), port):
        tab.page.goto(url)
        tab.open("a", frame=3)
        assert is_drawn_on(tab, other_head, 3)
        tab.close()


# Each key of the help: what it does to a clip of 30 frames that rests at frame 13, as an expression that becomes true.
STARTED = "heard.some(([type]) => type === 'play')"  # on a slow machine it may be at the end again
KEYS = {
    "Space": STARTED, "k": STARTED, ",": "player.frame === 12", ".": "player.frame === 14",
    "ArrowLeft": "player.frame === 0", "ArrowRight": "player.frame === 26", "j": "player.frame === 0",
    "l": "player.frame === 29", "Home": "player.frame === 0", "End": "player.frame === 29",
    "[": "player.region?.start === 13 && player.region?.end === 29 && player.loop",
    "]": "player.region?.start === 0 && player.region?.end === 13 && player.loop",
    "\\": "player.region === null", "r": "player.loop", "a": "player.autoplayNext",
    "<": "player.speed === 0.75", ">": "player.speed === 1.25",
    "ArrowDown": "player.volume === 0.4", "ArrowUp": "player.volume === 0.6", "m": "player.muted",
    "p": "heard.some(([type, detail]) => type === 'previous' && detail.byUser)",
    "n": "heard.some(([type, detail]) => type === 'next' && detail.byUser)",
    "1": "player.camera === 'front'", "2": "player.camera === 'three-quarter'", "3": "player.camera === 'profile'",
    "0": "player.camera === 'front'", "w": "player.wireframe", "h": "player.headLocked", "c": "!player.captions",
    "f": "document.fullscreenElement === player", "?": "player.helpOpen",
}  # fmt: skip


def test_every_key_of_the_help(tab):
    listed = tab.js(
        """(async () => {
          const { KEYS } = await import("/viewer/static/player/keys.js");
          return KEYS.flatMap(({ keys }) => keys);
        })()"""
    )
    findings = {"q", "e"}  # which the page steps through
    turns = {"x"}  # where several tracks are compared
    assert {key.lower().replace("space", " ") for key in KEYS} | {"s"} | findings | turns == set(listed)
    rest = "Object.assign(player, {loop: false, autoplayNext: false, speed: 1, volume: 0.5, captions: true})"
    tab.js("(player.muted = false)")
    for key, state in KEYS.items():
        tab.open("clip 1", frame=13)
        tab.js(f"({rest}, player.view = {{azimuth: 10}}, heard.length = 0)")
        if key == "\\":
            tab.js("(player.region = {start: 2, end: 5})")
        assert not tab.js(state), key
        tab.press(key)
        tab.until(state)
        tab.page.keyboard.press("Escape")
        tab.js("document.fullscreenElement && document.exitFullscreen()")
    tab.open("clip 1")
    with tab.page.expect_download() as download:
        tab.press("s")
    assert download.value.suggested_filename == "clip_1.frame0.png"


@pytest.mark.parametrize(("key", "here", "region"), [("[", 20, (20, 29)), ("]", 5, (0, 5))])
def test_a_mark_beyond_the_other_end_moves_that_one_to_the_end_of_the_clip(tab, key, here, region):
    tab.open("clip 1", frame=here)
    tab.js("(player.region = {start: 10, end: 15})")
    tab.press(key)
    assert tab.js("player.region") == dict(zip(("start", "end"), region, strict=True))


@pytest.mark.parametrize("kept", ["{", "7", '"loud"', '{"volume": "loud", "muted": "yes"}', '{"volume": null}'])
def test_what_the_browser_kept_wrongly_harms_nothing(pages, url, kept):
    tab = PlayerTab(pages, url, init=f"localStorage.setItem('flame-player', {json.dumps(kept)})")
    assert tab.js("[player.volume, player.muted]") == [1, False]
    tab.close()


def test_help_is_the_pages_where_it_has_one(tab):
    tab.press("?")
    assert tab.page.get_by_role("dialog", name="Keys").is_visible()
    tab.press("?")
    tab.js("(player.addEventListener('help', (event) => event.preventDefault()), 0)")
    tab.press("?")
    assert not tab.js("player.helpOpen")


def test_keys_of_a_control_stay_with_it(tab):
    tab.open("clip 1")
    tab.page.get_by_label("Repeat", exact=True).focus()
    tab.page.keyboard.press(" ")
    assert tab.js("[player.loop, player.playing]") == [True, False]
    tab.page.get_by_label("Speed").focus()
    tab.page.keyboard.press("ArrowDown")
    assert tab.js("player.frame") == 0


def test_every_control_has_a_name(tab):
    tab.open("clip 1")
    tab.js("(player.panelOpen = true)")
    snapshot = tab.page.locator("flame-player").aria_snapshot()
    assert not re.search(r"- (button|slider|checkbox|combobox)(:|$| \[)", snapshot, re.MULTILINE), snapshot
    slider = tab.page.get_by_role("slider", name="Frame")
    assert slider.get_attribute("aria-valuetext") == "frame 0 of 0 to 29, 0:00.00"


def test_scrubbing_rests_playback_and_goes_on(tab):
    tab.js("(player.speed = 0.1)")
    tab.open("clip 1", play=True)
    box = tab.page.locator("flame-player .scrub").bounding_box()
    tab.page.mouse.move(box["x"] + 0.22 * box["width"], box["y"] + 10)
    tab.page.mouse.down()
    assert tab.js("[player.frame, player.playing]") == [6, False]
    tab.page.mouse.move(box["x"] + 0.52 * box["width"], box["y"] + 10)
    assert tab.js("player.frame") == 15
    tab.page.mouse.up()
    tab.until("player.playing")
    assert tab.heard("seek")[-1]["frame"] == 15


def test_what_alters_the_data_is_written_on_the_picture(pages, head, clips):
    neutral = HeadChoice(head.model, True, ("No FLAME model found, so this plays on the demo head.",))
    with serving(player_app(clips, neutral)) as url:
        tab = PlayerTab(pages, url)
        tab.open("mute")
        tab.js("Object.assign(player, {layers: {jaw: false, headPose: false}, speed: 0.5})")
        written = " | ".join(tab.notices())
        for text in (
            "Jaw off",
            "Head pose off",
            "Expression and identity neutral",
            "No FLAME model found",
            "cut off",
            "0.5×",
        ):
            assert text in written
        tab.close()


def test_a_saved_picture_says_what_alters_the_data(tab):
    def saved():
        with tab.page.expect_download() as download:
            tab.press("s")
        return np.asarray(Image.open(download.value.path()).convert("RGB"))

    tab.open("clip 1")
    plain = saved()
    assert np.array_equal(plain, tab.picture())
    tab.js("(player.layers = { headPose: false, jaw: false })")
    noted, seen = saved(), tab.picture()
    height = len(seen)
    assert np.array_equal(noted[:height], seen)
    assert len(noted) > height
    assert noted[height:].std() > 10  # there is writing


def test_an_identity_that_changes_is_seen_and_said(tab, head, clips):
    tab.open("changing")
    assert "Identity changes within the clip" in tab.notices()
    found = tab.vertices([49, 50])
    expected = np.concatenate(list(head.vertex_blocks(clips["changing"])))[[49, 50]]
    assert np.abs(found - expected).max() < 1e-5
    assert np.abs(found[1] - found[0]).max() > 1e-3


def test_words_are_text_and_follow_the_clip(tab):
    tab.open("hostile <b>&", frame=0)
    words = tab.page.locator("flame-player .words")
    assert "<img" in words.inner_text()
    assert words.locator("img").count() == 0
    assert tab.page.title() == "player"
    tab.press("c")
    assert not words.is_visible()
    tab.press("c")
    tab.open("mute")
    assert not words.is_visible()


def test_many_frames(tab, head, clips):
    tab.open("long")
    frames = [0, 12_345, 29_999]
    expected = np.concatenate([block[[0]] for block in _at(head, clips["long"], frames)])
    assert np.abs(tab.vertices(frames) - expected).max() < 1e-5
    tab.press("End")
    assert tab.js("player.frame") == 29_999


def _at(head, clip, frames):
    for frame in frames:
        yield head.model.vertices(exp=clip.exp[frame], shape=clip.shape[frame], pose=clip.pose[frame])


def test_two_hundred_clips_leave_nothing_behind(pages, url):
    init = """
      window.living = {};
      for (const kind of ["Buffer", "Program", "Shader", "Texture", "Framebuffer", "Renderbuffer"]) {
        const { prototype } = WebGL2RenderingContext;
        const make = prototype[`create${kind}`], drop = prototype[`delete${kind}`];
        living[kind] = 0;
        prototype[`create${kind}`] = function (...rest) { living[kind]++; return make.apply(this, rest); };
        prototype[`delete${kind}`] = function (...rest) { living[kind]--; return drop.apply(this, rest); };
      }"""
    tab = PlayerTab(pages, url, init=init)

    def heap():
        tab.session.send("HeapProfiler.collectGarbage")
        return tab.session.send("Runtime.getHeapUsage")

    opening = "(async () => { for (let i = 0; i < argument; i++) await player.open(`clip ${i % 6}`); })()"
    tab.js(opening, 20)
    living, before = tab.js("({...living})"), heap()
    tab.js(opening, 200)
    assert tab.js("({...living})") == living
    after = heap()
    assert after["usedSize"] - before["usedSize"] < 1_000_000
    assert after["backingStorageSize"] - before["backingStorageSize"] < 2_000_000  # of typed arrays
    tab.close()


def test_removing_the_element_gives_its_context_back(tab):
    tab.open("clip 1", play=True)
    tab.js("(window.gone = player, window.gl = root.querySelector('canvas').getContext('webgl2'), player.remove())")
    tab.page.wait_for_function("gl.isContextLost() && !gone.playing")
    tab.page.evaluate("document.body.append(gone)")
    assert tab.open("clip 2")
    tab.page.wait_for_function("!gl.isContextLost()")
    tab.until("root.querySelector('.stage').clientHeight > 0")
    tab.laid_out()
    assert tab.picture().std() > 10


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_is_cut_off_at_360_pixels(pages, url, scheme):
    tab = PlayerTab(pages, url, viewport={"width": 360, "height": 640}, color_scheme=scheme)
    tab.open("clip 1")
    tab.js("(player.panelOpen = true)")
    wide = tab.js(
        "[...root.querySelectorAll('*')].filter((e) => e.getBoundingClientRect().right > 361).map((e) => e.className)"
    )
    assert wide == []
    for name in ("Play", "Next clip", "Speed", "View", "Keys"):
        assert tab.page.get_by_label(name, exact=True).first.is_visible(), name
    tab.close()
