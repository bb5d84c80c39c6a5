"""Pictures of sounds that are known."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from viewer.clip import Audio
from viewer.motion import spectrogram, waveform
from viewer.motion.sound import FULL_SCALE, MAX_SPECTROGRAM_COLUMNS, MAX_WAVEFORM_COLUMNS, mel_bands

RATE = 16000


def tone(hertz, seconds=1.0, rate=RATE, amplitude=0.5):
    time = np.arange(round(seconds * rate)) / rate
    return Audio((amplitude * np.sin(2 * np.pi * hertz * time)).astype(np.float32)[:, None], rate)


def band_of(hertz, top_hz=8000.0, bands=64):
    """Where a frequency lies on the mel scale, counted in bands."""
    mel = lambda f: 2595 * np.log10(1 + f / 700)  # noqa: E731
    return mel(hertz) / mel(top_hz) * (bands + 1) - 1


def test_envelope_holds_every_sample():
    rng = np.random.default_rng(0)
    samples = rng.uniform(-1, 1, (RATE, 1)).astype(np.float32)
    picture = waveform(Audio(samples, RATE), 25, 25)
    assert picture.seconds == pytest.approx(0.001) and len(picture.low) == len(picture.high) == 1000
    blocks = samples.reshape(1000, 16) * FULL_SCALE
    np.testing.assert_array_equal(picture.low, np.rint(blocks.min(axis=1)))
    np.testing.assert_array_equal(picture.high, np.rint(blocks.max(axis=1)))


def test_a_click_is_where_it_sounds():
    samples = np.zeros((RATE, 1), np.float32)
    samples[8008] = 1
    audio = Audio(samples, RATE)
    assert waveform(audio, 25, 25).high.argmax() == 500
    picture = spectrogram(audio, 25, 25)
    centre = np.average(np.arange(100) + 0.5, weights=picture.levels.astype(float).sum(axis=1)) * picture.seconds
    assert centre == pytest.approx(0.5005, abs=0.005)


@given(st.floats(200, 7000), st.sampled_from([16000, 22050, 44100, 48000]))
@settings(deadline=None)
def test_a_tone_lights_its_own_band(hertz, rate):
    picture = spectrogram(tone(hertz, rate=rate), 25, 25)
    assert picture.levels[20:80].mean(axis=0).argmax() == pytest.approx(band_of(hertz), abs=1.1)


def test_level_of_a_tone_is_its_power():
    edges = 700 * (10 ** (np.linspace(0, np.log10(1 + 8000 / 700), 66)) - 1)
    picture = spectrogram(tone(edges[40], amplitude=1.0), 25, 25)
    assert picture.high_db == pytest.approx(0, abs=5)  # -3 dB, and what the neighbours in the band add
    quieter = spectrogram(tone(edges[40], amplitude=0.1), 25, 25)
    assert picture.high_db - quieter.high_db == pytest.approx(20, abs=0.1)


@pytest.mark.parametrize("rate", [8, 100, 8000, 16000, 48000, 192000])
def test_bands_leave_no_frequency_out(rate):
    n_fft = 1 << (max(round(rate * 0.025), 2) - 1).bit_length()
    bands = mel_bands(n_fft, rate, min(8000, rate / 2))
    assert (bands >= 0).all() and bands.max() <= 1
    assert (bands.max(axis=0) > 0).all(), "every band hears something"


@pytest.mark.parametrize("samples", [0, 1, 300, 5 * RATE])
@pytest.mark.parametrize("rate", [7, RATE, 44100])
def test_pictures_are_as_long_as_the_motion_whatever_the_sound(samples, rate):
    audio = Audio(np.full((samples, 2), 0.1, np.float32), rate)
    wave, picture = waveform(audio, 50, 25), spectrogram(audio, 50, 25)
    assert len(wave.low) * wave.seconds == pytest.approx(2, abs=max(wave.seconds, 2 / rate))
    assert len(picture.levels) * picture.seconds == pytest.approx(2, abs=max(picture.seconds, 2 / rate))


def test_silence_is_dark():
    picture = spectrogram(Audio(np.zeros((RATE, 1), np.float32), RATE), 25, 25)
    assert not picture.levels.any() and np.isfinite([picture.low_db, picture.high_db]).all()


def test_a_long_clip_stays_small_and_keeps_its_time():
    rate, seconds = 8000, 200
    samples = np.zeros((rate * seconds, 1), np.float32)
    samples[rate * 150 : rate * 151] = np.random.default_rng(0).normal(0, 0.2, (rate, 1))
    audio = Audio(samples, rate)
    wave, picture = waveform(audio, 25 * seconds, 25), spectrogram(audio, 25 * seconds, 25)
    assert len(wave.low) <= MAX_WAVEFORM_COLUMNS and len(picture.levels) <= MAX_SPECTROGRAM_COLUMNS
    assert np.flatnonzero(wave.high)[0] * wave.seconds == pytest.approx(150, abs=0.01)
    assert np.flatnonzero(picture.levels.max(axis=1) > 128)[0] * picture.seconds == pytest.approx(150, abs=0.04)
