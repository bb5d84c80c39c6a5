"""Two data sets on one page: the clips of one, and predictions for them."""

import re
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Program, wait_until
from tests.browser.pages import Held
from tests.dataset.factories import make_dataset

ARKIT = {"expression_space": "arkit52"}


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """A data set, predictions for it whose names end in `_pred`, and a folder without clips."""
    root = tmp_path_factory.mktemp("several")
    base = make_dataset(root / "talks", stems=["a_0", "a_1", "only_here"], frames=60, description=ARKIT)
    preds = make_dataset(root / "preds", stems=["a_0_pred", "a_1_pred"], frames=60, description=ARKIT)
    (root / "nothing").mkdir()
    return base, preds, root / "nothing"


@pytest.fixture(scope="module")
def several(folders, tmp_path_factory):
    options = ("--base", folders[0], "--stem-pattern", "{stem}_pred")
    with Program(*folders, *options, "--cache", tmp_path_factory.mktemp("cache")) as program:
        yield program


@pytest.fixture
def program(several):
    """What `viewer` shows."""
    return several


def parameters(viewer):
    return {name: values[-1] for name, values in parse_qs(urlsplit(viewer.page.url).query).items()}


def switch(viewer, name):
    button, menu = (viewer.page.locator(f"data-sets {part}") for part in ("button", ".menu"))
    button.click()
    expect(menu).to_be_visible()
    button.click()
    expect(menu).to_be_hidden()
    button.click()
    viewer.page.locator("data-sets a", has_text=name).first.click()
    viewer.page.wait_for_url(f"**data={name}**")


def frame(viewer):
    return viewer.live("player.frame")


def test_another_data_set_shows_the_same_clip_at_the_same_frame(viewer):
    viewer.open("?clip=a_1&t=17&look=skin&camera=profile&speed=0.5&search=a_")
    expect(viewer.page.locator("data-sets button")).to_have_text(re.compile("^talks"))
    viewer.live("player.seek(21)")
    switch(viewer, "preds")
    viewer.wait_for_clip("a_1_pred")
    assert frame(viewer) == 21
    kept = {"data": "preds", "clip": "a_1_pred", "t": "21", "look": "skin", "camera": "profile", "speed": "0.5"}
    wait_until(viewer.page, lambda: parameters(viewer) | kept == parameters(viewer))
    assert "search" not in parameters(viewer)
    expect(viewer.page.locator("clip-list .row")).to_have_count(2)
    expect(viewer.page).to_have_title(re.compile("a_1_pred · preds"))
    viewer.page.go_back()
    viewer.wait_for_clip("a_1")
    assert frame(viewer) == 21
    expect(viewer.page.locator("data-sets button")).to_have_text(re.compile("^talks"))


def test_a_link_opens_the_same_data_set(viewer):
    viewer.open("?data=preds")
    viewer.page.locator("clip-list .row", has_text="a_1_pred").click()
    viewer.wait_for_clip("a_1_pred")
    link = viewer.page.evaluate(
        "import(new URL('viewer/static/store.js', document.baseURI)).then((m) => m.store.link(9))"
    )
    viewer.page.goto(link)
    viewer.wait_for_clip("a_1_pred")
    assert frame(viewer) == 9
    # The first one too says who it is: the next start may name another one first.
    viewer.open()
    assert "data=talks" in viewer.page.evaluate(
        "import(new URL('viewer/static/store.js', document.baseURI)).then((m) => m.store.link(9))"
    )


def test_a_clip_that_the_other_has_not_gives_way_to_its_first(viewer):
    viewer.open("?clip=only_here&t=5&tab=live")
    viewer.page.locator("data-sets button").click()
    expect(viewer.page.locator("data-sets a", has_text="preds")).to_contain_text("has no only_here")
    expect(viewer.page.locator("data-sets .refused")).to_contain_text("nothing")
    expect(viewer.page.locator("data-sets .refused")).to_contain_text("cannot be opened")
    viewer.page.locator("data-sets a", has_text="preds").click()
    viewer.wait_for_clip("a_0_pred")
    assert frame(viewer) == 0


def test_data_sets_that_come_late_lead_to_the_clip_that_is_open_by_then(viewer):
    viewer.open("?clip=a_0")
    late = Held(viewer.page, "**/viewer/sets?*")
    viewer.page.locator("data-sets button").click()
    late.wait()
    viewer.page.keyboard.press("n")
    viewer.wait_for_clip("a_1")
    late.end()
    link = viewer.page.locator("data-sets a", has_text="preds").first
    expect(link).to_be_visible()
    expect(link).to_have_attribute("href", re.compile("clip=a_1_pred"))


def test_films_and_facts_are_those_of_the_data_set(viewer):
    viewer.open_film("?data=preds&clip=a_0_pred")
    assert "/viewer/@preds/films/" in viewer.stage("video.src")
    viewer.page.get_by_role("button", name="Data set", exact=True).click()
    viewer.page.locator("data-facts").get_by_text("2", exact=True).first.wait_for()
    viewer.page.locator("#fv-plots").get_by_text("all of 2 clips").wait_for()


@pytest.mark.parametrize(("key", "words"), [("elsewhere", "it shows talks, preds"), ("nothing", "cannot be opened")])
def test_a_link_to_a_data_set_that_is_not_shown_offers_the_others(viewer, key, words):
    viewer.refusals.add(404)
    viewer.page.goto(f"{viewer.url}?data={key}")
    viewer.page.locator("clip-list", has_text=words).wait_for()
    switch(viewer, "talks")
    viewer.wait_for_clip("a_0")


def test_a_page_that_turns_dark_turns_its_tracks_and_boxes_with_it(viewer):
    viewer.open("?clip=a_0&with=preds&mode=overlay&__theme=light")
    tracks = "player.tracks.map(({color}) => color)"

    def shown():
        box = viewer.page.locator("export-films input[type=checkbox]").first
        return viewer.live(tracks), box.evaluate("(box) => getComputedStyle(box).colorScheme")

    wait_until(viewer.page, lambda: viewer.live(tracks))
    light = shown()
    assert light[1] == "light"
    viewer.page.evaluate("document.body.classList.add('dark')")
    wait_until(viewer.page, lambda: viewer.live(tracks) != light[0])
    dark = shown()
    assert dark[1] == "dark"
    assert sum(dark[0][0]) > sum(light[0][0])
    viewer.page.evaluate("document.body.classList.remove('dark')")
    wait_until(viewer.page, lambda: shown() == light)
