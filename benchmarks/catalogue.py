"""The catalogue: how long it takes to build, to open and to ask, and the memory that indexing takes.

    python benchmarks/catalogue.py [--rows 12669 1000000] [--memory 12669 100000] [--data DIR]

Rows are made up: 22 words of a vocabulary in which few are common, as in a language. Each question is asked anew, as
after a change of rows ("first"), and again with the number of clips known, as when paging ("again"); times are medians.
--data also indexes a data set of files from nothing, in a process of its own.
"""

from __future__ import annotations

import argparse
import itertools
import json
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from viewer.clip import Flag
from viewer.dataset import ClipSummary, Dataset
from viewer.dataset.catalogue import Catalogue, Query

TIMES = 7
_LETTERS = "abcdefghijklmnopqrstuvwxyz"


class MadeUp:
    """As much of a data set as the catalogue uses; a clip's summary is made when it is asked for."""

    identity = ""
    complete = True

    def __init__(self, path: Path, n_clips: int) -> None:
        self.path = path
        self.stems = tuple(f"session{i // 20:06d}_{i % 20:03d}" for i in range(n_clips))
        rng = random.Random(0)
        self.words = ["".join(rng.choices(_LETTERS, k=rng.randint(2, 9))) for _ in range(20_000)]
        self._frequencies = list(itertools.accumulate(1 / (i + 1) for i in range(len(self.words))))

    def fingerprint(self, stem: str) -> str:
        return stem

    def summary(self, stem: str, *, keep: bool) -> ClipSummary:
        rng = random.Random(stem)
        frames = rng.randint(60, 400)
        return ClipSummary(
            stem=stem,
            splits=(rng.choices(("train", "val", "test"), (90, 5, 5))[0],),
            frames=frames,
            fps=25.0,
            seconds=frames / 25,
            audio_seconds=frames / 25,
            audio_format="PCM 16-bit, 16000 Hz, mono",
            has_motion=True,
            has_audio=True,
            has_transcript=True,
            transcript=" ".join(rng.choices(self.words, cum_weights=self._frequencies, k=22)),
            flags=(Flag("audio-truncated", "The sound is cut off."),) if rng.random() < 0.01 else (),
        )


def questions(dataset: MadeUp) -> dict[str, Callable[[Catalogue], object]]:
    """What a user of the list asks."""
    middle = dataset.stems[len(dataset.stems) // 2]
    longest = Query.parse(sort="-seconds")
    asked = {
        "first page": Query(),
        "sorted": longest,
        "filter + sort": Query.parse(split=["val"], min_seconds=8, sort="-words"),
        "rare flag + sort": Query.parse(flag=["audio-truncated"], sort="-seconds"),
        "word + filter + sort": Query.parse(search=dataset.words[200], split=["train"], sort="-seconds"),
        "two words + sort": Query.parse(search=f"{dataset.words[20]} {dataset.words[30]}", sort="-words"),
        "commonest word + sort": Query.parse(search=dataset.words[0], sort="-seconds"),
        "part of a stem": Query.parse(search=middle[4:], sort="-seconds"),
    }
    pages = {name: lambda c, query=query: c.page(query) for name, query in asked.items()}
    return pages | {
        "jump to the middle": lambda c: c.page(longest, start=len(dataset.stems) // 2),
        "position of a clip": lambda c: c.position(longest, middle),
        "previous and next": lambda c: c.neighbours(longest, middle),
        "facets": lambda c: c.facets(),
        "facets of a word": lambda c: c.facets(asked["word + filter + sort"]),
        "histogram": lambda c: c.histogram("seconds"),
    }


def ask(n_clips: int, folder: Path) -> None:
    """Build a catalogue of made-up clips and ask it."""
    dataset = MadeUp(folder / "none", n_clips)
    catalogue = Catalogue.open(dataset, cache=folder)
    begin, begin_cpu = time.perf_counter(), time.process_time()
    for stem in dataset.stems[:2000]:
        dataset.summary(stem, keep=False)
    making = (time.process_time() - begin_cpu) / 2000 * n_clips
    begin, begin_cpu = time.perf_counter(), time.process_time()
    catalogue.update()
    elapsed, cpu = time.perf_counter() - begin, time.process_time() - begin_cpu - making
    begin = time.perf_counter()
    catalogue.update()
    again = time.perf_counter() - begin
    size = catalogue.path.stat().st_size / 1e6
    print(f"\n{n_clips:,} clips: built in {elapsed:.1f} s ({cpu:.1f} CPU-s without making them up), {size:.0f} MB;")
    print(f"looked through without a change in {again:.2f} s")
    print(f"{'':26}{'first':>9}{'again':>9}  ms")
    for name, question in questions(dataset).items():
        first, later = [], []
        for _ in range(TIMES):
            catalogue.forget_answers()
            first.append(seconds(question, catalogue))
            later.append(seconds(question, catalogue))
        print(f"{name:26}{1e3 * statistics.median(first):9.2f}{1e3 * statistics.median(later):9.2f}")
    catalogue.close()
    reopened = [seconds(first_page, dataset, folder) for _ in range(TIMES)]
    print(f"{'open + first page':26}{1e3 * statistics.median(reopened):9.2f}")


def first_page(dataset: MadeUp, folder: Path) -> None:
    catalogue = Catalogue.open(dataset, cache=folder)
    catalogue.page()
    catalogue.close()


def seconds(work: Callable[..., object], *arguments: object) -> float:
    begin = time.perf_counter()
    work(*arguments)
    return time.perf_counter() - begin


def index(data: str, folder: Path) -> dict[str, float]:
    """Index a data set of files, or so many made-up clips, from nothing; called in a process of its own."""
    dataset = MadeUp(folder / "none", int(data)) if data.isdecimal() else Dataset.open(data, cache=folder)
    catalogue = Catalogue.open(dataset, cache=folder)
    elapsed = seconds(catalogue.update)
    catalogue.close()
    return {
        "clips": len(dataset.stems),
        "seconds": elapsed,
        "cpu": time.process_time(),  # of the whole process, with opening the data set and imports
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3,
    }


def indexed(data: str) -> dict[str, float]:
    program = f"from benchmarks.catalogue import *; print(json.dumps(index({data!r}, Path(sys.argv[1]))))"
    with tempfile.TemporaryDirectory(prefix="flame-viewer-bench-") as folder:
        output = subprocess.run(
            [sys.executable, "-c", program, folder], stdout=subprocess.PIPE, check=True, cwd=Path(__file__).parents[1]
        ).stdout
    return json.loads(output)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, nargs="*", default=[12_669, 1_000_000], metavar="N")
    parser.add_argument("--memory", type=int, nargs="*", default=[12_669, 100_000], metavar="N")
    parser.add_argument("--data", metavar="DIR")
    options = parser.parse_args()
    for n_clips in options.memory:
        found = indexed(str(n_clips))
        print(f"indexing {n_clips:,} made-up clips: peak memory {found['peak_mb']:.0f} MB")
    if options.data is not None:
        found = indexed(options.data)
        print(
            f"indexing {found['clips']:,} clips of {options.data}: {found['seconds']:.1f} s, {found['cpu']:.1f} CPU-s "
            f"with opening it, peak memory {found['peak_mb']:.0f} MB"
        )
    for n_clips in options.rows:
        with tempfile.TemporaryDirectory(prefix="flame-viewer-bench-") as folder:
            ask(n_clips, Path(folder))


if __name__ == "__main__":
    main()
