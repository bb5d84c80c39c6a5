"""The player in Chromium: how exact, how soon after a click, how close to the sound, at what cost; and several tracks.

    python benchmarks/player.py [--clips 40] [--clicks 60]

Runs the real routes on a data set that is written for it (8 s clips with sound, each of another identity) and a real
Chromium with its HTTP cache off. A click counts as answered when the browser has presented pixels that match frame 0 of
the clip that was asked for. The slow line is Chromium's own emulation: 40 ms from request to answer, 10 Mbit/s.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
from pathlib import Path

import numpy as np
from playwright.sync_api import Page, sync_playwright

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from tests.browser.conftest import ARGUMENTS, CHROMIUM
from tests.browser.player import PlayerTab
from tests.browser.serving import player_app, serving, speaking_clip
from tests.dataset.factories import write_audio, write_motion
from tests.flame.factories import head_like_flame, random_flame, write_npz
from viewer.clip import Clip
from viewer.dataset import Dataset
from viewer.flame import FlameModel, HeadChoice, choose_head
from viewer.web.library import Library

FRAMES = 200
WATCH = """
const player = document.querySelector("flame-player"), canvas = player.shadowRoot.querySelector("canvas");
const small = new OffscreenCanvas(64, 64).getContext("2d", { willReadFrequently: true });
const signature = () => {
  small.drawImage(canvas, 0, 0, 64, 64);
  const { data } = small.getImageData(0, 0, 64, 64);
  return Array.from({ length: 64 * 64 }, (_, i) => data[4 * i + 1]);
};
const distance = (a, b) => a.reduce((sum, value, i) => sum + Math.abs(value - b[i]), 0);
const nextPicture = () => new Promise((resolve) => requestAnimationFrame(resolve));
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--clips", type=int, default=40)
    parser.add_argument("--clicks", type=int, default=60)
    options = parser.parse_args()
    demo = choose_head(expression_space="arkit52")
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        data = write_dataset(Path(folder) / "data", demo, options.clips)
        heads = {
            "demo head": demo,
            "smooth head, FLAME's size": head_of(head_like_flame(), Path(folder) / "smooth.npz"),
            "noise, FLAME's size": head_of(random_flame(), Path(folder) / "noise.npz"),
        }
        for name, head in heads.items():
            exactness(browser, name, head)
        with serving(player_app({}, demo, find=Library(data, cache=Path(folder) / "cache").clip)) as url:
            clicks(browser, url, data.stems, options.clicks)
            clock(browser, url, data.stems[0])
            memory(browser, url, data.stems)
            several(browser, url, data.stems)
        browser.close()


def head_of(arrays: dict, path: Path) -> HeadChoice:
    return HeadChoice(FlameModel.load(write_npz(path, arrays)), False, ())


def write_dataset(root: Path, head: HeadChoice, n_clips: int) -> Dataset:
    for i in range(n_clips):
        shape = np.random.default_rng(i).normal(size=100)
        clip = speaking_clip(head, f"clip_{i:04d}", frames=FRAMES, seed=i, shape=shape)
        arrays = {"exp": clip.exp, "pose": clip.pose, "shape": clip.shape, "mocap_frame_rate": 25}
        write_motion(root, clip.stem, arrays)
        write_audio(root, clip.stem, clip.audio.samples)
    (root / "dataset.json").write_text(f'{{"expression_space": "{head.model.expression_space}"}}')
    return Dataset.open(root)


def exactness(browser, name: str, head: HeadChoice) -> None:
    rng = np.random.default_rng(0)
    n_exp = 52 if head.model.expression_space == "arkit52" else 100
    shape, strength = rng.normal(size=100), 0.3 if n_exp == 52 else 1
    exp, pose = strength * rng.normal(size=(FRAMES, n_exp)), rng.uniform(-0.5, 0.5, (FRAMES, 6))
    clip = Clip.from_arrays(stem="a", exp=exp, pose=pose, shape=shape)
    with serving(player_app({"a": clip}, head)) as url:
        tab = PlayerTab(browser, url)
        tab.open("a")
        frames = list(range(FRAMES))
        error = 1000 * np.linalg.norm(
            np.concatenate([tab.vertices(frames[i : i + 20]) for i in range(0, FRAMES, 20)])
            - np.concatenate(list(head.vertex_blocks(clip))),
            axis=2,
        )
        cost = tab.js(
            """(async () => {
              const cost = [];
              for (let i = 0; i < 600; i++) {
                player.seek(i % player.frames);
                player.vertices;
                cost.push(player.cost.pose);
              }
              return cost.slice(100);
            })()"""
        )
        tab.close()
    print(f"{name} ({len(head.model.v_template):,} vertices, {n_exp} expressions, whole clip of {FRAMES} frames)")
    print(f"  error against Python: mean {error.mean():.6f} mm, max {error.max():.6f} mm")
    print(f"  vertices and normals of a frame: median {np.median(cost):.2f} ms, p95 {np.quantile(cost, 0.95):.2f} ms")


