"""Several tracks of a clip in one player: locked to each other, and the errors between them those that Python finds."""

import base64
import io

import numpy as np
import pytest
from fastapi import Response
from PIL import Image

from tests.browser.pages import answer_to
from tests.browser.player import PlayerTab
from tests.browser.serving import player_app, serving, speaking_clip
from tests.flame.factories import head_like_flame, write_npz
from viewer import compare, heat
from viewer.clip import Clip
from viewer.flame import FlameModel, HeadChoice, choose_head

FRAMES = 50
BAD = [20, 21]
WIDTH, HEIGHT = 480, 400


def coefficients(head, stem, *, seed, shape=None, strength=1.0, bad=()):
    clip = speaking_clip(head, stem, frames=FRAMES, seed=seed, sound=False)
    exp, pose = strength * np.array(clip.exp), np.array(clip.pose)
    pose[:, 1] *= np.random.default_rng(seed).uniform(0.2, 1.5)
    pose[list(bad), 3] = np.nan
    return Clip.from_arrays(stem=stem, exp=exp, pose=pose, shape=shape, expression_space=head.model.expression_space)


def as_vertices(head, clip, stem):
    return Clip.from_arrays(stem=stem, vertices=np.concatenate(list(head.vertex_blocks(clip))))


@pytest.fixture(scope="module")
def head(request, tmp_path_factory):
    """A head of FLAME's size, or the demo head, which has twice the vertices and other expressions."""
    if getattr(request, "param", None) == "demo head":
        return choose_head(expression_space="arkit52")
    path = write_npz(tmp_path_factory.mktemp("head") / "head.npz", head_like_flame())
    return HeadChoice(FlameModel.load(path), False, ())


@pytest.fixture(scope="module")
def clips(head):
    one, other = np.random.default_rng(1).normal(size=(2, 40))
    changing = np.where(np.arange(FRAMES)[:, None] < 30, one, other)
    made = [
        coefficients(head, "reference", seed=0, shape=one),
        coefficients(head, "same", seed=0, shape=one),
        coefficients(head, "prediction", seed=1, shape=other),
        coefficients(head, "mean face", seed=2, strength=0.5),
        coefficients(head, "bad", seed=3, bad=BAD),
        coefficients(head, "changing", seed=4, shape=changing),
        speaking_clip(head, "short", frames=FRAMES - 10),
    ]
    tracks = [as_vertices(head, made[2], "vertices"), as_vertices(head, made[5], "other vertices")]
    return {clip.stem: clip for clip in made + tracks}


@pytest.fixture(scope="module")
def url(head, clips):
    app = player_app(clips, head)
    app.get("/page-of-a-proxy")(lambda: Response("<html>Log in</html>"))
    with serving(app) as url:
        yield url


@pytest.fixture(scope="module")
def shared_tab(pages, url):
    tab = PlayerTab(pages, url, viewport={"width": WIDTH, "height": HEIGHT})
    yield tab
    tab.close()


@pytest.fixture
def tab(shared_tab):
    shared_tab.js("Object.assign(player, {compare: null, look: 'artalk', camera: 'front', wireframe: false, frame: 0})")
    shared_tab.js("(player.layers = {expression: true, jaw: true, headPose: true, identity: true})")
    return shared_tab


def address(stem):
    return f"viewer/player/clip.bin?stem={stem}"


def set_beside(tab, reference, *stems, frame=10, **how):
    """Open a clip beside others, and wait until it is known what became of each."""
    assert tab.open(reference, frame=frame)
    tab.js("(player.tracks = argument)", [{"key": s, "label": f"the {s}", "url": address(s)} for s in stems])
    tab.js("(player.compare = argument)", {"tracks": list(stems), **how})
    tab.until("player.trackStates.every(({ state }) => state !== 'loading')")


def errors(tab, frames):
    """What the player measures at some frames, (T, V) in mm."""
    text = tab.js(
        """(async () => {
          const all = [];
          for (const frame of argument) { player.seek(frame); all.push(player.errors); }
          const reader = new FileReader();
          await new Promise((resolve) => { reader.onload = resolve; reader.readAsDataURL(new Blob(all)); });
          return reader.result.split(",")[1];
        })()""",
        frames,
    )
    return np.frombuffer(base64.b64decode(text), np.float32).reshape(len(frames), -1)


def settle(tab):
    """Wait until the canvas has the size that the legend leaves it."""
    tab.until(
        """(({ width, height, clientWidth, clientHeight }) =>
          Math.abs(width * clientHeight - height * clientWidth) < 2 * clientWidth)(root.querySelector("canvas"))
        && root.querySelector(".scale").hidden === (player.compare?.mode !== "heat")"""
    )


