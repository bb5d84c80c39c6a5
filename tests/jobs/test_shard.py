"""Runs over shares of the keys, one beside the other."""

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.jobs.jobs_to_do import Recorder, do
from viewer.errors import UsageError
from viewer.jobs import Shard, read_results, run, share


@given(st.lists(st.text()), st.integers(1, 40))
def test_every_key_is_in_one_shard(keys, of):
    shares = [share(keys, (number, of)) for number in range(1, of + 1)]
    assert sorted(key for chosen in shares for key in chosen) == sorted(set(keys))


def test_shards_are_of_a_size_and_do_not_change_with_the_other_keys():
    keys = [f"clip_{n}" for n in range(8000)]
    sizes = [len(share(keys, Shard(number, 8))) for number in range(1, 9)]
    assert min(sizes) > 850 and max(sizes) < 1150
    assert [key for key in share(keys, Shard(3, 8)) if key in set(keys[::3])] == share(keys[::3], Shard(3, 8))
    assert share("abcdefgh", Shard(1, 2)) == list("gh")  # pinned: a later version finds the same


@pytest.mark.parametrize("text", ["0/8", "9/8", "1", "1/0", "-1/8", "a/b", "1/8/2", "", "1 / 8"])
def test_what_is_no_shard(text):
    with pytest.raises(UsageError, match="expected"):
        Shard.parse(text)


def test_results_of_all_shards_are_read_together(tmp_path):
    """Three runs at the same time, in processes of their own; a later run has nothing to do."""
    program = """
        import sys
        from pathlib import Path
        from tests.jobs.jobs_to_do import Recorder
        from viewer.jobs import run
        if __name__ == "__main__":
            number = int(sys.argv[1])
            log = Path(f"log{number}")
            job, keys = Recorder(log, seconds=0.005), map(str, range(300))
            kept = run(job, keys, out=Path("out"), shard=(number, 3), processes=1)
            assert set(kept) == set(job.keys())
    """
    (tmp_path / "program.py").write_text(textwrap.dedent(program))
    runs = [
        subprocess.Popen(
            [sys.executable, "program.py", str(number)], cwd=tmp_path, env=os.environ | {"PYTHONPATH": str(Path.cwd())}
        )
        for number in (1, 2, 3)
    ]
    assert [process.wait(timeout=200) for process in runs] == [0, 0, 0]
    logs = [Recorder(tmp_path / f"log{number}") for number in (1, 2, 3)]
    done = [key for log in logs for key in log.keys()]  # noqa: SIM118 (no mapping)
    assert sorted(done) == sorted(map(str, range(300)))
    assert set(read_results(tmp_path / "out")) == set(done)
    again = Recorder(tmp_path / "again")
    assert len(run(again, map(str, range(301)), out=tmp_path / "out")) == 301
    assert again.keys() == ["300"]


@pytest.mark.usefixtures("jobs_here")
def test_the_last_result_counts_whichever_run_it_is_of(tmp_path):
    run(do, ["square 1", "square 2"], out=tmp_path, shard=(1, 1))
    run(do, ["square 1"], out=tmp_path, content=lambda _: "changed")
    run(do, ["square 2"], out=tmp_path, shard=(1, 1), content=lambda _: "changed")
    changed = read_results(tmp_path)
    unchanged = run(do, ["square 1", "square 2"], out=tmp_path / "other")
    assert {key: result.content != unchanged[key].content for key, result in changed.items()} == {
        "square 1": True,
        "square 2": True,
    }


@pytest.mark.usefixtures("jobs_here")
def test_more_shards_than_files_may_be_open(tmp_path):
    keys = [f"square {n}" for n in range(60)]
    for number in range(1, 41):
        run(do, keys, out=tmp_path, shard=(number, 40), processes=1)
    kept = read_results(tmp_path)
    assert {key: result.value for key, result in kept.items()} == {f"square {n}": {"n": n * n} for n in range(60)}
    assert len(kept._files) < 40
