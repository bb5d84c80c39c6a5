"""Opening and listing a data set of 12,669 clips, against reading every clip with np.load and soundfile.

    python benchmarks/open_dataset.py [--clips 12669]
    python benchmarks/open_dataset.py --data DIR

The data set is made for the occasion: clips of 8 s, hard links to 50 different ones, so that it takes little disk;
all files are in the page cache. Both ways take turns over blocks of clips; the ratio is of their sums.

The same clips as archives, of which the members' data are holes: opened for the first time, again with the kept index,
and walked over by tarfile.

--data: only how long the page's list takes to show clips of that data set, from the line with the URL on, where nothing
is kept of it and indexing goes on.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tarfile
import tempfile
import time
import urllib.request
from functools import partial
from pathlib import Path

import numpy as np
import soundfile

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.dataset.factories import make_dataset
from viewer.dataset import Dataset

APP = Path(__file__).resolve().parents[1] / "app.py"
FRAMES = 200
DISTINCT = 50
BLOCK = 500
STARTS = 3


def make_replica(root: Path, n_clips: int) -> Path:
    """A data set of `n_clips` clips, 20 a session."""
    originals = make_dataset(root / "originals", stems=[f"o_{i}" for i in range(DISTINCT)], frames=FRAMES)
    replica = root / "replica"
    stems = [f"session{i // 20:04d}_{i % 20:03d}" for i in range(n_clips)]
    for folder in ("FLAME_coeffs_25", "audios", "transcripts"):
        (replica / folder).mkdir(parents=True)
        files = sorted((originals / folder).iterdir())
        for i, stem in enumerate(stems):
            os.link(files[i % DISTINCT], replica / folder / f"{stem}{files[0].suffix}")
    (replica / "train.txt").write_text("\n".join(stems[:-500]))
    (replica / "test.txt").write_text("\n".join(stems[-500:]))
    return replica


def make_archives(root: Path, folders: Path) -> Path:
    """The archives of a data set, with the names and sizes of its files and no data."""
    root.mkdir()
    for folder in ("FLAME_coeffs_25", "audios", "transcripts"):
        with (root / f"{folder}.tar").open("wb") as archive:
            for file in sorted((folders / folder).iterdir()):
                member = tarfile.TarInfo(f"{folder}/{file.name}")
                member.size = file.stat().st_size
                archive.write(member.tobuf(tarfile.GNU_FORMAT))
                archive.seek(-(-member.size // 512) * 512, os.SEEK_CUR)
            archive.write(bytes(10240))
    return root


def walk_with_tarfile(root: Path) -> set[str]:
    """Stems in all archives, as the standard library finds them."""
    stems = set()
    for path in root.glob("*.tar"):
        with tarfile.open(path) as archive:
            stems.update(Path(member.name).stem for member in archive)
    return stems


def time_archives(root: Path, folders: Path) -> None:
    """Open the archives in turns with tarfile, and print the best of three of each."""
    make_archives(root, folders)
    times: dict[str, list[float]] = {"first time": [], "again": [], "by tarfile": []}
    for turn in range(3):
        open_them = partial(Dataset.open, root, cache=root.parent / f"cache_{turn}")
        for seconds, way in zip(times.values(), (open_them, open_them, partial(walk_with_tarfile, root)), strict=True):
            start = time.perf_counter()
            found = way()
            seconds.append(time.perf_counter() - start)
            assert len(found) == len(list((folders / "audios").iterdir()))
    first, again, naive = (min(seconds) for seconds in times.values())
    print(f"open their archives, first time     {first:8.3f} s")
    print(f"open their archives again           {again:8.3f} s")
    print(f"walk over them by tarfile           {naive:8.3f} s")
    print(f"the first opening takes {first / naive:.2f} of tarfile's walk, the next {again / naive:.3f} of it")


def naive_row(root: Path, stem: str) -> tuple[int, float, str]:
    """What a list needs of a clip, the way scripts do it."""
    with np.load(root / "FLAME_coeffs_25" / f"{stem}.npz") as arrays:
        clip = {key: arrays[key] for key in arrays.files}
    samples, rate = soundfile.read(root / "audios" / f"{stem}.wav")
    return len(clip["exp"]), len(samples) / rate, (root / "transcripts" / f"{stem}.txt").read_text()


def time_first_rows(data: Path) -> None:
    """Start the program on a data set of which it knows nothing, and ask for rows as soon as it prints its URL."""
    for _ in range(STARTS):
        with tempfile.TemporaryDirectory(prefix="flame-viewer-bench-") as cache:
            command = [sys.executable, str(APP), str(data), "--port", "0", "--no-token", "--cache", cache]
            start = time.perf_counter()
            program = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
            try:
                url = re.search(r"http://[^ ]+/", program.stdout.readline())[0]
                printed = time.perf_counter()
                first = rows_of(url)
                answered = time.perf_counter()
                page = first
                while not page["rows"]:
                    page = rows_of(url)
                listed = time.perf_counter()
                while not (page["complete"] and not page["progress"]["running"] and page["progress"]["done"]):
                    time.sleep(0.1)
                    page = rows_of(url)
                whole = time.perf_counter()
            finally:
                program.terminate()
                program.wait()
        print(
            f"URL after {printed - start:.1f} s; from there on: an answer after {answered - printed:.3f} s "
            f"({first['total']:,} clips), clips listed after {listed - printed:.3f} s (target 1 s), "
            f"all {page['total']:,} after {whole - printed:.1f} s"
        )


def rows_of(url: str) -> dict:
    with urllib.request.urlopen(f"{url}viewer/clips?limit=100") as answer:
        return json.load(answer)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clips", type=int, default=12_669)
    parser.add_argument("--data", type=Path, metavar="DIR")
    options = parser.parse_args()
    if options.data is not None:
        time_first_rows(options.data)
        return
    n_clips = options.clips
    with tempfile.TemporaryDirectory(prefix="flame-viewer-bench-") as folder:
        root = make_replica(Path(folder), n_clips)
        time_archives(Path(folder) / "archives", root)
        Dataset.open(root)  # imports and directory entries are warm for both
        start = time.perf_counter()
        dataset = Dataset.open(root)
        opened = time.perf_counter() - start
        ours = naive = 0.0
        for first in range(0, n_clips, BLOCK):
            stems = dataset.stems[first : first + BLOCK]
            start = time.perf_counter()
            rows = [dataset.summary(stem) for stem in stems]
            middle = time.perf_counter()
            naive_rows = [naive_row(root, stem) for stem in stems]
            ours += middle - start
            naive += time.perf_counter() - middle
            assert [(row.frames, row.audio_seconds, row.transcript) for row in rows] == naive_rows
        start = time.perf_counter()
        dataset.summaries()
        again = time.perf_counter() - start
    print(f"open {n_clips:,} clips                 {opened:8.3f} s")
    print(f"summaries of all, first time        {ours:8.3f} s   {1e3 * ours / n_clips:.3f} ms a clip")
    print(f"summaries of all, files unchanged   {again:8.3f} s")
    print(f"np.load + soundfile + text of all   {naive:8.3f} s   {1e3 * naive / n_clips:.3f} ms a clip")
    print(f"summaries take {ours / naive:.2f} of the naive time; opening takes {opened / naive:.3f} of it")


if __name__ == "__main__":
    main()
