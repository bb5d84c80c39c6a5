import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.dataset.factories import make_dataset, motion_arrays, tone, write_audio, write_motion, write_transcript
from viewer.errors import RenderError

REPOSITORY = Path(__file__).parents[2]


def test_a_data_set_in_numbers(cli, tmp_path):
    data = make_dataset(
        tmp_path / "talk", stems=["a", "b"], frames=50, splits={"train": ["a"], "test": ["b"], "val": ["zz"]}
    )
    write_audio(data, "c", tone(5))
    code, stdout, _ = cli("info", "--data", data, "--json")
    assert code == 0
    found = json.loads(stdout)
    assert set(found) == {"viewer", "dataset", "model", "regions", "heads", "gl"}
    dataset = found["dataset"]
    assert dataset["clips"] == 3
    assert (dataset["with_motion"], dataset["with_audio"], dataset["with_transcript"], dataset["playable"]) == (
        2,
        3,
        2,
        2,
    )
    assert dataset["splits"] == {"train": 1, "val": 0, "test": 1}
    assert dataset["seconds"] == 4
    assert dataset["flags"] == {"no-motion": 1, "no-transcript": 1}
    assert dataset["warnings"] == ["val.txt names 1 clip without files here: zz"]
    assert found["model"]["version"] == "demo head"
    assert found["model"]["expressions_play"] is False
    assert "FLAME" in found["model"]["warnings"][0]
    assert found["gl"]["taken"]["renderer"]
    assert [device["index"] for device in found["gl"]["devices"]] == list(range(len(found["gl"]["devices"])))


def test_the_demo_data_plays_its_expressions(cli):
    code, stdout, _ = cli("info", "--json")
    found = json.loads(stdout)
    assert code == 0
    assert found["dataset"]["clips"] == found["dataset"]["playable"] >= 6
    assert found["dataset"]["warnings"] == []
    assert found["dataset"]["flags"] == {}
    assert found["model"]["expressions_play"] is True


def test_a_clip_in_numbers(cli, tmp_path):
    data = make_dataset(tmp_path, stems=["a"])
    arrays = motion_arrays(frames=50)
    arrays["pose"][:, 3:] = np.radians([3.0, 0.0, 4.0])
    write_motion(data, "a", arrays)
    write_transcript(data, "a", "Zoë said hi.")
    code, stdout, _ = cli("info", "a", "--data", data, "--json")
    clip = json.loads(stdout)["clip"]
    assert code == 0
    assert clip["jaw_degrees"] == {"mean": 5.0, "p95": 5.0, "max": 5.0}
    assert (clip["frames"], clip["fps"], clip["seconds"]) == (50, 25, 2)
    assert clip["audio"] == {"format": "PCM 16-bit, 16000 Hz, mono", "rate": 16000, "channels": 1, "seconds": 2.0}
    assert clip["transcript"] == "Zoë said hi."
    assert clip["shape_varies"] is False


def test_the_text_says_the_same(cli, tmp_path):
    data = make_dataset(tmp_path / "talk", stems=["a", "b"])
    _, stdout, _ = cli("info", "--data", data)
    for part in ("Data set talk", "2: 2 with motion", "train 2", "Head demo head", "OpenGL"):
        assert part in stdout
    _, stdout, _ = cli("info", "a", "--data", data)
    for part in ("Clip a", "50 frames at 25 per second, 2.00 s", "mono, 2.00 s", "Hello there, this is a."):
        assert part in stdout


def test_a_terminal_is_not_steered_by_what_is_shown(cli, tmp_path):
    data = make_dataset(tmp_path, stems=["a\x1b[31m\nb"])
    write_transcript(data, "a\x1b[31m\nb", "one\u202etwo")
    for arguments in (("info",), ("info", "a\x1b[31m\nb"), ("info", "--list")):
        _, stdout, stderr = cli(*arguments, "--data", data)
        assert "\x1b" not in stdout + stderr
        assert "\u202e" not in stdout + stderr


def test_the_list_is_stems_that_can_be_exported(cli, tmp_path):
    data = make_dataset(tmp_path, stems=["b", "a b"])
    write_audio(data, "c", tone(1))
    assert cli("info", "--list", "--data", data) == (0, "a b\nb\n", "")


def test_opengl_that_does_not_work_is_told_beside_the_rest(cli, tmp_path, monkeypatch):
    def broken():
        raise RenderError("no EGL here: apt-get install libegl1")

    monkeypatch.setattr("viewer.cli.facts.list_devices", broken)
    data = make_dataset(tmp_path, stems=["a"])
    code, stdout, _ = cli("info", "--data", data, "--json")
    found = json.loads(stdout)
    assert code == 1
    assert found["gl"] == {"error": "no EGL here: apt-get install libegl1"}
    assert found["dataset"]["clips"] == 1
    code, stdout, _ = cli("info", "--data", data)
    assert code == 1
    assert "apt-get install libegl1" in stdout


