"""Real Chromium on the real program, with the real renderer."""

import functools
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Page, expect, sync_playwright

from tests.browser.pages import Pages, Watcher
from tests.dataset.factories import make_clip, write_audio, write_motion, write_transcript
from viewer.dataset import DEMO_DATASET

expect.set_options(timeout=60_000)  # a slow machine is no failure

ROOT = Path(__file__).parents[2]
CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = ["--no-sandbox", "--enable-unsafe-swiftshader", "--autoplay-policy=no-user-gesture-required"]

HOSTILE_STEM = "zz ünï 'q\"..=x <b>"
HOSTILE_TEXT = "</script><script>document.title='owned'</script> <img src=x onerror=alert(1)> --> =1+1 end"
BROKEN_STEM = "zy_broken"
LONG_STEM = "zx_longer_sound"


def pytest_collection_modifyitems(items):
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def chromium():
    if not Path(CHROMIUM).exists():
        pytest.fail(f"{CHROMIUM} is missing; install it: apt-get install -y chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def pages(chromium):
    pages = Pages(chromium)
    yield pages
    pages.close()


@pytest.fixture(scope="session")
def data(tmp_path_factory):
    """The demo clips, and three that are trouble."""
    folder = tmp_path_factory.mktemp("browser") / "data"
    shutil.copytree(DEMO_DATASET, folder)
    make_clip(folder, HOSTILE_STEM, frames=10, text=HOSTILE_TEXT.replace("{", "{{"))
    write_motion(folder, BROKEN_STEM, frames=10)
    motion = folder / "FLAME_coeffs_25" / f"{BROKEN_STEM}.npz"
    motion.write_bytes(motion.read_bytes()[:-400])
    write_transcript(folder, BROKEN_STEM, "this one is cut off")
    write_motion(folder, LONG_STEM, frames=10)
    write_audio(folder, LONG_STEM, np.zeros((16000, 1)))
    return folder


class Process:
    """A program that says in its first line where its page is; `line` is that line, once it has been waited for."""

    def __init__(self, command, **options):
        self.process = subprocess.Popen([*map(str, command)], stdout=subprocess.PIPE, text=True, **options)

    @functools.cached_property
    def line(self):
        try:
            line = self.process.stdout.readline()
            assert "http://" in line, "app.py ended before it was ready"
        except BaseException:  # that of the time limit too: nothing is left running
            self.kill()
            raise
        return line

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    @property
    def running(self):
        return self.process.poll() is None

    def stop(self):
        """End it as a user does."""
        self.process.terminate()
        try:
            self.process.wait(60)
        finally:
            self.kill()

    def kill(self):
        self.process.kill()
        self.process.wait(60)
        self.process.stdout.close()


class Program(Process):
    """app.py while it runs."""

    def __init__(self, *arguments):
        super().__init__([sys.executable, ROOT / "app.py", "--port", "0", "--no-token", *arguments])
        self.url = re.search(r"http://[^ ]+/", self.line)[0]


@pytest.fixture(scope="session")
def cache(tmp_path_factory):
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="session")
def program(data, cache):
    with Program(data, "--cache", cache, "--size", 256) as program:  # small films are made sooner
        yield program


PAINTED = "new Promise((done) => requestAnimationFrame(() => done(true)))"
"""What was to be painted with the browser's next picture is painted: a promise, for `evaluate`, which waits for it.

`wait_for_function` does not: there any promise counts as true.
"""


