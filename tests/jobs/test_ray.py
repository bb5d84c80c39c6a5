"""The engine "ray", with a real cluster of one machine (make ray)."""

import os
import random
import re
import signal
import socket
import subprocess
import sys
import textwrap
from collections import Counter
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.jobs.jobs_to_do import NotUnpickled, Recorder, do
from tests.jobs.test_run import assert_gone, is_alive
from tests.waiting import until
from viewer.errors import JobError
from viewer.jobs import RayEngine, read_results, run

pytestmark = pytest.mark.ray
KILLS = 8
CLUSTER = """
    import sys, ray
    ray.init(address="local", num_cpus=2, include_dashboard=False, log_to_driver=False)
    print(ray.get_runtime_context().gcs_address, flush=True)
    sys.stdin.read()
"""


@contextmanager
def started_cluster():
    """The address of a cluster that somebody else has started, and the process that ends it when its input ends."""
    command = [sys.executable, "-c", textwrap.dedent(CLUSTER)]
    quiet = os.environ | {"RAY_USAGE_STATS_ENABLED": "0"}
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=quiet) as process:
        yield next(line for line in process.stdout if line[:1].isdigit()).strip(), process
        process.stdin.close()


@pytest.fixture(scope="module")
def cluster():
    with started_cluster() as (address, _):
        yield RayEngine(address)


def test_bad_keys_do_not_touch_the_others(cluster, tmp_path):
    good = [f"square {n}" for n in range(150)]
    bad = ["raise 1", "exit 3", "kill SIGKILL", "leave 2", "set 1", "hang 1"]
    seen = []
    keys = [*good[:70], *bad, *good[70:]]
    results = run(do, keys, out=tmp_path, engine=cluster, timeout=5, progress=lambda *counts: seen.append(counts))
    assert list(results) == keys and seen[-1] == (156, 6, 156)
    assert all(results[key].value == {"n": n * n} for n, key in enumerate(good))
    assert results.failures() == {
        "raise 1": "ValueError: no 1",
        "exit 3": "its process was ended, twice",
        "kill SIGKILL": "its process was ended, twice",
        "leave 2": "SystemExit: 2",
        "set 1": "TypeError: Object of type set is not JSON serializable",
        "hang 1": "no result within 5 s",
    }
    assert {results[key].status for key in bad[1:3]} == {"crashed"} and results["hang 1"].status == "timeout"


def test_both_engines_go_on_where_the_other_stopped(cluster, tmp_path):
    job = Recorder(tmp_path / "log")
    for count, engine in ((50, "local"), (100, cluster), (120, "local")):
        run(job, map(str, range(count)), out=tmp_path / "out", engine=engine)
    assert job.keys() and Counter(job.keys()) == Counter(map(str, range(120)))
    assert [path.name for path in (tmp_path / "out").glob("*.jsonl")] == ["results.jsonl"]


def test_workers_that_are_killed_at_random(cluster, tmp_path):
    job, draw, killed = Recorder(tmp_path / "log", seconds=0.01), random.Random(3), []

    def kill(done, _failed, _total):
        due = len(killed) < KILLS and done > 60 * (len(killed) + 1)
        living = sorted(filter(is_alive, job.pids() - set(killed))) if due else ()
        if living:
            killed.append(draw.choice(living))
            os.kill(killed[-1], signal.SIGKILL)

    results = run(job, map(str, range(900)), out=tmp_path / "out", engine=cluster, progress=kill)
    times = Counter(job.keys())
    assert len(killed) == KILLS and len(results) == 900
    assert sum(count - 1 for count in times.values()) <= KILLS and max(times.values()) <= 2
    assert len(results.failures()) <= KILLS // 2  # chance may have it that a key's second try is killed too


