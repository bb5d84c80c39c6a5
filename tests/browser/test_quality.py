"""Quality on the page: findings that are clicked, filters, clips like it, and all clips checked in the background."""

from __future__ import annotations

import re
import shutil

import numpy as np
import pytest
from playwright.sync_api import expect

from tests.browser.conftest import SCREEN, Program, Viewer
from tests.dataset.factories import motion_arrays, tone, write_audio, write_motion
from viewer.dataset import DEMO_DATASET

WIDE = "wide_0"
WIDE_FRAMES = range(40, 44)
CALM = "calm_0"
FRAMES = 75
TROUBLE = "<img src=x onerror=\"document.title='owned'\"> </script>"

OWN_CHECK = '''
import multiprocessing
import pathlib
import time

import numpy as np
from viewer.quality import Measured, check

TROUBLE = """%s"""
HOLD = pathlib.Path("%s")

@check("own", title="Own <b>check</b>", unit="<i>", limits={"note_above": 0.5})
def own(inputs):
    while multiprocessing.parent_process() is not None and HOLD.exists():  # in the run over all clips
        time.sleep(0.02)
    here = inputs.clip.stem == "%s"
    return Measured(float(here), ((0.2, 0.4, 1.0),) if here else (), np.linspace(0, 1, len(inputs)), TROUBLE)
'''


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("quality")


@pytest.fixture(scope="module")
def clips(folder):
    """The demo clips, one whose jaw is open far too wide at one place, and one in which nothing is wrong."""
    data = folder / "data"
    shutil.copytree(DEMO_DATASET, data)
    for stem in (WIDE, CALM):
        arrays = motion_arrays(frames=FRAMES, n_exp=52)
        arrays["exp"] *= 0
        arrays["pose"][:, 3] = 0.08 * (1 - np.cos(np.arange(FRAMES) / 4)) / 2
        if stem == WIDE:
            arrays["pose"][WIDE_FRAMES, 3] = np.radians(50)
        write_motion(data, stem, arrays)
        write_audio(data, stem, tone(FRAMES / 25))
    return data


@pytest.fixture(scope="module")
def running(clips, folder):
    plugin = folder / "own_check.py"
    plugin.write_text(OWN_CHECK % (TROUBLE, folder / "hold", WIDE))
    with Program(clips, "--cache", folder / "cache", "--plugin", plugin) as program:
        yield program


@pytest.fixture
def program(running):
    """What `viewer` shows."""
    return running


def open_clip(viewer, stem, query=""):
    viewer.open(f"?clip={stem}{query}")
    viewer.wait_for_findings()
    return viewer


def panel(viewer):
    return viewer.page.locator("clip-quality")


def point_at(viewer, check):
    """Move the mouse to a finding's mark, on either level of the lane; returns where that is, and what the tip says."""
    x, top, message = viewer.live(
        """(() => {
          const { start, end, message } = timeline.findings.placed.find(({ check }) => check === argument);
          const rows = [...timeline.shadowRoot.querySelectorAll(".legend .row")];
          const lane = rows.find(({ dataset }) => dataset.row === "findings").getBoundingClientRect();
          const [left, width] = [timeline.getBoundingClientRect().left + 188, timeline.clientWidth - 188 - 10];
          const share = ((start + end) / 2 - timeline.view.start) / (timeline.view.end - timeline.view.start);
          return [left + share * width, lane.top, message];
        })()""",
        check,
    )
    tip = viewer.page.locator("clip-timeline .tip")
    for level in (8, 21):
        viewer.page.mouse.move(x, top + level)
        if tip.is_visible() and message in tip.inner_text():
            return x, top + level, tip.inner_text()
    return pytest.fail(f"no mark says {message}")


def watch(viewer):
    """Note from now on every frame that the player shows, and for how long until it pauses."""
    viewer.live(
        """(() => {
          const begun = performance.now();
          Object.assign(window, { shown: [], lasted: null });
          player.addEventListener("frame", ({ detail }) => shown.push(detail.frame));
          player.addEventListener("pause", () => (window.lasted = performance.now() - begun));
        })()"""
    )


def assert_second_was_played(viewer):
    """The player has played the second around the wide jaw and rests on it. Slow machines draw few of its frames."""
    middle = (WIDE_FRAMES[0] + WIDE_FRAMES[-1]) / 2
    viewer.until("!player.playing && window.lasted !== null && Math.abs(player.frame - argument) <= 2", middle)
    shown, lasted = viewer.page.evaluate("[shown, lasted]")
    assert shown[0] == pytest.approx(middle - 12, abs=2)
    assert min(shown) >= middle - 15
    assert max(shown) <= middle + 15
    assert lasted >= 900


