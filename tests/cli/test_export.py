import contextlib
import io
import os
import shutil
import signal
import subprocess
import sys
import threading
from pathlib import Path

import av
import numpy as np
import pytest
import trimesh
from PIL import Image

from tests.dataset.factories import make_clip, make_dataset, tone, write_audio, write_motion
from tests.waiting import until
from viewer.cli import outputs

SMALL = ("--size", 64)
REPOSITORY = Path(__file__).parents[2]


def frames_of(path):
    with av.open(str(path)) as container:
        return [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]


def files(folder):
    return sorted(path.name for path in folder.iterdir())


def test_named_stems_become_films(cli, data, tmp_path):
    out = tmp_path / "made" / "here"
    code, stdout, _ = cli("export", "a_1", "b_0", "a_1", "--data", data, "--out", out, *SMALL)
    assert code == 0
    assert stdout.splitlines() == [str(out / "a_1.mp4"), str(out / "b_0.mp4")]
    assert files(out) == ["a_1.mp4", "b_0.mp4"]
    assert len(frames_of(out / "a_1.mp4")) == 4


def test_without_stem_the_first_clip_is_taken_and_named(cli, data, tmp_path):
    code, stdout, stderr = cli("export", "--data", data, "--out", tmp_path, *SMALL)
    assert code == 0
    assert stdout.splitlines() == [str(tmp_path / "a_0.mp4")]
    assert "taking the first of 3 clips, a_0" in stderr


def test_without_data_the_demo_clips_are_there(cli, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    code, stdout, _ = cli("export", "--frame", 0, "--format", "ply")
    assert code == 0
    assert stdout.startswith("out/")
    assert len(files(tmp_path / "out")) == 1


@pytest.mark.parametrize("source", ["file", "standard input", "pipe"])
def test_stems_from_a_list(cli, data, tmp_path, source, monkeypatch):
    text = b"\xef\xbb\xbfa_1\r\n\n  b_0\n"
    name = tmp_path / "list.txt"
    if source == "standard input":
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text)))
        name = "-"
    elif source == "file":
        name.write_bytes(text)
    else:
        os.mkfifo(name)
        threading.Thread(target=name.write_bytes, args=(text,)).start()
    code, _, _ = cli("export", "--stems", name, "--frame", 0, "--data", data, "--out", tmp_path / "out", *SMALL)
    assert code == 0
    assert files(tmp_path / "out") == ["a_1.frame0.png", "b_0.frame0.png"]


def test_stems_that_are_no_unicode_are_unknown(cli, data, tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"\xff\n"), encoding="utf-8", errors="strict"))
    code, _, stderr = cli("export", "--stems", "-", "--frame", 0, "--data", data, "--out", tmp_path / "out", *SMALL)
    assert code == 1
    assert "no clip" in stderr


def test_stems_that_never_end_are_refused(cli, data, tmp_path, monkeypatch):
    monkeypatch.setattr("viewer.data_options.MAX_LIST_BYTES", 1 << 20)
    code, _, stderr = cli("export", "--stems", "/dev/zero", "--data", data, "--out", tmp_path / "out")
    assert code == 2
    assert "--stems /dev/zero has more than 1 MB" in stderr


def test_one_bad_clip_is_one_line_and_does_not_stop_the_others(cli, data, tmp_path):
    write_motion(data, "a_0", {"exp": np.zeros((4, 5))})
    code, stdout, stderr = cli("export", "a_0", "c_9", "b_0", "--data", data, "--out", tmp_path / "out", *SMALL)
    assert code == 1
    assert stdout.splitlines() == [str(tmp_path / "out" / "b_0.mp4")]
    errors = [line for line in stderr.splitlines() if line.startswith("error: ")]
    assert len(errors) == 2
    assert "a_0" in errors[0] and "no pose in the file" in errors[0]
    assert "no clip 'c_9'" in errors[1]
    assert stderr.splitlines()[-1] == "2 of 3 clips failed"
    assert files(tmp_path / "out") == ["b_0.mp4"]


@pytest.mark.parametrize(
    "stem", ["a∕..∕..∕up", "%2F..%2Fup", "with space", "line\nbreak", "-rf", "Zoë 你好", "%", "x" * 240]
)
def test_the_name_of_a_file_never_leaves_the_folder(cli, tmp_path, stem):
    data = make_dataset(tmp_path / "data", stems=[stem], frames=2)
    out = tmp_path / "out"
    code, stdout, stderr = cli("export", "--data", data, "--out", out, *SMALL)
    assert code == 0, stderr
    assert len(files(out)) == 1
    assert stdout.count("\n") == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data", "out"]


