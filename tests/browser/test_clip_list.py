"""The clip list in a real browser, on catalogues of 12,669 and of a million clips."""

import re
import threading

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import wait_until
from tests.browser.listing import list_app, listed
from tests.browser.pages import Watcher
from tests.browser.serving import serving
from tests.web.synthetic import FilledLibrary, SyntheticDataset, stem, summary
from viewer.web.library import Library

CLIPS = 12_669
VALIDATION = sum(summary(number).splits == ("val",) for number in range(CLIPS))


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """URL of the list on the large data set, and its library."""
    with listed(tmp_path_factory.mktemp("listed"), CLIPS) as site:
        yield site


class List(Watcher):
    """The list as a user sees it."""

    def __init__(self, pages, url):
        page = pages.take(url, viewport={"width": 1200, "height": 800})
        page.set_default_timeout(60_000)
        self._pages = pages
        self.url = url
        self.requests: list[str] = []
        self.trouble: list[str] = []
        self.watch(
            page,
            request=lambda request: self.requests.append(request.url),
            pageerror=lambda error: self.trouble.append(str(error)),
        )
        self.rows = page.locator("clip-list .row:visible")
        self.count = page.locator("clip-list .count")
        self.search = page.get_by_label("Filter clips")
        self.scroll = page.locator("clip-list .scroll")

    def open(self, query=""):
        self.page.goto(self.url + query)
        expect(self.count).to_contain_text("clip")
        return self

    def close(self):
        self.leave()
        self._pages.give_back(self.page)
        assert self.trouble == []

    def row(self, name):
        return self.page.locator("clip-list .row:visible", has_text=name)

    @property
    def address(self):
        return self.page.evaluate("location.search")

    def wait_for_address(self, text):
        self.page.wait_for_function("(text) => decodeURIComponent(location.search).includes(text)", arg=text)

    def wait_for_width(self, width):
        self.page.wait_for_function(
            "(width) => Math.abs(document.querySelector('clip-list').getBoundingClientRect().width - width) <= 4",
            arg=width,
        )

    def wait_for_height(self, pixels):
        """Until there are so many rows that they are higher than this."""
        self.page.wait_for_function(
            "(pixels) => document.querySelector('clip-list').shadowRoot.querySelector('.scroll').scrollHeight > pixels",
            arg=pixels,
        )

    def js(self, expression, argument=None):
        return self.page.evaluate(
            f"""(argument) => {{
              const list = document.querySelector("clip-list"), scroll = list.shadowRoot.querySelector(".scroll");
              return {expression};
            }}""",
            argument,
        )

    def drawn(self):
        """Wait until what scrolling or news changed is on the screen, which is with the next picture."""
        self.page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")

    def turn_wheel(self, pixels):
        """Turn the mouse's wheel over the list, until the list rests."""
        self.js(
            """(window.rested = new Promise((resolve) => {
              const rest = () => scroll.addEventListener("scrollend", () => setTimeout(resolve, 0), { once: true });
              scroll.addEventListener("wheel", rest, { once: true, passive: true });  // not the rest from before
            }), 0)"""
        )
        self.page.mouse.wheel(0, pixels)
        self.page.evaluate("rested")
        self.drawn()

    def top_row(self):
        """Stem and distance from the top, in pixels, of the first row that is wholly in view, once it has come."""
        self.drawn()
        return self.page.wait_for_function(
            """() => {
              const scroll = document.querySelector("clip-list").shadowRoot.querySelector(".scroll");
              const edge = scroll.getBoundingClientRect().top;
              const [top] = [...scroll.querySelectorAll(".row:not([hidden])")]
                .map((row) => [row.querySelector(".stem").textContent, row.getBoundingClientRect().top - edge])
                .filter(([, top]) => top >= 0).sort((a, b) => a[1] - b[1]);
              return top && top[0] !== "…" ? top : null;
            }"""
        ).json_value()


@pytest.fixture
def listing(pages, site):
    listing = List(pages, site[0])
    yield listing
    listing.close()


def test_only_what_is_in_view_is_fetched_and_drawn(listing):
    listing.open()
    expect(listing.count).to_have_text("12,669 clips")
    assert 8 < listing.rows.count() < 40
    pages = [url for url in listing.requests if "/clips" in url]
    assert len(pages) <= 3
    listing.scroll.press("End")
    expect(listing.row(stem(CLIPS - 1))).to_be_visible()
    assert listing.rows.count() < 40
    assert len([url for url in listing.requests if "/clips" in url]) <= len(pages) + 2