@pytest.mark.usefixtures("signals_end_programs")
@pytest.mark.parametrize("with_signal", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_a_run_that_is_ended_leaves_no_process_and_goes_on_later(cluster, tmp_path, with_signal):
    program = f"""
        import signal, sys
        from pathlib import Path
        from tests.jobs.jobs_to_do import Recorder
        from viewer.jobs import RayEngine, run
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
        if __name__ == "__main__":
            run(Recorder(Path("log"), seconds=0.05), map(str, range(600)), out=Path("out"), engine={cluster!r})
    """
    (tmp_path / "program.py").write_text(textwrap.dedent(program))
    process = subprocess.Popen(
        [sys.executable, "program.py"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=os.environ | {"PYTHONPATH": str(Path.cwd())},
    )
    job = Recorder(tmp_path / "log")
    try:
        until(lambda: len(job.keys()) > 30, seconds=120)
        process.send_signal(with_signal)
        said, _ = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode != 0 and said == b""
    assert_gone(job.pids())
    kept = read_results(tmp_path / "out")
    assert 0 < len(set(job.keys())) - len(kept) + 1 <= 4  # at most those that workers were at, and a line on its way
    again = Recorder(tmp_path / "again")
    results = run(again, map(str, range(600)), out=tmp_path / "out", engine=cluster)
    assert len(results) == 600 and set(again.keys()) == set(results) - set(kept)


def test_a_cluster_that_ends_under_a_run(tmp_path):
    """Ray then ends the process that uses it, which is told all the same; another engine goes on."""
    job = Recorder(tmp_path / "log", seconds=0.02)
    program = """
        from pathlib import Path
        from tests.jobs.jobs_to_do import Recorder
        from viewer.jobs import RayEngine, run
        if __name__ == "__main__":
            run(Recorder(Path("log"), seconds=0.02), map(str, range(3000)), out=Path("out"), engine=RayEngine())
    """
    (tmp_path / "program.py").write_text(textwrap.dedent(program))
    with started_cluster() as (address, process):
        run_of_it = subprocess.Popen(
            [sys.executable, "program.py"],
            cwd=tmp_path,
            stderr=subprocess.PIPE,
            text=True,
            env=os.environ | {"PYTHONPATH": str(Path.cwd()), "RAY_ADDRESS": address},
        )
        until(lambda: len(job.keys()) > 300, seconds=120)
        process.stdin.close()
        process.wait()
        _, said = run_of_it.communicate(timeout=200)
    assert run_of_it.returncode == 1
    assert f"error: Ray has ended this run: the head of the cluster ({address})" in said
    kept = read_results(tmp_path / "out")
    told = int(re.search(r"at least (\d+) results", said)[1])
    assert 0 < told <= len(kept)
    again = Recorder(tmp_path / "again")
    assert len(run(again, map(str, range(3000)), out=tmp_path / "out")) == 3000
    assert len(again.keys()) == 3000 - len(kept)


def test_ray_of_its_own(tmp_path, capfd):
    """It is started on this machine, says nothing, and ends with the run."""
    handler = signal.getsignal(signal.SIGTERM)
    results = run(Recorder(tmp_path / "log"), map(str, range(20)), out=tmp_path / "out", engine="ray", processes=1)
    assert len(results) == 20 and len(Recorder(tmp_path / "log").pids()) == 1
    assert signal.getsignal(signal.SIGTERM) == handler
    assert capfd.readouterr().out == ""
    import ray

    assert not ray.is_initialized()


def test_a_job_that_cannot_start(cluster, tmp_path):
    with pytest.raises(JobError, match="the job cannot go on: RuntimeError: not here"):
        run(NotUnpickled(), ["a"], out=tmp_path, engine=cluster)


def test_results_that_a_worker_cannot_find(cluster, tmp_path, monkeypatch):
    """As on a machine that does not see the folder."""
    monkeypatch.setattr("viewer.jobs.ray_engine.str", lambda path: f"{path}.elsewhere", raising=False)
    with pytest.raises(JobError, match="all machines must see the same folders"):
        run(do, ["square 1"], out=tmp_path, engine=cluster)


def test_an_address_where_something_else_answers(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as server:
        engine = RayEngine(f"127.0.0.1:{server.getsockname()[1]}")
        with pytest.raises(JobError, match=r"no Ray cluster answers at|Ray cannot be used at"):
            run(do, ["square 1"], out=tmp_path, engine=engine)
    assert read_results(tmp_path) == {}


def test_checks_are_the_same(cluster, tmp_path):
    """The command line, with paths relative to where it is started."""

    def check(*options):
        command = [sys.executable, "-m", "viewer", "check", "--no-speech", "--cache", "cache", "--json", "-", *options]
        environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])}
        return subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=200)

    with_ray = check("--engine", "ray", "--ray-address", cluster.address)
    (tmp_path / "cache").rename(tmp_path / "other")
    alone = check()
    assert with_ray.returncode == alone.returncode and with_ray.stdout == alone.stdout != ""
