"""The page with a slow server and quick fingers: answers come late, in the worst order, or break off."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import PAINTED
from tests.browser.pages import Held

FIRST, SECOND = "cmusphinx_0001", "librivox-austen_0880"


def store(viewer, expression, argument=None):
    """Value of a JavaScript expression of `store` and `argument`."""
    return viewer.page.evaluate(
        f"""async (argument) => {{
          const {{ store }} = await import(new URL("viewer/static/store.js", document.baseURI));
          return {expression};
        }}""",
        argument,
    )


def nothing_more_comes(viewer):
    """Wait until what the server was asked for has been answered, and the page has taken it in."""
    viewer.page.evaluate(f"fetch('viewer/alive').then((answer) => answer.text()).then(() => {PAINTED})")


def test_facts_that_come_while_the_other_tab_is_shown_are_not_lost(viewer):
    late = Held(viewer.page, "**/viewer/clip?*")
    viewer.open(f"?clip={SECOND}", ready=False)
    late.wait()  # so it is drawn
    viewer.page.get_by_role("tab", name="mp4").click()
    late.wait(2)
    viewer.page.get_by_role("tab", name="Live").click()
    late.end()
    viewer.wait_for_clip(SECOND)
    expect(viewer.page.locator("clip-words .word").first).to_be_visible()


def test_a_film_that_is_left_before_its_facts_came_is_not_shown_later(viewer):
    """By the back button, which changes clip and tab at once."""
    viewer.open(f"?clip={FIRST}")
    late = Held(viewer.page, f"**/viewer/clip?*{SECOND}*")
    store(viewer, "store.setTab('mp4')")
    store(viewer, "store.open(argument)", SECOND)
    late.wait()
    viewer.page.evaluate("history.go(-2)")
    viewer.page.wait_for_function("() => document.querySelector('clip-stage').view.localName === 'live-view'")
    late.end()
    nothing_more_comes(viewer)
    viewer.wait_for_clip(FIRST)
    assert viewer.stage("stage.film.clip") is None


def test_a_picture_has_the_name_of_its_own_clip(viewer):
    viewer.open_film(f"?clip={SECOND}&size=128")
    viewer.page.evaluate(
        """async (next) => {
          const { store } = await import(new URL("viewer/static/store.js", document.baseURI));
          const { convertToBlob } = OffscreenCanvas.prototype;
          OffscreenCanvas.prototype.convertToBlob = async function (...options) {
            const blob = await convertToBlob.apply(this, options);
            store.open(next);
            return blob;
          };
        }""",
        FIRST,
    )
    with viewer.page.expect_download() as download:
        viewer.page.keyboard.press("s")
    assert download.value.suggested_filename == f"{SECOND}.frame0.png"


def test_an_answer_that_breaks_off_is_told(viewer):
    """As where the viewer is stopped while it answers."""
    viewer.run_first(
        """{
          const { fetch } = window;
          window.fetch = (url, ...options) => {
            if (!String(url).includes("viewer/clip?")) return fetch(url, ...options);
            const broken = new ReadableStream({ pull: (into) => into.error(new TypeError("network error")) });
            return Promise.resolve(new Response(broken));
          };
        }"""
    )
    viewer.open(f"?clip={SECOND}&tab=mp4", ready=False)
    expect(viewer.page.locator("film-panel").get_by_role("alert")).to_contain_text("The viewer does not answer")


def test_a_frame_that_is_sought_while_the_clip_comes_is_shown(viewer):
    viewer.open(f"?clip={FIRST}")
    late = Held(viewer.page, "**/viewer/player/clip.bin?*")
    viewer.live("(player.open(argument), null)", SECOND)
    late.wait()
    viewer.live("player.seek(30)")
    late.end()
    viewer.until("player.state === 'ready' && player.clip.stem === argument", SECOND)
    assert viewer.live("player.frame") == 30


def test_facts_of_the_data_set_that_were_overtaken_are_dropped(viewer):
    viewer.open()
    late = Held(viewer.page, "**/viewer/data")
    for panel in ("data", None, "data"):
        store(viewer, "store.setPanel(argument)", panel)
    late.wait(2)
    late.let_go(1)
    numbers = viewer.page.locator("data-facts .number b").first
    expect(numbers).to_be_visible()
    newest = numbers.inner_text()
    late.let_go(0, lambda facts: facts.update(clips=987_654))
    nothing_more_comes(viewer)
    assert numbers.inner_text() == newest


def test_the_export_that_is_opened_again_at_once_counts_its_clips(viewer):
    viewer.open(ready=False)
    viewer.page.locator("export-films .open").click()
    estimate = viewer.page.locator("export-films .estimate")
    expect(estimate).to_contain_text("About")
    viewer.page.evaluate(
        """() => {
          const { shadowRoot: root } = document.querySelector("clip-list").shadowRoot.querySelector("export-films");
          root.querySelector("dialog").close();  // which tells so later
          root.querySelector(".open").click();
        }"""
    )
    expect(estimate).to_contain_text("About")


def test_a_double_click_asks_for_one_export(viewer):
    viewer.refusals.add(409)
    viewer.open(ready=False)
    asked = []

    def refuse(route):
        asked.append(route.request.url)
        route.fulfill(status=409, json={"error": "not now"})

    viewer.page.route("**/viewer/export/start*", refuse)
    viewer.page.locator("export-films .open").click()
    expect(viewer.page.locator("export-films .estimate")).to_contain_text("About")
    viewer.page.locator("export-films").get_by_role("button", name="Export", exact=False).last.evaluate(
        "(button) => { button.click(); button.click(); }"
    )
    expect(viewer.page.locator("export-films").get_by_role("alert")).to_have_text("not now")
    nothing_more_comes(viewer)
    assert len(asked) == 1


def test_a_timeline_that_is_moved_while_it_loads_comes_all_the_same(viewer):
    late = Held(viewer.page, "**/viewer/timeline/clip.bin?*")
    viewer.open(f"?clip={SECOND}", ready=False)
    late.wait()
    viewer.live("(timeline.parentNode.append(timeline), null)")
    late.end()
    viewer.wait_for_clip(SECOND)


def test_findings_that_come_late_take_no_focus_from_the_rows_menu(viewer):
    late = Held(viewer.page, "**/viewer/quality?*")
    viewer.open(f"?clip={SECOND}")
    late.wait()
    viewer.page.locator("clip-timeline summary").click()
    box = viewer.page.locator("clip-timeline .menu").get_by_label("Words", exact=True)
    box.focus()
    late.end()
    viewer.wait_for_findings()
    expect(box).to_be_focused()
    expect(viewer.page.locator("clip-timeline .menu").get_by_label("Data set's range")).to_have_count(0)


def test_what_is_known_of_the_data_set_by_now_is_asked_for_again(viewer):
    """Checks of all clips go on while those of the open clip are on their way."""
    late = Held(viewer.page, "**/viewer/quality?*")
    viewer.open(f"?clip={SECOND}")
    late.wait()
    late_run = Held(viewer.page, "**/viewer/quality/run")
    viewer.page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    late_run.wait()
    late_run.let_go(0, lambda run: run.update(version="another"))
    late.wait(2)
    late.end()
    viewer.wait_for_findings()


def test_copied_is_told_as_long_after_a_second_click(viewer):
    viewer.run_first(
        """{
          const after = window.setTimeout, forget = window.clearTimeout, held = new Map();
          let last = 0;
          window.setTimeout = (run, pause, ...rest) => {
            if (pause !== 1500) return after(run, pause, ...rest);
            held.set((last -= 1), run);
            return last;
          };
          window.clearTimeout = (id) => held.delete(id) || forget(id);
          window.told = () => [-last, held.size];
        }"""
    )
    viewer.open(f"?clip={SECOND}")
    viewer.copy_link()
    viewer.page.locator("clip-stage .copy").click()
    viewer.page.wait_for_function("told()[0] === 2")
    assert viewer.page.evaluate("told()[1]") == 1


@pytest.mark.parametrize("tab", ["mp4"])
def test_a_tab_that_is_chosen_before_the_page_knows_its_data_set_is_shown(viewer, tab):
    late = Held(viewer.page, "**/viewer/about")
    viewer.page.goto(f"{viewer.url}?clip={SECOND}&size=128")
    late.wait()
    viewer.page.get_by_role("tab", name=tab).click()
    late.end()
    viewer.wait_for_film(SECOND)
