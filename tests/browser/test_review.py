"""A reviewer at the page: verdicts by keys, reasons, undo, queues, reload, two tabs, changed clips, a slow server."""

import json
import shutil
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import SCREEN, Program, Viewer
from tests.browser.pages import Held
from tests.dataset.factories import make_dataset, write_motion
from viewer.dataset import Dataset
from viewer.review import Reviews, Verdict, queues

ARKIT = {"expression_space": "arkit52"}
STEMS = ["a_0", "a_1", "a_2", "a_3", "b_0", "b_1"]
NOTE = "</script><img src=x onerror=alert(1)> =1+1 “ünï”"


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return make_dataset(tmp_path_factory.mktemp("review") / "talks", stems=STEMS, frames=30, description=ARKIT)


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    return tmp_path_factory.mktemp("mine") / "reviews.sqlite"


@pytest.fixture(scope="module")
def program(data, file, tmp_path_factory):
    stems = tmp_path_factory.mktemp("stems") / "stems.txt"
    stems.write_text("b_1\na_2\n")
    program = Program(data, "--cache", tmp_path_factory.mktemp("cache"), "--reviews", file, "--stems", stems)
    yield program
    program.stop()


@pytest.fixture(autouse=True)
def no_verdicts(data, file):
    """Each test begins without verdicts: those of the test before are taken back."""
    reviews = Reviews(file)
    while current := reviews.current(data):
        for record in current.values():
            reviews.undo(data, record.id)


@pytest.fixture
def verdicts(data, file):
    """What is kept: {stem: (verdict, reason, note, time)}."""

    def read():
        found = Reviews(file).current(data)
        said = {stem: record.verdict for stem, record in found.items()}
        return {stem: (one.verdict, one.reason, one.note, one.time) for stem, one in said.items()}

    return read


class Reviewer(Viewer):
    """A tab with the review panel."""

    def begin(self, query):
        self.open(query)
        expect(self.panel).to_be_visible()
        self.settled()
        return self

    @property
    def panel(self):
        return self.page.locator("review-panel")

    @property
    def said(self):
        return self.panel.locator(".said")

    def settled(self, stem=None):
        """Until clip and panel are about the same clip."""
        self.wait_for_clip(stem)
        self.expose()
        self.page.wait_for_function("review.said?.stem === store.clip && review.progress?.name === store.review")

    def expose(self):
        """Make the page's own `review` and `store` known to conditions that are waited for."""
        self.page.evaluate(
            """async () => {
              const at = (path) => import(new URL(`viewer/static/${path}`, document.baseURI));
              Object.assign(window, await at("review/review.js"), await at("store.js"));
            }"""
        )

    def press(self, *keys):
        for key in keys:
            self.page.keyboard.press(key)

    @property
    def parameters(self):
        return {name: values[-1] for name, values in parse_qs(urlsplit(self.page.url).query).items()}

    def mark(self, stem):
        """The verdict's mark in the row of a clip."""
        return self.page.locator("clip-list .row", has_text=stem).locator(".verdict")


@pytest.fixture
def tab(pages, program, request):
    reviewer = Reviewer(pages.take(program.url, **SCREEN | getattr(request, "param", {})), program.url)
    yield reviewer
    reviewer.leave()
    pages.give_back(reviewer.page)
    assert reviewer.trouble == []


def test_verdicts_by_keys_go_through_the_list(tab, verdicts):
    tab.open("?clip=a_0")
    tab.press("v")
    tab.settled("a_0")
    assert tab.parameters["review"] == "list"
    tab.press("g")
    tab.settled("a_1")
    tab.press("b")
    expect(tab.panel.get_by_role("combobox", name="Reason")).to_be_focused()
    tab.page.keyboard.type("trem")
    tab.press("Tab")
    tab.page.keyboard.type(NOTE)
    tab.press("Enter")
    tab.settled("a_2")
    tab.press("u")
    expect(tab.panel.get_by_role("combobox", name="Reason")).to_be_focused()
    tab.press("Escape")
    expect(tab.said).to_contain_text("Unsure")
    expect(tab.panel.locator(".progress")).to_contain_text("3 of 6 judged")
    assert verdicts() == {
        "a_0": ("good", "", "", None), "a_1": ("bad", "jitter", NOTE, None), "a_2": ("unsure", "", "", None),
    }  # fmt: skip
    for stem, sign in (("a_0", "✓"), ("a_1", "✕"), ("a_2", "?")):
        expect(tab.mark(stem)).to_have_text(sign)
    tab.press("p")
    tab.settled("a_1")
    expect(tab.said).to_contain_text(NOTE)
    expect(tab.said).to_contain_text("trembling")
    assert tab.page.title().startswith("a_1"), "the note was run"


