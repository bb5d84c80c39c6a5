import struct

import numpy as np
import pytest

from tests.dataset.factories import RATE, tone, write_audio
from viewer.dataset import wav
from viewer.dataset.entry import FileEntry
from viewer.errors import ClipError

TONE = tone(1.0)


def read_sound(path):
    return wav.read_sound(FileEntry(path))


def read_sound_header(path):
    return wav.read_sound_header(FileEntry(path))


@pytest.mark.parametrize(
    ("subtype", "format", "tolerance"),
    [
        ("PCM_16", "PCM 16-bit", 1e-4),
        ("PCM_U8", "PCM 8-bit", 1e-2),
        ("PCM_24", "PCM 24-bit", 1e-6),
        ("PCM_32", "PCM 32-bit", 1e-6),
        ("FLOAT", "float 32-bit", 1e-6),
        ("DOUBLE", "float 64-bit", 1e-6),
        ("ULAW", "µ-law 8-bit", 2e-2),
        ("ALAW", "A-law 8-bit", 2e-2),
    ],
)
@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("rate", [8000, 44100])
def test_every_kind_of_wav_is_read(tmp_path, subtype, format, tolerance, channels, rate):
    samples = tone(1.0, rate=rate, channels=channels)
    sound = read_sound(write_audio(tmp_path, "a", samples, rate=rate, subtype=subtype))
    assert (sound.header.rate, sound.header.channels, sound.header.format) == (rate, channels, format)
    assert sound.header.frames == sound.header.declared == rate
    assert sound.samples.dtype == np.float32
    np.testing.assert_allclose(sound.samples, samples, atol=tolerance)


@pytest.mark.parametrize("container", ["FLAC", "WAVEX", "RF64", "AIFF"])
def test_other_containers_named_wav_are_read(tmp_path, container):
    sound = read_sound(write_audio(tmp_path, "a", TONE, container=container))
    assert sound.header.declared == RATE
    np.testing.assert_allclose(sound.samples, TONE, atol=1e-4)


def test_adpcm_is_read_by_the_length_that_the_decoder_tells(tmp_path):
    sound = read_sound(write_audio(tmp_path, "a", TONE, subtype="IMA_ADPCM"))
    assert len(sound.samples) == sound.header.frames >= RATE


def test_of_a_cut_file_what_is_there_is_kept_and_told(tmp_path):
    path = write_audio(tmp_path, "a", TONE)
    data = path.read_bytes()
    path.write_bytes(data[: 44 + 8000])
    sound = read_sound(path)
    assert len(sound.samples) == sound.header.frames == 4000
    assert sound.header.declared == RATE
    assert read_sound_header(path) == sound.header


def test_of_a_cut_flac_what_decodes_is_kept(tmp_path):
    noise = np.random.default_rng(0).uniform(-0.5, 0.5, (40 * RATE, 1))
    path = write_audio(tmp_path, "a", noise, container="FLAC")
    data = path.read_bytes()
    path.write_bytes(data[: len(data) * 3 // 4])
    sound = read_sound(path)
    assert 0 < len(sound.samples) < sound.header.declared == len(noise)


def set_data_size(path, size):
    data = bytearray(path.read_bytes())
    at = data.index(b"data") + 4
    data[at : at + 4] = struct.pack("<I", size)
    path.write_bytes(data)
    return path


def test_a_header_that_promises_more_is_told(tmp_path):
    header = read_sound_header(set_data_size(write_audio(tmp_path, "a", TONE), 4 * RATE))
    assert (header.frames, header.declared) == (RATE, 2 * RATE)


def test_a_recording_from_a_pipe_has_no_length_and_is_whole(tmp_path):
    path = set_data_size(write_audio(tmp_path, "a", TONE), 0xFFFFFFFF)
    sound = read_sound(path)
    assert len(sound.samples) == sound.header.frames == sound.header.declared == RATE


def test_chunks_before_the_samples_are_passed_over(tmp_path):
    path = write_audio(tmp_path, "a", TONE)
    data = path.read_bytes()
    path.write_bytes(data[:12] + b"LIST" + struct.pack("<I", 5) + b"INFO\0\0" + data[12:])
    assert read_sound_header(path).frames == RATE


def test_values_that_are_not_finite_become_silence_and_are_counted(tmp_path):
    samples = TONE.copy()
    samples[100:110] = np.nan
    samples[200] = np.inf
    sound = read_sound(write_audio(tmp_path, "a", samples, subtype="FLOAT"))
    assert sound.silenced == 11
    assert np.isfinite(sound.samples).all()
    assert np.all(sound.samples[100:110] == 0)


def patched(offset, fmt, value):
    def patch(data):
        return data[:offset] + struct.pack(fmt, value) + data[offset + struct.calcsize(fmt) :]

    return patch


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda data: b"", "the file is empty"),
        (lambda data: data[:30], "no complete wav header"),
        (lambda data: data[:12], "no complete wav header"),
        (lambda data: data[:44], "no samples"),
        (lambda data: b"<html>" + data, "not a sound file"),
        (patched(22, "<H", 0), "cannot be|not a sound file|0 channels"),
        (patched(24, "<I", 0), "cannot be|not a sound file"),
        (patched(24, "<I", 2_000_000_000), "2000000000 Hz"),
        (patched(40, "<I", 0), "no samples"),
    ],
)
def test_what_is_no_sound_is_refused(tmp_path, change, message):
    path = write_audio(tmp_path, "a", TONE)
    path.write_bytes(change(path.read_bytes()))
    for read in (read_sound, read_sound_header):
        with pytest.raises(ClipError, match=message):
            read(path)


def test_more_channels_than_a_film_can_carry_are_refused(tmp_path):
    with pytest.raises(ClipError, match="9 channels"):
        read_sound(write_audio(tmp_path, "a", tone(0.1, channels=9)))


def test_a_sound_that_would_fill_the_memory_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("viewer.dataset.wav.MAX_SAMPLES", 10_000)
    with pytest.raises(ClipError, match="at most 10,000 samples"):
        read_sound(write_audio(tmp_path, "a", TONE))


def test_sound_of_many_blocks_is_whole(tmp_path):
    samples = tone(40)
    np.testing.assert_allclose(read_sound(write_audio(tmp_path, "a", samples)).samples, samples, atol=1e-4)