def test_look_camera_size_and_background_arrive(cli, data, tmp_path):
    code, _, _ = cli(
        *("export", "a_0", "--data", data, "--out", tmp_path, "--size", "96x64", "--look", "grey"),
        *("--camera", "profile", "--background", "#ff0000", "--crf", 10),
    )
    assert code == 0
    with av.open(str(tmp_path / "a_0.mp4")) as container:
        receipt = container.metadata["comment"]
    assert all(part in receipt for part in ('"grey"', '"profile"', "[96, 64]", '"crf": 10'))
    corner = frames_of(tmp_path / "a_0.mp4")[0][2, 2].astype(int)
    assert np.abs(corner - [255, 0, 0]).max() < 12


def test_what_was_altered_is_told_clip_by_clip(cli, data, tmp_path):
    write_audio(data, "a_1", tone(3))
    code, _, stderr = cli("export", "a_0", "a_1", "--data", data, "--out", tmp_path, "--captions", *SMALL)
    assert code == 0
    about_clips = [line for line in stderr.splitlines() if line.startswith("note: a_")]
    assert about_clips
    assert all(line.startswith("note: a_1: ") for line in about_clips)
    assert any("3.00 s" in line for line in about_clips)


def test_what_the_viewer_made_is_replaced_and_nothing_else(cli, data, tmp_path):
    path = tmp_path / "a_0.mp4"
    arguments = ("export", "a_0", "--data", data, "--out", tmp_path, *SMALL)
    assert cli(*arguments)[0] == 0
    assert cli(*arguments, "--look", "voca")[0] == 0
    path.write_bytes(b"my own film")
    code, _, stderr = cli(*arguments)
    assert code == 1
    assert "was not made by the viewer; move it away, or use --force" in stderr
    assert path.read_bytes() == b"my own film"
    assert cli(*arguments, "--force")[0] == 0
    assert len(frames_of(path)) == 4


class TestOneFrame:
    def test_a_picture_is_the_frame_of_the_film(self, cli, data, tmp_path):
        arguments = ("export", "a_0", "--data", data, "--out", tmp_path, "--size", 128)
        assert cli(*arguments, "--crf", 1)[0] == 0
        assert cli(*arguments, "--frame", 3)[0] == 0
        picture = np.asarray(Image.open(tmp_path / "a_0.frame3.png").convert("RGB")).astype(float)
        film = [frame.astype(float) for frame in frames_of(tmp_path / "a_0.mp4")]
        assert np.abs(picture - film[3]).mean() < 2

    @pytest.mark.parametrize("format", ["obj", "ply", "glb"])
    def test_a_mesh_is_the_head_in_metres(self, cli, data, tmp_path, format):
        code, stdout, _ = cli(
            "export", "a_0", "--data", data, "--out", tmp_path, "--frame", 2, "--format", format, "--gl", 99
        )
        assert code == 0
        assert files(tmp_path) == [f"a_0.frame2.{format}", "data"]
        mesh = trimesh.load(stdout.strip(), force="mesh", process=False)
        assert 0.2 < np.ptp(mesh.vertices[:, 1]) < 0.4
        assert len(mesh.faces) > 5000

    @pytest.mark.parametrize("frame", [4, -1])
    def test_a_frame_that_is_not_there(self, cli, data, tmp_path, frame):
        code, _, stderr = cli("export", "a_0", "--data", data, "--out", tmp_path, "--frame", frame)
        assert code == 1
        assert f"no frame {frame}; the clip has frames 0 to 3" in stderr
        assert files(tmp_path) == ["data"]

    def test_a_full_disk_leaves_nothing(self, cli, data, tmp_path, monkeypatch):
        def full(_mesh, path):
            path.write_bytes(b"half")
            raise OSError(28, "No space left on device")

        monkeypatch.setattr("trimesh.Trimesh.export", full)
        code, _, stderr = cli("export", "a_0", "--data", data, "--out", tmp_path, "--frame", 0, "--format", "obj")
        assert code == 1
        expected = f"cannot write {tmp_path / 'a_0.frame0.obj'}: the disk is full; free some space"
        assert expected in stderr
        assert files(tmp_path) == ["data"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--size", "63"), "video needs even numbers"),
        (("--size", "big"), "expected 512 or 640x360"),
        (("--background", "mauve"), "'mauve' is no colour"),
        (("--background", "1,2,300"), "0..255"),
        (("--look", "nice"), "invalid choice"),
        (("--gl", "metal"), "expected auto, software or a number"),
        (("--crf", "60"), "0 (lossless) to 51"),
        (("--format", "glb"), "add --frame N"),
        (("--frame", "1", "--captions"), "--captions is for films"),
        (("--frame", "x"), "invalid int"),
        (("--stems", "/does/not/exist"), "--stems /does/not/exist cannot be read: No such file or directory"),
        (("--stems", os.devnull), "--stems /dev/null holds no stems"),
    ],
)
def test_wrong_usage_is_told_and_nothing_is_written(cli, data, tmp_path, arguments, message):
    code, _, stderr = cli("export", "--data", data, "--out", tmp_path / "out", *arguments)
    assert code == 2
    assert message in stderr
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("inside", ["out", ".", "audios/.."])
def test_a_data_set_is_never_written_to(cli, data, inside):
    before = sorted(data.rglob("*"))
    code, _, stderr = cli("export", "--data", data, "--out", data / inside)
    assert code == 2
    assert "is inside the data set" in stderr
    assert sorted(data.rglob("*")) == before


