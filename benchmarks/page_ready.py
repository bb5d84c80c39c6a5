"""How long from `python app.py` until the page can be used: URL printed, list shown, face drawn, film playable.

Then, over a connection of 40 ms and 10 Mbit/s: how much sooner the face is there because the page's HTML names all
scripts, against the same page without these tags; visits alternate.

    python benchmarks/page_ready.py
    python benchmarks/page_ready.py --compare /data/small /data/large

--compare: only whether the face takes longer with a larger data set (benchmarks/make_replica.py makes both). Both
viewers run at the same time, and visits take turns, each in a browser that has kept nothing: the first one comes as
soon as the viewers have printed their URLs, while they still look through their clips. They are started several times.
"""

from __future__ import annotations

import argparse
import itertools
import json
import re
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

from playwright.sync_api import sync_playwright

APP = Path(__file__).parents[1] / "app.py"
CHROMIUM = "/usr/bin/chromium"
FACE = "document.querySelector('clip-stage')?.live?.player.state === 'ready'"
FILM = "document.querySelector('clip-stage')?.film?.player.video.readyState >= 2"
ARGUMENTS = ["--no-sandbox", "--enable-unsafe-swiftshader"]
TAGS = re.compile(r'<link rel="modulepreload"[^>]*>|<script type="module" async src="viewer/[^>]*></script>')
VISITS = 5
STARTS = 3
LINE = {"offline": False, "latency": 40, "downloadThroughput": 10e6 / 8, "uploadThroughput": 10e6 / 8}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--compare", nargs=2, metavar=("SMALL", "LARGE"), type=Path, help="data sets")
    parser.add_argument("--visits", type=int, default=VISITS, help=f"to each viewer after each of {STARTS} starts")
    arguments = parser.parse_args()
    if arguments.compare:
        compare_sets(arguments.compare, visits=arguments.visits)
        return
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
            drawn[tags].append(first_face(browser, url, tags=tags, line=LINE))
        named, unnamed = (statistics.median(drawn[tags]) for tags in (True, False))
        print(
            f"40 ms, 10 Mbit/s, empty browser cache, median of {VISITS}: face drawn {named:.2f} s after the URL was"
            f" opened; {unnamed:.2f} s where each script names the next ({unnamed / named:.2f} times as long)"
        )
    finally:
        program.terminate()
        program.wait()


def compare_sets(folders: list[Path], *, visits: int) -> None:
    first: dict[Path, list[float]] = {folder: [] for folder in folders}
    later: dict[Path, list[float]] = {folder: [] for folder in folders}
    with tempfile.TemporaryDirectory() as cache, sync_playwright() as playwright:
        for folder in folders:
            index(folder, cache)
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        for turn in range(STARTS):
            order = folders if turn % 2 == 0 else folders[::-1]
            programs = {folder: started(folder, cache) for folder in order}
            for visit, folder in itertools.product(range(visits + 1), order):
                (later if visit else first)[folder].append(first_face(browser, programs[folder][1]))
            stop(*(program for program, _ in programs.values()))
        browser.close()
    small, large = folders
    for name, seconds in (("first visit after a start", first), ("later visits", later)):
        a, b = (statistics.median(seconds[folder]) for folder in folders)
        print(
            f"{name}, median of {len(seconds[small])}: face drawn {a:.2f} s after opening {small.name}, "
            f"{b:.2f} s after opening {large.name} ({b / a:.2f} times; target 1.1 and 3 s)"
        )


def started(folder: Path, cache: str) -> tuple[subprocess.Popen[str], str]:
    """A viewer that shows a data set, and its URL."""
    program = subprocess.Popen(
        [sys.executable, str(APP), str(folder), "--port", "0", "--no-token", "--cache", cache],
        stdout=subprocess.PIPE,
        text=True,
    )
    return program, program.stdout.readline().split()[0]


def index(folder: Path, cache: str) -> None:
    """Let a viewer read the headers of all clips, as it has on any day but the first."""
    program, url = started(folder, cache)
    while not json.load(urllib.request.urlopen(f"{url}viewer/clips?limit=1"))["complete"]:
        time.sleep(0.5)
    stop(program)


def stop(*programs: subprocess.Popen[str]) -> None:
    for program in programs:
        program.terminate()
    for program in programs:
        program.wait()


def first_face(browser, url: str, *, tags: bool = True, line: dict | None = None) -> float:
    """Seconds from opening the page, in a browser that has kept nothing, to the face."""
    context = browser.new_context()
    page = context.new_page()
    if not tags:
        page.route(url, lambda route: strip(route))
    if line is not None:
        session = context.new_cdp_session(page)
        session.send("Network.enable")
        session.send("Network.emulateNetworkConditions", line)
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
