"""The clip list with a slow server and quick fingers: answers come late, and in the worst order."""

import pytest
from playwright.sync_api import expect

from tests.browser.listing import listed
from tests.browser.pages import Held, answer_to
from tests.browser.test_clip_list import STEPS, List
from tests.web.synthetic import stem

CLIPS = 400


@pytest.fixture(scope="module")
def url(tmp_path_factory):
    with listed(tmp_path_factory.mktemp("late"), CLIPS) as (url, _):
        yield url


@pytest.fixture
def listing(pages, url):
    listing = List(pages, url)
    yield listing
    listing.close()


def is_at(listing, row):
    """Wait until the keyboard is at a row."""
    expect(listing.scroll).to_have_attribute("aria-activedescendant", f"row-{row}")


def is_open(listing, number):
    listing.page.evaluate("""async () => (window.store = (await import("/viewer/static/store.js")).store, null)""")
    listing.page.wait_for_function("(stem) => store.clip === stem", arg=stem(number))


def nothing_more_comes(listing):
    """Wait until what the server was asked for has been answered, and the page has taken it in."""
    listing.page.evaluate("fetch('viewer/clips?limit=1').then((answer) => answer.text())")
    listing.drawn()


def test_an_arrow_that_is_pressed_behind_n_is_not_undone_by_the_clip_that_comes(listing):
    listing.open(f"?clip={stem(100)}")
    is_at(listing, 100)
    late = Held(listing.page, "**/viewer/neighbours?*")
    listing.js("scroll.scrollTop = 0")
    listing.js(
        """import("/viewer/static/store.js").then(({ store }) => store.open(argument))""",
        stem(250),  # whose neighbours are on no page that is here
    )
    late.wait()
    listing.js(STEPS, [1])
    listing.scroll.press("ArrowDown")
    listing.scroll.press("ArrowDown")
    is_at(listing, 102)
    late.end()
    is_open(listing, 251)
    nothing_more_comes(listing)
    is_at(listing, 102)


def test_an_arrow_that_is_pressed_while_the_row_of_the_open_clip_is_looked_for_holds(listing):
    listing.open(f"?clip={stem(100)}")
    is_at(listing, 100)
    late = Held(listing.page, "**/viewer/neighbours?*")
    listing.js(STEPS, [1])
    is_open(listing, 101)
    late.wait()
    for _ in range(3):
        listing.scroll.press("ArrowDown")
    late.end()
    nothing_more_comes(listing)
    is_at(listing, 103)
    listing.js(STEPS, [1])  # a new wish: the list goes along again
    is_at(listing, 102)


def test_a_list_that_is_put_on_the_page_later_than_its_rows_came_shows_the_open_clip(listing):
    listing.open(f"?clip={stem(250)}")
    is_at(listing, 250)
    listing.page.evaluate("document.querySelector('clip-list').replaceWith(document.createElement('clip-list'))")
    is_at(listing, 250)
    expect(listing.row(stem(250))).to_be_visible()


def test_enter_in_the_search_does_not_overtake_a_click(listing):
    listing.open()
    late = Held(listing.page, "**/viewer/clips?*search=*")
    listing.search.fill("fox")
    listing.search.press("Enter")
    listing.row(stem(3)).click()
    is_open(listing, 3)
    late.wait()
    late.end()
    expect(listing.count).to_contain_text("of 400 clips")
    nothing_more_comes(listing)
    is_open(listing, 3)


def test_enter_holds_for_what_is_typed_behind_it(listing):
    listing.open()
    found = listing.page.evaluate(
        """async (stems) => {
          const { order } = await import("/viewer/static/list/clip-order.js");
          const { store } = await import("/viewer/static/store.js");
          store.setQuery(store.query.with({ search: stems[0] }));
          const settled = order.settled().then(() => order.row(0).stem);
          store.setQuery(store.query.with({ search: stems[1] }));
          return Promise.race([settled, new Promise((done) => setTimeout(done, 20_000))]);
        }""",
        [stem(7), stem(8)],
    )
    assert found == stem(8)


def test_enter_opens_a_row_that_comes_late(listing):
    listing.open()
    is_open(listing, 0)
    late = Held(listing.page, "**/viewer/clips?*start=*")
    listing.scroll.press("End")
    listing.scroll.press("Enter")
    late.wait()
    late.end()
    is_open(listing, CLIPS - 1)


def test_enter_on_a_row_that_comes_late_gives_way_to_what_is_done_behind_it(listing):
    listing.open()
    is_open(listing, 0)
    late = Held(listing.page, "**/viewer/clips?*start=*")
    listing.scroll.press("End")
    listing.scroll.press("Enter")
    late.wait()
    listing.scroll.press("ArrowUp")
    late.end()
    expect(listing.row(stem(CLIPS - 2))).to_be_visible()
    is_open(listing, 0)