def test_a_model_that_is_none_is_told_beside_the_rest(cli, tmp_path):
    data = make_dataset(tmp_path, stems=["a"])
    code, stdout, _ = cli("info", "--data", data, "--json", "--model", tmp_path / "none.pkl")
    found = json.loads(stdout)
    assert code == 1
    assert "none.pkl" in found["model"]["error"]
    assert found["dataset"]["clips"] == 1


@pytest.mark.parametrize(
    "arguments",
    [("--list", "--json"), ("--list", "a"), ("--list", "--regions-picture", "a.png"), ("a", "b"), ("--what",)],
)
def test_wrong_usage(cli, arguments):
    assert cli("info", *arguments)[0] == 2


def test_without_the_demo_data_the_rest_is_told(cli, tmp_path, monkeypatch):
    monkeypatch.setattr("viewer.dataset.dataset.DEMO_DATASET", tmp_path / "none")
    code, stdout, _ = cli("info", "--json")
    found = json.loads(stdout)
    assert code == 1
    assert "Clone the repository, which holds it, or name a data set of yours" in found["dataset"]["error"]
    assert found["heads"] and found["gl"]["taken"]["renderer"] and found["model"]["vertices"]
    code, stdout, _ = cli("info")
    assert code == 1
    assert all(part in stdout for part in ("Clone the repository", "Installed heads", "OpenGL"))


@pytest.mark.parametrize("arguments", [("info", "--data"), ("info", "--regions-picture"), ("export", "--out")])
def test_a_home_that_is_not_there_is_wrong_usage(cli, arguments):
    code, _, stderr = cli(*arguments, "~nosuchuser/x")
    assert code == 2
    assert "the home folder of ~nosuchuser is not known; write the path in full" in stderr


@pytest.mark.parametrize("arguments", ["info --list", "info librivox-austen_0880"])
def test_output_that_cannot_be_written_is_one_clean_line(arguments):
    command = f"{sys.executable} -m viewer {arguments} > /dev/full"
    done = subprocess.run(["bash", "-c", command], cwd=REPOSITORY, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith("error: standard output cannot be written to: the disk is full")
    assert done.stderr.count("\n") == 1


def test_an_unknown_clip_is_one_clean_line(cli, tmp_path):
    data = make_dataset(tmp_path, stems=["alice_1"])
    code, stdout, stderr = cli("info", "alice_2", "--data", data)
    assert (code, stdout) == (1, "")
    assert stderr == f"error: no clip 'alice_2' in {data}; did you mean 'alice_1'?\n"


@pytest.mark.parametrize("command", [(), ("export",), ("info",)])
def test_help_shows_every_option_with_its_default(cli, command):
    code, stdout, _ = cli(*command, "--help")
    assert code == 0
    expected = {
        (): ("examples:", "python -m viewer export"),
        ("export",): ("--crf N", "default: 20", "default: artalk", "--stems FILE", "default: out"),
        ("info",): ("--json", "--list", "--regions-picture", "docs/cli.md"),
    }
    assert all(text in stdout for text in expected[command])


def test_a_reader_that_stops_early_is_no_error(tmp_path):
    data = make_dataset(tmp_path, stems=[f"s_{i:05d}_{'x' * 40}" for i in range(3)], frames=2)
    for i in range(3000):  # more than a pipe holds
        (data / "FLAME_coeffs_25" / f"t_{i:05d}_{'x' * 60}.npz").touch()
    command = f"{sys.executable} -m viewer info --list --data {data} | head -1"
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", command], cwd=REPOSITORY, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("s_00000")


def test_text_that_the_terminal_cannot_show_is_no_error(tmp_path):
    data = make_dataset(tmp_path, stems=["Zoë"], frames=2)
    done = subprocess.run(
        [sys.executable, "-m", "viewer", "info", "Zoë", "--data", str(data)],
        cwd=REPOSITORY,
        env={"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "1", "PATH": "/usr/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "Zo\\xeb" in done.stdout


def test_regions_in_numbers_and_as_a_picture(cli, tmp_path):
    data = make_dataset(tmp_path / "data", stems=["a"], frames=2)
    code, stdout, _ = cli("info", "--data", data, "--json", "--regions-picture", tmp_path / "regions.png")
    assert code == 0
    found = json.loads(stdout)["regions"]
    assert found["source"]
    assert all(count > 0 for count in found["vertices"].values())
    picture = np.asarray(Image.open(tmp_path / "regions.png"))
    assert picture.shape[1] > 2 * picture.shape[0]
    reds = (picture[..., 0].astype(int) - picture[..., 1] > 90).mean(axis=0)  # lips, in both views and in the legend
    thirds = np.array_split(reds, [picture.shape[0], 2 * picture.shape[0]])
    assert all(third.max() > 0 for third in thirds)


def test_a_picture_that_cannot_be_written_is_told(cli, tmp_path):
    data = make_dataset(tmp_path / "data", stems=["a"], frames=2)
    code, _, stderr = cli("info", "a", "--data", data, "--regions-picture", tmp_path / "none" / "a.png")
    assert code == 1
    assert "none/a.png: the folder does not exist; create it first" in stderr
