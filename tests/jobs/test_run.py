"""A job over many keys: real processes that really die."""

import json
import os
import signal
import subprocess
import sys
import textwrap
from collections import Counter
from pathlib import Path

import pytest

from tests.jobs.jobs_to_do import DiesOnce, EndsAtStart, NotUnpickled, Recorder, do
from tests.waiting import until
from viewer.errors import Cancelled, JobError
from viewer.jobs import read_results, run


def squares(*numbers):
    return [f"square {n}" for n in numbers]


def started(program, folder):
    """A program of its own in a session of its own, so that the tests may end it as a terminal does."""
    (folder / "program.py").write_text(textwrap.dedent(program))
    return subprocess.Popen(
        [sys.executable, "program.py"],
        cwd=folder,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        env=os.environ | {"PYTHONPATH": str(Path.cwd())},
    )


def test_bad_keys_do_not_touch_the_others(tmp_path):
    bad = ["raise 1", "exit 0", "exit 3", "leave 2", "kill SIGKILL", "kill SIGSEGV", "set 1"]
    good = squares(*range(100))
    keys = good[:30] + bad[:4] + good[30:31] + bad[4:] + good[31:]
    results = run(do, keys, out=tmp_path, processes=2)
    assert list(results) == keys
    assert all(results[key].ok and results[key].value == {"n": n**2} for n, key in enumerate(good))
    assert {key: (results[key].status, results[key].error) for key in bad} == {
        "raise 1": ("failed", "ValueError: no 1"),
        "exit 0": ("crashed", "its process ended with exit code 0, twice"),
        "exit 3": ("crashed", "its process ended with exit code 3, twice"),
        "leave 2": ("failed", "SystemExit: 2"),
        "kill SIGKILL": ("crashed", "its process was ended by SIGKILL, twice"),
        "kill SIGSEGV": ("crashed", "its process was ended by SIGSEGV, twice"),
        "set 1": ("failed", "TypeError: Object of type set is not JSON serializable"),
    }


def test_keys_that_hang_run_out_of_time(tmp_path):
    """One sleeps; the process of the other is stopped, as one that waits for a server that is gone."""
    bad, good = ["hang 1", "kill SIGSTOP"], squares(*range(20))
    results = run(do, [bad[0], *good, bad[1]], out=tmp_path, processes=2, timeout=3)
    assert results.failures() == dict.fromkeys(bad, "no result within 3 s")
    assert Counter(result.status for result in results.values()) == {"done": 20, "timeout": 2}


def test_a_process_killed_by_chance_costs_no_key(tmp_path):
    (tmp_path / "tried").mkdir()
    results = run(DiesOnce(tmp_path / "tried"), ["a", "b"], out=tmp_path / "out", processes=1)
    assert [result.value for result in results.values()] == ["a", "b"]


def test_one_process_keeps_its_job(tmp_path):
    """What a job opens at its first call it has for the others."""
    results = run(Recorder(tmp_path / "log"), map(str, range(10)), out=tmp_path / "out", processes=1)
    assert [result.value["calls"] for result in results.values()] == list(range(1, 11))


def test_long_values_and_odd_keys(tmp_path):
    keys = ["long 3000000", "square 1 \n", 'square "']
    results = run(do, keys, out=tmp_path, processes=1)
    assert len(results["long 3000000"].value) == 3_000_000
    assert results["square 1 \n"].value == {"n": 1}
    assert results['square "'].status == "failed"
    assert read_results(tmp_path) == results


