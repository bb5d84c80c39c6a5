import csv
import io
import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.dataset.factories import make_clip, make_dataset, write_audio, write_motion, write_transcript
from viewer.dataset import Dataset
from viewer.review import Reviews, Verdict

REPOSITORY = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture
def data(tmp_path):
    """Four clips of two sessions, 1 to 4 s long."""
    root = make_dataset(tmp_path / "data", stems=(), splits={"train": ["ann_0", "ann_1"], "test": ["bob_0"]})
    texts = ("Good morning to you.", "A good evening.", "Nothing to say.", "早上好 morning")
    for k, (stem, text) in enumerate(zip(("ann_0", "ann_1", "bob_0", "-x_0"), texts, strict=True)):
        make_clip(root, stem, frames=25 * (k + 1), seed=k, text=text)
    return root


def stems(cli, *arguments):
    code, stdout, _ = cli("list", "--format", "json", *arguments)
    assert code == 0
    return [row["stem"] for row in json.loads(stdout)]


def test_json_is_a_list_of_objects_with_stem(cli, data):
    code, stdout, stderr = cli("list", "--data", data, "--format", "json")
    rows = json.loads(stdout)
    assert (code, stderr) == (0, "")
    assert [row["stem"] for row in rows] == ["-x_0", "ann_0", "ann_1", "bob_0"]
    assert rows[1]["seconds"] == 1.0
    assert rows[1]["splits"] == ["train"]
    assert rows[1]["words"] == 4
    assert rows[0]["splits"] == []


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("--sort", "-seconds"), ["-x_0", "bob_0", "ann_1", "ann_0"]),
        (("--sort=seconds",), ["ann_0", "ann_1", "bob_0", "-x_0"]),
        (("--search", "good"), ["ann_0", "ann_1"]),
        (("--search", 'good" OR "'), []),
        (("--search", "上"), ["-x_0"]),
        (("--split", "test"), ["bob_0"]),
        (("--split", "test", "--split", "none"), ["-x_0", "bob_0"]),
        (("--session", "ann", "--max-seconds", "1.5"), ["ann_0"]),
        (("--min-seconds", "3", "--sort", "-stem"), ["bob_0", "-x_0"]),
        (("--limit", "1", "--sort", "-words"), ["ann_0"]),
        (("--modality", "no-tokens", "--limit", "2"), ["-x_0", "ann_0"]),
    ],
)
def test_search_filters_and_order(cli, data, arguments, expected):
    assert stems(cli, "--data", data, *arguments) == expected


def test_flags(cli, data):
    write_transcript(data, "bob_0", "")
    assert stems(cli, "--data", data, "--flag", "transcript-empty") == ["bob_0"]


def test_a_file_that_changed_is_seen(cli, data):
    assert stems(cli, "--data", data, "--search", "changed") == []
    write_transcript(data, "bob_0", "This text has changed since.")
    assert stems(cli, "--data", data, "--search", "changed") == ["bob_0"]


def test_the_table_fits_the_terminal(cli, data, monkeypatch):
    write_transcript(data, "ann_0", "早上好" * 60)
    write_transcript(data, "ann_1", "long " * 60)
    monkeypatch.setenv("COLUMNS", "80")
    code, stdout, _ = cli("list", "--data", data)
    lines = stdout.splitlines()
    assert code == 0
    assert lines[0].split() == ["stem", "seconds", "splits", "words", "flags", "text"]
    assert len(lines) == 5
    for line in lines:
        cells = sum(2 if "\u2e80" <= letter <= "\uffff" else 1 for letter in line)
        assert cells <= 80
    assert lines[2].endswith("…") and lines[3].endswith("…")
    assert lines[2].split()[:3] == ["ann_0", "1.00", "train"]


