"""Every check on clips of which the answer is known."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.quality.clips import FPS, RATE, clip_of, smooth_motion, sound
from viewer.clip import Clip
from viewer.dataset import Dataset
from viewer.quality import CHECKS, Geometry, Inputs, Reference
from viewer.quality.checks import ORDER
from viewer.quality.checks.face import blink_frames
from viewer.quality.judge import settled
from viewer.quality.mouths import template
from viewer.quality.population import Extremes
from viewer.speech import SILENCE, Alignment, Phone, SpokenWord, Voice


@pytest.fixture(scope="module")
def geometry(head):
    return Geometry(head)


@pytest.fixture(scope="module")
def demo():
    dataset = Dataset.demo()
    return dataset["librivox-austen_0870"]


def measured(name, clip, reference=None, **known):
    check = CHECKS[name]
    return settled(check, check.measure(Inputs(clip, **known)), reference or Reference())


def value(name, clip, **known):
    return measured(name, clip, **known).value


def spoken(labels, *, seconds=0.16, start=0.4):
    """An alignment of phones one after the other, with silence around."""
    edges = start + seconds * np.arange(len(labels) + 1)
    said = [Phone(label, a, b, -10.0) for label, a, b in zip(labels, edges[:-1], edges[1:], strict=True)]
    all_phones = (Phone("SIL", 0.0, start, 0.0), *said)
    words = (SpokenWord("word", start, float(edges[-1]), weak=False),)
    return Alignment("aligned", words, all_phones, -12.0, "")


def jaw_clip(angle, **options):
    pose = np.zeros((len(angle), 6))
    pose[:, 3] = angle
    return clip_of(np.zeros((len(angle), 52)), pose, **options)


def test_all_checks_are_there_in_their_order():
    assert tuple(name for name in CHECKS if not CHECKS[name].own) == ORDER


def test_integrity_counts_frames_without_numbers():
    exp = 0.2 * smooth_motion(100)
    assert value("integrity", clip_of(exp)) == 0
    exp[[3, 40, 41]] = np.nan
    found = measured("integrity", clip_of(exp))
    assert found.value == 3 and "3, 40–41" in found.message and "NaN" in found.message
    assert found.spans == ((3 / FPS, 42 / FPS, 3.0),)


@pytest.mark.parametrize(("seconds", "off"), [(4.0, 0), (3.999, 0), (4.001, -1), (3.9, 2), (5.0, -25)])
def test_duration_is_frames_more_than_the_sound(seconds, off):
    assert value("duration", clip_of(frames=100, audio=sound(seconds), sample_rate=RATE)) == off


def test_duration_needs_sound():
    assert measured("duration", clip_of()).message.startswith("not applicable: the clip has no sound")


@given(st.floats(-5, 40), st.integers(10, 80))
def test_jaw_is_the_angle_furthest_out(degrees, frame):
    angle = np.full(100, np.radians(4.0))
    angle[frame] = np.radians(degrees)
    found = measured("jaw", jaw_clip(angle))
    if degrees < -1 or degrees > 5:
        assert found.value == pytest.approx(degrees, abs=1e-3)
        assert found.spans[0][0] == pytest.approx(frame / FPS)


@given(st.floats(-14, -3.1), st.floats(4, 19.9))
def test_a_jaw_that_turns_upwards_is_told_however_far_it_opens(upwards, opens):
    angle = np.full(100, np.radians(4.0))
    angle[20], angle[60] = np.radians(upwards), np.radians(opens)
    assert value("jaw", jaw_clip(angle)) == pytest.approx(upwards, abs=1e-3)


@given(st.floats(0, 170), st.integers(0, 2))
def test_head_is_the_largest_angle(degrees, axis):
    pose = np.zeros((50, 6))
    pose[20, axis] = np.radians(degrees)
    assert value("head", clip_of(frames=50, pose=pose)) == pytest.approx(degrees, abs=1e-3)


@given(st.integers(2, 60), st.integers(5, 100))
def test_frozen_is_the_longest_time_without_change(length, start):
    exp = 0.2 * smooth_motion(200)
    pose = np.zeros((200, 6))
    exp[start + 1 : start + length + 1] = exp[start]
    clip = clip_of(exp, pose, audio=sound(8), sample_rate=RATE)
    found = measured("frozen", clip)
    assert found.value == pytest.approx(length / FPS)
    assert found.spans[0][:2] == (pytest.approx((start + 1) / FPS), pytest.approx((start + length + 1) / FPS))


def test_a_still_face_in_silence_is_not_frozen_but_one_that_never_moves_is():
    exp = 0.2 * smooth_motion(200)
    exp[100:150] = exp[100]
    samples = sound(8)
    samples[round(3.9 * RATE) : round(6.1 * RATE)] = 0
    assert value("frozen", clip_of(exp, np.zeros((200, 6)), audio=samples, sample_rate=RATE)) < 0.1
    still = clip_of(np.zeros((200, 5)), np.zeros((200, 6)), audio=0 * samples, sample_rate=RATE)
    assert value("frozen", still) == pytest.approx(199 / FPS)


def test_held_frames_are_not_frozen():
    exp = 0.2 * smooth_motion(100)
    exp[30:60] = np.nan
    assert value("frozen", clip_of(exp)) < 0.1


def test_a_pop_is_told_with_its_time():
    exp = 0.2 * smooth_motion(200)
    exp[81] += 0.4
    found = measured("pop", clip_of(exp))
    assert found.value > 4 and found.spans[0][0] == pytest.approx(81 / FPS)
    assert found.curve.argmax() if np.isfinite(found.curve).all() else np.nanargmax(found.curve) == 81


def test_a_seam_counts_only_at_its_period():
    exp = 0.2 * smooth_motion(250)
    exp[120:] += 0.4
    clip = clip_of(exp)
    assert value("seam", clip, reference=Reference(seam_period=120)) > 4
    assert value("seam", clip, reference=Reference(seam_period=60)) > 4
    assert value("seam", clip, reference=Reference(seam_period=100)) < 2
    assert value("seam", clip) < 2  # 4 s, 100 frames
    assert value("seam", clip, reference=Reference(seam_period=0)) is None
    assert value("seam", clip_of(exp[:90])) is None


def test_jitter_grows_with_noise():
    exp, rng = 0.2 * smooth_motion(200), np.random.default_rng(0)
    noise = rng.standard_normal(exp.shape)
    shares = [value("jitter", clip_of(exp + size * noise)) for size in (0, 0.005, 0.02, 0.1)]
    assert shares == sorted(shares) and shares[0] < 0.1 and shares[-1] > 5


def test_range_is_told_in_spreads_of_the_data_set():
    exp = np.zeros((50, 4))
    exp[20, 2] = 5
    usual = Extremes(np.stack([-np.ones(4), np.ones(4)]), np.full((2, 4), 0.5))
    found = measured("range", clip_of(exp), reference=Reference(extremes={4: usual}))
    assert found.value == pytest.approx(8)  # (5 - 1) / 0.5
    assert "Coefficient 2" in found.message and found.spans[0][0] == pytest.approx(20 / FPS)
    assert value("range", clip_of(1000 * exp)) == pytest.approx(5000, rel=1e-3)


def test_identity_that_changes():
    shape = np.tile(np.arange(10.0), (50, 1))
    assert value("identity", clip_of(frames=50, shape=shape)) == 0
    shape[30, 4] += 0.25
    found = measured("identity", clip_of(frames=50, shape=shape))
    assert found.value == pytest.approx(0.25) and found.spans[0][0] == pytest.approx(30 / FPS)


def test_the_skull_of_a_track_tells_its_identity(head, geometry):
    model = head.model
    pose = np.zeros((12, 6))
    pose[:, 1] = np.linspace(0, 0.5, 12)  # turning is no change
    shape = np.zeros((12, 10))
    same = Clip.from_arrays(vertices=model.vertices(pose=pose), expression_space="arkit52")
    assert value("identity", same, geometry=geometry) < 0.001
    shape[6] = 1
    other = Clip.from_arrays(vertices=model.vertices(pose=pose, shape=shape), expression_space="arkit52")
    found = measured("identity", other, geometry=geometry)
    assert found.value > 0.05 and found.spans[0][0] == pytest.approx(6 / FPS)


@given(st.integers(-5, 5), st.sampled_from([25, 30, 60]))
def test_a_mouth_that_comes_frames_late_lags_by_their_duration(geometry, shift, fps):
    labels = ["AA", "M", "IY", "S", "AE", "P", "OW", "T", "AH", "B", "EY", "N", "AA", "F", "UW", "K", "AO", "M", "IH"]
    alignment = spoken(labels * 2, seconds=0.14, start=0.8)
    pose = np.zeros((8 * fps, 6))
    pose[:, 3] = 0.25 * np.roll(template(alignment.phones, len(pose), fps), shift)
    clip = Clip.from_arrays(exp=np.zeros((len(pose), 52)), pose=pose, fps=fps, expression_space="arkit52")
    late, inexact = 1000 * shift / fps, 0.3 * 1000 / fps
    found = measured("av_lag", clip, geometry=geometry, alignment=alignment)
    assert found.value == pytest.approx(late, abs=inexact)
    assert ("after" if shift > 1 else "before" if shift < -1 else "") in found.message
    usual = Reference(lag=80.0)
    assert value("av_lag", clip, geometry=geometry, alignment=alignment, reference=usual) == pytest.approx(
        late - 80, abs=inexact
    )


def test_a_mouth_that_has_nothing_to_do_with_the_phones_has_no_lag(geometry):
    alignment = spoken(["AA", "M", "IY", "P"] * 10)
    clip = jaw_clip(0.1 + 0.02 * np.sin(np.arange(200) / 40))
    found = measured("av_lag", clip, geometry=geometry, alignment=alignment)
    assert found.value is None and found.message.startswith("not applicable")


def test_motion_in_silence_is_the_speed_of_the_mouth(geometry):
    voice = Voice(np.repeat([1.0, 0.0], 100).astype(np.float32), 0.04)
    angle = np.full(200, 0.1)
    still = jaw_clip(angle)
    assert value("silence_motion", still, geometry=geometry, voice=voice) < 0.1
    angle[100:] += 0.05 * np.sin(np.arange(100))
    moving = jaw_clip(angle)
    found = measured("silence_motion", moving, geometry=geometry, voice=voice)
    opening = Inputs(moving, geometry=geometry).opening
    speed = np.abs(np.diff(opening))[103:] * FPS  # steps into frames 104 and on: four away from speech
    assert found.value == pytest.approx(speed.mean(), rel=1e-5)
    assert found.spans[0][0] == pytest.approx(104 / FPS)


@pytest.mark.parametrize("fps", [25, 60])
def test_a_mouth_that_closes_just_after_speech_does_not_move_in_silence(geometry, fps):
    voice = Voice(np.repeat([1.0, 0.0], 2 * fps).astype(np.float32), 1 / fps)
    pose = np.zeros((4 * fps, 6))
    pose[:, 3] = np.interp(np.arange(len(pose)) / fps, [2.0, 2.12], [0.3, 0.0])
    clip = Clip.from_arrays(exp=np.zeros((len(pose), 52)), pose=pose, fps=fps, expression_space="arkit52")
    assert value("silence_motion", clip, geometry=geometry, voice=voice) < 0.1


def test_mouth_closed_in_speech_is_a_share_of_the_speech(geometry):
    voice = Voice(np.ones(200, np.float32), 0.04)
    angle = np.where(np.arange(200) < 50, 0.0, 0.2)
    found = measured("speech_closed", jaw_clip(angle), geometry=geometry, voice=voice)
    assert found.value == pytest.approx(100 * 49 / 198, abs=0.1)  # one frame at each end is left out
    assert found.spans[0][:2] == (pytest.approx(1 / FPS), pytest.approx(50 / FPS))


def test_lips_left_open_at_bilabials(geometry):
    alignment = spoken(["AA", "M", "AA", "P", "AA", "B", "AA"], seconds=0.2)
    frames = np.arange(60)
    middles = [(p.start + p.end) / 2 * FPS for p in alignment.phones if p.label in "MPB"]
    closing = np.max([np.exp(-(((frames - middle) / 1.5) ** 2)) for middle in middles], axis=0)
    shut = measured("bilabial", jaw_clip(0.2 * (1 - closing)), geometry=geometry, alignment=alignment)
    left = measured("bilabial", jaw_clip(0.2 - 0.1 * closing), geometry=geometry, alignment=alignment)
    assert shut.value < 1 and "3 of 3" in shut.message
    assert left.value > 5 and "0 of 3" in left.message and len(left.spans) == 3


def test_lips_that_pass_through_each_other(geometry):
    closed = value("lips_crossing", jaw_clip(np.zeros(10)), geometry=geometry)
    crossed = measured("lips_crossing", jaw_clip(np.r_[np.zeros(5), -0.1 * np.ones(5)]), geometry=geometry)
    assert closed == pytest.approx(0, abs=0.01)
    assert crossed.value > 2 and crossed.spans[0][0] == pytest.approx(5 / FPS)


def test_blinks_are_counted():
    gap = np.full(250, 10.0)
    for start in (30, 90, 91 + 60):
        gap[start : start + 4] = [6, 1, 1, 5]
    gap[200:240] = 2  # eyes closed for longer
    assert blink_frames(gap, np.ones(250, bool), FPS) == [(31, 33), (91, 93), (152, 154)]


def test_demo_clip_blinks_and_lives(geometry, demo):
    assert 10 < value("blinks", demo, geometry=geometry) < 30
    assert value("expressiveness", demo, geometry=geometry) > 2
    flat = clip_of(np.zeros((100, 52)), np.zeros((100, 6)))
    assert value("expressiveness", flat, geometry=geometry) == pytest.approx(0, abs=1e-4)
    assert value("blinks", flat, geometry=geometry) == 0


def words_scored(*scores):
    """An alignment of words of one phone each, half a second long."""
    words = tuple(SpokenWord(f"w{i}", i / 2, (i + 1) / 2, weak=False) for i in range(len(scores)))
    phones = tuple(Phone("AA", i / 2, (i + 1) / 2, score) for i, score in enumerate(scores))
    return Alignment("aligned", words, phones, float(np.mean(scores)), "")


def test_a_transcript_is_as_good_as_its_worst_second():
    clip = clip_of(audio=sound(8), sample_rate=RATE)
    found = measured("transcript", clip, alignment=words_scored(-10, -12, -60, -80, -70, -11, -9))
    assert found.value == pytest.approx(-75) and found.spans == ((1.5, 2.5, pytest.approx(-75)),)
    assert value("transcript", clip, alignment=words_scored(-10, -20)) == pytest.approx(-15)
    rejected = Alignment("estimated", (), (), -55.0, "The transcript does not match the sound.")
    assert value("transcript", clip, alignment=rejected) == -100
    silent = Alignment("estimated", (), (), None, "The sound is silent.")
    assert measured("transcript", clip, alignment=silent).message == "not applicable: The sound is silent"


def speaking(*spans):
    """A voice in these stretches of seconds, within 8 s."""
    at = (np.arange(800) + 0.5) / 100
    return Voice(np.any([(at >= start) & (at < end) for start, end in spans], axis=0).astype(np.float32), 0.01)


@pytest.mark.parametrize(("gap", "value_of_worst_second"), [(0.2, -23.5), (0.6, -57.5), (1.5, -100)])
def test_a_voice_that_has_no_words_counts_as_a_bad_match(gap, value_of_worst_second):
    said = words_scored(-10, -10, -15, -15)
    later = [replace(phone, start=phone.start + gap, end=phone.end + gap) for phone in said.phones[2:]]
    pause = Phone(SILENCE, 1.0, 1.0 + gap, 0.0)
    alignment = replace(said, phones=(*said.phones[:2], pause, *later))
    clip = clip_of(audio=sound(8), sample_rate=RATE)
    with_voice = measured("transcript", clip, alignment=alignment, voice=speaking((0, 2 + gap)))
    in_silence = measured("transcript", clip, alignment=alignment, voice=speaking((0, 1), (1 + gap, 2 + gap)))
    assert in_silence.value == value("transcript", clip, alignment=alignment) == pytest.approx(-15)
    assert with_voice.value == pytest.approx(value_of_worst_second)
    if gap > 0.5:
        assert with_voice.message.startswith(f"Somebody speaks from 1.00 to {1 + gap:.2f} s, and the transcript has no")
        assert with_voice.spans[0][:2] == pytest.approx((1.0, 1 + gap))


def test_what_needs_words_says_so_without():
    for name in ("av_lag", "silence_motion", "speech_closed", "bilabial", "transcript"):
        found = measured(name, clip_of(audio=sound(8), sample_rate=RATE))
        assert found.value is None and found.message.startswith("not applicable: ")


def test_a_track_of_vertices_is_checked_as_far_as_it_goes(head, geometry):
    exp = np.zeros((60, 52))
    pose = np.zeros((60, 6))
    pose[:, 3] = 0.1 + 0.05 * np.sin(np.arange(60) / 3)
    vertices = np.array(head.model.vertices(exp=exp, pose=pose))
    smooth = Clip.from_arrays(vertices=vertices, expression_space="arkit52")
    vertices[30] = head.model.vertices(exp=exp[0], pose=[0, 0, 0, 0.4, 0, 0])[0]
    popped = Clip.from_arrays(vertices=vertices, expression_space="arkit52")
    assert value("pop", smooth, geometry=geometry) < 1.5 < 3 < value("pop", popped, geometry=geometry)
    assert value("pop", popped) > 3  # also without a head
    for name in ("range", "jaw", "head"):
        assert measured(name, popped, geometry=geometry).message.startswith("not applicable: a track")