class Viewer(Watcher):
    """The page in a tab, seen as a user sees it."""

    def __init__(self, page: Page, url: str) -> None:
        self.watch(page, request=self._on_request, console=self._on_console, pageerror=self._on_error)
        self.url = url
        self.trouble: list[str] = []
        self.refusals: set[int] = set()  # statuses that a test expects: the browser writes each to the console
        page.set_default_timeout(60_000)

    def _on_console(self, message):
        expected = any(f"status of {status}" in message.text for status in self.refusals)
        if message.type == "error" and not expected:
            self.trouble.append(message.text)

    def _on_error(self, error):
        self.trouble.append(str(error))

    def _on_request(self, request):
        if not request.url.startswith((self.url, "data:", "blob:")):
            self.trouble.append(f"external request: {request.url}")

    def open(self, query="", *, ready=True):
        """The page, on the live tab unless the query says otherwise."""
        self.page.goto(self.url + query)
        self.page.locator("clip-list .row").first.wait_for()
        if ready:
            self.wait_for_clip()
        return self

    def open_film(self, query="", *, ready=True):
        """The page on the tab of the rendered film."""
        self.open(f"{query}{'&' if query else '?'}tab=mp4", ready=False)
        if ready:
            self.wait_for_film()
        return self

    def wait_for_clip(self, stem=None):
        """Until the open clip is shown live, with its timeline, which is painted, and its facts."""
        self.page.wait_for_function(
            """(stem) => {
              const { live, clip } = document.querySelector("clip-stage") ?? {};
              if (live?.player.state !== "ready") return false;
              const stems = [live.player.stem, live.timeline.data?.header.stem, clip?.stem];
              return stems.every((one) => one === (stem ?? stems[0]));
            }""",
            arg=stem,
        )
        self.page.evaluate(PAINTED)

    def wait_for_findings(self):
        """Until the marks of what checks find in the clip are in its timeline, where they move nothing any more."""
        self.until("timeline.findings !== null")
        self.page.evaluate(PAINTED)

    def wait_for_words(self):
        """Until the words were looked for in the sound: from then on they are the same elements."""
        expect(self.page.locator("clip-words").get_by_role("link", name="WebVTT")).to_be_visible()

    def wait_for_film(self, stem=None):
        """Until the film of the open clip can be played."""
        self.page.wait_for_function(
            """(stem) => {
              const { film, url, clip } = document.querySelector("clip-stage") ?? {};
              return url && film.player.video.readyState >= 2 && (stem === null || clip?.stem === stem);
            }""",
            arg=stem,
        )

    def stage(self, expression):
        """Value of a JavaScript expression of `stage`, `player` and `video`."""
        return self.page.evaluate(
            f"""() => {{
              const stage = document.querySelector("clip-stage"), player = stage.film.player, video = player.video;
              return {expression};
            }}"""
        )

    @property
    def stem(self):
        return self.page.locator("clip-stage h2").inner_text()

    def copy_link(self):
        """What the button puts on the clipboard, by the time that it says so, which it does for a moment only."""
        self.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        self.page.evaluate(
            """() => {
              const button = document.querySelector("clip-stage").shadowRoot.querySelector(".copy");
              window.copied = new Promise((resolve) => {
                const look = () => button.innerText.trim() === "Copied" && resolve();
                new MutationObserver(look).observe(button, { childList: true, characterData: true, subtree: true });
              });
            }"""
        )
        self.page.get_by_role("button", name="Copy link").click()
        return self.page.evaluate("copied.then(() => navigator.clipboard.readText())")

    def live(self, expression, argument=None):
        """Value of a JavaScript expression of `player`, `timeline`, `stage` and `argument` of the live tab."""
        return self.page.evaluate(
            f"""(argument) => {{
              const stage = document.querySelector("clip-stage"), {{ player, timeline }} = stage.live;
              return {expression};
            }}""",
            argument,
        )

    def until(self, condition, argument=None):
        """Wait for a condition of the same."""
        self.page.wait_for_function(
            f"""(argument) => {{
              const stage = document.querySelector("clip-stage"), {{ player, timeline }} = stage.live;
              return {condition};
            }}""",
            arg=argument,
        )

    def until_stage(self, condition, argument=None):
        """Wait for a condition of what `stage` has."""
        self.page.wait_for_function(
            f"""(argument) => {{
              const stage = document.querySelector("clip-stage"), player = stage.film.player, video = player.video;
              return {condition};
            }}""",
            arg=argument,
        )


SCREEN = {"viewport": {"width": 1440, "height": 900}, "color_scheme": "light"}


@pytest.fixture
def viewer(pages, program, request):
    """A page at 1440×900 in the light theme; anything on its console or any external request fails the test.

    It finds no cookie, no setting and no permission of a page before it. A parameter sets it on another screen.
    """
    viewer = Viewer(pages.take(program.url, **SCREEN | getattr(request, "param", {})), program.url)
    yield viewer
    viewer.leave()
    pages.give_back(viewer.page)
    assert viewer.trouble == []


def wait_until(page, condition):
    """Until something that the browser's events bring about has come to be."""
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline, "it did not come to be"
        page.wait_for_timeout(20)  # events are told meanwhile
