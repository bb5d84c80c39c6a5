"""A reference and predictions for it on one page: what is shown of which, for how long, and what the link says."""

from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Program, wait_until
from tests.browser.pages import Held
from tests.dataset.factories import make_clip, make_dataset, motion_arrays, write_motion

ARKIT = {"expression_space": "arkit52"}
FRAMES = 50
WORST = {"preds_a": 20, "preds_b": 31}
"""Frame at which the jaw of each is furthest off."""
STEMS = ["a_0", "a_1", "short"]
BAR = "clip-stage compare-bar"


def motion(*, frames=FRAMES, worst=None, jaw=0.02):
    """A jaw that moves; that is open by `jaw` more than the reference's, and most so in one frame."""
    arrays = motion_arrays(frames=frames, n_exp=52)
    arrays["exp"] *= 0
    if worst is not None:
        arrays["pose"][:, 3] += jaw
        arrays["pose"][worst, 3] += 0.2
    return arrays


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """A data set, two predictions for it, one of another expression space, and one that cannot be opened."""
    root = tmp_path_factory.mktemp("compare")
    talks = make_dataset(root / "talks", stems=[], description=ARKIT)
    for stem in [*STEMS, "only_here"]:
        make_clip(talks, stem, frames=FRAMES)
        write_motion(talks, stem, motion())
    (talks / "train.txt").write_text("".join(f"{stem}\n" for stem in [*STEMS, "only_here"]))
    for name, worst in WORST.items():
        preds = make_dataset(root / name, stems=[], description=ARKIT)
        for stem in STEMS:
            write_motion(preds, f"{stem}_pred", motion(worst=worst))
    write_motion(root / "preds_a", "short_pred", motion(frames=30, worst=WORST["preds_a"]))
    holes = motion(worst=WORST["preds_b"])
    holes["pose"][10:12] = np.nan
    write_motion(root / "preds_b", "short_pred", holes)
    other = make_dataset(root / "other", stems=["a_0"], frames=FRAMES, description={"expression_space": "vocaset"})
    (root / "nothing").mkdir()
    return talks, root / "preds_a", root / "preds_b", other, root / "nothing"


@pytest.fixture(scope="module")
def compared(folders, tmp_path_factory):
    options = ("--base", folders[0], "--stem-pattern", "{stem}_pred", "--size", 256)
    with Program(*folders, *options, "--cache", tmp_path_factory.mktemp("cache")) as program:
        yield program


@pytest.fixture
def program(compared):
    """What `viewer` shows."""
    return compared


def parameters(viewer):
    return {name: values[-1] for name, values in parse_qs(urlsplit(viewer.page.url).query).items()}


def said_in_link(viewer, **expected):
    """Wait until the URL says so; None: it does not name this."""
    wait_until(viewer.page, lambda: all(parameters(viewer).get(name) == value for name, value in expected.items()))


def compares(viewer, *keys, mode="side"):
    """Wait until the player was told to compare with these, each with its motion, and their curves have come."""
    viewer.until(
        """(() => {
          const { keys, mode } = argument, same = (a, b) => JSON.stringify(a) === JSON.stringify(b);
          const names = Object.keys(timeline.readout()?.values ?? {});
          const curves = names.filter((name) => name.startsWith("difference_lip_error:"));
          if (keys.length === 0) return player.compare === null && curves.length === 0;
          return same(player.compare?.tracks, keys) && player.compare.mode === mode
            && same(player.tracks.filter(({ url }) => url).map(({ key }) => key), keys)
            && same(curves, keys.map((key) => `difference_lip_error:${key}`));
        })()""",
        {"keys": list(keys), "mode": mode},
    )


def error_at(viewer, key, frame, measure="lip_error"):
    """The value that the timeline reads out; waits until it is known."""
    viewer.live("(player.seek(argument), null)", frame)
    viewer.until("timeline.frame === argument", frame)
    name = f"difference_{measure}:{key}"
    viewer.until("Number.isFinite(timeline.readout().values[argument]?.value)", name)
    return viewer.live("timeline.readout().values[argument].value", name)


def bar(viewer):
    return viewer.page.locator(BAR)