def test_rows_are_used_again(listing):
    """Scrolling through thousands of rows leaves no more elements behind than fit on the screen."""
    listing.open()
    for step in range(40):
        listing.js("scroll.scrollTop = argument", step * 700)
        listing.drawn()
    assert listing.js("scroll.querySelectorAll('.row').length") < 60


def test_a_drag_of_the_scroll_bar_loads_the_page_there_only(listing):
    listing.open()
    before = len(listing.requests)
    for part in (0.2, 0.4, 0.6, 0.8):
        listing.js("scroll.scrollTop = argument * scroll.scrollHeight", part)
    row = int(0.8 * CLIPS)
    expect(listing.row(stem(row + 3))).to_be_visible()
    assert len(listing.requests) - before <= 10
    assert listing.js("scroll.querySelectorAll('.waiting:not([hidden])').length") == 0


def test_news_does_not_take_back_a_scroll_that_is_not_drawn_yet(listing):
    """Rows that arrive between the scroll and its event, which comes with the next picture."""
    listing.open()
    listing.top_row()
    listing.js(
        """(async () => {
          const { order } = await import("/viewer/static/list/clip-order.js");
          scroll.scrollTop = argument * scroll.scrollHeight;
          order.dispatchEvent(new Event("rows"));
        })()""",
        0.5,
    )
    expect(listing.row(stem(int(0.5 * CLIPS) + 3))).to_be_visible()


def test_filter_as_you_type(listing):
    listing.open()
    listing.page.keyboard.press("Tab")
    listing.search.focus()
    listing.page.keyboard.type("quick fox 1234", delay=20)
    expect(listing.count).to_contain_text("of 12,669 clips")
    texts = [summary(number).transcript.split() for number in range(CLIPS)]
    wanted = sum("quick" in words and "fox" in words and words[-1].startswith("1234") for words in texts)
    expect(listing.count).to_have_text(f"{wanted} of 12,669 clips")
    listing.wait_for_address("search=quick")
    listing.page.keyboard.press("Enter")
    listing.page.wait_for_function("new URLSearchParams(location.search).has('clip')")
    listing.search.fill("no such word")
    expect(listing.page.locator("clip-list .empty")).to_have_text("No clip matches “no such word”.")
    listing.search.press("Escape")
    expect(listing.count).to_have_text("12,669 clips")


def test_answers_that_were_overtaken_are_dropped(listing):
    listing.open()
    held = []

    def hold(route):
        if "search=fo&" in route.request.url or route.request.url.endswith("search=fo"):
            held.append(route)
        else:
            route.continue_()

    listing.page.route("**/viewer/clips*", hold)
    listing.search.fill("fo")
    wait_until(listing.page, lambda: held)
    listing.search.fill(stem(77))
    expect(listing.count).to_have_text("1 of 12,669 clips")
    for route in held:
        route.continue_()
    listing.page.unroute("**/viewer/clips*")
    listing.page.evaluate("fetch('viewer/clips?search=fo').then((answer) => answer.text()).then(() => 0)")  # comes last
    listing.drawn()
    expect(listing.count).to_have_text("1 of 12,669 clips")


@pytest.mark.parametrize(("button", "name"), [(".sort", "Sort and columns"), ("[data-filter=split]", "Split")])
def test_the_button_of_a_menu_closes_it_too(listing, button, name):
    listing.open()
    menu = listing.page.get_by_role("dialog", name=name)
    for _ in range(2):
        listing.page.locator(f"clip-list {button}").click()
        expect(menu).to_be_visible()
        listing.page.locator(f"clip-list {button}").click()
        listing.drawn()
        expect(menu).to_be_hidden()


