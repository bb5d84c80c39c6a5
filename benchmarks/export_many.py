"""Films of many clips, as the command makes them: clips a minute, time of the cores, memory; and what a run costs that
finds them all there.

    python benchmarks/export_many.py [--clips 200] [--flame-sized]     films of 8 s with sound, with and without --fast
    python benchmarks/export_many.py --resume 12669                    films that are there already

Clips are those of a replica that is made for the occasion; `beside drawing and encoding` is what a run does that has
lost its results and finds the films: it reads clips, makes keys, hashes films, writes results and the manifest. The
films of --resume are copies of one small film, with results as the command writes them. Linux: it looks into /proc.
"""

from __future__ import annotations

import argparse
import ctypes
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from unittest.mock import patch

import pyarrow.parquet

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.export import flame_sized
from benchmarks.make_replica import CLIPS, make_replica
from benchmarks.replica.writers import FolderWriter, TarWriter, Writer
from tests.dataset.factories import make_clip
from tests.jobs.here import TeamOfNone
from viewer.clip import FLAME_2020, Clip
from viewer.dataset import Dataset
from viewer.flame import HeadChoice, choose_head
from viewer.jobs import cores
from viewer.render import Renderer
from viewer.video import ExportSettings, export_clip
from viewer.video.batch import export_films
from viewer.video.receipt import Receipt

REPOSITORY = Path(__file__).resolve().parents[1]
LOOK_SECONDS = 0.25
GOAL_HOURS, GOAL_RESUME_SECONDS = 3.5, 5.0
LAYOUTS: dict[str, type[Writer]] = {"archives": TarWriter, "folders": FolderWriter}
_SUBREAPER = 36  # PR_SET_CHILD_SUBREAPER, of <linux/prctl.h>


@dataclass(frozen=True)
class Ran:
    """What a command took, all its processes together."""

    seconds: float
    cpu_seconds: float
    peaks_mb: dict[str, float]
    """Most memory that a process of each kind had, shared pages included."""
    together_mb: float
    """Most that all of them had at once, shared pages counted once."""


def ran(*arguments: object) -> Ran:
    """Run `python -m viewer …` and watch it to the end of its last process. Raises SystemExit where it fails."""
    command = [sys.executable, "-m", "viewer", *map(str, arguments)]
    before, start = _cpu_of_the_dead(), time.perf_counter()
    peaks: dict[str, float] = {}
    together = 0.0
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.DEVNULL, stderr=said)
        while process.poll() is None:
            family = _family(process.pid)
            for pid in family:
                kind = _kind(pid, process.pid)
                peaks[kind] = max(peaks.get(kind, 0.0), _megabytes(f"/proc/{pid}/status", "VmHWM:"))
            together = max(together, sum(_megabytes(f"/proc/{pid}/smaps_rollup", "Pss:") for pid in family))
            time.sleep(LOOK_SECONDS)
        seconds = time.perf_counter() - start
        if process.returncode:
            said.seek(0)
            raise SystemExit(f"{' '.join(command)} failed:\n{said.read().decode()}")
    while True:  # those that outlived the command came to this process, and so does their time
        try:
            os.wait()
        except ChildProcessError:
            break
    return Ran(seconds, _cpu_of_the_dead() - before, peaks, together)


def _family(root: int) -> list[int]:
    """A process and all that came of it, as far as they are alive."""
    parents = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parents[int(folder.name)] = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
    family = [root]
    for pid in family:
        family += [child for child, parent in parents.items() if parent == pid]
    return family


def _kind(pid: int, root: int) -> str:
    if pid == root:
        return "the command"
    try:
        command = Path(f"/proc/{pid}/cmdline").read_text()
    except OSError:
        command = ""
    kinds = {"viewer.render": "drawing", "spawn_main": "encoding", "resource_tracker": "Python's tracker"}
    return next((name for mark, name in kinds.items() if mark in command), "others")


def _megabytes(path: str, field: str) -> float:
    try:
        lines = Path(path).read_text().splitlines()
    except OSError:  # it has ended
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith(field)), 0.0)