def test_a_digit_picks_a_reason_and_own_words_are_kept(tab, verdicts):
    tab.begin("?clip=a_0&review=list")
    tab.press("b")
    first = tab.panel.locator(".option .of").first.inner_text()
    tab.press("1")
    tab.settled("a_1")
    tab.press("b")
    expect(tab.panel.get_by_role("combobox", name="Reason")).to_be_focused()
    tab.page.keyboard.type("ears wiggle")
    tab.press("Enter")
    tab.settled("a_2")
    tab.press("p")
    tab.settled("a_1")
    expect(tab.said).to_contain_text("ears wiggle")
    tab.press("p")
    tab.settled("a_0")
    expect(tab.said).to_contain_text(first)
    assert verdicts()["a_1"] == ("bad", "ears wiggle", "", None)


def test_undo_shows_the_clip_again_also_after_a_reload(tab, verdicts):
    tab.begin("?clip=a_0&review=list")
    tab.press("g")
    tab.settled("a_1")
    tab.press("g")
    tab.settled("a_2")
    tab.page.reload()
    tab.settled("a_2")
    tab.press("z")
    tab.settled("a_1")
    expect(tab.said).to_contain_text("Judge this clip")
    tab.press("z")
    tab.settled("a_0")
    assert verdicts() == {}
    expect(tab.mark("a_0")).to_have_count(0)
    expect(tab.panel.get_by_role("button", name="Take the last verdict back")).to_be_disabled()


def test_the_time_mark_leads_back_to_its_frame(tab, verdicts):
    tab.begin("?clip=a_0&review=list")
    tab.live("player.seek(17)")
    tab.press("t")
    expect(tab.said).to_contain_text("at 0.68 s")
    tab.press("b")
    expect(tab.panel.get_by_role("combobox", name="Reason")).to_be_focused()
    tab.press("Escape")
    expect(tab.said).to_contain_text("at 0.68 s")
    assert verdicts()["a_0"] == ("bad", "", "", 0.68)
    tab.live("player.seek(3)")
    tab.panel.get_by_role("button", name="at 0.68 s").click()
    tab.until("player.frame === 17")
    tab.press("t")
    expect(tab.said).not_to_contain_text("at 0.68 s")
    assert verdicts()["a_0"] == ("bad", "", "", None)


def test_a_queue_is_in_the_url_and_a_reload_comes_back(tab):
    tab.begin("?review=file")
    tab.settled("b_1")
    tab.press("g")
    tab.settled("a_2")
    tab.page.reload()
    tab.settled("a_2")
    assert tab.parameters["review"] == "file"
    expect(tab.panel.locator(".progress")).to_contain_text("1 of 2 judged")
    tab.press("g")
    expect(tab.said).to_contain_text("All of them are judged")
    tab.press("v")
    expect(tab.panel).to_be_hidden()
    assert "review" not in tab.parameters
    tab.page.go_back()
    expect(tab.panel).to_be_visible()


def test_a_random_queue_shows_the_rate(tab):
    tab.begin("?clip=a_0&review=list")
    tab.panel.get_by_role("combobox", name="What is reviewed").select_option("random")
    for stem in queues.shuffled(STEMS):
        tab.settled(stem)
        tab.press("g")
    expect(tab.panel.locator(".rate")).to_have_text("0 bad of the first 6: 0 % (0–39 %)")
    expect(tab.said).to_contain_text("All of them are judged")


def test_keys_of_the_player_go_on_working(tab):
    tab.begin("?clip=a_1&review=list")
    tab.live("player.seek(5)")
    tab.press(".")
    tab.until("player.frame === 6")
    tab.page.locator("flame-player").focus()
    tab.press("g")
    tab.settled("a_2")
    expect(tab.mark("a_1")).to_have_text("✓")


