import json
import os
import resource
import signal
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.video import decoding
from viewer.clip import Audio
from viewer.errors import VideoError
from viewer.video.mp4 import Mp4Writer

SIZE = (256, 192)
PATCHES = {"saturated red": (200, 30, 30), "skin": (222, 180, 158), "default blue": (142, 179, 247)}


def plain(value: int | tuple[int, int, int] = 128) -> np.ndarray:
    return np.broadcast_to(np.uint8(value), (SIZE[1], SIZE[0], 3))


def barcode(index: int) -> np.ndarray:
    """A frame that shows its own number as eight black or white columns."""
    bits = np.array([(index >> bit) & 1 for bit in range(8)], np.uint8) * 255
    return np.broadcast_to(bits.repeat(SIZE[0] // 8)[None, :, None], (SIZE[1], SIZE[0], 3))


def read_barcode(frame: np.ndarray) -> int:
    columns = frame.reshape(SIZE[1], 8, SIZE[0] // 8, 3).mean(axis=(0, 2, 3)) > 127
    return int(sum(1 << bit for bit in range(8) if columns[bit]))


def click_at(seconds: float, length: float, rate: int, channels: int = 1) -> Audio:
    samples = np.zeros((round(length * rate), channels), np.float32)
    start = round(seconds * rate)
    samples[start : start + rate // 200] = 0.8
    return Audio(samples, rate)


def test_every_frame_is_there_once_and_on_time(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    with Mp4Writer(path, fps=25, size=SIZE) as mp4:
        for index in range(203):
            mp4.write(barcode(index))
    assert [read_barcode(frame) for frame in decoding.frames(path, SIZE)] == list(range(203))
    np.testing.assert_allclose(decoding.frame_times(path), np.arange(203) / 25, atol=1e-4)
    assert decoding.container_seconds(path) == pytest.approx(203 / 25, abs=0.011)


@pytest.mark.parametrize(("fps", "expected"), [(25, 25), (30, 30), (29.97, 30000 / 1001), (12.5, 12.5)])
def test_frame_rate_of_the_clip_is_kept(tmp_path: Path, fps: float, expected: float) -> None:
    path = tmp_path / "a.mp4"
    with Mp4Writer(path, fps=fps, size=SIZE) as mp4:
        for index in range(31):
            mp4.write(barcode(index))
    np.testing.assert_allclose(decoding.frame_times(path), np.arange(31) / expected, atol=2e-3)


@pytest.mark.parametrize(("rate", "channels"), [(16000, 1), (44100, 2), (48000, 1), (11000, 1), (8000, 3), (96000, 2)])
def test_sound_and_picture_change_at_the_same_moment(tmp_path: Path, rate: int, channels: int) -> None:
    path = tmp_path / "a.mp4"
    with Mp4Writer(path, fps=25, size=SIZE, audio=click_at(2.0, 4.0, rate, channels)) as mp4:
        for index in range(100):
            mp4.write(plain(255 if index >= 50 else 0))
    brightness = decoding.frames(path, SIZE).mean(axis=(1, 2, 3))
    assert int(np.argmax(brightness > 127)) == 50
    loud = np.abs(decoding.sound(path)).max(axis=1)
    assert np.argmax(loud > 0.3) / 48000 == pytest.approx(2.0, abs=0.005)
    assert decoding.container_seconds(path) == pytest.approx(4.0, abs=0.011)


def test_both_channels_of_a_stereo_clip_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    seconds = np.arange(48000) / 48000
    left_only = np.stack([0.5 * np.sin(2 * np.pi * 440 * seconds), np.zeros(48000)], axis=1).astype(np.float32)
    with Mp4Writer(path, fps=25, size=SIZE, audio=Audio(left_only, 48000)) as mp4:
        for _ in range(25):
            mp4.write(plain())
    levels = np.sqrt((decoding.sound(path) ** 2).mean(axis=0))
    assert levels[0] == pytest.approx(0.354, abs=0.02)
    assert levels[1] < 0.02


def test_colours_come_back_as_they_went_in(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    frame = np.zeros((SIZE[1], SIZE[0], 3), np.uint8)
    thirds = np.array_split(np.arange(SIZE[0]), 3)
    for columns, colour in zip(thirds, PATCHES.values(), strict=True):
        frame[:, columns] = colour
    with Mp4Writer(path, fps=25, size=SIZE) as mp4:
        for _ in range(10):
            mp4.write(frame)
    decoded = decoding.frames(path, SIZE)[5]
    for columns, (name, colour) in zip(thirds, PATCHES.items(), strict=True):
        middle = decoded[60:130, columns[20:-20]].reshape(-1, 3).mean(axis=0)
        assert np.abs(middle - colour).max() <= 3, name
    assert "smpte170m" in decoding.description(path)  # the matrix that the conversion above relies on


def test_browsers_can_start_before_the_whole_file_is_there(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    with Mp4Writer(path, fps=25, size=SIZE, audio=click_at(0.5, 1.0, 16000)) as mp4:
        for _ in range(25):
            mp4.write(plain())
    order = decoding.boxes(path)
    assert order.index("moov") < order.index("mdat")
    assert "h264" in decoding.description(path) and "yuv420p" in decoding.description(path)


def test_metadata_comes_back_as_written(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    comment = json.dumps({"stem": 'x; y="z" — ü\n#1'})
    with Mp4Writer(path, fps=25, size=SIZE, metadata={"title": "x — y", "comment": comment}) as mp4:
        mp4.write(plain())
    dump = subprocess.run(
        [decoding.imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-i", path, "-f", "ffmetadata", "-"],
        capture_output=True,
        check=True,
    ).stdout.decode()
    assert "title=x — y" in dump
    unescaped = dump.replace("\\\n", "\n").replace("\\;", ";").replace("\\=", "=").replace("\\#", "#")
    assert comment in unescaped.replace("\\\\", "\\")


def test_an_error_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    path.write_bytes(b"what was there before")
    with pytest.raises(RuntimeError), Mp4Writer(path, fps=25, size=SIZE) as mp4:
        mp4.write(plain())
        raise RuntimeError
    assert path.read_bytes() == b"what was there before"
    assert [file.name for file in tmp_path.iterdir()] == ["a.mp4"]


@pytest.mark.parametrize("moment", ["viewer.video.mp4.av.open", "viewer.video.mp4.os.fsync"])
def test_ctrl_c_when_the_file_is_begun_or_finished_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    def interrupted(*_: Any, **__: Any) -> None:
        assert len(list(tmp_path.iterdir())) == 1
        raise KeyboardInterrupt

    monkeypatch.setattr(moment, interrupted)
    with pytest.raises(KeyboardInterrupt), Mp4Writer(tmp_path / "a.mp4", fps=25, size=SIZE) as mp4:
        mp4.write(barcode(1))
    assert list(tmp_path.iterdir()) == []


def test_killed_export_leaves_nothing_that_looks_finished(tmp_path: Path) -> None:
    program = f"""
        import os, signal, numpy as np
        from viewer.video.mp4 import Mp4Writer
        with Mp4Writer({str(tmp_path / "a.mp4")!r}, fps=25, size=(64, 64)) as mp4:
            for _ in range(200):
                mp4.write(np.zeros((64, 64, 3), np.uint8))
            os.kill(os.getpid(), signal.SIGKILL)
    """
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(program)], check=False)
    assert done.returncode == -signal.SIGKILL
    assert not list(tmp_path.glob("*.mp4"))


@pytest.fixture
def small_disk() -> Iterator[None]:
    """Files cannot grow beyond 64 kB: the writer sees what it sees on a full disk, a write that fails half-way."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (64 * 1024, limits[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    signal.signal(signal.SIGXFSZ, handler)


@pytest.mark.usefixtures("small_disk")
def test_full_disk_is_an_error_and_leaves_nothing(tmp_path: Path) -> None:
    noise = np.random.default_rng(0)
    with (
        pytest.raises(VideoError, match=r"cannot write .*a\.mp4"),
        Mp4Writer(tmp_path / "a.mp4", fps=25, size=SIZE) as mp4,
    ):
        for _ in range(100):
            mp4.write(noise.integers(0, 255, (SIZE[1], SIZE[0], 3), np.uint8))
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("case", ["missing folder", "folder is a file", "target is a folder"])
def test_unwritable_target_is_named(tmp_path: Path, case: str) -> None:
    (tmp_path / "file").write_text("")
    (tmp_path / "folder.mp4").mkdir()
    path = {
        "missing folder": tmp_path / "no" / "a.mp4",
        "folder is a file": tmp_path / "file" / "a.mp4",
        "target is a folder": tmp_path / "folder.mp4",
    }[case]
    with pytest.raises(VideoError, match="cannot write"), Mp4Writer(path, fps=25, size=SIZE) as mp4:
        mp4.write(plain())
    assert not [file for file in tmp_path.rglob("*") if file.suffix == ".part"]


def test_a_link_is_followed_and_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    target, link = tmp_path / "there" / "a.mp4", tmp_path / "link.mp4"
    link.symlink_to(target)
    with Mp4Writer(link, fps=25, size=SIZE) as mp4:
        mp4.write(plain())
    assert link.is_symlink()
    assert len(decoding.frames(target, SIZE)) == 1


def test_devices_and_pipes_are_never_replaced(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.mp4"
    os.mkfifo(pipe)
    with pytest.raises(VideoError, match="no ordinary file"):
        Mp4Writer(pipe, fps=25, size=SIZE)
    assert pipe.is_fifo()


def test_text_that_is_no_unicode_is_escaped_in_tags(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    with Mp4Writer(path, fps=25, size=SIZE, metadata={"title": "a\udcffb"}) as mp4:
        mp4.write(plain())
    assert "a\\udcffb" in decoding.description(path)


def test_wrong_frames_and_no_frames_are_refused(tmp_path: Path) -> None:
    with pytest.raises(VideoError, match="expected uint8"), Mp4Writer(tmp_path / "a.mp4", fps=25, size=SIZE) as mp4:
        mp4.write(np.zeros((10, 10, 3), np.uint8))
    with pytest.raises(VideoError, match="no frames"), Mp4Writer(tmp_path / "a.mp4", fps=25, size=SIZE):
        pass
    assert not list(tmp_path.iterdir())
