"""The report in a browser, opened as a file: nothing of a data set runs, rows sort and filter, all of it fits."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import HOSTILE_STEM, HOSTILE_TEXT
from tests.report.factories import clip, finding, link, page, picture

SIZES = {"desk": {"width": 1280, "height": 800}, "phone": {"width": 360, "height": 740}}


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    hostile = [
        HOSTILE_STEM,
        "=1+1",
        "x" * 300,
        "日本語" * 40,
        "שלום_0001",
        "a\nb\u202ec",
        "<svg onload=document.title='owned'>",
    ]
    clips = [clip(stem, finding(severity="error", message=f"{HOSTILE_TEXT} {stem}")) for stem in hostile]
    clips += [clip(f"c_{n:04}", finding(percentile=90 - n, start=(7 * n) % 10 + 0.5)) for n in range(12)]
    clips += [clip("fine_0001", jaw=25.0)]
    text = page(
        clips,
        picture=lambda stem, seconds: picture(),
        link=link,
        transcript=lambda stem: HOSTILE_TEXT,
        dataset=HOSTILE_TEXT,
    )
    path = tmp_path_factory.mktemp("report") / "report.html"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.fixture
def opened(chromium, file):
    """Opens the report; whatever it asks for, and whatever the browser complains about, ends up in `trouble`."""
    contexts = []

    def open_report(size="desk", **options):
        context = chromium.new_context(viewport=SIZES[size], **options)
        contexts.append(context)
        tab = context.new_page()
        tab.trouble = []
        tab.on("console", lambda message: tab.trouble.append(message.text))
        tab.on("pageerror", lambda error: tab.trouble.append(str(error)))
        tab.on("dialog", lambda dialog: (tab.trouble.append("a dialog"), dialog.dismiss()))
        tab.on("request", lambda request: request.url.startswith(("file:", "data:")) or tab.trouble.append(request.url))
        tab.goto(file.as_uri())
        return tab

    yield open_report
    for context in contexts:
        context.close()


def column(tab, label):
    return tab.locator(f'td[data-label="{label}"]:visible').all_inner_texts()


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_of_the_data_runs_and_nothing_is_asked_for(opened, size, scheme):
    tab = opened(size, color_scheme=scheme)
    expect(tab.locator("h1")).to_contain_text("<img src=x onerror=alert(1)>")
    expect(tab.locator(".card").nth(0)).to_contain_text("</script>")
    assert tab.title().startswith("Motion quality:")
    assert tab.locator("img").count() == tab.locator("img[src^='data:image/jpeg']").count() == 12
    assert tab.evaluate("[...document.images].every((image) => image.complete && image.naturalWidth > 0)")
    assert tab.trouble == []


@pytest.mark.parametrize("size", SIZES)
def test_it_is_never_wider_than_the_window(opened, size):
    tab = opened(size)
    wide = tab.evaluate("document.documentElement.scrollWidth")
    assert wide <= SIZES[size]["width"]


def test_columns_sort_both_ways_and_as_numbers(opened):
    tab = opened()
    ranks = column(tab, "Rank")
    assert ranks == [str(n) for n in range(1, 21)]
    time = tab.get_by_role("button", name="Time")
    time.click()
    expect(tab.locator("th[aria-sort]")).to_have_text("Time")
    times = [float(text.split()[0]) for text in column(tab, "Time") if text != "–"]
    assert times == sorted(times) and column(tab, "Time")[0] == "–"
    time.click()
    expect(tab.locator("th[aria-sort='descending']")).to_have_text("Time")
    assert [float(text.split()[0]) for text in column(tab, "Time") if text != "–"] == times[::-1]
    tab.get_by_role("button", name="Rank").click()
    assert column(tab, "Rank") == ranks


def test_the_table_can_be_filtered_by_words_and_severity(opened):
    tab = opened()
    tab.get_by_role("searchbox").fill("c_000")
    assert column(tab, "Clip") == [f"c_{n:04}" for n in range(10)]
    expect(tab.locator("output")).to_have_text("10 of 20")
    tab.get_by_label("Severity").select_option("error")
    expect(tab.locator("output")).to_have_text("0 of 20")
    tab.get_by_role("searchbox").fill("")
    expect(tab.locator("output")).to_have_text("7 of 20")


def test_without_scripts_the_table_is_the_ranking(opened):
    tab = opened(java_script_enabled=False)
    assert column(tab, "Rank") == [str(n) for n in range(1, 21)]
    expect(tab.locator("th button")).to_have_count(0)


def test_links_lead_to_the_clip_and_the_time(opened):
    tab = opened()
    expect(tab.get_by_role("link", name="c_0003").last).to_have_attribute("href", link("c_0003", 1.5))


def test_on_paper_the_table_is_whole_and_what_cannot_be_used_is_gone(opened):
    tab = opened()
    tab.emulate_media(media="print", color_scheme="dark")
    expect(tab.locator(".filter")).to_be_hidden()
    assert tab.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert len(column(tab, "Rank")) == 20
    tab.set_viewport_size({"width": 718, "height": 1000})  # A4 without its margins, at 96 dots an inch
    assert tab.evaluate("document.documentElement.scrollWidth") <= 718
