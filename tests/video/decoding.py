"""Reads mp4 files back with ffmpeg's own program, which shares no code path with the writer under test."""

from __future__ import annotations

import re
import struct
import subprocess
from pathlib import Path

import imageio_ffmpeg
import numpy as np


def _ffmpeg(*arguments: object) -> subprocess.CompletedProcess[bytes]:
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-hide_banner", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, check=False)


def description(path: Path) -> str:
    """What ffmpeg prints about the file: streams, tags, duration."""
    return _ffmpeg("-i", path).stderr.decode()


def container_seconds(path: Path) -> float:
    found = re.search(r"Duration: (\d+):(\d+):([\d.]+)", description(path))
    assert found, description(path)
    hours, minutes, seconds = found.groups()
    return int(hours) * 3600 + int(minutes) * 60 + float(seconds)


def frames(path: Path, size: tuple[int, int]) -> np.ndarray:
    """All frames, uint8 (T, H, W, 3)."""
    done = _ffmpeg("-v", "error", "-i", path, "-f", "rawvideo", "-pix_fmt", "rgb24", "-fps_mode", "passthrough", "-")
    assert done.returncode == 0 and not done.stderr, done.stderr.decode()
    width, height = size
    return np.frombuffer(done.stdout, np.uint8).reshape(-1, height, width, 3)


def frame_times(path: Path) -> list[float]:
    """Presentation time of each frame in seconds."""
    done = _ffmpeg("-i", path, "-vf", "showinfo", "-f", "null", "-")
    return [float(time) for time in re.findall(r"pts_time:([\d.]+)", done.stderr.decode())]


def sound(path: Path, rate: int = 48000) -> np.ndarray:
    """Sound as players hear it (priming samples skipped), float32 (N, channels of the file)."""
    channels = 2 if "stereo" in description(path) else 1
    done = _ffmpeg("-v", "error", "-i", path, "-vn", "-f", "f32le", "-ar", rate, "-")
    assert done.returncode == 0, done.stderr.decode()
    return np.frombuffer(done.stdout, np.float32).reshape(-1, channels)


def boxes(path: Path) -> list[str]:
    """Names of the file's top-level boxes in order."""
    data = path.read_bytes()
    names, at = [], 0
    while at < len(data):
        size, name = struct.unpack(">I4s", data[at : at + 8])
        names.append(name.decode())
        at += size if size > 1 else struct.unpack(">Q", data[at + 8 : at + 16])[0]
    return names