class TestAgain:
    def test_done_keys_are_skipped(self, tmp_path):
        job = Recorder(tmp_path / "log")
        first = run(job, "abc", out=tmp_path / "out", processes=1)
        again = run(job, "abcd", out=tmp_path / "out", processes=1)
        assert again == {**first, "d": read_results(tmp_path / "out")["d"]}
        assert job.keys() == ["a", "b", "c", "d"]
        assert run(job, ["c", "a"], out=tmp_path / "out", processes=1) == {"c": first["c"], "a": first["a"]}
        assert set(read_results(tmp_path / "out")) == set("abcd")

    def test_changed_content_and_another_version_are_done_again(self, tmp_path):
        job, state = Recorder(tmp_path / "log"), {"a": "1", "b": "1"}
        run(job, state, out=tmp_path / "out", content=state.__getitem__)
        state["b"] = "2"
        run(job, state, out=tmp_path / "out", content=state.__getitem__)
        assert sorted(job.keys()) == ["a", "b", "b"]
        run(job, state, out=tmp_path / "out", content=state.__getitem__, version="next")
        assert sorted(job.keys()) == ["a", "a", "b", "b", "b"]

    def test_failures_are_kept_unless_asked_for(self, tmp_path):
        (tmp_path / "tried").mkdir()
        run(do, ["raise 1", "square 2"], out=tmp_path, processes=1)
        before = read_results(tmp_path)
        assert run(DiesOnce(tmp_path / "tried"), ["raise 1"], out=tmp_path, processes=1)["raise 1"] == before["raise 1"]
        again = run(DiesOnce(tmp_path / "tried"), ["raise 1", "square 2"], out=tmp_path, processes=1, retry=True)
        assert [result.value for result in again.values()] == ["raise 1", {"n": 4}]

    def test_no_keys(self, tmp_path):
        assert run(do, [], out=tmp_path) == {}

    def test_half_written_lines_are_passed_over(self, tmp_path):
        run(do, squares(1, 2), out=tmp_path, processes=1)
        with (tmp_path / "results.jsonl").open("a") as file:
            file.write('{"key": "square 3", "content"')
        (tmp_path / "parts" / "1.part").write_text('{"key": 1}\n[]\n\xff\n')
        assert set(read_results(tmp_path)) == set(squares(1, 2))
        assert run(do, squares(1, 2, 3), out=tmp_path, processes=1)["square 3"].value == {"n": 9}