def test_facets_filter_and_count(listing):
    listing.open()
    listing.page.locator("[data-filter=split]").click()
    option = listing.page.get_by_role("dialog", name="Split").get_by_label("val")
    expect(listing.page.get_by_role("dialog", name="Split")).to_contain_text(f"{VALIDATION:,}")
    option.check()
    expect(listing.count).to_have_text(f"{VALIDATION:,} of 12,669 clips")
    listing.wait_for_address("split=val")
    listing.page.keyboard.press("Escape")
    listing.page.locator("[data-filter=length]").click()
    listing.page.get_by_label("From seconds").fill("11")
    listing.page.keyboard.press("Tab")
    long = sum(summary(number).splits == ("val",) and summary(number).seconds >= 11 for number in range(CLIPS))
    expect(listing.count).to_have_text(f"{long} of 12,669 clips")
    listing.page.keyboard.press("Escape")
    listing.page.locator("[data-filter=flag]").click()
    flags = listing.page.get_by_role("dialog", name="Flags")
    expect(flags).to_contain_text("no audio")
    listing.page.keyboard.press("Escape")
    listing.page.get_by_role("button", name="Clear").click()
    expect(listing.count).to_have_text("12,669 clips")
    listing.page.wait_for_function("!/split|min_seconds/.test(location.search)")


def test_sort_by_heading(listing):
    listing.open()
    listing.page.get_by_label("Wide list").click()
    duration = listing.page.get_by_role("columnheader", name="Duration")
    expect(duration).to_have_attribute("aria-sort", "none")
    duration.get_by_role("button").click()
    expect(duration).to_have_attribute("aria-sort", "descending")
    longest = max(summary(number).seconds for number in range(CLIPS))
    expect(listing.page.locator("clip-list .row[aria-rowindex='2'] .seconds")).to_have_text(f"{longest:.1f}")
    duration.get_by_role("button").click()
    expect(duration).to_have_attribute("aria-sort", "ascending")
    shortest = min(summary(number).seconds for number in range(CLIPS))
    expect(listing.page.locator("clip-list .row[aria-rowindex='2'] .seconds")).to_have_text(f"{shortest:.1f}")
    listing.wait_for_address("sort=seconds")


def test_columns_can_be_chosen_and_give_way(listing):
    listing.page.set_viewport_size({"width": 1700, "height": 800})
    listing.open()
    listing.page.get_by_label("Wide list").click()
    listing.page.locator("clip-list .sort").click()
    listing.page.get_by_label("Show the column Frames").check()
    expect(listing.page.get_by_role("columnheader", name="Frames")).to_be_visible()
    listing.page.set_viewport_size({"width": 780, "height": 700})
    expect(listing.page.get_by_role("columnheader")).to_have_count(0)
    expect(listing.rows.first).to_contain_text(stem(0))


def test_the_edge_can_be_dragged(pages, program):
    """On the page itself, whose columns have rules of their own."""
    listing = List(pages, program.url)
    listing.open()
    expect(listing.page.locator("#fv-edge")).to_have_css("width", "8px")
    edge = listing.page.locator("#fv-edge").bounding_box()
    listing.page.mouse.move(edge["x"] + 4, 400)
    listing.page.mouse.down()
    listing.page.mouse.move(604, 400, steps=4)
    listing.page.mouse.up()
    expect(listing.page.get_by_role("columnheader", name="Clip")).to_be_visible()
    listing.wait_for_width(604)
    listing.page.reload()
    expect(listing.page.get_by_role("columnheader", name="Clip")).to_be_visible()
    listing.page.locator("#fv-edge").dblclick()
    listing.wait_for_width(300)
    listing.close()


def test_keyboard(listing):
    listing.open()
    listing.scroll.focus()
    listing.page.keyboard.press("ArrowDown")
    listing.page.keyboard.press("ArrowDown")
    expect(listing.scroll).to_have_attribute("aria-activedescendant", "row-2")
    listing.page.keyboard.press("PageDown")
    expect(listing.scroll).to_have_attribute("aria-activedescendant", re.compile(r"row-(9|[1-9]\d)"))
    listing.page.keyboard.press("PageUp")
    expect(listing.scroll).to_have_attribute("aria-activedescendant", "row-2")
    listing.page.keyboard.press("End")
    expect(listing.row(stem(CLIPS - 1))).to_be_visible()
    listing.page.keyboard.press("Enter")
    expect(listing.row(stem(CLIPS - 1))).to_have_attribute("aria-selected", "true")
    listing.page.keyboard.press("Home")
    expect(listing.row(stem(0))).to_be_visible()


def hold_neighbours(listing, query):
    """Open the list on a clip whose neighbours the server does not tell until the routes are let go."""
    held = []
    listing.page.route("**/viewer/neighbours*", lambda route: held.append(route))
    with listing.page.expect_request("**/viewer/neighbours*"):
        listing.open(query)
    return held


