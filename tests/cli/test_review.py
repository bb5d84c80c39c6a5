"""`python -m viewer review`."""

import csv
import io
import json

import pytest

from tests.dataset.factories import make_dataset, write_motion
from tests.review.conftest import STEMS, judge
from viewer.dataset import Dataset
from viewer.dataset.catalogue import Catalogue
from viewer.review import ReviewDesk, Reviews

HOSTILE = '=HYPERLINK("x") <b>\n"second, line"'


@pytest.fixture
def data(tmp_path):
    lists = {"train": ["a_4", "a_0", "not_here", "a_2"], "val": ["a_1"]}
    return make_dataset(tmp_path / "data", stems=[*STEMS, "@ü"], frames=4, splits=lists)


@pytest.fixture
def file(tmp_path):
    return tmp_path / "mine" / "reviews.sqlite"


@pytest.fixture
def desk(data, file, tmp_path):
    dataset = Dataset.open(data)
    catalogue = Catalogue.open(dataset, cache=tmp_path / "cache")
    yield ReviewDesk(dataset, catalogue, Reviews(file))
    catalogue.close()


@pytest.fixture
def judged(desk, data):
    """a_0 bad with a hostile note, a_1 good, a_2 bad and changed since, a_4 unsure, one with an odd name bad."""
    judge(desk, "a_0", reason="pop", note=HOSTILE, time=0.04, reviewer="ann", at="2024-05-01T12:00:00Z")
    judge(desk, "a_1", "good")
    judge(desk, "a_2")
    judge(desk, "a_4", "unsure")
    judge(desk, "@ü")
    write_motion(data, "a_2", frames=5)


@pytest.fixture
def review(cli, data, file):
    return lambda action, *more: cli("review", action, "--data", data, "--reviews", file, *more)


def test_csv_is_harmless_in_a_spreadsheet(review, judged):
    code, stdout, stderr = review("export")
    assert (code, stderr) == (0, "")
    assert stdout.count("\n") == 6, "a note broke its line"
    rows = list(csv.DictReader(io.StringIO(stdout)))
    assert [row["stem"] for row in rows] == ["'@ü", "a_0", "a_1", "a_2", "a_4"]
    assert rows[1]["note"] == "'" + " ".join(HOSTILE.split())
    assert (rows[1]["reason"], rows[1]["time_seconds"], rows[1]["reviewer"]) == ("pop", "0.04", "ann")
    assert [row["state"] for row in rows] == ["current", "current", "current", "changed", "current"]


def test_json_comes_back_in(review, cli, judged, data, tmp_path):
    assert review("export", "--format", "json", "--out", tmp_path / "out.json")[0] == 0
    document = json.loads((tmp_path / "out.json").read_text())
    assert [one["stem"] for one in document["verdicts"]] == ["@ü", "a_0", "a_1", "a_2", "a_4"]
    assert document["counts"] == {"good": 1, "bad": 2, "unsure": 1, "changed": 1, "gone": 0}
    other = ("--data", data, "--reviews", tmp_path / "other.sqlite")
    assert cli("review", "import", tmp_path / "out.json", *other)[1] == "5 verdicts brought in, 0 were here already\n"
    assert cli("review", "import", tmp_path / "out.json", *other)[1] == "0 verdicts brought in, 5 were here already\n"
    assert cli("review", "export", *other)[1] == review("export")[1]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ((), ["a_4", "not_here", "a_2"]),
        (("--outdated",), ["a_4", "not_here"]),
        (("--drop", "bad,unsure"), ["not_here", "a_2"]),
        (("--drop", "unsure"), ["a_0", "not_here", "a_2"]),
        (("--split", "val"), ["a_1"]),
        (("--split", "all"), ["a_1", "a_2", "a_3", "a_4", "a_5"]),
    ],
)
def test_a_split_list_without_the_bad_clips(review, judged, options, expected):
    code, stdout, _ = review("export", "--format", "split", *options)
    assert (code, stdout.splitlines()) == (0, expected)


def test_a_split_that_is_not_there(review, judged):
    code, _, stderr = review("export", "--format", "split", "--split", "test")
    assert code == 2 and "has no list test.txt; it has train, val, all" in stderr


