"""`export --all` and its like, as a user types them."""

import json
import os
import sys
import tempfile
from pathlib import Path

import av
import pyarrow.parquet
import pytest

from tests.dataset.factories import make_dataset, motion_arrays, write_motion

SMALL = ("--size", 64, "--gl", "software", "--jobs", 1)


@pytest.fixture
def data(tmp_path):
    data = make_dataset(tmp_path / "data", stems=["a_0", "a_1", "b_0"], frames=4)
    (data / "val.txt").write_text("a_1\nb_0\n")
    return data


@pytest.fixture
def elsewhere(tmp_path):
    """A folder on another device than data set, cache and temporary files, where there is one."""
    memory = Path("/dev/shm")
    apart = os.access(memory, os.W_OK) and memory.stat().st_dev != tmp_path.stat().st_dev
    with tempfile.TemporaryDirectory(dir=memory if apart else tmp_path) as folder:
        yield Path(folder)


def stems_of(out):
    return [path.name.split(".")[0] for path in sorted(out.glob("*.mp4"))]


def test_all_clips_with_a_page_and_a_sheet(cli, data, elsewhere):
    out = elsewhere / "films"
    arguments = ("export", "--all", "--data", data, "--out", out, "--gallery", "--contact-sheet", *SMALL)
    code, stdout, stderr = cli(*arguments)
    assert code == 0, stderr
    assert stdout.split() == [str(out / name) for name in ("manifest.parquet", "index.html", "contact_sheet.jpg")]
    assert stems_of(out) == ["a_0", "a_1", "b_0"]
    assert stderr.splitlines()[-1] == f"3 films in {out}"
    page = (out / "index.html").read_text()
    assert all(path.name in page for path in out.glob("*.mp4"))
    before = {path: path.stat().st_mtime_ns for path in out.glob("*.mp4")}
    assert cli(*arguments)[0] == 0
    assert {path: path.stat().st_mtime_ns for path in out.glob("*.mp4")} == before


@pytest.mark.parametrize(
    ("chosen", "stems"),
    [
        (("--split", "val"), ["a_1", "b_0"]),
        (("--search", "a_"), ["a_0", "a_1"]),
        (("--search", "a_", "--split", "val"), ["a_1"]),
    ],
)
def test_clips_of_a_split_or_a_search(cli, data, tmp_path, chosen, stems):
    code, _, stderr = cli("export", *chosen, "--data", data, "--cache", tmp_path / "cache", "--out", tmp_path, *SMALL)
    assert code == 0, stderr
    assert stems_of(tmp_path) == stems


def test_what_fails_is_named_and_the_others_are_written(cli, data, tmp_path):
    write_motion(data, "a_0", {"exp": motion_arrays(frames=4)["exp"]})
    (tmp_path / "stems.txt").write_text("a_0\nnobody\nb_0\n")
    code, _, stderr = cli("export", "--stems", tmp_path / "stems.txt", "--data", data, "--out", tmp_path, *SMALL)
    assert code == 1
    assert stems_of(tmp_path) == ["b_0"]
    errors = [line for line in stderr.splitlines() if line.startswith("error: ")]
    assert len(errors) == 2
    assert "a_0" in errors[0] and "no pose in the file" in errors[0]
    assert "no clip 'nobody'" in errors[1]
    assert "1 film in" in stderr and "2 clips failed" in stderr
    rows = pyarrow.parquet.read_table(tmp_path / "manifest.parquet").to_pylist()
    assert {row["stem"]: row["status"] for row in rows} == {"a_0": "failed", "b_0": "done", "nobody": "failed"}


def test_fast_films_are_said_to_be(cli, data, tmp_path):
    code, _, stderr = cli("export", "a_0", "--fast", "--data", data, "--out", tmp_path, "--size", 64)
    assert code == 0, stderr
    with av.open(str(tmp_path / "a_0.mp4")) as film:
        assert "made in a hurry: edges are not smoothed" in json.loads(film.metadata["comment"])["altered"]
    assert "hurry" not in stderr  # it was asked for


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--all", "a_0"), "--all and STEM exclude each other"),
        (("--all", "--split", "val"), "--all and --split exclude each other"),
        (("--split", "val", "--stems", "x"), "--split and --stems exclude each other"),
        (("--all", "--frame", 3), "--all writes films"),
        (("--gallery",), "--gallery is for films of many clips"),
        (("a_0", "--shard", "1/2"), "--shard is for films of many clips"),
        (("--all", "--force"), "--force is for named clips"),
        (("--all", "--shard", "3/2"), "there is no shard 3/2"),
        (("--search", "zzz"), "no clip in"),
    ],
)
def test_what_does_not_go_together_is_told(cli, data, tmp_path, arguments, message):
    code, _, stderr = cli(
        "export", *arguments, "--data", data, "--cache", tmp_path / "cache", "--out", tmp_path, *SMALL[:2]
    )
    assert code in (1, 2)
    assert message in stderr
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("below", "message"),
    [
        ("", "there is a file of that name; choose another name"),
        ("films", "the folder is a file; choose another folder"),
        ("/proc/films", "no folder can be made there; choose another"),  # root may not either
    ],
)
def test_a_folder_that_cannot_be_written_to_is_told_at_once(cli, data, tmp_path, below, message):
    if below == "/proc/films" and not Path("/proc").is_dir():
        pytest.skip("no /proc")
    (tmp_path / "file").write_text("")
    code, stdout, stderr = cli("export", "--all", "--data", data, "--out", tmp_path / "file" / below, *SMALL)
    assert (code, stdout) == (2, "")
    assert f"error: --out {tmp_path / 'file' / below}" in stderr and message in stderr
    assert (tmp_path / "file").read_text() == ""


def test_without_ray_nothing_is_begun(cli, data, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    code, _, stderr = cli("export", "--all", "--data", data, "--out", tmp_path, *SMALL, "--engine", "ray")
    assert code == 1
    assert "pip install -r requirements-ray.txt" in stderr
    assert stems_of(tmp_path) == []


def test_the_data_set_is_never_written_to(cli, data):
    code, _, stderr = cli("export", "--all", "--data", data, "--out", data / "films", *SMALL)
    assert code == 2
    assert "inside the data set" in stderr
    assert not (data / "films").exists()
