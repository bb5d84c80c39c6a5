"""Films of many clips in one folder; in real processes where nothing else is said."""

from __future__ import annotations

import contextlib
import hashlib
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet
import pytest

from tests.dataset.factories import make_clip, make_dataset, motion_arrays, write_motion
from tests.jobs.here import TeamOfNone
from tests.video import decoding
from tests.waiting import until
from viewer.dataset import Dataset
from viewer.errors import JobError, VideoError
from viewer.flame import choose_head
from viewer.jobs.engine import Ending
from viewer.jobs.worker import Task
from viewer.paths import whole_file
from viewer.video.batch import Films, export_films
from viewer.video.export import ExportSettings

SIZE = (64, 64)
SMALL = ExportSettings(size=SIZE)
REPOSITORY = Path(__file__).parents[2]
KILLS = 3
"""Of workers, besides those of whole runs; what a worker does at its death is tested with more in tests/jobs."""
RUN = """
from pathlib import Path
from tests.video.test_batch import export
if __name__ == "__main__":
    export(Path({data!r}), Path({out!r}), processes=2)
"""
here = pytest.mark.usefixtures("films_here")


@pytest.fixture
def out(tmp_path: Path) -> Path:
    (tmp_path / "films").mkdir()
    return tmp_path / "films"


def export(data: Path, out: Path, *, settings: ExportSettings = SMALL, **options: Any) -> Films:
    dataset = Dataset.open(data)
    return export_films(
        dataset,
        dataset.playable,
        head=choose_head(expression_space=dataset.expression_space),
        settings=settings,
        out=out,
        gl="software",
        **{"reopen": partial(Dataset.open, data)} | options,
    )


def films_in(out: Path) -> dict[str, int]:
    """Films and when they were written."""
    return {path.name: path.stat().st_mtime_ns for path in sorted(out.glob("*.mp4"))}


def manifest(out: Path) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = pyarrow.parquet.read_table(out / "manifest.parquet").to_pylist()
    return rows