def test_no_key_means_two_things(tab):
    tab.open("?clip=a_0")
    keys = tab.page.evaluate(
        """async () => {
          const at = (path) => import(new URL(`viewer/static/${path}`, document.baseURI));
          const { KEYS } = await at("player/keys.js"), { REVIEW_KEYS } = await at("review/keys.js");
          const acting = REVIEW_KEYS.filter(({ action }) => action);
          return [KEYS, acting].map((table) => table.flatMap(({ keys }) => keys));
        }"""
    )
    player, review = keys
    assert review and not set(player) & set(review) and len(set(review)) == len(review)
    tab.press("?")
    dialog = tab.page.get_by_role("dialog", name="Keys")
    for label in ("Good, bad, unsure", "Take the last verdict back", "Time mark at this frame"):
        expect(dialog).to_contain_text(label)


def test_without_the_panel_the_keys_say_nothing(tab, verdicts):
    tab.open("?clip=a_0")
    tab.press("g", "b", "u", "t", "d", "z")
    tab.press("v")
    tab.settled("a_0")
    assert verdicts() == {}


def test_two_tabs_see_each_others_verdicts(tab, program, verdicts):
    tab.begin("?clip=a_0&review=list")
    other = Reviewer(tab.page.context.new_page(), program.url)
    other.begin("?clip=a_0&review=list")
    other.press("g")
    other.settled("a_1")
    expect(tab.said).to_contain_text("Good")
    expect(tab.mark("a_0")).to_have_text("✓")
    tab.page.bring_to_front()
    tab.press("b")
    expect(tab.panel.get_by_role("combobox", name="Reason")).to_be_focused()
    tab.press("Enter")
    expect(other.mark("a_0")).to_have_text("✕")
    other.press("z")  # its own verdict, which no longer stands alone
    other.settled("a_0")
    expect(other.said).to_contain_text("Bad")
    assert verdicts()["a_0"][0] == "bad" and other.trouble == []


def test_a_changed_clip_shows_its_verdict_as_out_of_date(tab, data, verdicts):
    tab.begin("?clip=b_0&review=list")
    tab.press("g")
    tab.settled("b_1")
    write_motion(data, "b_0", frames=20, seed=77)
    tab.page.goto(f"{tab.url}?clip=b_0&review=list")
    tab.settled("b_0")
    expect(tab.said).to_contain_text("the clip has changed since")
    expect(tab.mark("b_0")).to_have_class("verdict good changed")
    expect(tab.panel.get_by_role("button", name="Good")).to_have_attribute("aria-pressed", "false")


def test_a_clip_that_changes_under_the_reviewers_eyes_is_not_judged(tab, data, verdicts):
    tab.refusals.add(422)
    tab.begin("?clip=a_3&review=list")
    write_motion(data, "a_3", frames=20, seed=78)
    tab.press("g")
    alert = tab.panel.get_by_role("alert")
    expect(alert).to_contain_text("a_3 has changed since it was opened")
    tab.page.evaluate("dispatchEvent(new Event('focus'))")  # as if the reviewer came back from another window
    expect(alert).to_have_count(0)
    tab.press("g")
    expect(alert).to_contain_text("a_3 has changed since it was opened")
    assert verdicts() == {}
    tab.press("p")
    tab.settled("a_2")
    tab.press("n")
    tab.settled("a_3")
    tab.press("g")
    tab.settled("b_0")
    assert verdicts()["a_3"][0] == "good"


def test_downloads(tab, data, file):
    hash_ = Dataset.open(data)["a_0"].motion_hash
    Reviews(file).give(data, Verdict(stem="a_0", motion_hash=hash_, verdict="bad", note=NOTE))
    tab.begin("?clip=a_1&review=list")
    button, menu = (tab.panel.get_by_role(role, name="Settings and downloads") for role in ("button", "dialog"))
    button.click()
    expect(menu).to_be_visible()
    button.click()
    expect(menu).to_be_hidden()
    button.click()
    found = {}
    for name in ("Verdicts as CSV", "as JSON", "train.txt without bad clips"):
        with tab.page.expect_download() as download:
            tab.panel.get_by_role("link", name=name).click()
        found[download.value.suggested_filename] = download.value.path().read_text("utf-8-sig")
    assert found["train.txt"].split() == STEMS[1:]
    assert json.loads(found["talks.verdicts.json"])["verdicts"][0]["note"] == NOTE
    assert found["talks.verdicts.csv"].splitlines()[1].startswith("a_0,bad,current,,</script>")


