"""The data set as a whole, in a real browser."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import LONG_STEM
from viewer.dataset import Dataset


def bars(viewer):
    return viewer.page.locator("#fv-plots .js-plotly-plot .bars path")


def facts(viewer):
    return viewer.page.locator("data-facts")


def test_nothing_of_it_is_loaded_before_it_is_opened(viewer, data):
    asked = []
    viewer.hear("request", lambda request: asked.append(request.url))
    viewer.open()
    expect(viewer.page.locator("clip-list .count")).to_have_text(f"{len(Dataset.open(data))} clips")
    assert not [url for url in asked if "Plotly" in url or url.endswith("/viewer/data")]
    viewer.page.get_by_role("button", name="Data set").click()
    bars(viewer).first.wait_for()
    assert [url for url in asked if "Plotly" in url]
    assert "panel=data" in viewer.page.evaluate("location.search")


def test_histograms_count_the_clips(viewer, data):
    viewer.page.goto(f"{viewer.url}?panel=data")
    viewer.page.wait_for_function(
        """(playable) => {
          const plots = [...document.querySelectorAll("#fv-plots .js-plotly-plot")].filter((plot) => plot._fullData);
          const counts = plots.map(({ _fullData: [{ y }] }) => Array.from(y).reduce((sum, count) => sum + count, 0));
          return counts[0] >= playable && counts[2] === playable;
        }""",
        arg=sum(summary.playable for summary in Dataset.open(data).summaries()),
    )
    jaw = viewer.page.locator("#fv-plots .fv-plot").nth(2)
    expect(jaw).to_contain_text(f"of {len(Dataset.open(data))} clips")


def test_counts_lead_to_their_clips(viewer, data):
    viewer.open("?panel=data", ready=False)
    summaries = Dataset.open(data).summaries()
    cut = [summary.stem for summary in summaries if "no-transcript" in [flag.code for flag in summary.flags]]
    facts(viewer).get_by_role("button", name="no transcript").first.click()
    expect(viewer.page.locator("clip-list .row:visible")).to_have_count(len(cut))
    expect(viewer.page.locator("clip-list .row:visible").first).to_contain_text(LONG_STEM)
    validation = sum("val" in summary.splits for summary in summaries)
    facts(viewer).get_by_role("button", name="val").click()
    expect(viewer.page.locator("clip-list .row:visible")).to_have_count(validation)
    viewer.page.locator("clip-list .row:visible").first.click()
    expect(facts(viewer)).to_be_hidden()
    viewer.wait_for_clip()
    viewer.page.go_back()
    expect(facts(viewer)).to_be_visible()


def test_it_closes_with_button_and_back(viewer):
    viewer.open()
    button = viewer.page.get_by_role("button", name="Data set")
    button.click()
    expect(facts(viewer)).to_be_visible()
    expect(viewer.page.locator("clip-stage")).to_be_hidden()
    viewer.page.go_back()
    expect(facts(viewer)).to_be_hidden()
    button.click()
    facts(viewer).get_by_role("button", name="Close").click()
    expect(viewer.page.locator("clip-stage")).to_be_visible()
    assert "panel" not in viewer.page.evaluate("location.search")


@pytest.mark.parametrize("viewer", [{"color_scheme": "dark"}], indirect=True)
def test_histograms_are_dark_on_a_dark_page(viewer):
    viewer.page.goto(f"{viewer.url}?panel=data")
    bars(viewer).first.wait_for()
    viewer.page.wait_for_function(
        "document.querySelector('#fv-plots .js-plotly-plot')?._fullLayout?.font.color === '#97a3b5'"
    )
    expect(viewer.page.locator(".fv-plot").first).to_have_css("background-color", "rgb(21, 26, 33)")


@pytest.mark.parametrize("viewer", [{"viewport": {"width": 360, "height": 740}}], indirect=True)
def test_it_fits_a_phone(viewer):
    viewer.page.goto(f"{viewer.url}?panel=data")
    for plot in range(3):
        viewer.page.locator("#fv-plots .fv-plot").nth(plot).locator(".bars path").first.wait_for()
    viewer.page.wait_for_function("document.documentElement.scrollWidth <= innerWidth")