def _cpu_of_the_dead() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def films(folder: Path, clips: int, *, head: HeadChoice) -> None:
    """Films of a replica, without and with --fast."""
    data = make_replica(folder / "replica", clips=clips)
    for fast in ((), ("--fast",)):
        out = folder / f"films{''.join(fast)}"
        command = ("export", "--all", "--data", data, "--out", out, "--model", head.model.path, *fast)
        made = ran(*command)
        rows = pyarrow.parquet.read_table(out / "manifest.parquet").to_pylist()
        assert [row["status"] for row in rows] == ["done"] * clips
        seconds, megabytes = (sum(row[name] for row in rows) / clips for name in ("seconds", "bytes"))
        each = made.seconds / clips, made.cpu_seconds / clips
        hours = [CLIPS * one / 3600 for one in (each[0], each[1] / cores())]
        print(f"{' '.join(('export --all', *fast))}: {clips} clips of {seconds:.1f} s, {megabytes / 1e6:.2f} MB a film")
        print(f"  {made.seconds:.0f} s: {60 / each[0]:.1f} clips a minute; {each[1]:.2f} s of a core a clip")
        print(f"  {CLIPS:,} clips: {hours[0]:.2f} h (goal {GOAL_HOURS} with --fast)")
        print(f"    {hours[1]:.2f} h where nothing else is at work on the {cores()} cores")
        peaks = ", ".join(f"{kind} {peak:.0f} MB" for kind, peak in sorted(made.peaks_mb.items()))
        print(f"  at most {made.together_mb:.0f} MB together; a process: {peaks}")
        shutil.rmtree(out / ".results")
        found = found_again(data, out, ExportSettings(fast=bool(fast)), str(head.model.path))
        print(f"  beside drawing and encoding: {1000 * found:.1f} ms of a core a clip", flush=True)


def found_again(data: Path, out: Path, settings: ExportSettings, model: str) -> float:
    """Seconds a clip, in this process, of a run that finds its films without having results of them."""
    reopen = partial(Dataset.open, data)
    dataset = reopen()
    head = choose_head(model, expression_space=dataset.expression_space)
    stems, before = dataset.playable, set(out.glob("*.mp4"))
    start = time.process_time()
    export_films(dataset, stems, head=head, settings=settings, out=out, reopen=reopen, engine=Here())
    seconds = time.process_time() - start
    assert set(out.glob("*.mp4")) == before, "other films than the command's"
    return seconds / len(stems)


class Here:
    """The engine that works in this process."""

    def team(self, job: bytes, *, processes: int | None) -> TeamOfNone:
        return TeamOfNone(job)


def small_dataset(root: Path, clips: int, *, writer: type[Writer]) -> Path:
    """So many clips, all of them the same three frames."""
    make_clip(root / "one", "one", frames=3)
    data = root / "data"
    data.mkdir()
    for path in (root / "one").glob("*/one.*"):
        written = writer(data, path.parent.name)
        for number in range(clips):
            written.add(f"clip{number:06d}_{number % 90:04d}{path.suffix}", path.read_bytes())
        written.close()
    return data


def resume(folder: Path, clips: int, *, layout: str) -> bool:
    """What a run costs that finds all films there; whether that is within the goal."""
    data, out = small_dataset(folder, clips, writer=LAYOUTS[layout]), folder / "films"
    out.mkdir()
    reopen = partial(Dataset.open, data)
    dataset = reopen()
    head = choose_head(expression_space=dataset.expression_space)
    one = folder / "one.mp4"
    with Renderer() as renderer:
        small = ExportSettings(size=(64, 64))
        receipt = export_clip(dataset[dataset.playable[0]], one, head=head, settings=small, renderer=renderer)

    def copied(_clip: Clip, path: Path, **_drawn: object) -> Receipt:
        shutil.copy(one, path)
        return receipt

    start = time.perf_counter()
    with patch("viewer.video.batch.export_clip", copied):
        stems, settings = dataset.playable, ExportSettings()
        export_films(dataset, stems, head=head, settings=settings, out=out, reopen=reopen, engine=Here())
    made = 1000 * (time.perf_counter() - start) / clips
    print(f"{clips:,} films of clips in {layout}, {made:.1f} ms each but for drawing and encoding")
    command = ("export", "--all", "--data", data, "--out", out)
    ran(*command)  # keeps an index of the archives
    again = ran(*command)
    print(f"  all there: {again.seconds:.1f} s, {again.cpu_seconds:.1f} s of a core, {again.together_mb:.0f} MB (goal "
          f"{GOAL_RESUME_SECONDS:g} s)", flush=True)  # fmt: skip
    return again.seconds <= GOAL_RESUME_SECONDS


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clips", type=int, default=200, metavar="N", help="films to make (default: %(default)s)")
    parser.add_argument("--flame-sized", action="store_true", help="a head of FLAME's size instead of the demo head")
    parser.add_argument("--resume", type=int, metavar="N", help="instead: a run that finds so many films there")
    asked = parser.parse_args()
    ctypes.CDLL(None, use_errno=True).prctl(_SUBREAPER, 1, 0, 0, 0)
    with tempfile.TemporaryDirectory(prefix="flame-viewer-bench-") as name:
        folder = Path(name)
        os.environ["XDG_CACHE_HOME"] = str(folder / "cache")
        if asked.resume is not None:
            kept = [resume(folder / layout, asked.resume, layout=layout) for layout in LAYOUTS]
            return int(not all(kept))
        head = flame_sized(folder) if asked.flame_sized else choose_head(expression_space=FLAME_2020)
        films(folder, asked.clips, head=head)
    return 0


if __name__ == "__main__":
    sys.exit(main())