def drawn(tab):
    """The canvas without what is written on it, (H, W, 3), as fine as it gets."""
    settle(tab)
    text = tab.js(
        """(() => {
          player.picture();  // draws before it returns
          const canvas = root.querySelector("canvas"), copy = document.createElement("canvas");
          Object.assign(copy, { width: canvas.width, height: canvas.height });
          copy.getContext("2d").drawImage(canvas, 0, 0);
          return copy.toDataURL().split(",")[1];
        })()"""
    )
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(text))).convert("RGB")).astype(int)


def columns(tab, n):
    return np.split(drawn(tab), n, axis=1)


def far_apart(one, other):
    return np.abs(one - other).mean()


def tags(tab):
    return tab.page.locator("flame-player .tag").all_inner_texts()


PAIRS = [
    ("reference", "prediction"),
    ("reference", "mean face"),
    ("reference", "bad"),
    ("changing", "prediction"),
    ("reference", "vertices"),
    ("vertices", "mean face"),
    ("vertices", "other vertices"),
]


@pytest.mark.parametrize(("reference", "prediction"), PAIRS[:2])
@pytest.mark.parametrize("head", ["demo head"], indirect=True)
def test_errors_on_the_demo_head(tab, head, clips, reference, prediction):
    test_errors_are_those_that_python_finds(tab, head, clips, reference, prediction)


@pytest.mark.parametrize(("reference", "prediction"), PAIRS)
def test_errors_are_those_that_python_finds(tab, head, clips, reference, prediction):
    set_beside(tab, reference, prediction)
    expected = compare.Faces(head).errors_mm(compare.pair(clips[reference], clips[prediction]))
    found = errors(tab, list(range(FRAMES)))
    np.testing.assert_array_equal(np.isnan(found), np.isnan(expected))
    assert np.nanmax(expected) > 0.5
    assert np.nanmax(np.abs(found - expected)) <= 0.01


def test_errors_are_of_the_motion_whatever_is_shown(tab):
    set_beside(tab, "reference", "prediction", mode="heat")
    before = errors(tab, [3, 30])
    tab.js("Object.assign(player, {headLocked: true, layers: {jaw: false, expression: false, identity: false}})")
    np.testing.assert_array_equal(errors(tab, [3, 30]), before)
    tab.js("(player.compare = {...player.compare, mode: 'overlay'})")
    np.testing.assert_array_equal(errors(tab, [3, 30]), before)
    tab.js("(player.headLocked = false)")


def test_errors_are_a_copy_and_there_are_none_of_nothing(tab):
    set_beside(tab, "reference", "prediction")
    first = errors(tab, [3])
    tab.js("player.errors.fill(9)")
    np.testing.assert_array_equal(errors(tab, [3]), first)
    tab.js("(player.compare = null)")
    assert tab.js("player.errors") is None