def test_a_stem_is_never_cut(cli, tmp_path, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    stem = "session_with_a_very_long_name_" + "x" * 40 + "_0001"
    data = make_dataset(tmp_path / "data", stems=[stem, "a_0"])
    assert stem in cli("list", "--data", data)[1]


def test_csv_can_be_read_back(cli, data):
    write_transcript(data, "ann_0", 'He said "no", then:\nyes')
    _, stdout, _ = cli("list", "--data", data, "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(stdout)))
    assert [row["stem"] for row in rows] == ["-x_0", "ann_0", "ann_1", "bob_0"]
    assert rows[1]["text"] == 'He said "no", then: yes'
    assert float(rows[1]["seconds"]) == 1.0


@pytest.mark.parametrize("text", ["=cmd|' /C calc'!A0", "+1+2", "@SUM(A1)", "-1+2", '=HYPERLINK("http://x")'])
def test_csv_holds_no_formula(cli, data, text):
    write_transcript(data, "ann_0", text)
    _, stdout, _ = cli("list", "--data", data, "--format", "csv")
    (row,) = [row for row in csv.DictReader(io.StringIO(stdout)) if row["stem"] == "ann_0"]
    assert row["text"] == f"'{text}"


def test_columns_are_those_asked_for(cli, data):
    _, stdout, _ = cli("list", "--data", data, "--columns", "seconds,stem", "--format", "csv", "--limit", "1")
    assert stdout == "seconds,stem\n4.0,-x_0\n"


def test_scores_become_columns(cli, data, tmp_path):
    scores = tmp_path / "scores.csv"
    scores.write_text("stem,lve\nann_0,0.5\nann_1,2.5\nbob_0,1.5\nghost_0,9\n")
    code, stdout, stderr = cli("list", "--data", data, "--scores", scores, "--sort", "-lve")
    assert code == 0
    assert [line.split()[0] for line in stdout.splitlines()] == ["stem", "ann_1", "bob_0", "ann_0", "-x_0"]
    assert "lve" in stdout.splitlines()[0].split()
    assert stderr.startswith("note: ") and "1" in stderr


def test_no_clip_is_said_and_no_error(cli, data):
    code, stdout, stderr = cli("list", "--data", data, "--search", "zebra")
    assert (code, stdout) == (0, "")
    assert stderr == f"none of the 4 clips in {data} is as asked for\n"
    code, stdout, _ = cli("list", "--data", data, "--search", "zebra", "--format", "json")
    assert (code, json.loads(stdout)) == (0, [])


def test_a_limit_is_said(cli, data):
    assert cli("list", "--data", data, "--limit", "3")[2] == "3 of 4 clips; --limit shows more\n"


@pytest.mark.parametrize(
    "arguments",
    [
        ("--sort",),
        ("--sort", "nope"),
        ("--columns", "stem,nope"),
        ("--columns", ""),
        ("--split", "training"),
        ("--limit", "0"),
        ("--limit", "-1"),
        ("--min-seconds", "nan"),
        ("--format", "xml"),
        ("--scores", "none.csv"),
    ],
)
def test_wrong_usage(cli, data, arguments):
    code, stdout, stderr = cli("list", "--data", data, *arguments)
    assert (code, stdout) == (2, "")
    assert "error: " in stderr


def test_a_terminal_is_not_steered(cli, data):
    write_transcript(data, "bob_0", "one\u202etwo")
    make_clip(data, "z\x1b[31m_0", frames=2)
    _, stdout, stderr = cli("list", "--data", data)
    assert "\x1b" not in stdout + stderr
    assert "\u202e" not in stdout + stderr


def test_a_reader_that_stops_early_is_no_error(data):
    for k in range(300):
        write_audio(data, f"t_{k:05d}_{'x' * 200}", [0.0])
    command = f"{sys.executable} -m viewer list --data {data} --format csv | head -1"
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", command], cwd=REPOSITORY, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("stem,session")


def test_verdicts_are_a_filter_and_a_column(cli, data, tmp_path):
    file = tmp_path / "reviews.sqlite"
    dataset = Dataset.open(data)
    reviews = Reviews.open(file)
    for stem, kind in {"ann_0": "bad", "ann_1": "good", "bob_0": "bad"}.items():
        reviews.give(dataset.path, Verdict(stem=stem, motion_hash=dataset[stem].motion_hash, verdict=kind))
    write_motion(data, "bob_0", frames=75, seed=99)
    options = ("--data", data, "--reviews", file)
    assert stems(cli, *options, "--verdict", "bad") == ["ann_0"]
    assert stems(cli, *options, "--verdict", "stale", "--verdict", "good") == ["ann_1", "bob_0"]
    assert stems(cli, *options, "--verdict", "none") == ["-x_0"]
    assert stems(cli, *options, "--sort=-verdict") == ["bob_0", "ann_1", "ann_0", "-x_0"]
    code, stdout, _ = cli("list", *options, "--columns", "stem,verdict", "--format", "csv")
    assert code == 0 and stdout.split() == ["stem,verdict", "-x_0,", "ann_0,bad", "ann_1,good", "bob_0,stale"]
    nobody = ("--data", data, "--reviews", tmp_path / "none.sqlite")
    assert stems(cli, *nobody, "--verdict", "bad") == [] and len(stems(cli, *nobody, "--verdict", "none")) == 4
    assert cli("list", *options, "--verdict", "fine")[0] == 2
