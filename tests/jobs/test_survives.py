"""Runs that lose their processes, their disk or themselves: nothing that was done is lost, nothing is done twice."""

import os
import random
import signal
import subprocess
import sys
import textwrap
from collections import Counter
from pathlib import Path

import pytest

from tests.jobs.jobs_to_do import Recorder, do
from viewer.errors import JobError
from viewer.jobs import read_results, run

KILLS = 8


def test_processes_that_are_killed_at_random(tmp_path):
    job, keys = Recorder(tmp_path / "log", seconds=0.004), [str(n) for n in range(1200)]
    draw, killed = random.Random(7), []

    def kill(done, _failed, _total):
        due = len(killed) < KILLS and done > 60 * (len(killed) + 1)
        living = sorted(job.pids() - set(killed)) if due else ()
        if living:
            killed.append(draw.choice(living))
            os.kill(killed[-1], signal.SIGKILL)

    results = run(job, keys, out=tmp_path / "out", processes=2, progress=kill)
    assert len(killed) == KILLS
    assert list(results) == keys
    times = Counter(job.keys())
    twice = [key for key in keys if times[key] > 1]
    assert len(twice) <= KILLS and max(times.values()) <= 2  # the keys that a process was at when it was killed
    unlucky = results.failures()  # chance may have it that a key's second try is killed too
    assert len(unlucky) <= KILLS // 2 and set(unlucky.values()) <= {"its process was ended by SIGKILL, twice"}
    assert run(job, keys, out=tmp_path / "out", processes=2, retry=True).failures() == {}


def test_a_key_that_ends_its_process_is_named_and_costs_no_other(tmp_path):
    keys = [f"square {n}" for n in range(500)]
    keys.insert(250, "kill SIGKILL")
    results = run(do, keys, out=tmp_path, processes=2)
    assert results.failures() == {"kill SIGKILL": "its process was ended by SIGKILL, twice"}
    assert len(results) == 501


@pytest.mark.parametrize("bytes_that_fit", [2_000, 30_000])
def test_a_full_disk_stops_the_run_which_goes_on_later(tmp_path, bytes_that_fit):
    """Files may grow so far and no further: a part of a line is written, as on a disk that is full."""
    program = f"""
        import resource
        from pathlib import Path
        from tests.jobs.jobs_to_do import do
        from viewer.errors import JobError
        from viewer.jobs import run
        if __name__ == "__main__":
            resource.setrlimit(resource.RLIMIT_FSIZE, ({bytes_that_fit}, {bytes_that_fit}))
            try:
                run(do, [f"long {{n}}" for n in range(700, 1000)], out=Path("out"), processes=2)
            except JobError as error:
                print(error)
    """
    (tmp_path / "program.py").write_text(textwrap.dedent(program))
    found = subprocess.run(
        [sys.executable, "program.py"],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(Path.cwd())},
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    assert "results cannot be written to" in found.stdout and "File too large" in found.stdout
    assert found.stderr == ""
    kept = read_results(tmp_path / "out")
    assert 0 < len(kept) < 300
    assert all(result.ok and len(result.value) == int(key.split()[1]) for key, result in kept.items())
    done = []
    run(
        Recorder(tmp_path / "log"),
        [f"long {n}" for n in range(700, 1000)],
        out=tmp_path / "out",
        processes=2,
        progress=lambda *counts: done.append(counts[0]),
    )
    assert done[0] == len(kept) and done[-1] == 300
    assert not list((tmp_path / "out" / "parts").iterdir())


def test_results_that_cannot_be_put_together_stay_apart(tmp_path, monkeypatch):
    """The disk may be full at the very end of a run."""

    def full(_file):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("viewer.jobs.results.os.fsync", full)
    keys = [str(n) for n in range(100)]
    assert len(run(Recorder(tmp_path / "log"), keys, out=tmp_path / "out", processes=2)) == 100
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["parts"]
    monkeypatch.undo()
    assert set(run(Recorder(tmp_path / "log"), [*keys, "100"], out=tmp_path / "out", processes=1)) == {*keys, "100"}
    assert Counter(Recorder(tmp_path / "log").keys()).most_common(1)[0][1] == 1


def test_a_job_that_nobody_can_write_results_of(tmp_path):
    (tmp_path / "parts").write_text("no folder")
    with pytest.raises(JobError, match="results cannot be written to"):
        run(Recorder(tmp_path / "log"), ["a"], out=tmp_path)
