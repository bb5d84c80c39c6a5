"""How long from `python app.py` until the page can be used: URL printed, list shown, face drawn, film playable.

Usage: python benchmarks/page_ready.py
"""

from __future__ import annotations

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


def main() -> None:
    with tempfile.TemporaryDirectory() as cache, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        for visit in ("first start, empty cache", "second start, film in the cache"):
            measure(browser, cache, visit)
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


if __name__ == "__main__":
    main()