def test_side_by_side_each_picture_is_that_of_a_player_of_its_size(tab, pages, url):
    set_beside(tab, "reference", "prediction", mode="side", frame=17)
    box = tab.js("(({ clientWidth, clientHeight }) => [clientWidth, clientHeight])(root.querySelector('canvas'))")
    left, right = columns(tab, 2)
    alone = PlayerTab(pages, url, viewport={"width": WIDTH // 2, "height": HEIGHT})
    height = "`${argument + player.clientHeight - root.querySelector('.stage').clientHeight}px`"
    alone.js(f"(player.style.height = {height})", box[1])
    alone.until("root.querySelector('.stage').clientHeight === argument", box[1])
    alone.open("reference", frame=17)
    expected = drawn(alone)
    alone.close()
    assert far_apart(left, expected) < 0.05
    assert far_apart(left, right) > 1
    assert tags(tab) == ["Reference", "the prediction"]


@pytest.mark.parametrize(
    "change",
    [
        {"layers": {"jaw": False, "expression": False}},
        {"layers": {"headPose": False}},
        {"look": "grey"},
        {"wireframe": True},
        {"headLocked": True},
        {"view": {"azimuth": 40, "elevation": 10, "zoom": 2, "panX": 0.03, "panY": 0.01}},
        {"frame": 33},
    ],
    ids=str,
)
def test_whatever_changes_the_picture_changes_all_of_them(tab, change):
    set_beside(tab, "reference", "same", "prediction", mode="side")
    before = columns(tab, 3)
    assert far_apart(before[0], before[1]) < 0.05
    tab.js("Object.assign(player, argument)", change)
    after = columns(tab, 3)
    tab.js("(player.headLocked = false)")
    assert far_apart(after[0], after[1]) < 0.05
    for earlier, later in zip(before, after, strict=True):
        assert far_apart(earlier, later) > 0.2


def test_a_track_is_shown_on_the_face_of_the_reference(tab, head, clips):
    """What is compared is the motion: with all that moves switched off, both are the same face."""
    set_beside(tab, "reference", "prediction", mode="side")
    tab.js("(player.layers = {expression: false, jaw: false, headPose: false})")
    left, right = columns(tab, 2)
    assert far_apart(left, right) < 0.05


def test_an_overlay_lets_the_reference_show_through(tab):
    set_beside(tab, "reference", "prediction", mode="side")
    tab.js("(player.compare = {...player.compare, tracks: ['prediction'], mode: 'overlay'})")
    both = drawn(tab)
    tab.js("(player.compare = null)")
    reference = drawn(tab)
    assert tags(tab) == []
    background = reference[2, 2]
    np.testing.assert_array_equal(both[2, 2], background)
    head_here = (reference != background).any(axis=2)
    seen = (both != background).any(axis=2)
    only_track = seen & ~head_here
    assert only_track.sum() > 100
    assert both[only_track][:, 0].mean() > both[only_track][:, 2].mean() + 20  # its own colour: orange on white
    same = (both == reference).all(axis=2) & head_here
    assert same.sum() > 100  # where the track is not
    inside = head_here & ~same
    assert (both[inside][:, 2] < reference[inside][:, 2]).mean() > 0.95  # less blue than the reference's face


def test_errors_become_the_colours_of_the_scale(tab):
    assert tab.js("(async () => (await (await fetch('viewer/player/setup.json')).json()).heat)()") == {
        "table": heat.table().tolist(),
        "no_data": list(heat.NO_DATA),
    }
    set_beside(tab, "reference", "same", mode="heat")
    none = drawn(tab)
    face = (none != none[2, 2]).any(axis=2)
    assert max(tab.js("player.errors")) == 0
    lowest, highest = heat.table()[[0, -1]].astype(int)
    assert hue_apart(none[face], lowest) < 6
    set_beside(tab, "reference", "prediction", mode="heat", top=1e-9)
    assert hue_apart(drawn(tab)[face], highest) < 12
    set_beside(tab, "reference", "bad", mode="heat", frame=BAD[0])
    grey = drawn(tab)[face]
    assert hue_apart(grey, np.array(heat.NO_DATA)) < 6


def hue_apart(colors, wanted):
    """How far colours are, in the median, from being `wanted` in more or less light."""
    light = colors.sum(axis=1, keepdims=True) / wanted.sum()
    return np.median(np.abs(colors - light * wanted).max(axis=1))


def test_the_scale_is_fixed_and_told(tab):
    set_beside(tab, "reference", "prediction", mode="heat", top=3)
    scale = tab.page.locator("flame-player .scale")
    assert scale.is_visible()
    assert scale.get_attribute("aria-label") == "Distance from the reference: colours from 0 to 3 mm"
    assert scale.locator(".ticks span").all_inner_texts() == ["0", "1", "2", "3+ mm"]
    tab.js("player.seek(40)")
    assert scale.locator(".ticks span").all_inner_texts() == ["0", "1", "2", "3+ mm"]
    measured = errors(tab, [40])[0]
    assert tags(tab) == [f"the prediction\nmean {measured.mean():.2f}, max {measured.max():.2f} mm"]
    tab.js("(player.compare = {...player.compare, beside: true})")
    tab.until("root.querySelectorAll('.tag').length === 3")
    assert tags(tab)[:2] == ["Reference", "the prediction"]
    tab.js("(player.compare = {...player.compare, mode: 'side'})")
    scale.wait_for(state="hidden")


def test_frames_without_data_are_said_on_the_picture_of_their_track(tab):
    set_beside(tab, "reference", "bad", mode="side", frame=BAD[0])
    assert tags(tab) == ["Reference", f"the bad\nframe {BAD[0]}: NaN"]
    right = columns(tab, 2)[1]
    face = right[(right != right[2, 2]).any(axis=2)]
    assert np.median(np.ptp(face, axis=1)) < 8  # grey
    tab.js("player.seek(argument)", BAD[-1] + 1)
    assert tags(tab) == ["Reference", "the bad"]


HELD_INTERVALS = """
  window.intervals = new Map();
  let last = 0;
  window.setInterval = (run, milliseconds) => (intervals.set((last += 1), [run, milliseconds]), last);
  window.clearInterval = (id) => intervals.delete(id);
  window.turn = () => { for (const [run] of intervals.values()) run(); };"""


@pytest.mark.parametrize("motion", ["no-preference", "reduce"])
def test_flicker_takes_turns_unless_no_motion_is_wanted(pages, url, motion):
    tab = PlayerTab(pages, url, init=HELD_INTERVALS, reduced_motion=motion)
    set_beside(tab, "reference", "prediction", mode="flicker", rate=4)
    assert tab.js("player.compare.rate") == 3  # no more changes a second
    assert not tab.js("player.playing")
    first = drawn(tab)
    assert tags(tab) == ["Reference"]
    tab.js("turn()")
    if motion == "reduce":
        assert tags(tab) == ["Reference"]
        tab.press("x")
    tab.until("root.querySelector('.tag').innerText === 'the prediction'")
    second = drawn(tab)
    assert far_apart(first, second) > 0.5
    tab.press("x")
    tab.until("root.querySelector('.tag').innerText === 'Reference'")
    np.testing.assert_array_equal(drawn(tab), first)
    tab.js("player.close()")
    assert tab.js("[...intervals.values()].filter(([, ms]) => ms === 1000 / 3).length") == 0
    tab.close()


def test_a_track_that_cannot_be_had_is_said_on_its_picture_and_the_others_go_on(tab):
    tab.open("reference")
    tracks = [
        {"key": "prediction", "label": "the prediction", "url": address("prediction")},
        {"key": "gone", "label": "gone", "url": address("no such clip")},
        {"key": "short", "url": address("short")},
        {"key": "refused", "url": None, "refused": "Other expressions."},
        {"key": "proxy", "url": "page-of-a-proxy"},
    ]
    tab.js("(player.tracks = argument)", tracks)
    tab.js("(player.compare = {tracks: ['gone', 'prediction', 'short']})")
    tab.until("player.trackStates.every(({ state }) => state !== 'loading')")
    assert tags(tab) == [
        "Reference", "gone\nno clip 'no such clip'", "the prediction", "short\nIt has 40 frames, and the reference 50.",
    ]  # fmt: skip
    assert tab.js("player.errors") is None  # of the first one
    tab.js("(player.compare = {tracks: ['refused', 'proxy', 'unheard of'], mode: 'heat'})")
    tab.until("player.trackStates.every(({ state }) => state !== 'loading')")
    assert [text.split("\n")[1][:18] for text in tags(tab)] == [
        "Other expressions.",
        "The answer is not ",
        "This clip has no s",
    ]
    for mode in ("side", "overlay", "flicker"):
        tab.js("(player.compare = {...player.compare, mode: argument})", mode)
        assert len(drawn(tab)) > 0
    tab.js("(player.compare = {tracks: ['prediction']})")
    tab.until("player.trackStates[0].state === 'ready'")


def test_a_track_that_was_lost_on_the_way_is_fetched_again_on_request(tab):
    tab.open("reference")
    tab.js("(player.tracks = argument)", [{"key": "proxy", "label": "the proxy's", "url": "page-of-a-proxy"}])
    tab.js("(player.compare = {tracks: ['proxy']})")
    again = tab.page.locator("flame-player .tag button")
    again.wait_for()
    bad = tab.url + address("bad")
    tab.page.route("**/page-of-a-proxy", lambda route: route.fulfill(response=answer_to(route, url=bad)))
    again.click()
    tab.until("player.trackStates[0].state === 'ready'")
    tab.page.unroute("**/page-of-a-proxy")


def test_another_clip_forgets_the_tracks_of_the_one_before_and_keeps_how_to_compare(tab):
    set_beside(tab, "reference", "prediction", mode="heat", top=2)
    tab.js("void player.open('mean face')")
    assert tab.js("player.tracks") == []
    tab.until("player.stem === 'mean face' && player.state === 'ready'")
    assert tab.js("[player.compare.mode, player.compare.top, player.trackStates[0].state]") == ["heat", 2, "loading"]
    assert tab.js("player.errors") is None
    tab.js("(player.tracks = argument)", [{"key": "prediction", "url": address("reference")}])
    tab.until("player.trackStates[0].state === 'ready'")
    assert tab.heard("error") == []


def test_a_track_that_is_asked_for_by_stem_follows_the_clip(tab, head, clips):
    tab.open("reference")
    tab.js("(player.tracks = [{key: 'it', url: 'viewer/player/clip.bin?stem={stem}'}])")
    tab.js("(player.compare = {tracks: ['it']})")
    for stem in ("mean face", "changing"):
        tab.open(stem, frame=12)
        tab.until("player.trackStates[0].state === 'ready'")
        assert errors(tab, [12]).max() == 0


@pytest.mark.parametrize(
    ("wrong", "expected"),
    [
        ({"tracks": []}, "0 tracks"),
        ({"tracks": ["a", "b", "c", "d"]}, "expected 1 to 3"),
        ({"tracks": ["a"], "mode": "nope"}, "side, overlay, flicker, heat"),
        ({"tracks": ["a"], "top": 0}, "above 0"),
    ],
)
def test_what_cannot_be_compared_is_an_error_that_says_what_can(tab, wrong, expected):
    message = tab.js("(() => { try { player.compare = argument; } catch (error) { return String(error); } })()", wrong)
    assert "RangeError" in message
    assert expected in message
    assert tab.js("player.compare") is None


def test_the_mode_is_told_to_those_who_do_not_see_it(tab):
    canvas, status = tab.page.locator("flame-player canvas"), tab.page.locator("flame-player .unseen[role=status]")
    for mode, text in {
        "side": "Side by side: Reference, the prediction",
        "overlay": "the prediction laid over Reference",
        "flicker": "Reference and the prediction in turn",
        "heat": "Errors of the prediction as colours on the face of Reference",
    }.items():
        set_beside(tab, "reference", "prediction", mode=mode)
        tab.until("root.querySelector('canvas').ariaLabel === argument", text)
        assert canvas.get_attribute("aria-label") == status.inner_text() == text
    tab.js("(player.compare = null)")
    tab.until("root.querySelector('canvas').ariaLabel === 'Face'")
    assert status.inner_text() == ""


def test_a_saved_picture_says_whose_face_is_whose(tab):
    set_beside(tab, "reference", "prediction", mode="side")
    settle(tab)
    saved, plain = tab.picture().astype(int), drawn(tab)
    assert saved.shape == plain.shape
    half = saved.shape[1] // 2
    for left in (0, half):
        corner = np.s_[:60, left : left + 200]
        assert np.abs(saved[corner] - plain[corner]).max() > 100
    below = np.s_[80:]
    assert far_apart(saved[below], plain[below]) < 0.2  # but for the line between them
    tab.js("(player.compare = {...player.compare, mode: 'heat'})")
    settle(tab)
    saved, plain = tab.picture().astype(int), drawn(tab)
    legend = saved[len(plain) :].reshape(-1, 3)
    for color in (heat.table()[0], heat.table()[128], heat.table()[-1]):
        assert np.abs(legend - color.astype(int)).max(axis=1).min() <= 12


def test_a_lost_context_brings_all_pictures_back(tab):
    for mode in ("side", "heat"):
        set_beside(tab, "reference", "prediction", mode=mode)
        before = drawn(tab)
        tab.js("(window.gl = root.querySelector('canvas').getContext('webgl2'))")
        tab.js("(heard.length = 0, window.lose = gl.getExtension('WEBGL_lose_context')).loseContext()")
        tab.page.wait_for_function("heard.some(([type]) => type === 'contextlost')")
        tab.js("lose.restoreContext()")
        tab.page.wait_for_function("heard.some(([type]) => type === 'contextrestored')")
        np.testing.assert_array_equal(drawn(tab), before)


COUNTED_BUFFERS = """
  window.buffers = 0;
  for (const [name, by] of [["createBuffer", 1], ["deleteBuffer", -1]]) {
    const original = WebGL2RenderingContext.prototype[name];
    WebGL2RenderingContext.prototype[name] = function (...rest) { buffers += by; return original.apply(this, rest); };
  }"""


def test_memory_does_not_grow_with_the_clips_that_were_compared(pages, url):
    tab = PlayerTab(pages, url, init=COUNTED_BUFFERS, viewport={"width": 240, "height": 240})
    stems = ["reference", "mean face", "changing", "bad"]

    def used(n):
        for i in range(n):
            mode = ("side", "heat", "overlay")[i % 3]
            set_beside(tab, stems[i % 4], stems[(i + 1) % 4], stems[(i + 2) % 4], mode=mode)
            drawn(tab)
        tab.js("(player.compare = null)")
        tab.session.send("HeapProfiler.collectGarbage")
        usage = tab.session.send("Runtime.getHeapUsage")
        return usage["usedSize"] + usage["backingStorageSize"], tab.page.evaluate("buffers")

    memory, buffers = used(6)
    more_memory, more_buffers = used(15)
    assert more_buffers == buffers
    assert more_memory - memory < 4e6  # 15 references with two tracks each bring ten times that
    tab.close()
