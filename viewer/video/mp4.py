"""Frames and sound into an mp4 that every browser plays: H.264 yuv420p and AAC, index in front."""

from __future__ import annotations

import contextlib
import os
import secrets
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Self

import av
import cv2
import numpy as np
from av.error import FFmpegError
from jaxtyping import UInt8

from viewer import clock
from viewer.clip import Audio
from viewer.errors import VideoError
from viewer.paths import why_not_written

# Code points of ITU-T H.273. The matrix is what cv2 converts with: a tag that says otherwise shifts colours by up to 12
# levels. Primaries and transfer are those of ordinary screens.
_MATRIX_BT601 = 6
_PRIMARIES_BT709 = 1
_TRANSFER_BT709 = 1
_RANGE_LIMITED = 1

_X264 = {"preset": "veryfast", "x264-params": "me=dia:partitions=p8x8,i8x8,i4x4"}
"""Half the time of the next slower preset. To search motion less far and to split no B-frames saves another eighth, and
makes files a fiftieth larger, with the same SSIM."""
_X264_FASTEST = {"preset": "ultrafast"}
"""Half the time of that, and files four times as large."""
_AAC_RATES = (7350, 8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000, 64000, 88200, 96000)
_AAC_FALLBACK_RATE = 48000
_AAC_BITS_PER_SECOND_AND_CHANNEL = 80_000


class Mp4Writer:
    """Writes one mp4. Nothing is visible at `path` before `close`; leaving the `with` block by an error leaves nothing.

    frames: uint8 (H, W, 3) sRGB, even H and W. Sound, if any, is written in step with the frames.
    """

    def __init__(
        self,
        path: str | Path,
        *,
        fps: float,
        size: tuple[int, int],
        audio: Audio | None = None,
        crf: int = 20,
        threads: int = 0,
        fastest: bool = False,
        metadata: dict[str, str] | None = None,
    ) -> None:
        """size: (width, height); threads: of the encoder, 0 lets it take a few; fastest: larger files in half
        the time. A link is followed.

        Raises VideoError when no file can be written at `path`.
        """
        self.path = Path(path).resolve()
        if self.path.exists() and not self.path.is_file():
            raise VideoError(f"cannot write {path}: it exists and is no ordinary file; choose another name")
        self._size = size
        self._rate = Fraction(fps).limit_denominator(1001)
        self._audio = audio
        self._frames = 0
        self._samples = 0
        # Hidden, and not ending in .mp4: a killed export leaves nothing that looks finished.
        self._part = self.path.with_name(f".{secrets.token_hex(8)}.part")
        try:
            self._part.touch(exist_ok=False)
            self._container = av.open(str(self._part), "w", format="mp4", container_options={"movflags": "+faststart"})
        except BaseException as error:
            with contextlib.suppress(OSError):
                self._part.unlink(missing_ok=True)
            if isinstance(error, OSError | FFmpegError):
                raise self._write_error(error) from error
            raise
        try:
            self._add_streams(threads, {"crf": str(crf), **(_X264_FASTEST if fastest else _X264)})
            # What is no valid Unicode, as in some file names, cannot be written into a tag.
            for tag, text in (metadata or {}).items():
                self._container.metadata[tag] = text.encode(errors="backslashreplace").decode()
        except BaseException:
            self._discard()
            raise

    def _add_streams(self, threads: int, x264: dict[str, str]) -> None:
        video = self._container.add_stream("libx264", rate=self._rate, options=x264)
        video.codec_context.thread_count = threads
        video.width, video.height = self._size
        video.pix_fmt = "yuv420p"
        video.codec_context.time_base = 1 / self._rate
        video.codec_context.colorspace = _MATRIX_BT601
        video.codec_context.color_primaries = _PRIMARIES_BT709
        video.codec_context.color_trc = _TRANSFER_BT709
        video.codec_context.color_range = _RANGE_LIMITED
        self._video = video
        self._sound: av.AudioStream | None = None
        if self._audio is not None:
            rate = self._audio.rate if self._audio.rate in _AAC_RATES else _AAC_FALLBACK_RATE
            layout = "stereo" if self._audio.samples.shape[1] == 2 else "mono"
            self._sound = self._container.add_stream("aac", rate=rate, layout=layout)
            self._sound.bit_rate = _AAC_BITS_PER_SECOND_AND_CHANNEL * self._sound.layout.nb_channels
            self._resampler = av.AudioResampler(format="fltp", layout=layout, rate=rate)

    def write(self, frame: UInt8[np.ndarray, "H W 3"]) -> None:
        """Append one frame, and the sound that belongs under it."""
        width, height = self._size
        if frame.shape != (height, width, 3) or frame.dtype != np.uint8:
            raise VideoError(f"frame is {frame.dtype} {frame.shape}; expected uint8 {(height, width, 3)}")
        planes = av.VideoFrame.from_ndarray(cv2.cvtColor(frame, cv2.COLOR_RGB2YUV_I420), format="yuv420p")
        planes.pts = self._frames
        planes.time_base = 1 / self._rate
        self._frames += 1
        try:
            self._container.mux(self._video.encode(planes))
            if self._audio is not None:
                self._write_sound(clock.samples_in(self._frames, float(self._rate), self._audio.rate))
        except (OSError, FFmpegError) as error:
            raise self._write_error(error) from error

    def _write_sound(self, until: int) -> None:
        assert self._audio is not None and self._sound is not None
        samples = self._audio.samples[self._samples : until]
        if not len(samples):
            return
        if samples.shape[1] > 2:
            samples = samples.mean(axis=1, keepdims=True)
        layout = "stereo" if samples.shape[1] == 2 else "mono"
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(samples.T), format="fltp", layout=layout)
        frame.sample_rate = self._audio.rate
        frame.pts = self._samples
        frame.time_base = Fraction(1, self._audio.rate)
        self._samples += len(samples)
        for resampled in self._resampler.resample(frame):
            self._container.mux(self._sound.encode(resampled))

    def close(self) -> None:
        """Finish the file and move it into place."""
        if self._frames == 0:
            self._discard()
            raise VideoError(f"{self.path}: no frames to write")
        try:
            self._container.mux(self._video.encode(None))
            if self._sound is not None:
                for resampled in self._resampler.resample(None):
                    self._container.mux(self._sound.encode(resampled))
                self._container.mux(self._sound.encode(None))
            self._container.close()
            with self._part.open("rb") as file:
                os.fsync(file.fileno())
            self._part.replace(self.path)
        except BaseException as error:  # Ctrl-C too: putting the index in front takes a while
            self._discard()
            if isinstance(error, OSError | FFmpegError):
                raise self._write_error(error) from error
            raise

    def _discard(self) -> None:
        with contextlib.suppress(FFmpegError, OSError):  # the file is thrown away, whatever state it is in
            self._container.close()
        self._part.unlink(missing_ok=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self.close()
        else:
            self._discard()

    def _write_error(self, error: OSError | FFmpegError) -> VideoError:
        return VideoError(f"cannot write {self.path}: {why_not_written(error)}")