def test_nor_through_a_link(cli, data, tmp_path):
    (tmp_path / "link").symlink_to(data)
    code, _, stderr = cli("export", "--data", data, "--out", tmp_path / "link" / "out")
    assert code == 2
    assert "is inside the data set" in stderr


def test_a_folder_that_is_a_link_to_itself_is_told(cli, data, tmp_path):
    (tmp_path / "loop").symlink_to("loop/out")
    code, _, stderr = cli("export", "--data", data, "--out", tmp_path / "loop")
    assert code == 2
    assert f"--out {tmp_path / 'loop'} cannot be written to: " in stderr


def test_a_folder_that_cannot_be_made_is_told(cli, data, tmp_path):
    (tmp_path / "file").touch()
    code, _, stderr = cli("export", "--data", data, "--out", tmp_path / "file" / "out")
    assert code == 2
    assert "cannot be written to: the folder is a file; choose another folder" in stderr


def test_missing_data_is_one_clean_line(cli, tmp_path):
    code, stdout, stderr = cli("export", "--data", tmp_path / "none")
    assert (code, stdout) == (1, "")
    assert stderr.startswith("error: ") and "no such folder" in stderr


def test_stems_that_differ_in_case_alone_have_files_that_differ_in_more(cli, tmp_path):
    data, out = make_dataset(tmp_path / "data", stems=["Take_0", "take_0"], frames=2), tmp_path / "out"
    for stem in ("Take_0", "take_0"):
        assert cli("export", stem, "--data", data, "--out", out, *SMALL)[0] == 0
    assert len({name.lower() for name in files(out)}) == 2


def test_clips_without_motion_only(cli, tmp_path):
    make_clip(tmp_path, "a", frames=2)
    shutil.rmtree(tmp_path / "FLAME_coeffs_25")
    code, _, stderr = cli("export", "--data", tmp_path)
    assert code == 1
    assert "no clip in" in stderr and "has motion" in stderr


def test_a_model_that_is_none_is_one_clean_line(cli, data, tmp_path):
    (tmp_path / "model.pkl").write_text("<!DOCTYPE html>")
    code, _, stderr = cli("export", "--data", data, "--out", tmp_path / "out", "--model", tmp_path / "model.pkl")
    assert code == 1
    assert "Traceback" not in stderr
    assert "model.pkl" in stderr


def test_receipts_tell_films_apart(tmp_path):
    for content in (b"", b"x", b"{}"):
        (tmp_path / "a.mp4").write_bytes(content)
        assert not outputs.made_by_viewer(tmp_path / "a.mp4")
    assert not outputs.made_by_viewer(tmp_path / "none.mp4")


@pytest.mark.usefixtures("signals_end_programs")
@pytest.mark.parametrize(("how", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_ctrl_c_and_its_like_leave_no_film_and_no_process(tmp_path, how, code):
    data = make_dataset(tmp_path / "data", stems=["long"], frames=2000)
    out = tmp_path / "out"
    command = [sys.executable, "-m", "viewer", "export", "--data", str(data), "--out", str(out)]
    process = subprocess.Popen(
        command, cwd=REPOSITORY, start_new_session=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        until(lambda: out.is_dir() and files(out), seconds=120)
        if how == signal.SIGINT:  # as a terminal does
            os.killpg(process.pid, how)
        else:
            process.send_signal(how)
        stdout, stderr = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode == code
    assert stdout == ""
    assert stderr.splitlines()[-1] == "stopped"
    assert "Traceback" not in stderr
    assert files(out) == []
    until(lambda: not living(process.pid))  # such as the render process, which has to end with it


def living(group):
    """Processes of a group."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            state, _, of_group, *_ = path.read_text().rpartition(")")[2].split()
            if int(of_group) == group and state != "Z":
                found.append(path.parent.name)
    return found
