"""Exporting what the list shows: started in one tab, cancelled in another, downloaded as one zip."""

from __future__ import annotations

import re
import shutil
import zipfile

import numpy as np
import pytest
from playwright.sync_api import expect

from tests.browser.conftest import SCREEN, Program, Viewer
from tests.dataset.factories import make_clip, write_motion
from tests.video import decoding
from viewer.dataset import DEMO_DATASET

SIZE = 256
SHORT, FRAMES = ("short_0", "short_1"), 12
LONG = "long_0"
BROKEN = "cut_0"  # which a test does


@pytest.fixture(scope="module")
def clips(tmp_path_factory):
    """The demo clips, three short ones, and one that takes longer than any test."""
    data = tmp_path_factory.mktemp("export") / "data"
    shutil.copytree(DEMO_DATASET, data)
    for stem in (*SHORT, BROKEN):
        make_clip(data, stem, frames=FRAMES, text="one of a few")
    write_motion(data, LONG, frames=20_000)
    return data


@pytest.fixture(scope="module")
def running(clips, tmp_path_factory):
    cache = tmp_path_factory.mktemp("export-cache")
    with Program(clips, "--cache", cache, "--size", SIZE, "--gl", "software") as program:
        yield program


@pytest.fixture
def visit(chromium, running):
    """Opens tabs of visitors who know nothing of each other; nothing may be wrong on any."""
    visitors = []

    def visit(query="", **options):
        visitor = Viewer(chromium.new_context(**SCREEN | options).new_page(), running.url)
        visitors.append(visitor)
        return visitor.open(query, ready=False)

    yield visit
    for visitor in visitors:
        visitor.page.context.close()
    assert [trouble for visitor in visitors for trouble in visitor.trouble] == []


def open_dialog(viewer):
    dialog = viewer.page.locator("export-films dialog")
    viewer.page.locator("export-films .open").click()
    expect(dialog).to_be_visible()
    return dialog


def test_two_clips_are_exported_and_another_export_is_cancelled_in_another_tab(visit, tmp_path):
    viewer, other = visit("?search=short"), visit()
    expect(viewer.page.locator("clip-list .count")).to_contain_text("2 of")
    dialog = open_dialog(viewer)
    expect(dialog).to_contain_text("2 clips of")
    expect(dialog).to_contain_text(f"{SIZE} px")
    dialog.get_by_label("Gallery").check()
    dialog.get_by_role("button", name="Export 2 clips").click()
    expect(dialog).to_contain_text("All films are ready.", timeout=120_000)
    with viewer.page.expect_download() as downloading:
        dialog.get_by_role("link", name=re.compile("Download zip")).click()
    path = tmp_path / downloading.value.suggested_filename
    assert path.suffix == ".zip"
    downloading.value.save_as(path)
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        archive.extractall(tmp_path)
    films = sorted(tmp_path.glob("*.mp4"))
    assert [film.name.partition(".")[0] for film in films] == list(SHORT)
    for film in films:
        frames = decoding.frames(film, (SIZE, SIZE))
        assert len(frames) == FRAMES
        assert np.std(frames[0]) > 10, "a head is seen"
    assert (tmp_path / "manifest.parquet").is_file()
    assert "short_0." in (tmp_path / "index.html").read_text("utf-8")

    theirs = open_dialog(other)
    expect(theirs).to_contain_text("All films are ready.")
    theirs.get_by_role("button", name=re.compile("^Export .* clips$")).click()
    cancel = dialog.get_by_role("button", name="Cancel")
    expect(cancel).to_be_visible()
    cancel.click()
    expect(theirs).to_contain_text("Cancelled.")
    expect(theirs.get_by_role("button", name="Go on")).to_be_visible()


def test_what_fails_is_named_and_films_are_deleted_when_asked(visit, clips):
    viewer = visit(f"?search={BROKEN}")
    viewer.refusals.add(422)  # the clip is open, too
    dialog = open_dialog(viewer)
    button = dialog.get_by_role("button", name="Export 1 clip")
    expect(button).to_be_enabled()
    motion = clips / "FLAME_coeffs_25" / f"{BROKEN}.npz"
    motion.write_bytes(motion.read_bytes()[:-200])
    button.click()
    expect(dialog.locator("summary")).to_have_text("1 failed", timeout=120_000)
    dialog.locator("summary").click()
    expect(dialog.locator("li").first).to_contain_text(BROKEN)
    expect(dialog.get_by_role("button", name="Try again")).to_be_visible()

    viewer.open("?search=short_0", ready=False)
    dialog = open_dialog(viewer)
    dialog.get_by_role("button", name="Export 1 clip").click()
    expect(dialog).to_contain_text("All films are ready.", timeout=120_000)
    dialog.get_by_role("button", name="Delete films").click()
    dialog.get_by_role("button", name=re.compile("^Really delete")).click()
    expect(dialog.get_by_role("link", name=re.compile("Download"))).to_be_hidden()
    expect(dialog.get_by_role("heading", name="Last export")).to_be_hidden()


def test_a_narrow_screen_shows_all_of_it(visit):
    viewer = visit(viewport={"width": 390, "height": 700})
    dialog = open_dialog(viewer)
    expect(dialog.get_by_role("button", name=re.compile("^Export"))).to_be_enabled()
    box = dialog.bounding_box()
    assert box["x"] >= 0 and box["x"] + box["width"] <= 390
    assert dialog.evaluate("(dialog) => dialog.scrollWidth <= dialog.clientWidth")
