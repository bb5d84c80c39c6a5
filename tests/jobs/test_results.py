"""Results on disk: read when asked for, and safe from those who write meanwhile."""

import time
from pathlib import Path

import pytest

from tests.jobs.jobs_to_do import do
from viewer.errors import JobError
from viewer.jobs import Result, read_results, run
from viewer.jobs.results import line, merge, write_part


def put(out, name, *results):
    (out / "parts").mkdir(exist_ok=True)
    (out / "parts" / name).write_bytes(b"".join(map(line, results)))


def test_the_latest_result_of_a_key_counts_wherever_it_stands(tmp_path):
    run(do, ["square 1", "square 2"], out=tmp_path, processes=1)
    put(
        tmp_path, "a.jsonl", Result("square 2", "c", "done", "newer", when=time.time()), Result("x", "c", "done", "é\n")
    )
    write_part(tmp_path, Result("x", "c", "crashed", error="it ended", when=1.0))
    kept = read_results(tmp_path)
    assert {key: result.value for key, result in kept.items()} == {"square 1": {"n": 1}, "square 2": "newer", "x": None}
    merge(tmp_path)
    assert read_results(tmp_path) == kept and not list((tmp_path / "parts").iterdir())
    assert list(kept.only(["x", "square 1"])) == ["x", "square 1"] and kept.only(["x"])["x"].error == "it ended"


def test_what_was_found_stays_whatever_is_written_later(tmp_path):
    run(do, ["square 1"], out=tmp_path, processes=1)
    put(tmp_path, "a.part", Result("b", "c", "done", 2))
    kept = read_results(tmp_path)
    some = kept.only(["b"])
    (tmp_path / "parts" / "a.part").unlink()
    run(do, ["square 1", "square 3"], out=tmp_path, content=lambda _: "other", processes=1)
    (tmp_path / "results.jsonl").unlink()
    assert kept["square 1"].value == {"n": 1} and kept["b"].value == 2
    del kept
    assert some["b"].value == 2
    assert read_results(tmp_path) == {} and "b" not in read_results(tmp_path)


@pytest.mark.parametrize("moment", ["open", "glob"])
def test_a_run_comes_to_its_end_while_its_results_are_read(tmp_path, monkeypatch, moment):
    """Just before its file is opened, or its parts are looked for: what it has put together is found all the same."""
    run(do, ["square 1"], out=tmp_path, processes=1)
    put(tmp_path, "a.part", Result("square 2", "c", "done", {"n": 4}))
    look = getattr(Path, moment)

    def late(path, *how):
        if path.name == {"open": "results.jsonl", "glob": "parts"}[moment]:
            monkeypatch.setattr(Path, moment, look)
            merge(tmp_path)
        return look(path, *how)

    monkeypatch.setattr(Path, moment, late)
    assert set(read_results(tmp_path)) == {"square 1", "square 2"}


@pytest.mark.parametrize("name", ["results.jsonl", "anything"])
def test_a_file_in_the_place_of_the_folder_is_named(tmp_path, name):
    (tmp_path / "kept").write_text("no folder")
    with pytest.raises(JobError, match=rf"{tmp_path}/kept is a file"):
        read_results(tmp_path / "kept" / name)


def test_results_that_cannot_be_read_are_named(tmp_path):
    (tmp_path / "results.jsonl").mkdir()
    with pytest.raises(JobError, match=rf"cannot be read from {tmp_path}: Is a directory"):
        read_results(tmp_path)