def test_trouble_with_the_file_is_said_and_the_page_goes_on(tab, file, tmp_path):
    shutil.copy(file, tmp_path / "kept")
    try:
        tab.refusals.add(500)
        tab.begin("?clip=a_0&review=list")
        file.write_bytes(b"this is no database " * 100)
        tab.press("g")
        expect(tab.panel.get_by_role("alert")).to_contain_text("python -m viewer review rescue")
        tab.page.locator("clip-list .row", has_text="a_1").click()
        tab.wait_for_clip("a_1")
    finally:
        shutil.copy(tmp_path / "kept", file)


@pytest.mark.parametrize("tab", [{"viewport": {"width": 420, "height": 860}}], indirect=True)
def test_on_a_phone_everything_is_in_reach(tab, verdicts):
    tab.begin("?clip=a_0&review=list")
    for name in ("Good", "Bad", "Unsure"):
        box = tab.panel.get_by_role("button", name=name).bounding_box()
        assert box["x"] >= 0 and box["x"] + box["width"] <= 420 and box["height"] >= 36
    tab.panel.get_by_role("button", name="Good").click()
    tab.settled("a_1")
    assert verdicts()["a_0"][0] == "good"


SET = """async (change) => {
  const { review } = await import(new URL("viewer/static/review/review.js", document.baseURI));
  review.set(change);
}"""
FOCUS = "dispatchEvent(new Event('focus'))"  # as if the reviewer came back from another window


def nothing_more_comes(tab):
    """Wait until what was done so far is done, with all that the server was asked for."""
    tab.page.evaluate(
        """async () => {
          await (await fetch(new URL("viewer/alive", document.baseURI))).text();
          await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
        }"""
    )


def click_clip(tab, stem):
    tab.page.locator("clip-list .row", has_text=stem).click()


def is_open(tab, stem):
    tab.page.wait_for_function("(stem) => store.clip === stem", arg=stem)


def test_a_step_that_waits_gives_way_to_a_click(tab):
    tab.begin("?clip=a_0&review=list")
    late = Held(tab.page, "**/viewer/review/queue?*clip=a_1*")
    tab.press("n")
    is_open(tab, "a_1")
    late.wait()
    tab.press("n")
    click_clip(tab, "b_1")
    is_open(tab, "b_1")
    late.end()
    tab.settled("b_1")
    nothing_more_comes(tab)
    is_open(tab, "b_1")


def test_every_step_counts(tab):
    tab.begin("?clip=a_0&review=list")
    late = Held(tab.page, "**/viewer/review/queue?*clip=a_1*")
    tab.press("n")
    late.wait()
    tab.press("n", "n")
    late.end()
    is_open(tab, "a_3")
    tab.settled("a_3")


def test_the_first_clip_of_a_queue_that_comes_late_gives_way_to_a_click(tab):
    tab.begin("?clip=a_0&review=list")
    late = Held(tab.page, "**/viewer/review/queue?name=file")
    tab.panel.get_by_role("combobox", name="What is reviewed").select_option("file")
    late.wait()
    click_clip(tab, "a_3")
    is_open(tab, "a_3")
    late.end()
    tab.settled("a_3")
    nothing_more_comes(tab)
    is_open(tab, "a_3")


def test_a_mark_on_the_next_clip_outlives_the_verdict_on_the_one_before(tab, verdicts):
    tab.begin("?clip=a_0&review=list")
    late = Held(tab.page, "**/viewer/review/verdict")
    tab.press("g")
    late.wait()
    click_clip(tab, "b_0")
    tab.settled("b_0")
    tab.live("player.pause()")
    tab.live("player.seek(17)")
    tab.press("t")
    expect(tab.said).to_contain_text("at 0.68 s")
    late.end()
    expect(tab.mark("a_0")).to_have_text("✓")
    tab.press("g")
    expect(tab.mark("b_0")).to_have_text("✓")
    assert verdicts()["b_0"][3] == 0.68


