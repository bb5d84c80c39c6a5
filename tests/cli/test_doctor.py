import json
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.make_replica import make_replica
from benchmarks.replica.defects import FEWEST_CLIPS
from tests.dataset.factories import make_dataset, tone, write_audio, write_transcript


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def test_a_clean_set(cli, tmp_path):
    data = make_replica(tmp_path / "good", clips=5, layout="folder")
    code, stdout, stderr = cli("doctor", "--data", data, "--read-data", "--jobs", "1")
    assert (code, stderr) == (0, "")
    assert stdout.splitlines()[0] == f"Data set good: {data}"
    assert "files FLAME_coeffs_25 (folder), audios (folder), transcripts (folder)," in " ".join(stdout.split())
    assert stdout.splitlines()[-3:] == [
        "  clips   5, 0.01 h of motion",
        "  read    every byte of every file",
        "  found   nothing wrong",
    ]
    code, stdout, _ = cli("doctor", "--data", data, "--read-data", "--json", "--jobs", "1")
    found = json.loads(stdout)
    assert (code, found["findings"]) == (0, [])
    assert found["summary"]["unchanged"] == 5


def test_errors_are_exit_code_1_and_warnings_are_not(cli, tmp_path):
    data = make_dataset(tmp_path / "data", stems=["a_0", "a_1"])
    write_transcript(data, "a_0", "")
    code, stdout, _ = cli("doctor", "--data", data)
    assert code == 0
    assert "1 warning" in stdout
    write_audio(data, "a_1", tone(3))
    code, stdout, _ = cli("doctor", "--data", data)
    assert code == 1
    assert "a_1 (FLAME_coeffs_25): 50 frames (2.00 s) for 3.00 s of sound" in " ".join(stdout.split())


@pytest.mark.parametrize("data", ["none", "file", "empty"])
def test_what_cannot_be_looked_at_is_exit_code_2(cli, tmp_path, data):
    (tmp_path / "file").write_text("no data set")
    (tmp_path / "empty").mkdir()
    code, stdout, stderr = cli("doctor", "--data", tmp_path / data)
    assert (code, stdout) == (2, "")
    assert stderr.startswith("error: ")
    code, stdout, stderr = cli("doctor", "--data", tmp_path / data, "--json")
    assert code == 2
    assert stderr == f"error: {json.loads(stdout)['error']}\n"


@pytest.mark.parametrize(
    "arguments", [("--sample", "7"), ("--sample", "5%", "--read-data"), ("--jobs", "0"), ("--sample",), ("a_0",)]
)
def test_wrong_usage(cli, arguments):
    assert cli("doctor", *arguments)[0] == 2


def test_a_sample(cli, tmp_path):
    data = make_replica(tmp_path / "data", clips=60, layout="folder")
    code, stdout, _ = cli("doctor", "--data", data, "--sample", "20%", "--json", "--jobs", "1")
    summary = json.loads(stdout)["summary"]
    assert code == 0
    assert 0 < summary["read"] < 60
    code, stdout, _ = cli("doctor", "--data", data, "--sample", "20%", "--jobs", "1")
    assert f"every byte of {summary['read']} clips, headers of the others; --read-data reads all" in stdout


def test_the_report_groups_by_check_and_names_the_first(cli, tmp_path, monkeypatch):
    monkeypatch.setenv("COLUMNS", "100")
    data = make_dataset(tmp_path / "data", stems=[f"a_{k}" for k in range(9)])
    for k in range(9):
        write_transcript(data, f"a_{k}", "")
    code, stdout, _ = cli("doctor", "--data", data)
    assert code == 0
    assert "found   9 warnings" in stdout
    assert stdout.count("The transcript is empty.") == 5
    assert "… and 4 more" in stdout
    assert "--all" in stdout
    assert all(len(line) <= 100 for line in stdout.splitlines())
    assert cli("doctor", "--data", data, "--all")[1].count("The transcript is empty.") == 9


def test_worst_checks_are_not_lost_among_notes(cli, tmp_path):
    data = make_replica(tmp_path / "bad", clips=FEWEST_CLIPS, layout="folder", defects=True)
    code, stdout, _ = cli("doctor", "--data", data, "--json")
    findings = json.loads(stdout)["findings"]
    assert code == 1
    by_check = {}
    for finding in findings:
        by_check.setdefault(finding["check"], []).append(("error", "warn", "note").index(finding["severity"]))
    assert all(ranks == sorted(ranks) for ranks in by_check.values())


def test_a_terminal_is_not_steered(cli, tmp_path):
    data = make_dataset(tmp_path / "data", stems=["a\x1b[31m_0", "b_0"])
    write_transcript(data, "a\x1b[31m_0", "")
    (data / "val.txt").write_text("evil\x1b[2J\n")
    _, stdout, stderr = cli("doctor", "--data", data)
    assert "\x1b" not in stdout + stderr


def test_output_that_cannot_be_written_is_exit_code_2(tmp_path):

    done = subprocess.run(
        ["bash", "-c", f"{sys.executable} -m viewer doctor > /dev/full"],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "the disk is full" in done.stderr
