"""Pictures of a clip's sound, as small integers: an envelope and a spectrogram, as long as the motion."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32, Float64, Int16, UInt8
from scipy.fft import rfft

from viewer import clock
from viewer.clip import Audio

FULL_SCALE = 32767
MAX_WAVEFORM_COLUMNS = 1 << 16
MAX_SPECTROGRAM_COLUMNS = 1 << 14
N_BANDS = 64
TOP_HZ = 8000.0
SPAN_DB = 70.0
"""From the loudest point of the spectrogram down to what is shown as nothing."""
_WAVEFORM_HOP_SECONDS = 0.001
_HOP_SECONDS = 0.01
_WINDOW_SECONDS = 0.025
_LEAST_TOP_DB = -60.0
_WINDOWS_AT_ONCE = 2048


@dataclass(frozen=True, eq=False)
class Waveform:
    """Lowest and highest sample of each column; column i covers [i, i + 1) · `seconds`."""

    low: Int16[np.ndarray, " N"]
    high: Int16[np.ndarray, " N"]
    """±32767 is full scale; channels are mixed."""
    seconds: float


@dataclass(frozen=True, eq=False)
class Spectrogram:
    """Power in bands of equal width in mel; column i covers [i, i + 1) · `seconds`."""

    levels: UInt8[np.ndarray, "N B"]
    """0 to 255 from `low_db` to `high_db`; bands from low to high."""
    seconds: float
    low_db: float
    high_db: float
    """Of a band's power; a sine of full scale has about -3 dB."""
    top_hz: float
    """Upper edge of the highest band."""


def waveform(audio: Audio, n_frames: int, fps: float) -> Waveform:
    """Envelope at 1 ms, coarser where the clip is longer than a minute."""
    mono = _mono(audio, n_frames, fps)
    hop = max(round(audio.rate * _WAVEFORM_HOP_SECONDS), -(-len(mono) // MAX_WAVEFORM_COLUMNS), 1)
    columns = _padded(mono, hop).reshape(-1, hop)
    low, high = (
        np.rint(np.clip(edge, -1, 1) * FULL_SCALE).astype(np.int16) for edge in (columns.min(1), columns.max(1))
    )
    return Waveform(low, high, hop / audio.rate)


def spectrogram(audio: Audio, n_frames: int, fps: float) -> Spectrogram:
    """Log-mel spectrogram: Hann windows of 25 ms every 10 ms, 64 bands up to 8 kHz.

    Above 16,384 columns (2.7 minutes) neighbours are averaged.
    """
    mono = _mono(audio, n_frames, fps)
    hop = max(round(audio.rate * _HOP_SECONDS), 1)
    window = max(round(audio.rate * _WINDOW_SECONDS), hop, 2)
    top_hz = min(TOP_HZ, audio.rate / 2)
    n_fft = 1 << (window - 1).bit_length()
    power = _band_power(mono, hop, window, n_fft, mel_bands(n_fft, audio.rate, top_hz))
    group = -(-len(power) // MAX_SPECTROGRAM_COLUMNS)
    if group > 1:
        starts = np.arange(0, len(power), group)
        power = np.add.reduceat(power, starts) / np.diff(np.append(starts, len(power)))[:, None]
    level = 10 * np.log10(np.maximum(power, 1e-20))
    high = max(float(level.max(initial=-np.inf)), _LEAST_TOP_DB)
    shown = np.clip((level - (high - SPAN_DB)) / SPAN_DB, 0, 1)
    return Spectrogram(np.rint(255 * shown).astype(np.uint8), group * hop / audio.rate, high - SPAN_DB, high, top_hz)


def mel_bands(n_fft: int, rate: int, top_hz: float) -> Float64[np.ndarray, "bins B"]:
    """Triangular bands with peaks of 1, equally wide in mel = 2595 log10(1 + Hz / 700) (O'Shaughnessy 1987)."""
    top = 2595 * np.log10(1 + top_hz / 700)
    edges = 700 * (10 ** (np.linspace(0, top, N_BANDS + 2) / 2595) - 1)
    # A band narrower than the bins lie apart would miss them all: it takes what lies within one bin of its peak.
    below = np.maximum(np.diff(edges)[:-1], rate / n_fft)
    above = np.maximum(np.diff(edges)[1:], rate / n_fft)
    offset = np.arange(n_fft // 2 + 1)[:, None] * rate / n_fft - edges[1:-1]
    return np.maximum(0, 1 - np.where(offset < 0, -offset / below, offset / above))


def _band_power(
    mono: Float32[np.ndarray, " N"], hop: int, window: int, n_fft: int, bands: Float64[np.ndarray, "bins B"]
) -> Float32[np.ndarray, "columns B"]:
    """Power of each band in each window, which lies around the middle of its column."""
    n_columns = -(-len(mono) // hop)
    margin = (window - hop) // 2
    padded = np.pad(mono, (margin, n_columns * hop - len(mono) + window))
    windows = np.lib.stride_tricks.sliding_window_view(padded, window)[::hop][:n_columns]
    taper = np.hanning(window + 2)[1:-1].astype(np.float32)
    taper *= np.sqrt(2) / taper.sum()  # a sine of amplitude 1 gets a peak of power 1/2
    power = np.empty((n_columns, bands.shape[1]), np.float32)
    for start in range(0, n_columns, _WINDOWS_AT_ONCE):
        block = slice(start, start + _WINDOWS_AT_ONCE)
        spectrum = np.abs(rfft(windows[block] * taper, n_fft, axis=1)) ** 2
        power[block] = spectrum @ bands.astype(np.float32)
    return power


def _mono(audio: Audio, n_frames: int, fps: float) -> Float32[np.ndarray, " N"]:
    """Channels mixed, padded with silence or cut to the motion's length."""
    wanted = clock.samples_in(n_frames, fps, audio.rate)
    mono = audio.samples[:wanted].mean(axis=1, dtype=np.float32)
    return np.pad(mono, (0, wanted - len(mono)))


def _padded(samples: np.ndarray, multiple: int) -> np.ndarray:
    """Its last value repeated to a whole multiple; at least one."""
    n = max(-(-len(samples) // multiple), 1) * multiple
    return np.pad(samples, (0, n - len(samples)), mode="edge" if len(samples) else "constant")
