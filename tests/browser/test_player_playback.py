"""One clock: the frame shown, the sound, loops, speeds, steps."""

import itertools

import numpy as np
import pytest

from tests.browser.player import PlayerTab
from tests.browser.serving import player_app, serving, speaking_clip
from viewer import clock
from viewer.flame import choose_head

FRAMES = 60


@pytest.fixture(scope="module")
def url():
    head = choose_head(expression_space="arkit52")
    clips = {
        "clip": speaking_clip(head, "clip", frames=FRAMES),
        "other": speaking_clip(head, "other", frames=FRAMES, seed=1),
        "mute": speaking_clip(head, "mute", frames=FRAMES, sound=False, transcript=None),
        "one": speaking_clip(head, "one", frames=1),
        "short": speaking_clip(head, "short", frames=12),
        "thirty": speaking_clip(head, "thirty", frames=FRAMES, fps=30),
    }
    with serving(player_app(clips, head)) as url:
        yield url


@pytest.fixture
def tab(pages, url):
    tab = PlayerTab(pages, url, viewport={"width": 420, "height": 420})
    yield tab
    tab.close()


def test_seconds_become_frames_as_in_python(tab):
    cases = []
    for fps, frames in itertools.product([25, 30, 23.976, 29.97, 60, 1000], [1, 2, 200, 30_000]):
        for frame in sorted({0, 1, 2, 3, 7, 49, 199, frames // 3, frames - 2, frames - 1, frames}):
            start = frame / fps
            cases += [
                (seconds, fps, frames) for seconds in (start, start - 1e-4, start + 1e-4, (frame + 0.5) / fps, -start)
            ]
    found = tab.js(
        """(async () => {
          const { frameAt, frameStart, frameMiddle, duration } = await import("/viewer/static/player/clock.js");
          return argument.map(([s, fps, n]) =>
            [frameAt(s, fps, n), frameStart(n, fps), frameMiddle(n, fps), duration(n, fps)]);
        })()""",
        cases,
    )
    assert found == [
        [clock.frame_at(s, fps, n), clock.frame_start(n, fps), clock.frame_middle(n, fps), clock.duration(n, fps)]
        for s, fps, n in cases
    ]


# The computer's clock stands still while a script runs, as that of an audio element does: else a script that is put off
# by other programs reads another time at its end than at its beginning.
STEADY = """{
  const now = performance.now.bind(performance);
  let read = null;
  performance.now = () => {
    if (read === null) queueMicrotask(() => (read = null));
    return (read ??= now());
  };
}"""


@pytest.mark.parametrize(
    ("stem", "speed", "start"),
    [("clip", 1, 30), ("thirty", 1, 30), ("mute", 1, 30), ("clip", 0.25, 46), ("clip", 2, 20)],
)
def test_the_picture_never_leaves_the_clock(pages, url, stem, speed, start):
    """Which frame a picture shows is told by its pixels alone, and compared with the clock read beside it."""
    tab = PlayerTab(pages, url, viewport={"width": 240, "height": 300}, init=STEADY)
    tab.open(stem)
    tab.js("(player.speed = argument)", speed)
    fps = tab.js("player.fps")
    recorded = tab.js(
        """(async () => {
          const small = new OffscreenCanvas(48, 48).getContext("2d", { willReadFrequently: true });
          const canvas = root.querySelector("canvas");
          const signature = () => {
            small.drawImage(canvas, 0, 0, 48, 48);
            const { data } = small.getImageData(0, 0, 48, 48);
            return Array.from({ length: 48 * 48 }, (_, i) => data[4 * i + 1]);
          };
          const known = [];
          let seen = [];
          // "frame" is fired while the browser's next picture is prepared; once that is done, the canvas holds it.
          const after = (run) =>
            new Promise((resolve) => requestAnimationFrame(() => queueMicrotask(() => resolve(run()))));
          for (let frame = argument; frame < player.frames; frame++) {
            player.seek(frame);
            known.push(await after(signature));
          }
          player.addEventListener("frame", () => {
            const { seconds } = player;  // read beside the picture, before a slow machine has drawn it
            queueMicrotask(() => seen.push([seconds, signature()]));
          });
          do {  // a machine that stutters is looked at again
            player.seek(argument);
            await after(() => (seen = []));
            const over = new Promise((resolve) => player.addEventListener("ended", resolve, { once: true }));
            await player.play();
            await over;
          } while (seen.length < 6);
          return [known, seen];
        })()""",
        start,
    )
    tab.close()
    known = np.array(recorded[0], float)
    assert len(np.unique(known, axis=0)) == FRAMES - start  # else the pixels could not tell
    # The last may have come with the end of the sound, between two pictures of the browser.
    seen = [(seconds, np.abs(known - np.array(pixels)).sum(axis=1)) for seconds, pixels in recorded[1][:-1]]
    shown = [start + int(distance.argmin()) for _, distance in seen]
    assert all(distance.min() == 0 for _, distance in seen)
    due = [clock.frame_at(seconds, fps, FRAMES) for seconds, _ in seen]
    assert max(abs(a - b) for a, b in zip(shown, due, strict=True)) <= 1
    assert shown == sorted(shown)
    assert len(set(shown)) > 3  # it did play, however slow the machine


@pytest.mark.parametrize("stem", ["clip", "mute"])
def test_steps_and_seeks_are_exact(tab, stem):
    tab.open(stem)
    assert tab.js("player.frame") == 0
    shown = []
    for key in [".", ".", ".", ",", "End", ",", ".", ".", "Home", ",", "."]:
        tab.press(key)
        shown.append(tab.js("player.frame"))
    last = FRAMES - 1
    assert shown == [1, 2, 3, 2, last, last - 1, last, last, 0, 0, 1]
    for frame in (0, 17, 18, last):
        tab.js("player.seek(argument)", frame)
        assert tab.js("[player.frame, Math.floor(player.seconds * player.fps)]") == [frame, frame]
    tab.js("player.seek(1e9)")
    assert tab.js("player.frame") == last
    tab.js("player.seek(NaN)")
    assert tab.js("player.frame") == last


@pytest.mark.parametrize(
    ("wished", "shown"),
    [("17", 17), ("17.4", 17), ("1e9", FRAMES - 1), ("-3", 0), ("NaN", 0), ("undefined", 0), ("'x'", 0)],
)
def test_a_clip_opens_at_the_nearest_frame_that_it_has(tab, wished, shown):
    assert tab.js(f"player.open('clip', {{ frame: {wished} }})")
    assert tab.js("[player.frame, Math.floor(player.seconds * player.fps)]") == [shown, shown]
    assert tab.js("player.vertices.every(Number.isFinite)")


@pytest.mark.parametrize("stem", ["null", "undefined"])
def test_no_stem_opens_nothing(tab, stem):
    tab.open("clip", frame=5)
    tab.js(f"(player.stem = {stem}, 0)")
    assert tab.js("[player.stem, player.state, player.frame]") == ["clip", "ready", 5]


def test_pausing_holds_the_frame_that_was_shown(tab):
    tab.open("clip", play=True)
    frame = tab.when("player.frame > 5", "(player.pause(), player.frame)")
    tab.page.wait_for_timeout(120)
    assert tab.js("player.frame") == frame
    assert frame == clock.frame_at(tab.js("player.seconds"), 25, FRAMES)


def test_seeks_of_a_person_are_told_from_those_of_a_script(tab):
    tab.open("clip")
    tab.js("player.seek(10)")
    tab.js("(player.frame = 12)")
    assert tab.heard("seek") == []
    tab.press(".")
    assert tab.heard("seek") == [{"frame": 13, "seconds": 13 / 25}]


@pytest.mark.parametrize("stem", ["clip", "mute"])
def test_the_end_is_the_last_frame_and_play_starts_over(tab, stem):
    tab.open(stem)
    tab.js("player.seek(50)")
    tab.js("player.play()")
    tab.until("!player.playing")
    assert tab.js("player.frame") == FRAMES - 1
    assert len(tab.heard("ended")) == 1
    assert tab.js("(player.play(), [player.frame, player.playing])") == [0, True]


def test_autoplay_next_asks_the_page(tab):
    tab.open("short")
    tab.js("(player.autoplayNext = true)")
    tab.js("player.play()")
    tab.page.wait_for_function("heard.some(([type]) => type === 'next')")
    assert tab.heard("next") == [{"byUser": False}]


@pytest.mark.parametrize("stem", ["clip", "mute"])
def test_a_marked_region_repeats_and_nothing_else_is_shown(tab, stem):
    tab.open(stem)
    tab.js("player.seek(20)")
    tab.press("[")
    tab.js("player.seek(26)")
    tab.press("]")
    assert tab.js("[player.region, player.loop]") == [{"start": 20, "end": 26}, True]
    tab.js("player.seek(20)")
    shown = tab.js(
        """(async () => {
          const shown = [];
          player.addEventListener("frame", ({ detail }) => shown.push(detail.frame));
          await player.play();
          const rounds = () => shown.filter((frame, i) => frame < shown[i - 1]).length;
          while (rounds() < 3) await new Promise((resolve) => setTimeout(resolve, 50));
          player.pause();
          return shown;
        })()"""
    )
    assert set(shown) <= set(range(20, 27))


@pytest.mark.parametrize("stem", ["short", "one"])
def test_a_whole_clip_repeats(tab, stem):
    tab.open(stem)
    tab.js("(player.loop = true)")
    tab.js(
        """(async () => {
          let [rounds, before] = [0, player.seconds];
          await player.play();
          while (rounds < 3) {
            await new Promise((resolve) => setTimeout(resolve, 5));
            rounds += player.seconds < before;
            before = player.seconds;
          }
        })()"""
    )
    tab.until("player.playing")
    assert tab.heard("ended") == []


@pytest.mark.parametrize("stem", ["clip", "mute"])
@pytest.mark.parametrize("speed", [0.1, 2])
def test_speed(tab, stem, speed):
    tab.open(stem)
    tab.js("(player.speed = argument)", speed)
    assert f"{speed}×" in " ".join(tab.notices())
    tab.js("player.play()")
    # Neither 1, nor what the other speed is. A machine that stutters is looked at again.
    tab.js(
        """(async () => {
          for (let rate = 0; !(argument / 2 < rate && rate < argument * 1.5); ) {
            if (!player.playing) await player.play();
            const start = [performance.now(), player.seconds];
            await new Promise((resolve) => setTimeout(resolve, 400));
            rate = (player.seconds - start[1]) / (performance.now() - start[0]) * 1000;
          }
        })()""",
        speed,
    )


def test_speed_outlasts_the_clip_and_is_held_in_range(tab):
    tab.js("(player.speed = 0.5)")
    tab.open("clip")
    tab.open("other")
    assert tab.js("player.speed") == 0.5
    tab.js("(player.speed = 99)")
    assert tab.js("player.speed") == 2


def test_the_picture_waits_for_late_sound(tab):
    tab.open("clip")
    tab.js("(player.soundOffset = 200)")
    tab.js("player.seek(10)")
    shown, heard = tab.js("[player.frame, root.host.seconds + 0.2]")
    assert shown == 10
    assert heard == pytest.approx(10.5 / 25 + 0.2, abs=1e-3)
    assert "Sound +200 ms" in tab.notices()
    tab.js("(player.soundOffset = -1000)")
    assert tab.js("player.soundOffset") == -200


# An audio element that tests can look at, and what is recorded with each frame that is shown: the player's clock, the
# frame, and the time of the sound while it runs.
HEAR = """
  window.sounds = [];
  window.Audio = class extends Audio { constructor() { super(); sounds.push(this); } };
  window.watch = (player) => {
    window.seen = [];
    player.addEventListener("frame", () => {
      const [sound] = sounds;
      seen.push([player.seconds, player.frame, sound.paused || sound.ended ? null : sound.currentTime, player.playing]);
    });
  };"""


@pytest.fixture
def heard_tab(pages, url):
    tab = PlayerTab(pages, url, viewport={"width": 420, "height": 420}, init=STEADY + HEAR)
    yield tab
    tab.close()


@pytest.mark.parametrize("offset", [-200, -30, 0, 30, 200])
def test_every_frame_is_shown_whatever_the_sounds_offset(heard_tab, offset):
    """The clock begins before the sound or goes on after it, so that no frame lies beyond it."""
    tab, late = heard_tab, offset / 1000
    tab.open("short")
    tab.js("(player.soundOffset = argument)", offset)
    begun, ended = tab.js(
        """(async () => {
          const over = new Promise((resolve) => player.addEventListener("ended", () => resolve(player.seconds)));
          player.play();
          watch(player);
          return [player.seconds, await over];
        })()"""
    )
    assert begun == pytest.approx(-max(late, 0), abs=0.01), "both the sound and the picture from their beginning"
    assert ended >= 12 / 25 - 1e-3, "nor is an end cut off"
    seen = tab.js("seen")
    for seconds, frame, sound, playing in seen[:-1]:
        assert playing
        assert sound is None or seconds == pytest.approx(sound - late, abs=0.02)
        assert sound is not None or not 0.03 < seconds + late < 12 / 25 - 0.03, "silent where there is sound"
        assert abs(frame - clock.frame_at(seconds, 25, 12)) <= 1
    times = [seconds for seconds, *_ in seen]
    assert times == sorted(times)
    assert tab.js("[player.frame, player.playing]") == [11, False]
    assert [len(tab.heard(kind)) for kind in ("play", "pause", "ended")] == [1, 1, 1]


@pytest.mark.parametrize("offset", [-200, 200])
def test_a_clip_with_an_offset_repeats_as_a_whole(heard_tab, offset):
    tab = heard_tab
    tab.open("short")
    tab.js("Object.assign(player, {soundOffset: argument, loop: true})", offset)
    tab.js("(player.play(), watch(player))")
    tab.page.wait_for_function("seen.filter(([now], i) => i && now < seen[i - 1][0]).length >= 2", polling=50)
    tops = [a for (a, *_), (b, *_) in itertools.pairwise(tab.js("seen")) if b < a]
    assert tab.js("player.playing") and tab.heard("ended") == tab.heard("pause") == []
    assert max(tops) <= 12 / 25 + max(-offset / 1000, 0) + 1e-3


@pytest.mark.parametrize("offset", [-200, 200])
def test_a_region_at_either_end_repeats_with_an_offset(heard_tab, offset):
    tab = heard_tab
    tab.open("short")
    for region in ({"start": 0, "end": 4}, {"start": 7, "end": 11}):
        tab.js("Object.assign(player, {soundOffset: argument[0], loop: true, region: argument[1]})", [offset, region])
        tab.js("player.seek(argument)", region["start"])
        tab.js("(player.play(), watch(player))")
        tab.page.wait_for_function("seen.filter(([now], i) => i && now < seen[i - 1][0]).length >= 2", polling=50)
        tab.js("player.pause()")
        shown = {frame for _, frame, *_ in tab.js("seen")}
        assert shown <= set(range(region["start"], region["end"] + 1))


def test_a_pause_in_the_silence_holds(heard_tab):
    tab = heard_tab
    tab.open("short", frame=10)
    tab.js("Object.assign(player, {soundOffset: 200, speed: 0.1})")
    tab.js("player.play()")
    frame = tab.when("player.seconds + 0.2 > 12 / player.fps", "(player.pause(), player.frame)")  # the sound is over
    assert tab.heard("ended") == [] and not tab.js("player.playing")
    tab.page.wait_for_timeout(300)
    assert tab.js("[player.frame, player.playing]") == [frame, False]
    tab.press("Home", " ")
    tab.until("player.frame > 0 && sounds[0].currentTime > 0")
    tab.js("(player.soundOffset = 0)")
    tab.js("(player.speed = 2)")
    tab.until("!player.playing")
    assert len(tab.heard("ended")) == 1


@pytest.mark.parametrize("stem", ["clip", "mute"])
def test_to_play_what_plays_changes_nothing(tab, stem):
    tab.open(stem, play=True)
    assert tab.when("player.frame > 10", "(player.play(), player.seconds)") > 10 / 25


@pytest.mark.parametrize("offset", [-200, 200])
def test_without_sound_there_is_nothing_to_wait_for(tab, offset):
    """Else frames at one end of the clip would never be played."""
    tab.open("mute")
    tab.js("(player.soundOffset = argument)", offset)
    for frame in (0, FRAMES - 1):
        tab.js("player.seek(argument)", frame)
        assert tab.js("Math.floor(player.seconds * player.fps)") == frame
    assert not any("Sound" in text for text in tab.notices())


@pytest.mark.parametrize("wish", ["loop", "autoplayNext"])
def test_a_clip_that_ends_while_another_is_opened_starts_nothing(pages, url, wish):
    hold = "window.sounds = []; window.Audio = class extends Audio { constructor() { super(); sounds.push(this); } };"
    tab = PlayerTab(pages, url, init=hold)
    tab.open("clip", play=True)
    tab.js("(player[argument] = true)", wish)
    tab.until("player.playing")
    playing = tab.js(
        """(async () => {
          const opening = player.open("other");
          for (const sound of sounds) {  // it was on its way
            Object.defineProperty(sound, "ended", { value: true, configurable: true });
            sound.dispatchEvent(new Event("ended"));
            delete sound.ended;
          }
          const { playing } = player;
          return [playing, await opening, player.playing];
        })()"""
    )
    assert playing == [False, True, False]
    assert tab.heard("ended") == tab.heard("next") == []
    tab.close()


def test_what_is_marked_while_a_clip_comes_is_not_the_frames_of_the_one_before(tab):
    tab.open("clip", frame=20)
    held = []
    tab.page.route("**/clip.bin?stem=other", lambda route: held.append(route))
    with tab.page.expect_request("**/clip.bin?stem=other"):
        tab.js("(player.open('other'), 0)")
    tab.press("[", ".", "End")
    assert tab.js("player.state") == "loading"
    held[0].continue_()
    tab.until("player.state === 'ready'")
    assert tab.js("[player.region, player.loop, player.frame]") == [None, False, 0]
    assert tab.heard("seek") == tab.heard("settings") == []


def test_where_the_browser_wants_a_click_first_a_button_asks_for_it(pages, url):
    init = """
      const play = HTMLMediaElement.prototype.play;
      let clicked = false;  // the automation counts as a person's gesture
      addEventListener("pointerdown", () => (clicked = true), true);
      HTMLMediaElement.prototype.play = function () {
        if (clicked) return play.call(this);
        return Promise.reject(new DOMException("click first", "NotAllowedError"));
      };"""
    tab = PlayerTab(pages, url, init=init)
    tab.open("clip", play=True)
    button = tab.page.locator("flame-player .big")
    button.wait_for()
    assert not tab.js("player.playing")
    button.click()
    tab.until("player.frame > 2")
    assert button.count() == 0
    tab.close()


def test_sound_that_cannot_be_had_is_said_and_the_face_plays_on(tab):
    tab.page.route("**/sound/**", lambda route: route.abort())
    tab.open("clip", play=True)
    tab.until("player.frame > 3")
    assert any("sound could not be loaded" in text for text in tab.notices())
    assert len(tab.heard("silent")) == 1
    tab.until("!player.playing")
    assert tab.js("player.frame") == FRAMES - 1


def test_one_frame(tab):
    assert tab.open("one")
    tab.press(".", "End", ",", " ")
    tab.until("!player.playing")
    assert tab.js("[player.frame, player.frames]") == [0, 1]


# What a browser does with a hidden tab: it says so, and calls nobody for a next picture. Headless, it hides none.
TURN = """
  let hidden = false;
  const waiting = new Map(), next = requestAnimationFrame;
  Object.defineProperty(document, "hidden", { get: () => hidden });
  Object.defineProperty(document, "visibilityState", { get: () => (hidden ? "hidden" : "visible") });
  window.requestAnimationFrame = (run) => {
    const id = next((time) => { if (!hidden && waiting.delete(id)) run(time); });
    waiting.set(id, run);
    return id;
  };
  window.cancelAnimationFrame = (id) => waiting.delete(id);
  window.turn = (hide) => {
    hidden = hide;
    document.dispatchEvent(new Event("visibilitychange"));
    if (hidden) return;
    const late = [...waiting.values()];
    waiting.clear();
    late.forEach((run) => requestAnimationFrame(run));
  };
  window.draws = 0;
  const { prototype } = WebGL2RenderingContext, draw = prototype.drawElements;
  prototype.drawElements = function (...rest) { draws++; return draw.apply(this, rest); };"""


# The clock has gone on by so many seconds from where it was, or has come round.
PLAYED_ON = """(async () => {
  const [from, by] = argument;
  const pause = () => new Promise((resolve) => setTimeout(resolve, 20));
  for (let now = from; now >= from && now < from + by; now = player.seconds) await pause();
})()"""


@pytest.mark.parametrize("stem", ["clip", "mute"])
def test_a_hidden_tab_draws_nothing_and_is_in_time_when_shown_again(pages, url, stem):
    tab = PlayerTab(pages, url, init=STEADY + TURN)
    tab.js("(player.loop = true)")
    tab.open(stem)
    tab.js("player.play()")
    drawn, seconds = tab.when("player.frame > 2", "(turn(true), [draws, player.seconds])")
    tab.js(PLAYED_ON, [seconds, 0.6])
    assert tab.js("draws") == drawn
    assert tab.open("other", play=True), "as autoplay does"
    tab.js(PLAYED_ON, [0, 0.3])
    assert tab.js("draws") == drawn
    frame, seconds = tab.js(
        """new Promise((resolve) => {
          player.addEventListener("frame", () => resolve([player.frame, player.seconds]), { once: true });
          turn(false);
        })"""
    )
    tab.page.wait_for_function("(before) => draws > before", arg=drawn)
    assert abs(frame - clock.frame_at(seconds, 25, FRAMES)) <= 1
    tab.close()


def test_a_region_repeats_in_a_hidden_tab(pages, url):
    tab = PlayerTab(pages, url, init=TURN)
    tab.open("clip")
    tab.js("Object.assign(player, {region: {start: 5, end: 14}, loop: true})")
    tab.js("turn(true)")
    tab.js("player.play()")
    clocks = tab.js(
        """(async () => {
          const seen = [0];
          while (seen.at(-1) >= (seen.at(-2) ?? 0)) {  // until it comes round
            await new Promise((resolve) => setTimeout(resolve, 50));
            seen.push(player.seconds);
          }
          return seen;
        })()"""
    )
    assert max(clocks) < 2, "it looks at the clock a few times a second"
    tab.close()
