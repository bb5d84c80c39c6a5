import sys
import threading
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from scipy.signal import resample_poly

from tests.speech.clips import BY_EYE, RATE, clip_of, demo, music, noise, with_sound
from tests.waiting import until
from viewer.clip import Audio
from viewer.speech import Listener, SpeechCache, align, align_apart, aligner
from viewer.speech.aligner import AlignerLostError
from viewer.words import estimate_words

pytest.importorskip("pocketsphinx", reason="has no wheel for this Python")

whole = aligner._heard
SENTENCE = "he might even have been made amiable himself"


def starts(alignment):
    return [word.start for word in alignment.words]


def test_word_starts_agree_with_those_marked_by_eye():
    errors = []
    for stem, marks in BY_EYE.items():
        found = align(demo(stem))
        assert found.status == "aligned"
        for index, text, start in marks:
            assert found.words[index].text == text
            errors.append(found.words[index].start - start)
    errors = np.abs(errors)
    assert len(errors) >= 40
    assert np.mean(errors <= 0.04 + 1e-9) >= 0.9
    assert errors.max() <= 0.1


def test_the_estimate_would_not_pass_that():
    errors = [
        estimate_words(demo(stem))[index].start - start
        for stem, marks in BY_EYE.items()
        for index, _text, start in marks
    ]
    assert np.mean(np.abs(errors) <= 0.04) < 0.5


@pytest.mark.parametrize("stem", BY_EYE)
def test_words_and_phones_hang_together(stem):
    clip = demo(stem)
    found = align(clip)
    assert [word.text for word in found.words] == clip.transcript.split()
    assert -24 <= found.confidence <= -5
    assert found.message == ""
    assert not any(word.weak for word in found.words)
    for before, after in zip(found.words, found.words[1:], strict=False):
        assert 0 <= before.start < before.end <= after.start
    assert found.words[-1].end <= clip.audio.seconds
    assert found.phones[0].start == 0
    for before, after in zip(found.phones, found.phones[1:], strict=False):
        assert before.end == after.start
    edges = {phone.start for phone in found.phones}
    assert all(word.start in edges for word in found.words)


def test_the_same_clip_gives_the_same_times_whatever_came_before():
    first = align(demo())
    align(demo("cmusphinx_0001"))
    assert align(demo()) == first


def test_another_process_finds_the_same():
    assert align_apart(demo()) == align(demo())


