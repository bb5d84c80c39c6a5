"""How long from `python app.py` until the page can be used: URL printed, list shown, face drawn, film playable.

Then, over a connection of 40 ms and 10 Mbit/s: how much sooner the face is there because the page's HTML names all
scripts, against the same page without these tags; visits alternate.

Usage: python benchmarks/page_ready.py
"""

from __future__ import annotations

import re
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from playwright.sync_api import sync_playwright

APP = Path(__file__).parents[1] / "app.py"
CHROMIUM = "/usr/bin/chromium"
FACE = "document.querySelector('clip-stage')?.live?.player.state === 'ready'"
FILM = "document.querySelector('clip-stage')?.film?.player.video.readyState >= 2"
ARGUMENTS = ["--no-sandbox", "--enable-unsafe-swiftshader"]
TAGS = re.compile(r'<link rel="modulepreload"[^>]*>|<script type="module" async src="viewer/[^>]*></script>')
VISITS = 5
LINE = {"offline": False, "latency": 40, "downloadThroughput": 10e6 / 8, "uploadThroughput": 10e6 / 8}


def main() -> None:
    with tempfile.TemporaryDirectory() as cache, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        for visit in ("first start, empty cache", "second start, film in the cache"):
            measure(browser, cache, visit)
        compare_tags(browser, cache)
        browser.close()


def measure(browser, cache: str, visit: str) -> None:
    start = time.monotonic()
    program = subprocess.Popen(
        [sys.executable, str(APP), "--port", "0", "--cache", cache], stdout=subprocess.PIPE, text=True
    )
    try:
        url = program.stdout.readline().split()[0]
        printed = time.monotonic() - start
        page = browser.new_page()
        page.goto(url)
        page.locator("clip-list .row").first.wait_for()
        listed = time.monotonic() - start
        page.wait_for_function(FACE, timeout=120_000)
        drawn = time.monotonic() - start
        page.get_by_role("tab", name="mp4").click()
        page.wait_for_function(FILM, timeout=120_000)
        playable = time.monotonic() - start
        page.close()
    finally:
        stopping = time.monotonic()
        program.terminate()
        program.wait()
    print(
        f"{visit}: URL after {printed:.1f} s, page ready after {listed:.1f} s (target 12 s), "
        f"face drawn after {drawn:.1f} s, film playable after {playable:.1f} s; "
        f"stopped in {time.monotonic() - stopping:.1f} s"
    )


def compare_tags(browser, cache: str) -> None:
    program = subprocess.Popen(
        [sys.executable, str(APP), "--port", "0", "--no-token", "--cache", cache], stdout=subprocess.PIPE, text=True
    )
    try:
        url = program.stdout.readline().split()[0]
        drawn: dict[bool, list[float]] = {True: [], False: []}
        for visit in range(2 * VISITS):
            tags = visit % 2 == 0
            drawn[tags].append(first_face(browser, url, tags=tags))
        named, unnamed = (statistics.median(drawn[tags]) for tags in (True, False))
        print(
            f"40 ms, 10 Mbit/s, empty browser cache, median of {VISITS}: face drawn {named:.2f} s after the URL was"
            f" opened; {unnamed:.2f} s where each script names the next ({unnamed / named:.2f} times as long)"
        )
    finally:
        program.terminate()
        program.wait()


def first_face(browser, url: str, *, tags: bool) -> float:
    context = browser.new_context()
    page = context.new_page()
    if not tags:
        page.route(url, lambda route: strip(route))
    session = context.new_cdp_session(page)
    session.send("Network.enable")
    session.send("Network.emulateNetworkConditions", LINE)
    start = time.monotonic()
    page.goto(url, wait_until="commit")
    page.wait_for_function(FACE, timeout=120_000)
    seconds = time.monotonic() - start
    context.close()
    return seconds


def strip(route) -> None:
    answer = route.fetch()
    route.fulfill(response=answer, body=TAGS.sub("", answer.text()))


if __name__ == "__main__":
    main()