def test_each_clip_has_a_film_and_a_true_row(tmp_path: Path, out: Path) -> None:
    data = make_dataset(tmp_path / "data", stems=["a_0", "a_1"], frames=4)
    films = export(data, out, processes=2)
    assert films.manifest == out / "manifest.parquet"
    assert [row["stem"] for row in manifest(out)] == ["a_0", "a_1"]
    for row in manifest(out):
        path = out / row["path"]
        assert len(decoding.frames(path, SIZE)) == row["frames"] == 4
        assert row["seconds"] == pytest.approx(decoding.container_seconds(path), abs=0.02)
        assert row["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
        assert (row["bytes"], row["status"], row["error"]) == (path.stat().st_size, "done", None)
    assert len(films_in(out)) == 2


@here
def test_what_is_there_is_not_made_again(tmp_path: Path, out: Path) -> None:
    data = make_dataset(tmp_path / "data", stems=["a_0", "a_1", "b_0"], frames=3)
    export(data, out, processes=1)
    before = films_in(out)
    told: list[tuple[int, int, int]] = []
    export(data, out, processes=1, progress=lambda *counts: told.append(counts))
    assert set(told) == {(3, 0, 3)}
    assert films_in(out) == before

    lost = next(iter(before))
    (out / lost).unlink()
    write_motion(data, "b_0", frames=5)  # and another clip has changed
    export(data, out, processes=1)
    after = films_in(out)
    assert after[lost] != before[lost]
    kept = set(before) - {lost}
    assert {name: after[name] for name in kept} == {name: before[name] for name in kept}, "one of them old, but kept"
    (new,) = set(after) - set(before)
    assert new.startswith("b_0.")
    assert len(decoding.frames(out / new, SIZE)) == 5


@here
def test_what_was_left_half_made_goes_after_a_day(tmp_path: Path, out: Path) -> None:
    data = make_dataset(tmp_path / "data", stems=["a_0"], frames=3)
    day = 24 * 3600
    kept, gone = [], []
    for place, looked_at in ((out, True), (out / "a7", True), (out / "photos", False)):
        for age in (10, 10 * day):
            names = [f".{age:016x}.part", f".part-{age:08d}", ".mine", ".mine.part", ".part-of-something-else"]
            for name in names:
                path = place / f"{name}{'' if name in names[:2] else age}"
                path.parent.mkdir(parents=True, exist_ok=True)
                path.mkdir() if name == names[1] else path.write_bytes(b"half a film")
                (gone if looked_at and age > day and name in names[:2] else kept).append(path)
                os.utime(path, (time.time() - age, time.time() - age))
    export(data, out, processes=1)
    assert [path for path in gone if path.exists()] == []
    assert [path for path in kept if not path.exists()] == []


@here
def test_without_its_results_a_folder_of_films_is_still_good(tmp_path: Path, out: Path) -> None:
    data = make_dataset(tmp_path / "data", stems=["a_0"], frames=3)
    export(data, out, processes=1)
    before, rows = films_in(out), manifest(out)
    for path in sorted(out.glob(".results/**/*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    export(data, out, processes=1)
    assert films_in(out) == before
    assert manifest(out) == rows


@here
def test_other_settings_have_films_of_their_own(tmp_path: Path, out: Path) -> None:
    data = make_dataset(tmp_path / "data", stems=["a_0"], frames=3)
    export(data, out, processes=1)
    before = films_in(out)
    export(data, out, settings=ExportSettings(size=SIZE, fast=True), processes=1)
    assert films_in(out).items() > before.items()
    assert len(films_in(out)) == 2
    assert sorted('"fast": true' in row["settings"] for row in manifest(out)) == [False, True]


@here
def test_a_clip_that_fails_is_a_row_and_stops_nobody(tmp_path: Path, out: Path) -> None:
    data = make_dataset(tmp_path / "data", stems=["a_0", "c_0"], frames=3)
    arrays = motion_arrays(frames=3)
    arrays["pose"][:] = np.nan
    write_motion(data, "b_0", arrays)
    films = export(data, out, processes=1)
    assert {stem: result.status for stem, result in films.results.items()} == {
        "a_0": "done",
        "b_0": "failed",
        "c_0": "done",
    }
    (row,) = (row for row in manifest(out) if row["status"] == "failed")
    assert (row["stem"], row["path"], row["sha256"]) == ("b_0", None, None)
    assert "b_0" in row["error"]


@here
def test_stems_that_differ_in_case_alone_have_names_that_differ_in_more(tmp_path: Path, out: Path) -> None:
    data = make_dataset(tmp_path / "data", stems=["Take_0", "take_0"], frames=3)
    export(data, out, processes=1)
    assert len({name.lower() for name in films_in(out)}) == 2


@here
def test_pictures_of_clips_lie_beside_their_films(tmp_path: Path, out: Path) -> None:
    data = make_dataset(tmp_path / "data", stems=["a_0"], frames=3)
    films = export(data, out, processes=1, thumbs=True)
    film = films.results["a_0"].value
    assert (out / film["thumb"]).read_bytes().startswith(b"\xff\xd8\xff")
    (out / film["thumb"]).unlink()
    before = films_in(out)
    export(data, out, processes=1, thumbs=True)
    assert (out / film["thumb"]).is_file()
    assert films_in(out) == before


@here
def test_a_picture_that_is_wanted_later_makes_no_second_film_or_row(tmp_path: Path, out: Path) -> None:
    data = make_dataset(tmp_path / "data", stems=["a_0", "b_0"], frames=3)
    export(data, out, processes=1)
    before, rows = films_in(out), manifest(out)
    for thumbs in (True, False):
        export(data, out, processes=1, thumbs=thumbs)
        assert len(list(out.glob("*.jpg"))) == 2
        assert films_in(out) == before
        assert manifest(out) == rows


@here
def test_two_runs_into_one_folder_both_end_with_all_films(tmp_path: Path, out: Path) -> None:
    data = make_dataset(tmp_path / "data", stems=["a_0", "a_1", "b_0"], frames=6)
    at_work, waits = threading.Event(), threading.Event()
    waited: list[str] = []

    def hold(*_: int) -> None:
        at_work.set()
        assert waits.wait(60)

    def wait(why: str) -> None:
        waited.append(why)
        waits.set()

    with ThreadPoolExecutor(2) as pool:
        runs = [pool.submit(export, data, out, processes=1, progress=hold)]
        assert at_work.wait(60)
        runs.append(pool.submit(export, data, out, processes=1, waiting=wait))
        results = [run.result().results for run in runs]
    assert all(result.ok for found in results for result in found.values())
    assert results[0].keys() == results[1].keys() == {"a_0", "a_1", "b_0"}
    assert "another run is at work" in waited[0]
    assert len(films_in(out)) == 3
    assert len(manifest(out)) == 3


@here
def test_shards_make_a_share_each_and_a_manifest_of_all(tmp_path: Path, out: Path) -> None:
    data = make_dataset(tmp_path / "data", stems=[f"a_{n}" for n in range(6)], frames=3)
    shares = [set(export(data, out, processes=1, shard=(n, 2)).results) for n in (1, 2)]
    assert shares[0].isdisjoint(shares[1])
    assert len(shares[0] | shares[1]) == len(films_in(out)) == len(manifest(out)) == 6
    before = films_in(out)
    assert len(export(data, out, processes=1).results) == 6
    assert films_in(out) == before


@here
def test_the_manifest_of_runs_that_end_together_has_the_films_of_both(
    tmp_path: Path, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The one that looked first writes last."""
    data = make_dataset(tmp_path / "data", stems=[f"a_{n}" for n in range(6)], frames=3)
    others = [lambda: export(data, out, processes=1, shard=(2, 2))]

    @contextlib.contextmanager
    def slowly(path: Path, **options: Any) -> Iterator[Path]:
        with whole_file(path, **options) as part:
            yield part
            if path == out / "manifest.parquet" and others:
                others.pop()()

    monkeypatch.setattr("viewer.video.manifest.whole_file", slowly)
    export(data, out, processes=1, shard=(1, 2))
    assert len(films_in(out)) == len(manifest(out)) == 6


@here
def test_a_full_disk_ends_the_run_and_costs_no_film(tmp_path: Path, out: Path) -> None:
    data = make_dataset(tmp_path / "data", stems=[f"a_{n}" for n in range(6)], frames=20)
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=100k", "tmpfs", out], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip(f"no small disk can be mounted: {mounted.stderr.decode().strip()}")
    try:
        with pytest.raises((JobError, VideoError), match="the disk is full"):
            export(data, out, settings=ExportSettings(size=(128, 128), crf=1), processes=1)
        assert all(len(decoding.frames(out / name, (128, 128))) == 20 for name in films_in(out))
        subprocess.run(["mount", "-o", "remount,size=100m", out], check=True)
        export(data, out, settings=ExportSettings(size=(128, 128), crf=1), processes=1)
        assert len(films_in(out)) == 6
        assert all(row["status"] == "done" for row in manifest(out))
        assert not list(out.glob(".*.part"))
    finally:
        subprocess.run(["umount", "--lazy", out], check=True)


def test_killed_at_any_moment_and_run_again_nothing_is_lost_or_done_twice(tmp_path: Path, out: Path) -> None:
    """Some of those who draw or encode, one after the other, then the coordinator alone; then the whole family."""
    data, stems = tmp_path / "data", [f"a_{n:02d}" for n in range(20)]
    for number, stem in enumerate(stems):
        make_clip(data, stem, frames=3, seed=number)
    script = tmp_path / "run.py"
    script.write_text(RUN.format(data=str(data), out=str(out)))
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY), "RUN": str(script)}
    draw, finished = random.Random(5), dict[str, int]()

    def check_what_was_finished() -> None:
        nonlocal finished
        now = films_in(out)
        assert now.items() >= finished.items(), "a finished film was lost, or made again"
        finished = now

    for kills in (KILLS, 0):
        with subprocess.Popen([sys.executable, script], env=environment, start_new_session=True) as running:
            for _ in range(kills + 1):
                films = len(films_in(out))
                until(lambda films=films: len(films_in(out)) > films or running.poll() is not None, seconds=120)
                check_what_was_finished()
                with contextlib.suppress(ProcessLookupError, IndexError):
                    others = [pid for pid in _processes_of(script) if pid != running.pid]
                    os.kill(draw.choice(others), signal.SIGKILL)
            with contextlib.suppress(ProcessLookupError):
                running.kill() if kills else os.killpg(running.pid, signal.SIGKILL)
        until(lambda: not _processes_of(script))  # those that are left end by themselves within a second or two
        check_what_was_finished()
    export(data, out, processes=1)  # tries again what was killed twice
    check_what_was_finished()
    assert len(finished) == len(stems)
    assert all(len(decoding.frames(out / name, SIZE)) == 3 for name in finished)
    assert [(row["stem"], row["status"]) for row in manifest(out)] == [(stem, "done") for stem in stems]


@here
def test_a_clip_that_always_ends_its_process_is_named_and_stops_nobody(tmp_path: Path, out: Path) -> None:
    stems = ["a_0", "deadly", "b_0"]
    data = make_dataset(tmp_path / "data", stems=stems, frames=3)
    films = export(data, out, engine=DeathEngine(), processes=1)
    assert films.results.failures() == {"deadly": "its process was ended by SIGKILL, twice"}
    rows = {row["stem"]: row for row in manifest(out)}
    assert {stem: rows[stem]["status"] for stem in stems} == {"a_0": "done", "deadly": "crashed", "b_0": "done"}
    assert rows["deadly"]["error"] == "its process was ended by SIGKILL, twice"
    assert all(len(decoding.frames(out / name, SIZE)) == 3 for name in films_in(out))


class DeathEngine:
    """Says that its process died where a clip is due that nobody survives."""

    def team(self, job: bytes, *, processes: int | None) -> TeamOfNone:
        return self.Team(job)

    class Team(TeamOfNone):
        def _do(self, task: Task) -> Ending:
            stems = [stem for stem, _ in task.keys]
            if "deadly" not in stems:
                return super()._do(task)
            super()._do(replace(task, keys=task.keys[: stems.index("deadly")]))
            return Ending(task, died="was ended by SIGKILL")


def _processes_of(script: Path) -> list[int]:
    """Of a script and all that came of it; Python's tracker of resources, which nobody misses, left out."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            ours = f"RUN={script}".encode() in (folder / "environ").read_bytes()
            if ours and b"resource_tracker" not in (folder / "cmdline").read_bytes():
                found.append(int(folder.name))
    return found
