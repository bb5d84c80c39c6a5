"""Bounded reading of sound files.

libsndfile decodes every kind of wav, but returns fewer samples without a word when the file is cut off or its header
lies about the length. So the header is compared with the bytes that are there.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import BinaryIO

import numpy as np
import soundfile
from jaxtyping import Float32

from viewer.clip import MAX_CHANNELS, MAX_SAMPLE_RATE
from viewer.dataset.entry import Entry
from viewer.dataset.files import describe_start, in_memory_if_small
from viewer.errors import ClipError

MAX_FILE_BYTES = 1 << 30
MAX_SAMPLES = 1 << 27
"""Largest sound accepted, over all channels: 2.3 hours of 16 kHz mono."""

_BLOCK_FRAMES = 1 << 18
# Formats in which one frame of sound has a fixed number of bytes, so that bytes can be counted.
_FORMATS = {1: "PCM", 3: "float", 6: "A-law", 7: "µ-law"}
_EXTENSIBLE = 0xFFFE
# Writers that cannot seek back leave a length of (almost) the largest number: it means "to the end of the file".
_UNKNOWN_LENGTH = 0x7FFFF000
_MAX_CHUNKS = 1000


@dataclass(frozen=True)
class SoundHeader:
    """What is known of a sound file before its samples are read."""

    rate: int
    channels: int
    frames: int
    """Samples per channel that are in the file."""
    declared: int
    """Samples per channel that its header declares."""
    format: str
    """For people, such as "PCM 16-bit"."""

    @property
    def seconds(self) -> float:
        return self.frames / self.rate

    @property
    def description(self) -> str:
        """For people, such as "PCM 16-bit, 16000 Hz, mono"."""
        layout = {1: "mono", 2: "stereo"}.get(self.channels, f"{self.channels} channels")
        return f"{self.format}, {self.rate} Hz, {layout}"

    @property
    def declared_seconds(self) -> float:
        return self.declared / self.rate


@dataclass(frozen=True, eq=False)
class Sound:
    """Samples of a sound file and what was noticed while reading them."""

    header: SoundHeader
    samples: Float32[np.ndarray, "N C"]
    """Amplitude, -1..1 unless the file itself exceeds it; finite."""
    silenced: int
    """Number of NaN or infinite samples that were replaced by silence."""

    @property
    def seconds(self) -> float:
        return len(self.samples) / self.header.rate


def read_sound_header(entry: Entry) -> SoundHeader:
    """Length, rate and format without reading samples. Raises ClipError where the file is no sound."""
    with entry.open(max_bytes=MAX_FILE_BYTES) as file:
        return _header(entry.name, file)


def read_sound(entry: Entry) -> Sound:
    """Read a sound file, or the part of it that is there. Raises ClipError where nothing can be read."""
    with entry.open(max_bytes=MAX_FILE_BYTES) as file:
        header = _header(entry.name, file)
        blocks = []
        try:
            with soundfile.SoundFile(in_memory_if_small(file)) as sound:
                while len(block := sound.read(_BLOCK_FRAMES, dtype="float32", always_2d=True)):
                    blocks.append(block)
        except soundfile.SoundFileError as error:
            if not blocks:
                raise ClipError(f"{entry.name}: sound cannot be decoded: {_reason(error)}") from error
            # A compressed file that is cut off: what was decoded is kept, and is shorter than the header declares.
    if not blocks:
        raise ClipError(f"{entry.name}: sound holds no samples")
    samples = np.concatenate(blocks)
    bad = ~np.isfinite(samples)
    samples[bad] = 0
    return Sound(header, samples, int(bad.sum()))


def _header(name: str, file: BinaryIO) -> SoundHeader:
    start = file.read(12)
    if start[:4] == b"RIFF" and start[8:] == b"WAVE":
        header = _riff_header(name, file) or _decoder_header(name, file)
    else:
        header = _decoder_header(name, file)
    if not (0 < header.rate <= MAX_SAMPLE_RATE and 0 < header.channels <= MAX_CHANNELS):
        raise ClipError(
            f"{name}: sound has {header.channels} channels at {header.rate} Hz; "
            f"expected 1 to {MAX_CHANNELS} channels at up to {MAX_SAMPLE_RATE} Hz"
        )
    if header.frames == 0:
        raise ClipError(f"{name}: sound holds no samples (its header declares {header.declared_seconds:.2f} s)")
    if header.frames * header.channels > MAX_SAMPLES:
        raise ClipError(f"{name}: sound lasts {header.seconds:.0f} s; expected at most {MAX_SAMPLES:,} samples")
    return header


def _riff_header(name: str, file: BinaryIO) -> SoundHeader | None:
    """Header of a wav by its chunks; None for a codec whose length cannot be told from its bytes."""
    fmt = b""
    for _ in range(_MAX_CHUNKS):
        chunk = file.read(8)
        if len(chunk) < 8:
            break
        kind, size = struct.unpack("<4sI", chunk)
        if kind == b"fmt ":
            fmt = file.read(min(size, 40))
            if len(fmt) < 16:
                break
            file.seek(size + size % 2 - len(fmt), 1)
        elif kind == b"data" and fmt:
            return _fixed_rate_header(fmt, size, file)
        else:
            file.seek(size + size % 2, 1)
    raise ClipError(f"{name}: sound has no complete wav header; {describe_start(file)}")


def _fixed_rate_header(fmt: bytes, data_bytes: int, file: BinaryIO) -> SoundHeader | None:
    tag, channels, rate, _, frame_bytes, bits = struct.unpack("<HHIIHH", fmt[:16])
    if tag == _EXTENSIBLE and len(fmt) >= 26:
        (tag,) = struct.unpack("<H", fmt[24:26])
    if tag not in _FORMATS or frame_bytes != channels * ((bits + 7) // 8) or not rate or not channels:
        return None
    begin = file.tell()
    present = file.seek(0, 2) - begin
    declared = present if data_bytes >= _UNKNOWN_LENGTH else data_bytes
    return SoundHeader(
        rate=rate,
        channels=channels,
        frames=min(declared, present) // frame_bytes,
        declared=declared // frame_bytes,
        format=f"{_FORMATS[tag]} {bits}-bit",
    )


def _decoder_header(name: str, file: BinaryIO) -> SoundHeader:
    file.seek(0)
    try:
        with soundfile.SoundFile(file) as sound:
            return SoundHeader(sound.samplerate, sound.channels, sound.frames, sound.frames, sound.subtype_info)
    except soundfile.SoundFileError as error:
        raise ClipError(f"{name} is not a sound file that can be read: {describe_start(file)}") from error


def _reason(error: Exception) -> str:
    return str(getattr(error, "error_string", "")) or "the file is damaged"