def track(viewer, key):
    return bar(viewer).locator(f".tracks button[value={key}]")


def test_one_click_compares_with_all_that_can_be(viewer):
    viewer.open("?clip=a_0")
    expect(bar(viewer)).to_be_hidden()
    expect(viewer.page.locator("fact-sheet compare-facts")).to_be_hidden()
    asked = []
    viewer.hear("request", lambda request: asked.append(urlsplit(request.url)))
    viewer.page.get_by_role("button", name="Compare", exact=True).click()
    compares(viewer, "preds_a", "preds_b")
    said_in_link(viewer, **{"with": "preds_a,preds_b", "mode": "side", "top": None})
    expect(track(viewer, "preds_a")).to_contain_text("mm")
    for key, words in (("other", "'vocaset'"), ("nothing", "cannot be opened")):
        expect(track(viewer, key)).to_be_disabled()
        assert words in track(viewer, key).get_attribute("title")
    for key in ("preds_a", "preds_b"):
        assert any(one.path.endswith("compare/curves.bin") and f"with={key}" in one.query for one in asked)
    viewer.until("player.errors !== null")  # motion has come, and fits the head
    viewer.page.get_by_role("button", name="Compare", exact=True).click()
    expect(bar(viewer)).to_be_hidden()
    compares(viewer)
    said_in_link(viewer, **{"with": None, "mode": None})


def test_the_link_holds_all_of_it(viewer):
    viewer.open("?clip=a_1&with=preds_b&mode=heat&top=10")
    compares(viewer, "preds_b", mode="heat")
    assert viewer.live("player.compare.top") == 10
    assert viewer.live("player.compare.reference") == "talks"
    expect(bar(viewer).get_by_role("radio", name="Heat", exact=True)).to_have_attribute("aria-checked", "true")
    expect(bar(viewer).get_by_label("Top of the scale")).to_have_value("10")
    bar(viewer).get_by_label("Top of the scale").select_option("2")
    said_in_link(viewer, top="2")
    viewer.until("player.compare.top === 2")
    bar(viewer).get_by_role("radio", name="Faces + heat").click()
    viewer.until("player.compare.mode === 'heat' && player.compare.beside")
    said_in_link(viewer, mode="beside")
    track(viewer, "preds_a").click()
    viewer.until("player.compare.tracks.join() === 'preds_a,preds_b'")
    said_in_link(viewer, **{"with": "preds_a,preds_b"})


def test_the_back_button_undoes_a_choice_at_a_time(viewer):
    viewer.open("?clip=a_0&with=preds_a&mode=side")
    compares(viewer, "preds_a")
    bar(viewer).get_by_role("radio", name="Overlay").click()
    viewer.until("player.compare.mode === 'overlay'")
    track(viewer, "preds_b").click()
    compares(viewer, "preds_a", "preds_b", mode="overlay")
    viewer.page.go_back()
    compares(viewer, "preds_a", mode="overlay")
    viewer.page.go_back()
    compares(viewer, "preds_a")
    viewer.page.go_forward()
    compares(viewer, "preds_a", mode="overlay")


def test_it_stays_from_clip_to_clip(viewer):
    viewer.refusals.add(404)  # the player asks for the next clip's tracks at once, and one clip has none
    viewer.open("?clip=a_0&with=preds_a,preds_b&mode=flicker")
    compares(viewer, "preds_a", "preds_b", mode="flicker")
    viewer.page.keyboard.press("n")
    viewer.wait_for_clip("a_1")
    compares(viewer, "preds_a", "preds_b", mode="flicker")
    said_in_link(viewer, clip="a_1", **{"with": "preds_a,preds_b", "mode": "flicker"})
    viewer.live("(player.autoplayNext = true, player.seek(player.frames - 3), player.play(), null)")
    viewer.until("player.stem === 'only_here'")
    viewer.live("(player.autoplayNext = false, player.pause(), null)")
    viewer.wait_for_clip("only_here")
    expect(bar(viewer)).to_contain_text("preds_a has no clip for only_here")
    viewer.until("player.tracks.every(({ url, refused }) => url === null && refused.includes('only_here'))")
    viewer.page.keyboard.press("p")
    viewer.wait_for_clip("a_1")
    compares(viewer, "preds_a", "preds_b", mode="flicker")