def test_status_counts_and_tells_the_rate(review, judged, desk, data):
    for stem in STEMS:
        judge(desk, stem, "bad" if stem == "a_5" else "good")
    facts = json.loads(review("status", "--json")[1])
    assert facts["verdicts"]["good"] == 5 and facts["random_sample"]["clips"] == 7
    assert (facts["random_sample"]["judged"], facts["random_sample"]["bad"]) == (7, 2)
    _, stdout, _ = review("status")
    assert "2 of 7 clips at random are bad: 28.6 % (95 %: 8.2 to 64.1 %)" in stdout


def test_status_before_the_first_verdict(review, file):
    code, stdout, _ = review("status")
    assert code == 0 and "none yet" in stdout and "not known" in stdout
    assert not file.exists()


def test_a_data_set_that_was_moved_keeps_its_verdicts(cli, judged, data, file, tmp_path):
    moved = tmp_path / "elsewhere" / "data"
    moved.parent.mkdir()
    data.rename(moved)
    _, _, stderr = cli("review", "status", "--data", moved, "--reviews", file)
    assert f"5 verdicts on {data}" in stderr
    assert cli("review", "rescue", file, "--data", data, "--out", tmp_path / "v.json")[0] == 0
    assert cli("review", "import", tmp_path / "v.json", "--data", moved, "--reviews", file)[0] == 0
    facts = json.loads(cli("review", "status", "--json", "--data", moved, "--reviews", file)[1])
    assert facts["verdicts"] == {"good": 1, "bad": 2, "unsure": 1, "changed": 1, "gone": 0}


def test_a_queue_feeds_other_commands(review, judged):
    assert review("queue", "bad")[1].splitlines() == ["@ü", "a_0"]
    assert set(review("queue", "random", "--open")[1].splitlines()) == {"a_2", "a_3", "a_5"}
    code, stdout, stderr = review("queue", "errors")
    assert (code, stdout) == (0, "") and "python -m viewer check" in stderr


@pytest.mark.parametrize("place", ["data/reviews.sqlite", "cache/reviews.sqlite", "folder"])
def test_places_where_verdicts_would_be_lost_or_harm(cli, data, tmp_path, place):
    (tmp_path / "folder").mkdir()
    options = ("--data", data, "--cache", tmp_path / "cache", "--reviews", tmp_path / place)
    code, _, stderr = cli("review", "status", *options)
    assert code == 2 and "--reviews" in stderr


def test_the_review_file_is_not_its_own_export(review, judged, file):
    before = file.read_bytes()
    code, _, stderr = review("export", "--out", file)
    assert code == 2 and "is the review file itself" in stderr and file.read_bytes() == before


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"[1", "this is no JSON"),
        (b"{}", "this is no export of verdicts"),
        (b"\xff\xfe", "is no UTF-8 text"),
        (b'{"format": "flame-viewer reviews 1"}', 'no list "verdicts"'),
        (b'{"format": "flame-viewer reviews 1", "verdicts": [{"stem": 3}]}', "verdict 0 of this export"),
    ],
)
def test_what_is_no_export_is_refused(review, tmp_path, file, content, message):
    (tmp_path / "in.json").write_bytes(content)
    code, _, stderr = review("import", tmp_path / "in.json")
    assert code == 2 and message in stderr and not file.exists()


def test_a_damaged_file_is_told_with_the_next_command(review, judged, file, tmp_path, cli, data):
    whole = file.read_bytes()
    file.write_bytes(b"nothing of use " * 100)
    code, _, stderr = review("status")
    assert code == 1 and f"python -m viewer review rescue {file}" in stderr
    file.write_bytes(whole)
    assert cli("review", "rescue", file, "--out", tmp_path / "saved.json")[1].startswith("5 verdicts saved in")
    assert len(json.loads((tmp_path / "saved.json").read_text())["verdicts"]) == 5


def test_what_is_rescued_does_not_replace_what_is_left(cli, judged, file):
    before = file.read_bytes()
    code, _, stderr = cli("review", "rescue", file, "--out", file)
    assert code == 2 and "is the review file itself" in stderr and file.read_bytes() == before


def test_the_data_set_to_rescue_may_be_named_from_here(cli, judged, data, file, tmp_path, monkeypatch):
    monkeypatch.chdir(data.parent)
    code, stdout, _ = cli("review", "rescue", file, "--data", data.name, "--out", tmp_path / "saved.json")
    assert code == 0 and stdout.startswith("5 verdicts saved in")