def test_one_look_at_the_files_follows_the_other(listing):
    """Were the older of two answers taken last, what is new would be missing for good."""
    listing.open()
    late = Held(listing.page, "**/viewer/clips?*limit=1&*")
    listing.page.evaluate(
        """async () => {
          const { order } = await import("/viewer/static/list/clip-order.js");
          window.looked = Promise.all([order.refresh(), order.refresh()]).then(() => order.all);
        }"""
    )
    late.wait()
    nothing_more_comes(listing)
    asked = len(late)
    for number in reversed(range(asked)):
        late.let_go(number, lambda news, number=number: news.update(all=1000 + number, complete=True))
    if asked == 1:
        late.wait()
        late.let_go(0, lambda news: news.update(all=1001, complete=True))
    assert listing.page.evaluate("looked") == 1001


def test_neighbours_that_were_overtaken_are_dropped(listing):
    late = Held(listing.page, "**/viewer/neighbours?*")
    listing.open(f"?clip={stem(250)}")
    late.wait(2)  # its neighbours, and where it stands
    version = 10**9

    def newer(route):
        answer = answer_to(route)
        route.fulfill(response=answer, json=answer.json() | {"version": version})

    listing.page.route("**/viewer/clips?*", newer)
    listing.js(
        """import("/viewer/static/list/clip-order.js").then(({ order }) => (window.order = order, order.catchUp()))"""
    )
    late.wait(3)
    late.let_go(2, lambda answer: answer.update(next=stem(333)))
    listing.page.wait_for_function("(stem) => order.neighbours?.next === stem", arg=stem(333))
    late.end()
    nothing_more_comes(listing)
    assert listing.page.evaluate("order.neighbours.next") == stem(333)


def test_a_step_is_made_in_the_list_that_is_asked_for_behind_it(listing):
    late = Held(listing.page, "**/viewer/neighbours?*")
    listing.open(f"?clip={stem(250)}")
    late.wait()
    listing.js(STEPS, [1])
    with listing.page.expect_response("**/viewer/clips?*sort=-stem*"):
        listing.js(
            """(async () => {
              const { store } = await import("/viewer/static/store.js");
              store.setQuery(store.query.with({ sort: "-stem" }));
            })()"""
        )
    late.end()
    is_open(listing, 249)


def test_the_back_button_empties_the_field_that_is_written_in(listing):
    listing.open()
    listing.search.focus()
    listing.page.keyboard.type("fox")
    listing.wait_for_address("search=fox")
    listing.page.go_back()
    expect(listing.count).to_have_text("400 clips")
    expect(listing.search).to_have_value("")


def test_what_is_typed_before_the_page_knows_its_data_set_is_searched_for(listing):
    late = Held(listing.page, "**/viewer/about")
    listing.page.goto(f"{listing.url}?sort=-stem")
    late.wait()
    listing.search.focus()
    listing.page.keyboard.type(stem(77))
    late.end()
    expect(listing.count).to_have_text("1 of 400 clips")
    expect(listing.search).to_have_value(stem(77))
    listing.wait_for_address(f"search={stem(77)}")


def test_values_of_a_filter_that_come_late_do_not_take_the_focus(listing):
    listing.open()
    late = Held(listing.page, "**/viewer/facets*")
    listing.page.locator("[data-filter=split]").click()
    late.wait()
    listing.search.focus()
    late.end()
    expect(listing.page.get_by_role("dialog", name="Split").get_by_label("val")).to_be_visible()
    expect(listing.search).to_be_focused()


def test_values_of_a_filter_that_come_late_do_not_replace_another_filter(listing):
    listing.open()
    late = Held(listing.page, "**/viewer/facets*")
    listing.page.locator("[data-filter=split]").click()
    late.wait()
    listing.page.locator("[data-filter=length]").click()
    late.end()
    listing.page.evaluate("fetch('viewer/facets').then((answer) => answer.text()).then(() => 0)")  # comes last
    listing.drawn()
    expect(listing.page.get_by_role("dialog", name="Length").get_by_label("From seconds")).to_be_visible()


def test_keys_that_come_before_the_page_has_its_parts_are_no_error(listing):
    listing.open()
    listing.page.evaluate(
        """() => {
          document.querySelector("clip-list").remove();
          return import("/viewer/static/page.js");
        }"""
    )
    for key in ("n", "ArrowDown", "/", "o", "3", "?"):
        listing.page.keyboard.press(key)
