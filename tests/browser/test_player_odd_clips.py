"""Clips that are not as they should be, in real Chromium: NaN, vertices instead of coefficients, one frame and many."""

import numpy as np
import pytest
from fastapi import FastAPI
from fastapi.responses import HTMLResponse

from tests.browser.player import PlayerTab
from tests.browser.serving import lookup, player_app, serving, speaking_clip
from tests.flame.factories import head_like_flame, write_npz
from viewer.clip import Clip
from viewer.flame import FlameModel, HeadChoice
from viewer.web.timeline_routes import TimelineSource, timeline_router

BAD = [0, 1, 20, 57, 58, 59]
MANY = 30_000
TIMELINE = """<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,"><style>body { margin: 0 }</style>
<script type="module" src="viewer/static/timeline/clip-timeline.js"></script>
<clip-timeline></clip-timeline>"""


@pytest.fixture(scope="module")
def head(tmp_path_factory):
    path = write_npz(tmp_path_factory.mktemp("head") / "FLAME2020.npz", head_like_flame())
    return HeadChoice(FlameModel.load(path), False, ())


def arrays(head, **options):
    clip = speaking_clip(head, "base", **options)
    return {"exp": np.array(clip.exp), "pose": np.array(clip.pose), "shape": clip.shape[0]}


def vertices_of(head, clip):
    return np.concatenate(list(head.vertex_blocks(clip)))


@pytest.fixture(scope="module")
def clips(head):
    nan = arrays(head)
    nan["pose"][BAD, 4] = np.nan
    huge = arrays(head, frames=4)
    huge["exp"] *= 1000
    huge["exp"][3] = 1e30
    many = arrays(head, frames=MANY)
    many["exp"][MANY - 1] = np.nan
    first, second = np.random.default_rng(0).normal(size=(2, 40))
    still = {"exp": np.zeros((100, 5)), "pose": np.zeros((100, 6))}
    speech = speaking_clip(head, "speech")
    clips = [
        speech,
        Clip.from_arrays(stem="nan", **nan),
        Clip.from_arrays(stem="huge", **huge),
        Clip.from_arrays(stem="many", **many),
        Clip.from_arrays(stem="identity", **still, shape=np.where(np.arange(100)[:, None] < 50, first, second)),
        Clip.from_arrays(stem="track", vertices=vertices_of(head, speech), audio=speech.audio.samples),
        Clip.from_arrays(stem="one of a track", vertices=vertices_of(head, speech)[:1]),
        Clip.from_arrays(stem="hands", vertices=np.zeros((3, 778, 3))),
    ]
    return {clip.stem: clip for clip in clips}


@pytest.fixture(scope="module")
def url(head, clips):
    app: FastAPI = player_app(clips, head)
    app.include_router(timeline_router(TimelineSource(lookup(clips), head)))
    app.get("/timeline")(lambda: HTMLResponse(TIMELINE))
    with serving(app) as url:
        yield url


@pytest.fixture(scope="module")
def tab(pages, url):
    tab = PlayerTab(pages, url)
    yield tab
    tab.close()


@pytest.fixture(scope="module")
def film_frames(head, renderer):
    """Frames as the mp4 has them, at the size of the player's canvas."""

    def draw(clip, frames, size):
        model = head.model
        drawn = renderer.frames(
            [vertices_of(head, clip)[frames]], faces=model.faces, v_template=model.v_template, size=size
        )
        return np.stack(list(drawn)).astype(float)

    return draw


def held_note(tab):
    found = tab.page.locator("flame-player .notice.held")
    return found.inner_text() if found.is_visible() else None


def seek(tab, frame):
    tab.js("player.seek(argument)", frame)


def test_frames_that_are_nan_hold_the_face_and_are_marked_on_the_picture(tab, clips):
    tab.open("nan")
    expected = {frame: clips["nan"].held_note(frame) for frame in range(100)}
    assert [frame for frame, note in expected.items() if note] == BAD
    for frame in [0, 1, 2, 19, 20, 21, 56, 57, 58, 59, 60, 99]:
        seek(tab, frame)
        assert held_note(tab) == expected[frame]
    assert expected[0] == "Frame 0 is NaN in the data: the first good frame is held"
    assert expected[58] == "Frame 58 is NaN in the data: the last good frame is held"
    shown = tab.vertices([1, 2, 56, 57, 59, 60])
    assert np.isfinite(shown).all()
    np.testing.assert_array_equal(shown[0], shown[1])
    np.testing.assert_array_equal(shown[2], shown[3])
    np.testing.assert_array_equal(shown[2], shown[4])
    assert np.abs(shown[4] - shown[5]).max() > 1e-4
    (warning,) = [text for text in tab.notices() if "frames are NaN" in text]  # told once
    assert "6 of 100 frames are NaN in pose (frames 0–1, 20, 57–59)" in warning