def test_a_track_can_be_chosen_while_those_of_the_next_clip_are_read(viewer):
    viewer.open("?clip=a_0&with=preds_a")
    compares(viewer, "preds_a")
    late = Held(viewer.page, "**/compare/tracks.json?*")
    viewer.page.locator("clip-list .row", has_text="a_1").click()
    late.wait()
    track(viewer, "preds_b").click()
    late.end()
    viewer.wait_for_clip("a_1")
    compares(viewer, "preds_a", "preds_b")


def test_worst_frame(viewer):
    viewer.open("?clip=a_0&with=preds_a,preds_b")
    compares(viewer, "preds_a", "preds_b")
    button = bar(viewer).get_by_role("button", name="Worst frame")
    expect(button).to_be_enabled()
    button.click()
    viewer.until("player.frame === argument && !player.playing", WORST["preds_a"])
    viewer.page.keyboard.press("y")  # of the next one
    viewer.until("player.frame === argument", WORST["preds_b"])
    viewer.page.keyboard.press("y")
    viewer.until("player.frame === argument", WORST["preds_a"])
    here, elsewhere = (error_at(viewer, "preds_a", frame) for frame in (WORST["preds_a"], WORST["preds_a"] + 1))
    assert here > 2 * elsewhere > 0
    said_in_link(viewer, t=str(WORST["preds_a"] + 1))


def test_the_face_the_curve_and_the_table_tell_the_same(viewer):
    viewer.open("?clip=a_0&with=preds_a&mode=heat")
    compares(viewer, "preds_a", mode="heat")
    in_curve = error_at(viewer, "preds_a", WORST["preds_a"])
    viewer.until("player.errors !== null && player.errors.some((value) => value > 0)")
    largest = viewer.live("Math.max(...player.errors)")  # of all vertices, and the chin moves further than the lips
    assert largest >= in_curve * 0.999
    error_at(viewer, "preds_a", 0)
    table = viewer.page.locator("fact-sheet compare-facts table")
    expect(table).to_contain_text("lve_max_l2_mm")
    expect(table.locator("tr", has_text="jaw_error_deg").locator("td")).to_have_text("1.38")  # 0.02 + 0.2 / 50 rad
    expect(table.locator("tr", has_text="Frames compared").locator("td")).to_have_text(str(FRAMES))
    table.get_by_role("button", name=str(WORST["preds_a"])).click()
    viewer.until("player.frame === argument", WORST["preds_a"])


def test_other_lengths_and_frames_without_numbers_are_told_and_left_out(viewer):
    viewer.open("?clip=short&with=preds_a,preds_b")
    compares(viewer, "preds_a", "preds_b")
    error_at(viewer, "preds_a", 0)
    error_at(viewer, "preds_b", 0)
    bar(viewer).get_by_role("button", name="2 remarks").click()
    expect(bar(viewer)).to_contain_text("the first 30 are compared")
    expect(bar(viewer)).to_contain_text("frames 10–11")
    for frame, a, b in ((5, True, True), (10, True, False), (40, False, True)):
        viewer.live("(player.seek(argument), null)", frame)
        viewer.until("timeline.frame === argument", frame)
        values = viewer.live("timeline.readout().values")
        found = [values[f"difference_lip_error:{key}"]["value"] for key in ("preds_a", "preds_b")]
        assert [bool(np.isfinite(value)) for value in found] == [a, b]


def test_rows_of_differences_are_switched_and_named(viewer):
    viewer.open("?clip=a_0&with=preds_a,preds_b")
    compares(viewer, "preds_a", "preds_b")
    row = viewer.page.locator("clip-timeline .legend [data-row=difference_lip_error]")
    expect(row).to_contain_text("Lip error")
    colours = row.locator(".name").evaluate_all("(names) => names.map((name) => name.style.getPropertyValue('--key'))")
    assert len(set(colours)) == 2
    swatch = "(chip) => getComputedStyle(chip.querySelector('i')).backgroundColor"
    assert [track(viewer, key).evaluate(swatch) for key in ("preds_a", "preds_b")] == colours
    expect(viewer.page.locator("clip-timeline .legend [data-row=difference_jaw_error]")).to_have_count(0)
    viewer.wait_for_findings()  # which have rows of their own: the menu is made anew
    viewer.page.locator("clip-timeline summary").click()
    viewer.page.locator("clip-timeline .menu label", has_text="Jaw error").click()
    viewer.page.locator("clip-timeline .menu label", has_text="Lip error").click()
    expect(viewer.page.locator("clip-timeline .legend [data-row=difference_jaw_error]")).to_be_visible()
    expect(row).to_have_count(0)