def test_a_mark_that_is_set_before_the_panel_knows_the_clip_is_kept(tab):
    tab.begin("?clip=a_0&review=list")
    late = Held(tab.page, "**/viewer/review/clip?*")
    click_clip(tab, "b_0")
    late.wait()
    tab.wait_for_clip("b_0")
    tab.live("player.pause()")
    tab.live("player.seek(17)")
    tab.press("t")
    tab.page.evaluate(FOCUS)
    late.wait(2)
    late.end()
    expect(tab.said).to_contain_text("at 0.68 s")


def test_a_mark_behind_a_verdict_belongs_to_it(tab, verdicts):
    tab.begin("?clip=a_0&review=list")
    tab.page.evaluate(SET, {"advance": False})
    tab.live("player.pause()")
    tab.live("player.seek(17)")
    late = Held(tab.page, "**/viewer/review/verdict")
    tab.press("g", "t")
    late.wait()
    late.end()
    expect(tab.said).to_contain_text("at 0.68 s")
    assert verdicts()["a_0"] == ("good", "", "", 0.68)
    tab.page.evaluate(SET, {"advance": True})


def test_marks_that_were_read_before_a_verdict_do_not_hide_it(tab):
    tab.begin("?clip=a_0&review=list")
    late = Held(tab.page, "**/viewer/review/marks")
    tab.page.evaluate(FOCUS)
    late.wait()
    tab.press("g")
    tab.settled("a_1")
    late.end()
    nothing_more_comes(tab)
    expect(tab.mark("a_0")).to_have_text("✓")


def test_the_reason_is_asked_for_though_the_clip_is_read_anew_meanwhile(tab):
    tab.begin("?clip=a_0&review=list")
    late = Held(tab.page, "**/viewer/review/clip?*")
    tab.press("b")
    late.wait()
    tab.page.evaluate(FOCUS)
    late.wait(2)
    late.end()
    expect(tab.panel.get_by_role("combobox", name="Reason")).to_be_focused()


def test_a_verdict_that_is_taken_back_late_does_not_take_the_reviewer_along(tab, verdicts):
    tab.begin("?clip=a_0&review=list")
    tab.press("g")
    tab.settled("a_1")
    late = Held(tab.page, "**/viewer/review/undo")
    tab.press("z")
    late.wait()
    click_clip(tab, "b_1")
    is_open(tab, "b_1")
    late.end()
    expect(tab.mark("a_0")).to_have_count(0)
    nothing_more_comes(tab)
    is_open(tab, "b_1")
    assert verdicts() == {}


def test_a_reason_is_kept_though_another_clip_is_opened_at_once(tab, verdicts):
    tab.begin("?clip=a_0&review=list")
    tab.press("b")
    expect(tab.panel.get_by_role("combobox", name="Reason")).to_be_focused()
    late = Held(tab.page, "**/viewer/review/marks")
    tab.page.evaluate(
        """async () => {
          const at = (path) => import(new URL(`viewer/static/${path}`, document.baseURI));
          const { review } = await at("review/review.js"), { store } = await at("store.js");
          review.complete({ note: "late" });
          store.open("b_1");
        }"""
    )
    tab.settled("b_1")
    late.end()
    click_clip(tab, "a_0")
    expect(tab.said).to_contain_text("late")
    assert verdicts()["a_0"][2] == "late"


def test_a_click_that_brings_the_window_back_meets_its_button(tab):
    """The click comes while what it brings about is read anew: the button stays the same."""
    tab.begin("?clip=a_0&review=list")
    tab.page.evaluate(SET, {"ask": False, "advance": False})
    tab.press("b")
    button = tab.panel.get_by_role("button", name="Say why")
    button.hover()
    tab.page.mouse.down()
    tab.page.evaluate(FOCUS)
    nothing_more_comes(tab)
    with tab.page.expect_response("**/viewer/review/queue?*"):
        tab.page.evaluate(FOCUS)
    nothing_more_comes(tab)
    tab.page.mouse.up()
    expect(tab.panel.get_by_role("combobox", name="Reason")).to_be_focused()
    tab.page.evaluate(SET, {"ask": True, "advance": True})
