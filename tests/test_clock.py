from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from viewer import clock

frames = st.integers(0, 10_000_000)
rates = st.one_of(st.sampled_from([25.0, 30.0, 24000 / 1001, 30000 / 1001, 60.0]), st.floats(0.5, 1000))


@given(frames, rates)
def test_a_frame_begins_where_the_clock_says(frame, fps):
    assert clock.frame_at(clock.frame_start(frame, fps), fps, frame + 1) == frame
    assert clock.frame_at(clock.frame_middle(frame, fps), fps, frame + 1) == frame


@given(frames, rates)
def test_a_frame_lasts_until_the_next_begins(frame, fps):
    just_before_next = clock.frame_start(frame + 1, fps) - 0.001 / fps
    assert clock.frame_at(just_before_next, fps, frame + 10) == frame


@pytest.mark.parametrize(
    ("seconds", "frame"), [(-5, 0), (0, 0), (0.0399, 0), (0.04, 1), (1.99, 49), (2.0, 49), (99, 49)]
)
def test_outside_the_clip_the_first_or_last_frame_is_held(seconds, frame):
    assert clock.frame_at(seconds, 25, 50) == frame


@given(st.integers(1, 100_000), st.sampled_from([25, 30, 50]), st.sampled_from([8000, 16000, 44100, 48000]))
def test_sound_is_as_long_as_the_frames_to_half_a_sample(n_frames, fps, rate):
    assert abs(clock.samples_in(n_frames, fps, rate) - Fraction(n_frames * rate, fps)) <= Fraction(1, 2)


def test_duration_of_the_usual_clip():
    assert clock.duration(200, 25) == 8
    assert clock.samples_in(200, 25, 16000) == 128_000
