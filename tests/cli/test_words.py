import json
import re

import numpy as np
import pytest

from tests.dataset.factories import make_dataset
from viewer.dataset import Dataset

STEM = "librivox-austen_0930"
WORDS = ["he", "might", "even", "have", "been", "made", "amiable", "himself"]


def test_the_words_of_one_clip(cli):
    code, stdout, stderr = cli("words", STEM)
    assert (code, stderr) == (0, "")
    lines = [line.split() for line in stdout.splitlines()[1:]]
    assert [line[2] for line in lines] == WORDS
    starts = [float(line[0]) for line in lines]
    assert starts == sorted(starts)


def test_all_clips_a_line_each_and_a_second_run_says_the_same(cli):
    code, stdout, stderr = cli("words")
    assert code == 0
    assert [line.split()[0] for line in stdout.splitlines()] == list(Dataset.demo().stems)
    assert re.fullmatch(r"7 clips: 7 (aligned|estimated)\n", stderr)
    assert cli("words", "--all") == (code, stdout, stderr)


@pytest.mark.parametrize(("form", "suffix"), [("textgrid", ".TextGrid"), ("json", ".json"), ("vtt", ".vtt")])
def test_files_for_several_clips(cli, tmp_path, form, suffix):
    arguments = ("words", STEM, "cmusphinx_0001", "--format", form, "--out", tmp_path / "out")
    assert cli(*arguments)[0] == 0
    files = sorted((tmp_path / "out").iterdir())
    assert [file.name for file in files] == [f"cmusphinx_0001{suffix}", f"{STEM}{suffix}"]
    before = files[0].read_bytes()
    files[0].unlink()
    assert cli(*arguments)[0] == 0
    assert files[0].read_bytes() == before


def test_stems_that_differ_in_case_alone_have_files_that_differ_in_more(cli, tmp_path):
    data, out = make_dataset(tmp_path / "data", stems=["Take_0", "take_0"], frames=3), tmp_path / "out"
    assert cli("words", "--data", data, "--format", "vtt", "--out", out)[0] == 0
    before = {file.name: file.stat().st_mtime_ns for file in out.iterdir()}
    assert len({name.lower() for name in before}) == 2
    assert cli("words", "--data", data, "--format", "vtt", "--out", out)[0] == 0
    assert {file.name: file.stat().st_mtime_ns for file in out.iterdir()} == before, "and are found again"


def test_json_of_one_clip_on_standard_output(cli):
    code, stdout, _ = cli("words", STEM, "--format", "json")
    found = json.loads(stdout)
    assert code == 0
    assert found["stem"] == STEM
    assert [word[0] for word in found["words"]] == WORDS


def test_clips_without_words_or_sound_are_told(cli, tmp_path):
    data = make_dataset(tmp_path / "data", stems=["a_0", "a_1"])
    (data / "transcripts" / "a_0.txt").unlink()
    (data / "audios" / "a_1.wav").unlink()
    code, stdout, stderr = cli("words", "--data", data)
    assert code == 0
    assert "no transcript" in stdout.splitlines()[0]
    assert "no sound" in stdout.splitlines()[1]
    assert stderr == "2 clips: 1 estimated, 1 without transcript\n"


def test_a_clip_that_cannot_be_read_fails_alone(cli, tmp_path):
    data = make_dataset(tmp_path / "data", stems=["a_0", "a_1"])
    np.savez(data / "FLAME_coeffs_25" / "a_0.npz", exp=np.zeros(3))
    code, stdout, stderr = cli("words", "--data", data)
    assert code == 1
    assert stdout.startswith("a_1 ")
    assert stderr.startswith("error: a_0: ")


@pytest.mark.parametrize(
    "arguments",
    [
        ("--format", "vtt"),
        (STEM, "--out", "somewhere"),
        ("--format", "doc"),
        ("--jobs", "0"),
        ("--all", STEM),
    ],
)
def test_wrong_usage(cli, arguments):
    assert cli("words", *arguments)[0] == 2


def test_an_unknown_clip_is_told_before_any_work(cli):
    code, _, stderr = cli("words", STEM, "nobody")
    assert code != 0
    assert "nobody" in stderr


def test_nothing_is_written_into_the_data_set(cli, tmp_path):
    data = make_dataset(tmp_path / "data", stems=["a_0", "a_1"])
    code, _, stderr = cli("words", "--data", data, "--format", "json", "--out", data / "words")
    assert code == 2
    assert "never written to" in stderr
    assert not (data / "words").exists()