def clicks(browser, url: str, stems: tuple[str, ...], n: int) -> None:
    tab = PlayerTab(browser, url, viewport={"width": 640, "height": 620})
    session = tab.context.new_cdp_session(tab.page)
    session.send("Network.enable")
    session.send("Network.setCacheDisabled", {"cacheDisabled": True})
    known = {stem: first_picture(tab.page, stem) for stem in stems}
    chosen = random.Random(0)
    for line, network in {"localhost": None, "40 ms, 10 Mbit/s": {"latency": 40, "downloadThroughput": 1.25e6}}.items():
        if network:
            session.send("Network.emulateNetworkConditions", {"offline": False, "uploadThroughput": -1, **network})
        times, former = [], None
        for _ in range(n):
            stem = chosen.choice([other for other in stems if other != former])
            former = stem
            times.append(click(tab.page, stem, known[stem]))
        median, p95 = np.median(times), np.quantile(times, 0.95)
        print(f"click to matching pixels, {line}: median {median:.0f} ms, p95 {p95:.0f} ms ({n} clicks)")
    tab.close()


def first_picture(page: Page, stem: str) -> list[int]:
    return page.evaluate(
        f"""async (stem) => {{ {WATCH}
          await player.open(stem);
          return signature();  // in the same task as the drawing
        }}""",
        stem,
    )


def click(page: Page, stem: str, expected: list[int]) -> float:
    """Milliseconds until the picture of `stem` is on the screen."""
    return page.evaluate(
        f"""async ([stem, expected]) => {{ {WATCH}
          const button = document.createElement("button");
          const shown = new Promise((resolve) => button.addEventListener("click", async () => {{
            const begin = performance.now();
            await player.open(stem);
            if (distance(signature(), expected) > 0) throw new Error("another picture");
            await nextPicture();
            await nextPicture();  // the one before is on the screen
            resolve(performance.now() - begin);
          }}));
          button.click();
          return shown;
        }}""",
        [stem, expected],
    )


def clock(browser, url: str, stem: str) -> None:
    tab = PlayerTab(browser, url, viewport={"width": 420, "height": 420})
    tab.open(stem)
    known, seen = tab.js(
        f"""(async () => {{ {WATCH.replace("const player = document.querySelector('flame-player'), ", "")}
          const known = [], seen = [];
          for (let frame = 0; frame < player.frames; frame++) {{
            player.seek(frame);
            await nextPicture();
            await Promise.resolve();
            known.push(signature());
          }}
          player.seek(0);
          player.addEventListener("frame", () => {{
            const {{ seconds }} = player;
            queueMicrotask(() => seen.push([seconds, signature()]));
          }});
          const over = new Promise((resolve) => player.addEventListener("ended", resolve, {{ once: true }}));
          await player.play();
          await over;
          return [known, seen];
        }})()"""
    )
    known = np.array(known, float)
    shown = [int(np.abs(known - np.array(pixels)).sum(axis=1).argmin()) for _, pixels in seen[:-1]]
    off = np.abs(np.array(shown) - [int(seconds * 25 + 1e-6) for seconds, _ in seen[:-1]])
    print(
        f"shown frame against the sound's clock: {len(off)} pictures of {len(known)} frames, "
        f"{(off == 0).sum()} exact, {(off == 1).sum()} one frame off, {(off > 1).sum()} more"
    )
    tab.close()


def memory(browser, url: str, stems: tuple[str, ...]) -> None:
    tab = PlayerTab(browser, url)
    session = tab.context.new_cdp_session(tab.page)

    def used() -> float:
        session.send("HeapProfiler.collectGarbage")
        usage = session.send("Runtime.getHeapUsage")
        return (usage["usedSize"] + usage["backingStorageSize"]) / 1e6

    def open_clips(n: int) -> None:
        tab.js("(async () => { for (const stem of argument) await player.open(stem); })()", (list(stems) * n)[:n])

    open_clips(20)
    before = used()
    open_clips(200)
    print(f"JavaScript memory: {before:.1f} MB after 20 clips, {used():.1f} MB after 200 more")
    tab.close()


def several(browser, url: str, stems: tuple[str, ...]) -> None:
    tab = PlayerTab(browser, url, viewport={"width": 1000, "height": 640})
    tab.open(stems[0])
    tab.js(
        "(player.tracks = argument)",
        [{"key": stem, "url": f"viewer/player/clip.bin?stem={stem}"} for stem in stems[1:4]],
    )
    chosen = {"one face": None}
    for n in (1, 2, 3):
        chosen[f"side by side, {n + 1} faces"] = {"tracks": stems[1 : n + 1], "mode": "side"}
    chosen["overlaid, 2 faces"] = {"tracks": stems[1:2], "mode": "overlay"}
    chosen["heat map of 1 track"] = {"tracks": stems[1:2], "mode": "heat"}
    chosen["heat maps of 3 tracks"] = {"tracks": stems[1:4], "mode": "heat"}
    for name, compare in chosen.items():
        tab.js("(player.compare = argument)", compare)
        tab.until("player.trackStates.every(({ state }) => state === 'ready')")
        times = tab.js(
            """(async () => {
              const gl = root.querySelector("canvas").getContext("webgl2"), pixel = new Uint8Array(4), times = [];
              for (let frame = 0; frame < 60; frame++) {
                player.seek(frame);
                await new Promise((resolve) => requestAnimationFrame(resolve));
                const begin = performance.now();
                gl.readPixels(0, 0, 1, 1, gl.RGBA, gl.UNSIGNED_BYTE, pixel);  // waits until it is drawn
                times.push(performance.now() - begin + player.cost.pose + player.cost.draw);
              }
              return times.slice(10);
            })()"""
        )
        print(f"a moving picture, {name}: median {np.median(times):.0f} ms, p95 {np.quantile(times, 0.95):.0f} ms")
    tab.close()


if __name__ == "__main__":
    main()
