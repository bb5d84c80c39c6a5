"""A data set of thousands of files."""

import contextlib

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import SCREEN, Program, Viewer
from tests.dataset.factories import make_clip

CLIPS = 3_000


@pytest.fixture(scope="module")
def large(tmp_path_factory):
    folder = tmp_path_factory.mktemp("large") / "data"
    make_clip(folder, "session_00000", frames=3)
    source = folder / "FLAME_coeffs_25" / "session_00000.npz"
    for number in range(1, CLIPS):
        source.with_name(f"session_{number:05}.npz").hardlink_to(source)
    return folder


def test_only_the_rows_in_view_are_in_the_document(chromium, large, tmp_path):
    with Program(large, "--cache", tmp_path) as program, contextlib.closing(chromium.new_context(**SCREEN)) as context:
        viewer = Viewer(context.new_page(), program.url)
        viewer.open_film(ready=False)
        rows = viewer.page.locator("clip-list .row")
        count = viewer.page.locator("clip-list .count")
        expect(rows.nth(10)).to_be_attached()  # as soon as so many are indexed
        assert rows.count() < 60
        expect(count).to_have_text(f"{CLIPS:,} clips", timeout=120_000)  # all are indexed
        viewer.page.locator("clip-list .scroll").press("End")
        expect(rows.filter(has_text=f"session_{CLIPS - 1:05}")).to_be_visible()
        assert rows.count() < 60
        viewer.page.get_by_label("Filter clips").fill("2345")
        expect(rows).to_have_count(1)
        rows.click()
        viewer.wait_for_film("session_02345")
        viewer.page.get_by_label("Filter clips").fill("")
        expect(count).to_have_text(f"{CLIPS:,} clips")
    assert viewer.trouble == []