def test_the_mark_goes_with_the_clip(tab):
    tab.open("nan", frame=57)
    assert held_note(tab) is not None
    tab.open("speech", frame=57)
    assert held_note(tab) is None


def test_the_mark_stands_while_it_plays(tab):
    tab.js("(player.loop = true)")
    tab.open("nan", frame=50, play=True)
    tab.until("player.frame >= 57 && !root.querySelector('.held').hidden")
    tab.until("player.frame > 60 && root.querySelector('.held').hidden")
    tab.js("(player.pause(), player.loop = false)")


def test_a_track_of_vertices_is_shown_as_it_is(tab, clips):
    tab.open("track")
    error = 1000 * np.linalg.norm(tab.vertices(list(range(100))) - clips["track"].vertices, axis=2)
    assert error.max() <= 0.01
    seek(tab, 40)
    picture = tab.picture().astype(int)
    tab.open("speech", frame=40)
    assert np.abs(tab.picture() - picture).mean() < 0.05
    assert tab.js("player.hasSound")


def test_what_makes_no_sense_for_a_track_is_off_and_says_why(tab):
    tab.open("speech")
    tab.js("Object.assign(player, {layers: {jaw: false}, headLocked: true, panelOpen: true})")
    assert {"Jaw off", "Head held still"} <= set(tab.notices())
    tab.open("track", frame=40)
    boxes = tab.page.locator("flame-player .panel label")
    reasons = {
        box.inner_text(): box.get_attribute("title") for box in boxes.all() if not box.locator("input").is_enabled()
    }
    assert reasons.keys() >= {"Expression", "Jaw", "Head pose", "Identity", "Head held still"}
    assert all("track of vertices" in reasons[name] for name in ("Expression", "Jaw", "Head held still"))
    assert tab.page.locator("flame-player .panel .reason").is_visible()
    assert not {"Jaw off", "Head held still"} & set(tab.notices())  # nothing of it holds here
    tab.open("speech")
    assert boxes.filter(has_text="Jaw").locator("input").is_enabled()
    assert not tab.page.locator("flame-player .panel .reason").is_visible()
    tab.js("Object.assign(player, {layers: {jaw: true}, headLocked: false, panelOpen: false})")


def test_a_track_of_another_head_is_refused_with_both_numbers_and_the_next_clip_plays(tab):
    assert not tab.open("hands")
    alert = tab.page.locator("flame-player [role=alert]").inner_text()
    assert "778 vertices" in alert and "5,023" in alert and "--model FILE" in alert
    assert tab.open("track")


def test_a_track_of_one_frame(tab, clips):
    tab.open("one of a track")
    assert tab.js("[player.frames, player.frame]") == [1, 0]
    assert np.abs(tab.vertices([0])[0] - clips["one of a track"].vertices[0]).max() < 1e-5
    tab.js("player.play()")
    tab.until("!player.playing")


def test_huge_coefficients_are_drawn_and_absurd_ones_hold(tab, head, clips):
    tab.open("huge")
    expected = vertices_of(head, clips["huge"])
    found = tab.vertices([0, 1, 2, 3])
    assert np.abs(found - expected).max() < 1e-4 * np.abs(expected).max()
    np.testing.assert_array_equal(found[3], found[2])
    seek(tab, 1)
    picture = tab.picture()
    assert picture.std() > 5 and (picture.max(axis=2) > 20).mean() > 0.05  # neither empty nor black
    seek(tab, 3)
    assert held_note(tab) == "Frame 3 is infinite or absurdly large in the data: the last good frame is held"


def test_thirty_thousand_frames(tab, head, clips):
    tab.open("many")
    frames = [0, 14_999, MANY - 3, MANY - 2]
    expected = np.concatenate([vertices_of(head, clips["many"].frames(frame, frame + 1)) for frame in frames])
    assert np.abs(tab.vertices(frames) - expected).max() < 1e-5
    tab.press("End")
    assert tab.js("player.frame") == MANY - 1
    assert held_note(tab) == f"Frame {MANY - 1} is NaN in the data: the last good frame is held"
    np.testing.assert_array_equal(*tab.vertices([MANY - 2, MANY - 1]))


