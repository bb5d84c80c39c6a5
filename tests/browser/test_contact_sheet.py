"""The contact sheet in a real browser, with the real renderer."""

import contextlib

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import BROKEN_STEM, SCREEN, Program, Viewer
from tests.dataset.factories import make_dataset
from viewer.dataset import Dataset

DRAWN = """(count) => {
  const tiles = [...document.querySelector("clip-list").shadowRoot.querySelectorAll(".tile:not([hidden])")];
  return tiles.filter((tile) => tile.querySelector("img").complete && tile.querySelector("img").naturalWidth > 0)
    .length >= count;
}"""


def tiles(viewer):
    return viewer.page.locator("clip-list .tile:visible")


def open_sheet(viewer):
    viewer.page.goto(f"{viewer.url}?list=sheet")
    viewer.wait_for_clip()
    tiles(viewer).first.wait_for()


def test_each_clip_has_a_picture(viewer, data):
    clips = Dataset.open(data).stems
    viewer.open()
    viewer.page.get_by_role("button", name="Contact sheet").click()
    expect(tiles(viewer)).to_have_count(len(clips))
    viewer.page.wait_for_function(DRAWN, arg=len(clips) - 1)  # all but the broken one
    broken = viewer.page.locator("clip-list .tile", has_text=BROKEN_STEM)
    expect(broken).to_have_class("tile broken")
    assert broken.locator(".picture").get_attribute("title")
    viewer.page.wait_for_function("location.search.includes('list=sheet')")
    faces = viewer.page.evaluate(
        """() => [...document.querySelector("clip-list").shadowRoot.querySelectorAll("img")].map((image) => {
          if (image.hidden) return 0.5;
          const canvas = new OffscreenCanvas(160, 160), context = canvas.getContext("2d");
          context.drawImage(image, 0, 0);
          const { data } = context.getImageData(0, 0, 160, 160);
          return data.filter((value, index) => index % 4 === 0 && value < 230).length / (160 * 160);
        })"""
    )
    assert all(0.2 < share < 0.8 for share in faces), "a face fills a good part of each picture"


def test_a_tile_opens_its_clip(viewer, data):
    open_sheet(viewer)
    viewer.page.locator("clip-list .tile", has_text="cmusphinx_0002").click()
    viewer.wait_for_clip("cmusphinx_0002")
    expect(viewer.page.locator("clip-list .tile[aria-selected=true]")).to_contain_text("cmusphinx_0002")
    viewer.page.go_back()
    viewer.wait_for_clip()
    assert "list=sheet" in viewer.page.evaluate("location.search")


def test_keyboard_moves_in_two_directions(viewer, data):
    stems = Dataset.open(data).stems
    open_sheet(viewer)
    scroll = viewer.page.locator("clip-list .scroll")
    columns = int(scroll.get_attribute("aria-colcount"))
    assert columns == 2
    scroll.focus()
    viewer.page.keyboard.press("ArrowRight")
    expect(scroll).to_have_attribute("aria-activedescendant", "row-1")
    viewer.page.keyboard.press("ArrowDown")
    expect(scroll).to_have_attribute("aria-activedescendant", f"row-{1 + columns}")
    viewer.page.keyboard.press("ArrowLeft")
    viewer.page.keyboard.press("Enter")
    viewer.wait_for_clip(stems[columns])


@pytest.fixture
def many(chromium, tmp_path):
    """The page on 400 clips."""
    data = make_dataset(tmp_path / "data", stems=[f"s_{number:03}" for number in range(400)], frames=4)
    with (
        Program(data, "--cache", tmp_path / "cache") as program,
        contextlib.closing(chromium.new_context(**SCREEN)) as context,
    ):
        yield Viewer(context.new_page(), program.url), tmp_path / "cache"


def test_only_pictures_in_view_are_made(many):
    viewer, cache = many
    asked = []
    viewer.page.on("request", lambda request: "/sheet?" in request.url and asked.append(request.url))
    viewer.page.goto(f"{viewer.url}?list=sheet")
    tiles(viewer).first.wait_for()
    viewer.page.wait_for_function(DRAWN, arg=8)
    viewer.page.evaluate(
        """async () => {
          const scroll = document.querySelector("clip-list").shadowRoot.querySelector(".scroll");
          for (let part = 1; part <= 8; part += 1) {
            scroll.scrollTop = part * 2000;
            await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
          }
        }"""
    )
    viewer.page.wait_for_function(DRAWN, arg=8)
    assert len(asked) < 150, "what was scrolled past is not asked for"
    kept = len(list(cache.rglob("sheet/*/*.jpg")))
    assert 8 <= kept <= len(asked)
    assert viewer.page.locator("clip-list .tile").count() < 60