STEPS = """(async () => {
  window.order = (await import("/viewer/static/list/clip-order.js")).order;
  window.stepped = Promise.all(argument.map((step) => order.step(step)));
})()"""


def let_go(listing, held):
    listing.page.route("**/viewer/neighbours*", lambda route: route.continue_())
    for route in held:
        route.continue_()
    listing.page.evaluate("stepped")


def test_a_step_that_comes_late_does_not_jump_past_a_clip_that_was_clicked_meanwhile(listing):
    held = hold_neighbours(listing, f"?clip={stem(5000)}")
    listing.js(STEPS, [1, 1])
    listing.rows.first.click()
    listing.wait_for_address(f"clip={stem(0)}")
    let_go(listing, held)
    assert f"clip={stem(0)}" in listing.address


def test_a_step_from_the_clip_that_was_clicked_is_made(listing):
    held = hold_neighbours(listing, f"?clip={stem(5000)}")
    listing.js(STEPS, [1])
    listing.rows.first.click()
    listing.wait_for_address(f"clip={stem(0)}")
    listing.js(STEPS, [1])
    let_go(listing, held)
    listing.wait_for_address(f"clip={stem(1)}")


def test_steps_that_are_asked_for_quickly_follow_one_another(listing):
    held = hold_neighbours(listing, f"?clip={stem(5000)}")
    listing.js(STEPS, [1, 1, 1])
    let_go(listing, held)
    listing.wait_for_address(f"clip={stem(5003)}")


def test_what_screen_readers_are_told(listing):
    listing.open()
    expect(listing.scroll).to_have_attribute("role", "grid")
    expect(listing.scroll).to_have_attribute("aria-rowcount", str(CLIPS))
    listing.scroll.press("End")
    last = listing.row(stem(CLIPS - 1))
    expect(last).to_have_attribute("aria-rowindex", str(CLIPS))
    listing.open(f"?search={stem(5)}")
    expect(listing.page.get_by_role("img", name="1 flag: There is no sound.")).to_be_visible()


def test_a_link_opens_the_same_list(listing):
    listing.open(f"?clip={stem(4321)}")
    expect(listing.row(stem(4321))).to_be_visible()
    expect(listing.row(stem(4321))).to_have_attribute("aria-selected", "true")
    listing.open("?search=fox&split=val&sort=-seconds")
    expect(listing.search).to_have_value("fox")
    expect(listing.page.locator("[data-filter=split]")).to_have_text("val")
    expect(listing.count).to_contain_text("of 12,669 clips")
    expect(listing.page.locator("clip-list .row[aria-selected=true]")).to_be_visible()  # the first one is open


def test_a_link_that_makes_no_sense_is_told(listing):
    listing.page.goto(f"{listing.url}?sort=colour")
    expect(listing.page.locator("clip-list .empty")).to_contain_text("no column 'colour'")


def test_back_button_undoes_a_search_as_one_step(listing):
    listing.open()
    listing.search.focus()
    listing.page.keyboard.type("fox jumps", delay=40)
    expect(listing.count).to_contain_text("of 12,669")
    listing.wait_for_address("search=fox+jumps")
    listing.page.locator("[data-filter=split]").click()
    listing.page.get_by_label("test").check()
    listing.wait_for_address("split=test")
    listing.page.go_back()
    expect(listing.page.locator("[data-filter=split]")).to_have_text("Split")
    expect(listing.search).to_have_value("fox jumps")
    listing.page.go_back()
    expect(listing.search).to_have_value("")
    expect(listing.count).to_have_text("12,669 clips")


def test_a_list_that_is_replaced_while_it_looks_for_the_open_clip_is_no_error(listing):
    listing.open(f"?search={stem(5000)}")
    expect(listing.row(stem(5000))).to_be_visible()
    listing.page.route("**/neighbours?*", lambda route: None)  # where the open clip stands is never answered
    with listing.page.expect_request("**/neighbours?*"):
        listing.search.fill("")
    listing.search.fill("fox jumps")
    expect(listing.count).to_contain_text("of 12,669")