@pytest.mark.usefixtures("signals_end_programs")
class TestStopping:
    def test_cancelled_it_goes_on_later(self, tmp_path):
        job = Recorder(tmp_path / "log", seconds=0.02)
        with pytest.raises(Cancelled, match="run it again to go on"):
            run(job, map(str, range(800)), out=tmp_path / "out", processes=2, cancelled=lambda: len(job.keys()) > 20)
        kept = read_results(tmp_path / "out")
        assert 10 < len(kept) < 800
        assert_gone(job.pids())
        run(Recorder(tmp_path / "log2"), map(str, range(800)), out=tmp_path / "out", processes=2)
        assert len(Recorder(tmp_path / "log2").keys()) == 800 - len(kept)

    @pytest.mark.parametrize("with_signal", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
    def test_no_process_survives_and_nothing_done_is_lost(self, tmp_path, with_signal):
        program = """
            import signal, sys
            from pathlib import Path
            from tests.jobs.jobs_to_do import Recorder
            from viewer.jobs import run
            signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
            if __name__ == "__main__":
                run(Recorder(Path("log"), seconds=0.05), map(str, range(400)), out=Path("out"), processes=2)
        """
        process = started(program, tmp_path)
        job = Recorder(tmp_path / "log")
        try:
            until(lambda: len(job.keys()) > 30 and len(job.pids()) == 2)
            if with_signal == signal.SIGINT:
                os.killpg(process.pid, with_signal)  # as the terminal does
            else:
                process.send_signal(with_signal)
            _, said = process.communicate(timeout=60)
        finally:
            process.kill()
        assert process.returncode != 0
        if with_signal == signal.SIGINT:
            assert said.count("Traceback") == 1  # the program's own; the workers end without a word
        assert_gone(job.pids())
        kept = read_results(tmp_path / "out")
        assert len(set(job.keys()) - set(kept)) <= 2  # at most those that the two processes were at
        later = Recorder(tmp_path / "later")
        results = run(later, map(str, range(400)), out=tmp_path / "out", processes=2)
        assert len(results) == 400 and set(later.keys()) == set(results) - set(kept)

    def test_ctrl_c_is_none_of_the_workers_business_even_while_they_start(self, tmp_path):
        program = """
            import os, time
            from pathlib import Path
            from tests.jobs.jobs_to_do import do
            from viewer.jobs import run
            if __name__ == "__main__":
                assert run(do, ["square 1"], out=Path("out"), processes=1)["square 1"].ok
            else:
                Path("pid").write_text(f"{os.getpid()}.")
                while not Path("go").exists():
                    time.sleep(0.01)
        """
        process = started(program, tmp_path)
        pid = tmp_path / "pid"
        try:
            until(lambda: pid.exists() and pid.read_text().endswith("."))
            os.kill(int(pid.read_text().rstrip(".")), signal.SIGINT)
            (tmp_path / "go").touch()
            _, said = process.communicate(timeout=60)
        finally:
            process.kill()
        assert (process.returncode, said) == (0, "")

    @pytest.mark.parametrize("with_signal", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
    def test_a_worker_that_is_but_half_begun_ends_without_a_word(self, tmp_path, with_signal):
        program = f"""
            import os, signal, sys
            from multiprocessing import util
            from pathlib import Path
            from tests.jobs.jobs_to_do import do
            from viewer.jobs import run
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                signal.signal(number, lambda number, _: sys.exit(number))
            start = util.spawnv_passfds

            def interrupted(*how):
                pid = start(*how)
                if b"spawn_main" in b" ".join(map(os.fsencode, how[1])):
                    os.kill(os.getpid(), {int(with_signal)})
                return pid

            util.spawnv_passfds = interrupted
            if __name__ == "__main__":
                run(do, ["square 1"], out=Path("out"), processes=1)
        """
        process = started(program, tmp_path)
        _, said = process.communicate(timeout=60)  # of its worker too
        assert (process.returncode, said) == (with_signal, "")

    def test_only_one_run_at_a_time(self, tmp_path):
        seen = []

        def look(*_):
            if not seen:
                with pytest.raises(JobError, match="another run is at work in") as error:
                    run(do, squares(5), out=tmp_path)
                seen.append(error)

        run(do, squares(1, 2), out=tmp_path, processes=1, progress=look)
        assert seen


def test_progress_counts_up_to_all(tmp_path):
    run(do, squares(0, 1), out=tmp_path, processes=1)
    seen = []
    run(do, [*squares(*range(10)), "raise 1", "exit 1"], out=tmp_path, processes=2, progress=lambda *p: seen.append(p))
    assert {total for *_, total in seen} == {12}
    assert seen[0][0] >= 2 and seen[-1] == (12, 2, 12)
    assert seen == sorted(seen)


@pytest.mark.parametrize(
    ("job", "message"),
    [
        (lambda key: key, "cannot be sent to another process"),
        (NotUnpickled(), "the job cannot go on: RuntimeError: not here"),
        (EndsAtStart(), "no worker can start: 3 of them ended with exit code 3 before their first key"),
    ],
)
def test_a_job_that_cannot_start_is_an_error_and_no_failure_of_keys(tmp_path, job, message):
    with pytest.raises(JobError, match=message):
        run(job, squares(1, 2, 3), out=tmp_path)
    assert read_results(tmp_path) == {}


def test_what_no_key_could_be_done_without_ends_the_run(tmp_path):
    with pytest.raises(JobError, match="no room for 3"):
        run(do, ["square 1", "stop 3", *(f"square {n}" for n in range(4, 200))], out=tmp_path, processes=1)
    assert read_results(tmp_path)["square 1"].ok
    assert "stop 3" not in read_results(tmp_path)


def test_results_that_cannot_be_written(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(JobError, match=r"results cannot be written to .*file"):
        run(do, squares(1), out=tmp_path / "file" / "out")


def test_files_that_are_left(tmp_path):
    run(do, squares(*range(100)), out=tmp_path, processes=2)
    assert sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*")) == ["parts", "results.jsonl"]
    lines = [json.loads(line) for line in (tmp_path / "results.jsonl").read_text().splitlines()]
    assert {line["key"] for line in lines} == set(squares(*range(100)))


def assert_gone(pids):
    assert pids
    until(lambda: not any(is_alive(pid) for pid in pids))


def is_alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False
