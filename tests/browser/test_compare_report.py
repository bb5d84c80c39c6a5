"""The reports of comparisons in a browser, opened as files: nothing of the data runs, tables sort, all of it fits."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import HOSTILE_STEM, HOSTILE_TEXT
from tests.report.factories import picture
from tests.report.test_compare import comparison, link, measured
from viewer.compare import Comparison
from viewer.compare.unpaired import Measured, compare_unpaired
from viewer.quality import Measurement
from viewer.quality.registry import Measured as Value
from viewer.report import compare_report, unpaired_report

SIZES = {"desk": {"width": 1280, "height": 800}, "phone": {"width": 360, "height": 740}}


def paired():
    hostile = {stem: measured(stem, 9.0, remarks=(HOSTILE_TEXT,)) for stem in (HOSTILE_STEM, "x" * 300, "日本語" * 40)}
    first = Comparison("/data", HOSTILE_TEXT, "/head", hostile, {"bad": HOSTILE_TEXT}, ("lost",), (HOSTILE_STEM,))
    second = comparison({f"c_{n:04}": 1.0 + n for n in range(8)})
    return compare_report(
        {"ours": first, "theirs": second},
        reference=HOSTILE_TEXT,
        pictures=lambda *_: (picture(),) * 3,
        link=link,
    )


def beside():
    clips = {
        f"c{n}": Measurement(f"c{n}", "h", 50, 25.0, {"jaw": Value(9.0)}, bands={"brow": tuple(range(7))})
        for n in range(3)
    }
    side = Measured("/data/" + "long" * 40, HOSTILE_TEXT, "flame2020", clips, {"bad": HOSTILE_TEXT})
    return unpaired_report(compare_unpaired(side, [side]), names=[HOSTILE_TEXT, "y" * 200])


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("reports")
    for name, text in (("paired", paired()), ("beside", beside())):
        (folder / f"{name}.html").write_text(text, encoding="utf-8")
    return folder


@pytest.fixture
def opened(chromium, files):
    """Opens a report; whatever it asks for, and whatever the browser complains about, ends up in `trouble`."""
    contexts = []

    def open_report(name, size="desk", **options):
        context = chromium.new_context(viewport=SIZES[size], **options)
        contexts.append(context)
        tab = context.new_page()
        tab.trouble = []
        tab.on("console", lambda message: tab.trouble.append(message.text))
        tab.on("pageerror", lambda error: tab.trouble.append(str(error)))
        tab.on("request", lambda request: request.url.startswith(("file:", "data:")) or tab.trouble.append(request.url))
        tab.goto((files / f"{name}.html").as_uri())
        return tab

    yield open_report
    for context in contexts:
        context.close()


@pytest.mark.parametrize("name", ["paired", "beside"])
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_of_the_data_runs_and_the_page_fits(opened, name, size, scheme):
    tab = opened(name, size, color_scheme=scheme)
    expect(tab.locator("h1")).to_contain_text("<img src=x onerror=alert(1)>")
    assert tab.title() != "owned"
    assert tab.evaluate("[...document.images].every((image) => image.complete && image.naturalWidth > 0)")
    assert tab.evaluate("document.documentElement.scrollWidth") <= SIZES[size]["width"]
    assert tab.trouble == []


def test_pairs_are_chosen_by_prediction_and_sorted_by_a_metric(opened):
    tab = opened("paired")
    tab.get_by_label("Prediction").select_option("theirs")
    expect(tab.locator("output")).to_have_text("8 of 11")
    values = tab.locator('#ranking td[data-label="mve_mm"]:visible')
    assert values.all_inner_texts() == [f"{n}.00" for n in range(8, 0, -1)]
    tab.locator("#ranking").get_by_role("button", name="mve_mm").click()
    expect(values.first).to_have_text("1.00")
    expect(tab.get_by_role("link", name="c_0003").last).to_have_attribute("href", link("theirs", "c_0003", 10))


def test_on_paper_all_of_it_is_there(opened):
    tab = opened("paired")
    tab.emulate_media(media="print", color_scheme="dark")
    expect(tab.locator(".filter")).to_be_hidden()
    assert tab.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
