"""Work on many clips in shares, and what is said at its end."""

import json

import pytest

from tests.dataset.factories import make_dataset
from viewer.jobs import Shard, share

STEMS = [f"clip_{n}" for n in range(8)]


@pytest.fixture
def data(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return make_dataset(tmp_path / "data", stems=STEMS)


def sizes():
    return [len(share(STEMS, Shard(number, 2))) for number in (1, 2)]


def work_on_shards(cli, *command):
    for number, size in enumerate(sizes(), 1):
        code, out, err = cli(*command, "--jobs", "1", "--shard", f"{number}/2")
        assert (code, out) == (0, "")
        told = [line for line in err.splitlines() if line.startswith("shard")]
        assert told == [
            f"shard {number}/2: {size} clips, 0 failed. When all 2 are through, the same command without --shard reads "
            "what they found"
        ]


def test_check(cli, data, tmp_path):
    command = ("check", "--data", data, "--no-speech")
    whole = cli(*command, "--cache", tmp_path / "other", "--json", "-", "--jobs", "1")
    work_on_shards(cli, *command)
    (kept,) = (tmp_path / "cache").rglob("shards")
    before = {path: path.stat().st_mtime_ns for path in kept.rglob("results.jsonl")}
    assert len(before) == 2
    assert cli(*command, "--json", "-", "--jobs", "1") == whole
    assert not (kept.parent / "results.jsonl").exists()  # nothing was left to do
    assert {path: path.stat().st_mtime_ns for path in kept.rglob("results.jsonl")} == before


def test_doctor(cli, data):
    work_on_shards(cli, "doctor", "--data", data, "--sample", "50%")
    code, out, _ = cli("doctor", "--data", data, "--sample", "50%", "--json", "--jobs", "1")
    assert (code, json.loads(out)["summary"]["unchanged"]) == (0, len(STEMS))


def test_words(cli, data, tmp_path):
    command = ("words", "--data", data, "--format", "vtt", "--out", tmp_path / "vtt")
    work_on_shards(cli, *command)
    written = {path: path.stat().st_mtime_ns for path in (tmp_path / "vtt").iterdir()}
    assert {path.stem for path in written} == set(STEMS)
    lost = tmp_path / "vtt" / "clip_3.vtt"
    lost.unlink()
    assert cli(*command, "--jobs", "1")[0] == 0
    again = {path: path.stat().st_mtime_ns for path in (tmp_path / "vtt").iterdir()}
    assert {path for path in written if written[path] != again[path]} == {lost}


def test_failures_are_told_at_the_end_and_alike_ones_together(cli, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    data = make_dataset(tmp_path / "data", stems=[f"clip_{n:02d}" for n in range(30)])
    for path in sorted((data / "FLAME_coeffs_25").iterdir())[:25]:
        path.write_bytes(b"no npz")
    code, _, err = cli("words", "--data", data, "--jobs", "1", "--shard", "1/1")
    lines = err.splitlines()
    assert code == 1
    assert lines[0].startswith("error: clip_00: ") and "clip_00.npz" in lines[0]
    assert lines[1] == "error:   and 24 more like it: clip_01, clip_02, clip_03, …"
    assert lines[2].startswith("shard 1/1: 30 clips, 25 failed.")


@pytest.mark.parametrize(
    "arguments",
    [
        ("check", "--shard", "1/2", "--json", "-"),
        ("check", "--shard", "1/2", "--html", "report.html"),
        ("check", "--shard", "1/2", "--self-test"),
        ("doctor", "--shard", "1/2", "--json"),
        ("check", "--shard", "3/2"),
        ("words", "--shard", "0/2"),
        ("doctor", "--ray-address", "10.0.0.1:6379"),
    ],
)
def test_what_does_not_go_together(cli, data, arguments):
    code, _, err = cli(*arguments, "--data", data)
    assert code == 2
    assert "error: " in err