def test_what_checks_find_is_told(viewer):
    open_clip(viewer, WIDE)
    expect(panel(viewer)).to_contain_text("the worst an error")
    line = panel(viewer).locator("li", has_text="50")
    expect(line.first).to_be_visible()
    expect(line.first.locator("svg.severity")).to_have_attribute("aria-label", "Error")
    expect(line.first.get_by_role("button", name="0:01.")).to_be_visible()
    open_clip(viewer, CALM)
    expect(panel(viewer)).to_contain_text("Checked: nothing found")


def test_a_click_on_a_mark_plays_the_second_around_it(viewer):
    open_clip(viewer, WIDE)
    watch(viewer)
    x, y, told = point_at(viewer, "jaw")
    assert told.startswith("Error") and "50" in told
    viewer.page.mouse.click(x, y)
    assert_second_was_played(viewer)


def test_a_click_on_the_time_of_a_finding_does_the_same(viewer):
    open_clip(viewer, WIDE)
    watch(viewer)
    panel(viewer).locator("li", has_text="50").get_by_role("button").first.click()
    assert_second_was_played(viewer)


def test_a_second_ends_though_the_clip_repeats_or_goes_on(viewer):
    open_clip(viewer, WIDE)
    viewer.live("(player.loop = true, player.region = { start: 35, end: 45 }, null)")
    watch(viewer)
    panel(viewer).locator("li", has_text="50").get_by_role("button").first.click()
    assert_second_was_played(viewer)
    assert viewer.live("player.region") == {"start": 35, "end": 45}


def test_keys_step_through_findings(viewer):
    open_clip(viewer, WIDE)
    viewer.live("(player.seek(0), null)")
    count = viewer.live("timeline.findings.placed.length")
    assert count >= 2
    viewer.page.keyboard.press("e")
    first = viewer.live("timeline.findings.placed[0].message")
    expect(viewer.page.locator("clip-timeline .tip")).to_contain_text(first[:20])
    viewer.until("!player.playing")
    viewer.page.keyboard.press("e")
    second = viewer.live("timeline.findings.placed[1].message")
    expect(viewer.page.locator("clip-timeline .tip")).to_contain_text(second[:20])
    viewer.page.keyboard.press("q")
    expect(viewer.page.locator("clip-timeline .tip")).to_contain_text(first[:20])
    viewer.until("!player.playing")
    viewer.page.keyboard.press("q")  # there is none before
    expect(viewer.page.locator("clip-timeline .tip")).to_contain_text(first[:20])


def test_from_the_film_a_finding_leads_to_the_live_tab(viewer):
    viewer.open_film(f"?clip={WIDE}")
    expect(panel(viewer)).to_contain_text("the worst an error")
    panel(viewer).locator("li", has_text="50").get_by_role("button").first.click()
    viewer.until("player.state === 'ready' && !stage.live.hidden")
    middle = (WIDE_FRAMES[0] + WIDE_FRAMES[-1]) / 2
    viewer.until("!player.playing && Math.abs(player.frame - argument) <= 2", middle)
    assert "tab=live" in viewer.page.url


def test_messages_and_names_of_checks_are_text(viewer):
    open_clip(viewer, WIDE)
    expect(panel(viewer)).to_contain_text("<img src=x onerror=")
    rows = viewer.page.locator("clip-timeline .legend")
    expect(rows).to_contain_text("Own <b>check</b>")
    _, _, told = point_at(viewer, "own")
    assert "<img src=x onerror=" in told
    assert viewer.page.title() != "owned"
    assert viewer.page.locator("clip-quality img, clip-timeline img").count() == 0


def test_a_curve_of_an_own_check_is_a_row(viewer):
    open_clip(viewer, WIDE)
    viewer.live("(player.seek(74), null)")
    viewer.until("timeline.frame === 74")
    assert viewer.live("timeline.readout().values.check_own.value") == pytest.approx(1)
    viewer.page.locator("clip-timeline summary").click()
    viewer.page.locator("clip-timeline .menu label", has_text="Own").click()
    assert "check_own" in viewer.live("timeline.off")


