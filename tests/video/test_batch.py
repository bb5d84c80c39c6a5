"""Films of many clips in one folder, in real processes."""

from __future__ import annotations

import contextlib
import hashlib
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet
import pytest

from tests.dataset.factories import make_clip, make_dataset, motion_arrays, write_motion
from tests.video import decoding
from tests.waiting import until
from viewer.dataset import Dataset
from viewer.errors import JobError, VideoError
from viewer.flame import choose_head
from viewer.video.batch import Films, export_films
from viewer.video.export import ExportSettings

SIZE = (64, 64)
SMALL = ExportSettings(size=SIZE)
REPOSITORY = Path(__file__).parents[2]


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
        reopen=partial(Dataset.open, data),
        gl="software",
        **options,
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


def test_without_its_results_a_folder_of_films_is_still_good(tmp_path: Path, out: Path) -> None:
    data = make_dataset(tmp_path / "data", stems=["a_0"], frames=3)
    export(data, out, processes=1)
    before, rows = films_in(out), manifest(out)
    for path in sorted(out.glob(".results/**/*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    export(data, out, processes=1)
    assert films_in(out) == before
    assert manifest(out) == rows


def test_other_settings_have_films_of_their_own(tmp_path: Path, out: Path) -> None:
    data = make_dataset(tmp_path / "data", stems=["a_0"], frames=3)
    export(data, out, processes=1)
    before = films_in(out)
    export(data, out, settings=ExportSettings(size=SIZE, fast=True), processes=1)
    assert films_in(out).items() > before.items()
    assert len(films_in(out)) == 2
    assert sorted('"fast": true' in row["settings"] for row in manifest(out)) == [False, True]


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


def test_stems_that_differ_in_case_alone_have_names_that_differ_in_more(tmp_path: Path, out: Path) -> None:
    data = make_dataset(tmp_path / "data", stems=["Take_0", "take_0"], frames=3)
    export(data, out, processes=1)
    assert len({name.lower() for name in films_in(out)}) == 2


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


def test_two_runs_into_one_folder_both_end_with_all_films(tmp_path: Path, out: Path) -> None:
    data = make_dataset(tmp_path / "data", stems=["a_0", "a_1", "b_0"], frames=6)
    waited: list[str] = []
    with ThreadPoolExecutor(2) as pool:
        runs = [pool.submit(export, data, out, processes=1, waiting=waited.append) for _ in range(2)]
        results = [run.result().results for run in runs]
    assert all(result.ok for found in results for result in found.values())
    assert results[0].keys() == results[1].keys() == {"a_0", "a_1", "b_0"}
    assert "another run is at work" in waited[0]
    assert len(films_in(out)) == 3
    assert len(manifest(out)) == 3


def test_shards_make_a_share_each_and_a_manifest_of_all(tmp_path: Path, out: Path) -> None:
    data = make_dataset(tmp_path / "data", stems=[f"a_{n}" for n in range(6)], frames=3)
    shares = [set(export(data, out, processes=1, shard=(n, 2)).results) for n in (1, 2)]
    assert shares[0].isdisjoint(shares[1])
    assert len(shares[0] | shares[1]) == len(films_in(out)) == len(manifest(out)) == 6
    before = films_in(out)
    assert len(export(data, out, processes=1).results) == 6
    assert films_in(out) == before


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
    data = tmp_path / "data"
    for number in range(8):
        make_clip(data, f"a_{number}", frames=12, seed=number)
    code = f"""
import sys
from functools import partial
from pathlib import Path
from tests.video.test_batch import export
if __name__ == "__main__":
    export(Path({str(data)!r}), Path({str(out)!r}), processes=2)
"""
    script = tmp_path / "run.py"
    script.write_text(code)
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY), "RUN": str(script)}
    seen: dict[str, int] = {}
    for wanted in (1, 4):  # so many films, then the whole family is killed, then only the coordinator
        with subprocess.Popen([sys.executable, str(script)], env=environment, start_new_session=True) as running:
            until(lambda wanted=wanted: len(films_in(out)) >= wanted or running.poll() is not None, seconds=120)
            with contextlib.suppress(ProcessLookupError):
                os.killpg(running.pid, signal.SIGKILL) if wanted == 1 else running.kill()
        time.sleep(0.1)
        now = films_in(out)
        assert now.items() >= seen.items(), "a finished film was made again"
        seen = now
    until(lambda: not _workers_of(script), seconds=60)
    seen = films_in(out)
    export(data, out, processes=2)
    after = films_in(out)
    assert after.items() >= seen.items(), "a finished film was made again"
    assert len(after) == 8
    assert all(len(decoding.frames(out / name, SIZE)) == 12 for name in after)
    assert [(row["stem"], row["status"]) for row in manifest(out)] == [(f"a_{n}", "done") for n in range(8)]


def _workers_of(script: Path) -> list[str]:
    """Processes of a script that was killed; they end by themselves within a second or two."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if f"RUN={script}".encode() in (folder / "environ").read_bytes():
                found.append(folder.name)
    return found