def test_a_prediction_can_be_the_reference(viewer):
    viewer.open("?data=talks&clip=a_0&with=preds_a&mode=overlay")
    compares(viewer, "preds_a", mode="overlay")
    viewer.page.locator("data-sets button").click()
    viewer.page.locator("data-sets a", has_text="preds_a").first.click()
    viewer.page.wait_for_url("**data=preds_a**")
    viewer.wait_for_clip("a_0_pred")
    compares(viewer, "talks", mode="overlay")
    expect(viewer.page.locator("fact-sheet compare-facts")).to_contain_text("Distances from preds_a")
    said_in_link(viewer, **{"with": "talks", "mode": "overlay"})


def test_what_a_link_names_and_is_not_there_is_told(viewer):
    viewer.open("?clip=a_0&with=preds_a,gone,talks,other&mode=sideways&top=-3")
    compares_one = "player.compare?.tracks.join() === 'preds_a,other' && player.compare.mode === 'side'"
    viewer.until(compares_one)
    expect(bar(viewer)).to_contain_text("gone: there is no data set of this name here")
    expect(bar(viewer)).to_contain_text("talks: is the one that is shown")
    expect(bar(viewer)).to_contain_text("'vocaset'")
    viewer.until("player.compare.top === 5 && player.tracks[1].refused.includes('vocaset')")


def test_more_than_have_room_are_not_shown(viewer):
    viewer.open("?clip=a_0&with=nothing,other,preds_b,preds_a")
    viewer.until("player.compare?.tracks.join() === 'preds_a,preds_b,other'")
    expect(bar(viewer)).to_contain_text("nothing: at most 3 are shown at a time")


def test_the_film_is_of_the_reference_and_the_page_says_so(viewer):
    viewer.open_film("?clip=a_0&with=preds_a")
    expect(bar(viewer)).to_contain_text("The film shows the reference alone")
    expect(bar(viewer).get_by_role("button", name="Worst frame")).to_be_enabled()
    viewer.page.keyboard.press("y")
    viewer.until_stage("stage.film.frame === argument", WORST["preds_a"])
    bar(viewer).get_by_role("button", name="tab Live").click()
    viewer.wait_for_clip("a_0")
    compares(viewer, "preds_a")
    expect(bar(viewer)).not_to_contain_text("The film shows")
    viewer.until("player.frame === argument", WORST["preds_a"])


@pytest.mark.parametrize(
    "viewer",
    [{"viewport": {"width": 390, "height": 844}}, {"color_scheme": "dark", "viewport": {"width": 1100, "height": 720}}],
    indirect=True,
)
def test_nothing_is_out_of_reach_on_a_small_screen(viewer):
    viewer.open("?clip=a_0&with=preds_a,preds_b,other&mode=heat")
    viewer.until("player.compare?.tracks.length === 3")
    for key in WORST:
        error_at(viewer, key, 0)
    viewer.wait_for_findings()  # from now on everything stays where it is
    width = viewer.page.viewport_size["width"]
    for part in (
        *(track(viewer, key) for key in WORST),
        *bar(viewer).get_by_role("radio").all(),
        bar(viewer).get_by_label("Top of the scale"),
        bar(viewer).get_by_role("button", name="Worst frame"),
        viewer.page.locator("clip-timeline canvas"),
        viewer.page.locator("clip-words .words"),
    ):
        part.scroll_into_view_if_needed()
        expect(part).to_be_in_viewport()
        box = part.bounding_box()
        assert box["x"] >= 0 and box["x"] + box["width"] <= width