def test_all_clips_are_checked_while_two_tabs_look_on(viewer, chromium, folder):
    """Progress in both, cancelled in one, gone on with; the list fills, is filtered and sorted; clips like one."""
    open_clip(viewer, WIDE)
    context = chromium.new_context(**SCREEN)
    other = open_clip(Viewer(context.new_page(), viewer.url), CALM)
    run, their_run = (one.page.locator("fact-sheet check-run") for one in (viewer, other))
    expect(run).to_contain_text("No clip is checked yet.")
    (folder / "hold").touch()
    run.get_by_role("button", name="Check all clips").click()
    expect(their_run.get_by_role("button", name="Cancel")).to_be_visible()
    expect(their_run.locator("progress")).to_be_visible()
    # It plays meanwhile.
    viewer.live("(player.seek(0), player.play(), null)")
    viewer.until("player.frame > 10")
    viewer.live("(player.pause(), null)")  # pictures take the processor that the checks need
    expect(run.get_by_role("button", name="Cancel")).to_be_visible()
    their_run.get_by_role("button", name="Cancel").click()
    expect(run).to_contain_text("No clip is checked yet.")
    (folder / "hold").unlink()
    run.get_by_role("button", name="Check all clips").click()
    clips = viewer.page.evaluate("fetch('viewer/about').then((r) => r.json()).then((a) => a.dataset.clips)")
    expect(run).to_contain_text(f"All {clips} clips are checked", timeout=300_000)
    expect(their_run).to_contain_text(f"All {clips} clips are checked")
    context.close()
    assert other.trouble == []

    page = viewer.page
    row = page.locator("clip-list .row:visible", has_text=WIDE)
    expect(row.locator("svg.severity")).to_have_attribute("aria-label", re.compile("^Error: .*Jaw.*: error"))

    page.locator("clip-list [data-filter=severity]").click()
    page.locator("clip-list .menu label", has_text="Error").click()
    page.keyboard.press("Escape")
    page.locator("clip-list [data-filter=check]").click()
    page.locator("clip-list .menu label", has_text="Jaw").click()
    page.keyboard.press("Escape")
    expect(page.locator("clip-list .count")).to_have_text(f"1 of {clips} clips")
    expect(page.locator("clip-list .row:visible")).to_contain_text(WIDE)
    assert "severity=error" in page.url and "check=jaw" in page.url
    page.locator("clip-list .clear").click()

    page.locator("clip-list [data-filter=between]").click()
    page.get_by_label("Column", exact=True).select_option("check_jaw")
    page.get_by_label("to", exact=True).fill("30")
    page.get_by_label("to", exact=True).press("Enter")
    expect(page.locator("clip-list .count")).to_have_text(f"{clips - 1} of {clips} clips")
    page.wait_for_function("decodeURIComponent(location.search).includes('between=check_jaw::30')")
    page.get_by_role("button", name="Drop Jaw").click()
    expect(page.locator("clip-list .count")).to_have_text(f"{clips} clips")
    page.keyboard.press("Escape")

    page.locator("clip-list .sort").click()
    page.locator("clip-list .columns .by", has_text="Jaw").first.click()
    page.keyboard.press("Escape")
    expect(page.locator("clip-list .row:visible").first).to_contain_text(WIDE)

    page.get_by_role("button", name="More like this").click()
    likes = page.get_by_role("list", name="Clips like this").locator("button")
    expect(likes.first).to_be_visible()
    assert likes.count() == clips - 1
    nearest = likes.first.locator(".stem").inner_text().replace("\n", "")
    likes.first.click()
    viewer.wait_for_clip(nearest)

    # A reload has all of it at once; so has another visitor.
    viewer.open(f"?clip={CALM}&severity=error&check=jaw")
    expect(page.locator("clip-list .count")).to_have_text(f"1 of {clips} clips")
    expect(page.locator("fact-sheet check-run")).to_contain_text(f"All {clips} clips are checked")


@pytest.mark.parametrize(
    "viewer",
    [{"viewport": {"width": 390, "height": 844}}, {"color_scheme": "dark", "viewport": {"width": 900, "height": 800}}],
    indirect=True,
)
def test_narrow_and_dark(viewer):
    open_clip(viewer, WIDE)
    expect(panel(viewer)).to_contain_text("the worst an error")
    line = panel(viewer).locator("li", has_text="50").first
    line.scroll_into_view_if_needed()
    box = line.bounding_box()
    width = viewer.page.viewport_size["width"]
    assert box["x"] >= 0 and box["x"] + box["width"] <= width
    ink, ground = viewer.page.evaluate(
        """() => {
          const panel = document.querySelector("fact-sheet").shadowRoot.querySelector("clip-quality").shadowRoot;
          const ink = getComputedStyle(panel.querySelector("svg.severity.error")).color;
          return [ink, getComputedStyle(document.querySelector("#fv-facts")).backgroundColor];
        }"""
    )
    assert contrast(ink, ground) > 4
    line.get_by_role("button").first.click()
    viewer.until("!player.playing && Math.abs(player.frame - 41) <= 2")


def contrast(first, second):
    """As WCAG defines it, of two CSS colours."""

    def luminance(colour):
        parts = [float(part) / 255 for part in colour[colour.index("(") + 1 : -1].split(",")[:3]]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    high, low = sorted((luminance(first), luminance(second)), reverse=True)
    return (high + 0.05) / (low + 0.05)
