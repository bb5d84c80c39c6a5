import json
from pathlib import Path

import pytest

from tests.dataset.factories import make_dataset


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def test_it_says_where_the_catalogue_is_and_what_is_in_it(cli, data, tmp_path):
    code, stdout, _ = cli("index", "--data", data, "--json")
    found = json.loads(stdout)
    assert code == 0
    assert found["clips"] == 3
    assert found["splits"] == {"train": 3}
    assert found["modalities"] == {"motion": 3, "audio": 3, "transcript": 3}
    assert Path(found["catalogue"]).is_relative_to(tmp_path / "cache")
    assert Path(found["catalogue"]).stat().st_size == found["bytes"]


def test_the_text_says_the_same(cli, data, tmp_path):
    _, stdout, _ = cli("index", "--data", data)
    assert str(tmp_path / "cache") in stdout
    assert "clips      3, in" in stdout
    assert "train 3" in stdout


def test_without_a_cache_folder_it_says_so(cli, data, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    code, stdout, stderr = cli("index", "--data", data, "--json")
    assert code == 0
    assert json.loads(stdout)["catalogue"] is None
    assert stderr.startswith("note: ")


def test_nothing_is_written_into_the_data_set(cli, tmp_path):
    data = make_dataset(tmp_path / "data", stems=["a_0"])
    before = sorted(data.rglob("*"))
    cli("index", "--data", data)
    assert sorted(data.rglob("*")) == before


def test_no_data_set_is_one_clean_line(cli, tmp_path):
    code, stdout, stderr = cli("index", "--data", tmp_path / "none")
    assert (code, stdout, stderr.count("\n")) == (1, "", 1)
