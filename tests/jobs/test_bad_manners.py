"""Jobs that do what no job should: print, fork, leave processes, raise books."""

import os
import re
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from tests.jobs.test_run import assert_gone, is_alive
from tests.waiting import until
from viewer.jobs import read_results, run


class Prints:
    """On standard output, where the results of a command are: by Python, and past it."""

    def __call__(self, key):
        print("printed", key)
        os.write(1, b"written\n")
        return key


def raise_a_book(_key):
    raise ValueError("word " * 100_000)


def fork(key):
    """Both processes come back."""
    if os.fork() == 0:
        return "child"
    return key


class LeavesProcesses:
    """Each key starts one that would stay for a long time; the last key hangs."""

    def __init__(self, log):
        self.log = log

    def __call__(self, key):
        process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(1000)"])
        with self.log.open("a") as log:
            log.write(f"{process.pid}\n")
        if key == "hang":
            time.sleep(1000)
        return key

    def pids(self):
        return {int(line) for line in self.log.read_text().split()} if self.log.exists() else set()


def test_what_a_job_prints_is_no_result_of_the_command(tmp_path, capfd):
    run(Prints(), ["a"], out=tmp_path, processes=1)
    said = capfd.readouterr()
    assert said.out == "" and "printed a" in said.err and "written" in said.err


def test_a_long_error_is_cut(tmp_path):
    results = run(raise_a_book, ["a", "b"], out=tmp_path, processes=1)
    assert {len(why) for why in results.failures().values()} == {2000}
    assert results["a"].error.startswith("ValueError: word word") and results["a"].error.endswith(" …")


def test_a_fork_is_not_taken_for_the_process(tmp_path):
    keys = ["a", "b", "c"]  # few: each doubles the processes if this fails
    results = run(fork, keys, out=tmp_path, processes=1)
    assert {key: result.value for key, result in results.items()} == dict(zip(keys, keys, strict=True))


def test_processes_of_a_job_end_with_it(tmp_path):
    job = LeavesProcesses(tmp_path / "log")
    results = run(job, ["a", "b", "hang", "c"], out=tmp_path / "out", processes=1, timeout=3)
    assert results.failures() == {"hang": "no result within 3 s"}
    assert len(job.pids()) == 4
    assert_gone(job.pids())


@pytest.mark.parametrize("with_signal", [signal.SIGTERM, signal.SIGKILL])
def test_processes_of_a_job_end_with_the_run(tmp_path, with_signal):
    program = """
        import signal, sys
        from pathlib import Path
        from tests.jobs.test_bad_manners import LeavesProcesses
        from viewer.jobs import run
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
        if __name__ == "__main__":
            run(LeavesProcesses(Path("log")), ["a", "hang"], out=Path("out"), processes=1)
    """
    (tmp_path / "program.py").write_text(textwrap.dedent(program))
    environment = os.environ | {"PYTHONPATH": str(Path.cwd())}
    process = subprocess.Popen([sys.executable, "program.py"], cwd=tmp_path, env=environment)
    job = LeavesProcesses(tmp_path / "log")
    until(lambda: len(job.pids()) == 2)
    assert all(map(is_alive, job.pids()))
    process.send_signal(with_signal)
    process.wait()
    assert_gone(job.pids())


def test_a_worker_whose_parent_goes_before_it_has_heard_it_ends_without_a_word():
    program = """
        import os, pickle, threading
        from multiprocessing import Pipe
        from viewer.jobs.worker import work
        ours, theirs = Pipe()
        threading.Thread(target=lambda: (ours.poll(60), ours.close())).start()
        work(theirs, pickle.dumps(len), os.getppid())
    """
    ended = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)], capture_output=True, text=True, timeout=60, check=False
    )
    assert (ended.returncode, ended.stderr) == (0, "")


def test_a_clock_that_went_back_hides_no_result(tmp_path, monkeypatch):
    """As of another machine of a cluster, or after a start without the time."""
    run(raise_a_book, ["a"], out=tmp_path, processes=1, shard=(1, 1))
    [part] = tmp_path.rglob("results.jsonl")
    later = f'"when":{time.time() + 86_400}'.encode()
    part.write_bytes(re.sub(rb'"when":[0-9.]+,"error":"[^"]*"', later + b',"error":"x"', part.read_bytes()))
    assert read_results(tmp_path)["a"].error == "x"
    for _ in range(2):
        assert run(Prints(), ["a"], out=tmp_path, processes=1, retry=True)["a"].value == "a"
        assert read_results(tmp_path)["a"].ok