def test_an_identity_that_changes_at_frame_50_looks_as_in_the_film(tab, clips, film_frames):
    tab.js("player.style.height = player.style.width = '400px'")
    tab.laid_out()
    tab.open("identity")
    pictures = []
    for frame in (49, 50):
        seek(tab, frame)
        pictures.append(tab.picture().astype(float))
    height, width = pictures[0].shape[:2]
    box = tab.js("(({width, height}) => [width, height])(root.querySelector('canvas').getBoundingClientRect())")
    tab.js("player.style.height = player.style.width = ''")
    size = tuple(round(side) // 2 * 2 for side in box)
    assert (width, height) == tuple(2 * side for side in size)  # or they cannot be laid over each other
    found = np.stack(pictures).reshape(2, size[1], 2, size[0], 2, 3).mean(axis=(2, 4))
    expected = film_frames(clips["identity"], [49, 50], size)
    assert np.abs(expected[0] - expected[1]).mean() > 1
    for shown, filmed in zip(found, expected, strict=True):
        assert np.median(np.abs(shown - filmed)) <= 1
        assert np.abs(shown - filmed).mean() < 0.5


@pytest.fixture(scope="module")
def timeline(chromium, url):
    context = chromium.new_context(viewport={"width": 1000, "height": 500}, color_scheme="light")
    page = context.new_page()
    page.set_default_timeout(60_000)
    trouble = []
    page.on("pageerror", lambda error: trouble.append(str(error)))
    page.goto(f"{url}timeline")
    page.evaluate("customElements.whenDefined('clip-timeline').then(() => true)")
    yield page
    context.close()
    assert trouble == []


def load(page, stem):
    assert page.evaluate("(stem) => document.querySelector('clip-timeline').load(stem)", stem)
    page.evaluate("new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)))")


def ruler(page):
    """Colours (W, 3) of the foot of the ruler, left to right over the clip."""
    pixels = page.evaluate(
        """() => {
          const canvas = document.querySelector("clip-timeline").shadowRoot.querySelector("canvas[role=presentation]");
          const { width } = canvas;
          return [...canvas.getContext("2d").getImageData(188, 19, width - 198, 1).data];
        }"""
    )
    return np.array(pixels).reshape(-1, 4)[:, :3].astype(int)


def marked(page):
    red, green, blue = ruler(page).T
    return (red - blue > 100) & (red - green > 60)


def test_the_timeline_marks_the_frames_that_are_nan(timeline):
    load(timeline, "nan")
    columns = marked(timeline)
    frames = np.floor((np.arange(len(columns)) + 0.5) / len(columns) * 100).astype(int)
    assert set(frames[columns]) - set(BAD) <= {2, 21, 60}  # a pixel over, at most
    assert set(BAD) - {0} <= set(frames[columns])  # the playhead stands on frame 0
    readout = timeline.evaluate(
        """() => {
          const timeline = document.querySelector("clip-timeline");
          timeline.time = 57.5 / 25;
          const { frame, wrong, values } = timeline.readout();
          return [frame, wrong, Object.entries(values).map(([name, { value }]) => [name, Number.isNaN(value)])];
        }"""
    )
    assert readout[:2] == [57, "NaN"]
    assert dict(readout[2]) == dict.fromkeys(
        ["mouth_opening", "jaw_angle", "head_yaw", "head_pitch", "head_roll", "expression_speed"], True
    )
    load(timeline, "speech")
    assert not marked(timeline).any()


def test_one_bad_frame_of_thirty_thousand_is_seen(timeline):
    load(timeline, "many")
    columns = np.flatnonzero(marked(timeline))
    assert 1 <= len(columns) <= 3 and columns[0] > len(marked(timeline)) - 5


def test_the_timeline_of_a_track_says_what_it_lacks(timeline):
    load(timeline, "track")
    names = timeline.evaluate("Object.keys(document.querySelector('clip-timeline').readout().values)")
    assert set(names) <= {"mouth_opening", "expression_speed", "loudness"} and "loudness" in names
    assert "track of vertices" in timeline.locator("clip-timeline .notes").inner_text()