def test_the_list_grows_without_jumping(pages, tmp_path):
    """While clips are indexed that come before those in view, these stay where they are."""
    steps = {stem(number): threading.Event() for number in (2000, 2500, 3000)}

    def wait(name):
        if name in steps:
            assert steps[name].wait(60)

    library = Library(SyntheticDataset(tmp_path / "data", 4000, before=wait), cache=tmp_path / "cache")
    library.start()

    def until_the_index_is_further(route):
        """Rows come later than the word of where they stand."""
        steps[stem(2500)].set()
        wait_until(route.request.frame.page, lambda: library.catalogue.progress.done > 2700)
        route.continue_()

    with serving(list_app(library)) as url:
        listing = List(pages, url)
        try:
            listing.open("?sort=-stem")
            expect(listing.count).to_contain_text("of 4,000")
            listing.wait_for_height(80_000)  # most of what comes before the first step
            expect(listing.rows.first).to_be_visible()
            before = int(listing.count.inner_text().split()[0].replace(",", ""))
            listing.js("scroll.scrollTop = 20000")
            listing.drawn()
            expect(listing.page.locator("clip-list .waiting:visible")).to_have_count(0)
            seen, height = listing.top_row(), listing.js("scroll.scrollHeight")
            listing.page.route("**/viewer/clips?*start=*", until_the_index_is_further)
            steps[stem(2000)].set()
            listing.wait_for_height(height)
            name, distance = listing.top_row()
            assert name == seen[0] and abs(distance - seen[1]) <= 1
            steps[stem(3000)].set()
            expect(listing.count).to_have_text("4,000 clips")
            name, distance = listing.top_row()
            assert name == seen[0] and abs(distance - seen[1]) <= 1
            assert before < 4000
            assert listing.trouble == []
        finally:
            for step in steps.values():
                step.set()
            listing.close()
            library.close()


MILLION = 1_000_000


@pytest.fixture(scope="module")
def million(tmp_path_factory):
    """URL of the list on a million clips: higher than any browser can draw an element."""
    library = FilledLibrary(tmp_path_factory.mktemp("million"), MILLION)
    with serving(list_app(library)) as url:
        yield url
    library.close()


def test_a_million_clips(pages, million):
    listing = List(pages, million)
    listing.open()
    expect(listing.count).to_have_text("1,000,000 clips")
    listing.scroll.focus()
    listing.page.keyboard.press("End")
    expect(listing.row(stem(MILLION - 1))).to_be_visible()
    last = listing.js("list.shadowRoot.getElementById(argument).getBoundingClientRect().bottom", f"row-{MILLION - 1}")
    assert abs(last - listing.js("scroll.getBoundingClientRect().bottom")) <= 2, "the last row ends where the list ends"
    listing.page.keyboard.press("ArrowUp")
    expect(listing.row(stem(MILLION - 2))).to_be_visible()
    listing.page.keyboard.press("Home")
    expect(listing.row(stem(0))).to_be_visible()
    assert listing.rows.count() < 40
    listing.close()


def test_the_scroll_bar_of_a_million_clips(pages, million):
    """A drag to the middle shows the middle; a turn of the wheel there moves by as many pixels as anywhere else."""
    listing = List(pages, million)
    listing.open()
    listing.js("scroll.scrollTop = 0.5 * (scroll.scrollHeight - scroll.clientHeight)")
    listing.page.wait_for_function(
        """() => [...document.querySelector("clip-list").shadowRoot.querySelectorAll(".row:not([hidden])")]
          .every((row) => !row.classList.contains("waiting") && Number(row.dataset.index) > 1000)"""
    )
    name, distance = listing.top_row()
    number = int(name[7:12]) * 40 + int(name[13:])
    assert abs(number - MILLION / 2) < 50
    listing.scroll.hover()
    for _ in range(6):
        listing.turn_wheel(100)
    later, moved = listing.top_row()
    rows = int(later[7:12]) * 40 + int(later[13:]) - number
    assert abs(rows * 50 + moved - distance - 600) <= 2
    listing.turn_wheel(-600)
    again, back = listing.top_row()
    assert again == name and abs(back - distance) <= 2
    listing.close()


def test_sorting_a_million_clips(pages, million):
    listing = List(pages, million)
    listing.open("?sort=-seconds")
    expect(listing.page.locator("clip-list .row[aria-rowindex='1'] .seconds")).to_have_text("12.0 s")
    listing.scroll.press("End")
    expect(listing.page.locator(f"clip-list .row[aria-rowindex='{MILLION}'] .seconds")).to_have_text("4.0 s")
    listing.close()