@pytest.mark.parametrize("rate", [8000, 22050, 44100, 48000])
def test_other_sample_rates_and_stereo(rate):
    clip = demo()
    mono = clip.audio.samples[:, 0]
    samples = resample_poly(mono, rate, RATE) if rate % RATE else resample_poly(mono, rate // RATE, 1)
    found = align(with_sound(clip, np.stack([samples, 0.5 * samples], axis=1), rate))
    assert found.status == "aligned"
    assert np.abs(np.subtract(starts(found), starts(align(clip)))).max() <= 0.06


@pytest.mark.parametrize("factor", [20.0, 0.002])
def test_sound_out_of_range_and_faint_sound(factor):
    clip = demo()
    found = align(with_sound(clip, clip.audio.samples * factor, RATE))
    assert found.status == "aligned"
    assert np.abs(np.subtract(starts(found), starts(align(clip)))).max() <= 0.04


def test_sound_that_goes_on_after_the_motion():
    clip = demo()
    assert align(clip.frames(0, 10)).status == "none"  # frames alone have no words
    short = replace(
        clip, exp=clip.exp[:10], pose=clip.pose[:10], shape=clip.shape[:10], bad_frames=clip.bad_frames[:10]
    )
    assert starts(align(short)) == starts(align(clip))


def test_noise_of_20_db_changes_little():
    clip = demo()
    level = clip.audio.samples.std() / 10
    loud = clip.audio.samples + noise(clip.audio.seconds, level)[: len(clip.audio.samples), None]
    found = align(with_sound(clip, loud, RATE))
    assert found.status == "aligned"
    assert np.median(np.abs(np.subtract(starts(found), starts(align(clip))))) <= 0.03


@pytest.mark.parametrize("stem", ["librivox-austen_0890", "librivox-austen_0920"])
def test_digital_silence_between_words_and_in_stops_changes_little(stem):
    clip = demo(stem)
    blocks = clip.audio.samples[: len(clip.audio.samples) // 160 * 160].reshape(-1, 160).copy()
    level = np.sqrt((blocks**2).mean(axis=1))
    blocks[level < level.max() * 10 ** (-25 / 20)] = 0
    gated, plain = align(with_sound(clip, blocks.reshape(-1, 1), RATE)), align(clip)
    assert (blocks == 0).mean() > 0.15
    assert gated.confidence > -20
    assert np.abs(np.array(starts(gated)) - starts(plain)).max() < 0.095


def test_a_long_clip_is_cut_between_words_and_loses_none(monkeypatch):
    """Pieces of 5 s stand for those of 30 s."""
    clips = [demo(stem) for stem in BY_EYE]
    pause = np.zeros((RATE // 5, 1), np.float32)
    offsets = np.cumsum([0, *(len(clip.audio.samples) + len(pause) for clip in clips)])[:-1] / RATE
    alone = [start + offset for clip, offset in zip(clips, offsets, strict=True) for start in starts(align(clip))]
    samples = np.concatenate([part for clip in clips for part in (clip.audio.samples, pause)])
    text = " ".join(clip.transcript for clip in clips)
    heard = []
    monkeypatch.setattr(aligner, "PIECE_SECONDS", 5.0)
    monkeypatch.setattr(aligner, "_heard", lambda *piece: heard.append(piece[2]) or whole(*piece))
    found = align(clip_of(samples, text))
    assert found.status == "aligned" and found.confidence > -20
    assert [word.text for word in found.words] == text.split()
    assert len(heard) >= 6 and max(heard) < 5.5 and sum(heard) == pytest.approx(len(samples) / RATE)
    assert np.mean(np.abs(np.array(starts(found)) - alone) <= 0.04) > 0.95
    assert found.phones[0].start == 0 and found.phones[-1].end == pytest.approx(len(samples) / RATE, abs=1e-3)
    assert all(before.end == pytest.approx(after.start) for before, after in pairwise(found.phones))


def test_a_long_silence_around_words_makes_pieces_without_words(monkeypatch):
    monkeypatch.setattr(aligner, "PIECE_SECONDS", 4.0)
    clip, silence = demo("cmusphinx_0001"), np.zeros((5 * RATE, 1), np.float32)
    found = align(clip_of(np.concatenate([silence, clip.audio.samples, silence]), clip.transcript))
    assert found.status == "aligned" and len(found.words) == 4
    assert np.allclose(np.array(starts(found)) - 5, starts(align(clip)), atol=0.04)
    assert found.phones[0].end > 5 and found.phones[-1].end == pytest.approx(10 + clip.audio.seconds, abs=1e-3)


def test_a_word_longer_than_a_piece_was_not_said(monkeypatch):
    monkeypatch.setattr(aligner, "PIECE_SECONDS", 1.0)
    monkeypatch.setattr(aligner, "_pauses", lambda *_: [(0, 0, 20), (1, 400, 500)])
    found = align(clip_of(noise(5), "no"))
    assert found.status == "estimated" and found.confidence == -100


@pytest.mark.parametrize("transcript", [None, "", "  \n "])
def test_no_transcript(transcript):
    found = align(clip_of(noise(1), transcript))
    assert (found.status, found.words, found.phones, found.confidence) == ("none", (), (), None)
    assert found.message == "This clip has no transcript."


@pytest.mark.parametrize(
    ("samples", "why"),
    [
        (None, "no sound"),
        (np.zeros(2 * RATE), "silent"),
        (np.zeros(0), "0 ms"),
        (noise(0.04), "40 ms"),
        (np.resize(noise(1), 1000 * RATE), "1,000 s"),
    ],
    ids=["no sound", "silence", "empty", "one frame", "a quarter of an hour"],
)
def test_sounds_that_are_not_listened_to(samples, why):
    found = align(clip_of(samples, SENTENCE))
    assert_estimated(found, SENTENCE)
    assert why in found.message
    assert found.confidence is None


@pytest.mark.parametrize("samples", [noise(3), music(3)], ids=["noise", "music"])
def test_there_are_no_words_in_noise_and_music(samples):
    assert_estimated(align(clip_of(samples, SENTENCE)), SENTENCE)


@pytest.mark.parametrize("stem", BY_EYE)
@pytest.mark.parametrize("other", ["librivox-austen_0880", "cmusphinx_0001", "librivox-austen_0920"])
def test_the_transcript_of_another_clip(stem, other):
    transcript = demo(other).transcript
    if stem != other:
        assert_estimated(align(replace(demo(stem), transcript=transcript)), transcript)


def test_words_that_are_not_said_are_weak():
    said = SENTENCE.split()
    added = [*said[:4], "umbrella", *said[4:]]
    found = align(replace(demo(), transcript=" ".join(added)))
    assert found.status == "aligned"
    assert found.words[4].weak
    assert sum(word.weak for word in found.words) <= 3
    others = [word.start for index, word in enumerate(found.words) if index != 4]
    assert np.median(np.abs(np.subtract(others, starts(align(demo()))))) <= 0.02


@pytest.mark.parametrize(
    ("transcript", "why"),
    [
        ("он мог бы даже сам стать приветливым", "Cyrillic"),
        ("彼は自分でも愛想よくなったかもしれない", "not English"),
        ("er hätte sogar selbst liebenswürdig werden können und das ist nicht schlecht", "German"),
        ("podría incluso haberse vuelto amable él mismo pero no lo es para ella", "Spanish"),
        ("il aurait même pu devenir aimable lui-même mais ce n'est pas pour vous", "French"),
        ("hän olisi voinut jopa tulla itsekin rakastettavaksi", "not in the English dictionary"),
    ],
)
def test_other_languages_get_no_english_alignment(transcript, why):
    found = align(replace(demo(), transcript=transcript))
    assert_estimated(found, transcript)
    assert why in found.message


def test_a_million_words_are_refused_at_once():
    transcript = "word " * 1_000_000
    found = align(replace(demo(), transcript=transcript))
    assert found.status == "estimated"
    assert "1,000,000 words" in found.message


def test_markup_is_shown_and_not_said():
    found = align(
        replace(
            demo(), transcript="<b>He</b> might, even [cough] have — been <i class='x'>made</i> amiable&nbsp;himself"
        )
    )
    assert found.status == "aligned"
    texts = [word.text for word in found.words]
    assert texts[0] == "<b>He</b>"
    by_text = dict(zip(texts, found.words, strict=True))
    plain = dict(zip(SENTENCE.split(), align(demo()).words, strict=True))
    assert by_text["even"].start == pytest.approx(plain["even"].start, abs=0.03)
    assert by_text["[cough]"].start == by_text["[cough]"].end == by_text["even"].end


def test_a_word_that_no_dictionary_has():
    found = align(replace(demo(), transcript="he might even have been made aymiabul himself"))
    assert found.status == "aligned"
    assert found.words[6].start == pytest.approx(align(demo()).words[6].start, abs=0.04)


def assert_estimated(found, transcript):
    assert found.status == "estimated"
    assert [word.text for word in found.words] == transcript.split()
    assert all(word.weak for word in found.words)
    assert found.phones == ()
    assert found.message
    assert not found.message[0].islower()


def test_without_the_package_words_are_estimated(monkeypatch):
    monkeypatch.setitem(sys.modules, "pocketsphinx", None)
    found = align(demo())
    assert_estimated(found, SENTENCE)
    assert "type: pip install" in found.message


def test_a_crash_of_the_aligner_costs_only_times_and_is_not_kept(monkeypatch, tmp_path):
    crash = "import os, signal; os.kill(os.getpid(), signal.SIGSEGV)"
    with monkeypatch.context() as broken:
        broken.setattr("viewer.speech.apart.python_command", lambda _: [sys.executable, "-c", crash])
        found = SpeechCache(tmp_path, align=Listener().align).alignment(demo())
        assert_estimated(found, SENTENCE)
        assert "SIGSEGV" in found.message
        assert align_apart(demo()) == found
    assert SpeechCache(tmp_path, align=Listener().align).alignment(demo()).status == "aligned"


def test_a_closed_listener_lets_nobody_wait(monkeypatch):
    """Neither who is listened to nor who is next in turn; the process is gone."""
    monkeypatch.setattr("viewer.speech.apart.python_command", lambda _: ["sleep", "600"])
    listener = Listener()
    failures: list[Exception] = []

    def ask():
        try:
            listener.align(demo())
        except AlignerLostError as error:
            failures.append(error)

    askers = [threading.Thread(target=ask, daemon=True) for _ in range(3)]
    for asker in askers:
        asker.start()
    until(lambda: listener._process is not None)
    process = listener._process
    listener.close()
    for asker in askers:
        asker.join(60)
    assert len(failures) == 3
    assert process.returncode is not None
    with pytest.raises(AlignerLostError, match="ending"):
        listener.align(demo())


def test_audio_of_a_clip_is_not_changed():
    clip = demo()
    before = clip.audio.samples.copy()
    align(clip)
    assert isinstance(clip.audio, Audio)
    np.testing.assert_array_equal(clip.audio.samples, before)
