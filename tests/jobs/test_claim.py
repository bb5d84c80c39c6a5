"""Whose a folder for results is."""

import json
import os
import subprocess
import sys
import threading

import pytest

from viewer.errors import JobError
from viewer.jobs import AtWork, Shard
from viewer.jobs import claim as claims
from viewer.jobs.claim import OWNER, claimed


def owned(folder, seconds_ago=0.0, **owner):
    """Leave the file of another run, as it would be on this machine but for what is given."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / OWNER
    path.write_text(json.dumps({**claims._whoami(), "token": "t", "shard": None, **owner}))
    now = path.stat().st_mtime
    os.utime(path, (now - seconds_ago, now - seconds_ago))


def ended_process():
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def test_it_is_free_again_afterwards(tmp_path):
    for _ in range(2):
        with claimed(tmp_path / "new" / "out", None) as folder:
            assert folder == tmp_path / "new" / "out"
            with pytest.raises(AtWork, match=rf"process {os.getpid()}\)"), claimed(folder, None):
                pass
        assert not (folder / OWNER).exists()


@pytest.mark.parametrize("left", [False, True])
def test_only_one_of_many_gets_it(tmp_path, left):
    """Also where a run that is dead has left its file, which each of them may take away."""
    for _ in range(20):
        got, refused, start, end = [], [], threading.Barrier(8), threading.Event()
        if left:
            owned(tmp_path, pid=ended_process())

        def try_it(got=got, refused=refused, start=start, end=end):
            start.wait()
            try:
                with claimed(tmp_path, None):
                    got.append(1)
                    end.wait(60)
            except AtWork:
                refused.append(1)
                if len(refused) == 7:
                    end.set()

        threads = [threading.Thread(target=try_it) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert (len(got), len(refused)) == (1, 7)
    assert [path.name for path in tmp_path.iterdir()] == ["parts"]


def test_a_full_disk_leaves_no_claim(tmp_path, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(claims.json, "dump", full)
    with pytest.raises(JobError, match="the disk is full"):
        claimed(tmp_path, None).__enter__()
    assert not (tmp_path / OWNER).exists()


def test_ctrl_c_when_it_was_just_taken_leaves_no_claim(tmp_path, monkeypatch):
    """In a notebook the process that it names would live on."""

    def interrupted(_thread):
        assert (tmp_path / OWNER).exists()
        raise KeyboardInterrupt

    monkeypatch.setattr(claims.threading.Thread, "start", interrupted)
    with pytest.raises(KeyboardInterrupt):
        claimed(tmp_path, None).__enter__()
    assert not (tmp_path / OWNER).exists()


@pytest.mark.parametrize(
    ("seconds_ago", "owner"),
    [
        (0, {"pid": ended_process()}),
        (0, {"started": "17"}),  # another process has its number now
        (500, {"host": "elsewhere"}),
    ],
)
def test_a_run_that_is_dead_has_no_claim(tmp_path, seconds_ago, owner):
    owned(tmp_path, seconds_ago, **owner)
    with claimed(tmp_path, None):
        assert json.loads((tmp_path / OWNER).read_text())["pid"] == os.getpid()


@pytest.mark.parametrize(
    ("text", "message"), [(None, r"shard 2/8 \(on node7, process 12\)"), ("{", "it has just begun")]
)
def test_a_run_on_another_machine_is_at_work_while_it_touches_its_file(tmp_path, monkeypatch, text, message):
    monkeypatch.setattr(claims, "_LOOK_SECONDS", 0.01)
    owned(tmp_path, 100, host="elsewhere", node="node7", pid=12, shard="2/8")
    if text is not None:
        (tmp_path / OWNER).write_text(text)
    over = threading.Event()
    touching = threading.Thread(
        target=lambda: [os.utime(tmp_path / OWNER) for _ in iter(lambda: over.wait(0.02), True)]
    )
    touching.start()
    try:
        with pytest.raises(AtWork, match=message):
            claimed(tmp_path, None).__enter__()
    finally:
        over.set()
        touching.join()


def test_a_run_on_another_machine_that_went_down_is_waited_out(tmp_path, monkeypatch):
    monkeypatch.setattr(claims, "_DEAD_SECONDS", 1.0)
    monkeypatch.setattr(claims, "_LOOK_SECONDS", 0.01)
    owned(tmp_path, host="elsewhere")
    with claimed(tmp_path, None):
        assert json.loads((tmp_path / OWNER).read_text())["pid"] == os.getpid()


def test_a_run_touches_its_file(tmp_path, monkeypatch):
    monkeypatch.setattr(claims, "_BEAT_SECONDS", 0.01)
    touched = threading.Event()
    monkeypatch.setattr(claims.os, "utime", lambda path: touched.set() if path == tmp_path / OWNER else None)
    with claimed(tmp_path, None):
        assert touched.wait(60)


def test_what_another_run_has_taken_over_is_left_to_it(tmp_path):
    with claimed(tmp_path, None):
        owned(tmp_path, token="other")
    assert (tmp_path / OWNER).exists()


def test_shards_keep_out_of_each_others_way(tmp_path):
    with claimed(tmp_path, Shard(1, 2)) as first, claimed(tmp_path, Shard(2, 2)) as second:
        assert first != second
        for other in (None, Shard(1, 2), Shard(1, 3)):  # which have keys of these
            with pytest.raises(AtWork, match="another run is at work"):
                claimed(tmp_path, other).__enter__()
    with claimed(tmp_path, None), pytest.raises(AtWork):
        claimed(tmp_path, Shard(1, 2)).__enter__()
    assert not list(tmp_path.rglob(OWNER))


def test_a_folder_that_cannot_be_made(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(JobError, match="results cannot be written to"):
        claimed(tmp_path / "file", None).__enter__()
