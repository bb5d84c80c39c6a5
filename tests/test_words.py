import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from viewer.clip import Clip
from viewer.words import estimate_words, speech_spans

RATE = 16000


def clip_with(spans: list[tuple[float, float]], seconds: float, transcript: str) -> Clip:
    """A clip that is loud during `spans` and nearly silent elsewhere."""
    noise = np.random.default_rng(0)
    samples = noise.normal(0, 1e-4, round(seconds * RATE))
    for start, end in spans:
        loud = samples[round(start * RATE) : round(end * RATE)]
        loud += noise.normal(0, 0.1, len(loud))
    frames = round(seconds * 25)
    return Clip.from_arrays(
        exp=np.zeros((frames, 100)), pose=np.zeros((frames, 6)), audio=samples, transcript=transcript
    )


def test_words_start_with_the_speech_and_leave_out_the_pause() -> None:
    clip = clip_with([(1.0, 2.0), (4.0, 5.0)], 6.0, "four four four four")
    words = estimate_words(clip)
    assert words[0].start == pytest.approx(1.0, abs=0.03)
    assert words[1].end == pytest.approx(2.0, abs=0.05)
    assert words[2].start == pytest.approx(4.0, abs=0.05)
    assert words[3].end == pytest.approx(5.0, abs=0.03)


def test_longer_words_take_longer() -> None:
    short, long = estimate_words(clip_with([(0.0, 4.0)], 4.0, "a extraordinarily"))
    assert long.end - long.start > 4 * (short.end - short.start)


def test_silence_spreads_the_words_over_the_whole_clip() -> None:
    words = estimate_words(Clip.from_arrays(exp=np.zeros((50, 100)), pose=np.zeros((50, 6)), transcript="one two"))
    assert (words[0].start, words[-1].end) == (0.0, 2.0)


def test_speech_is_found_where_it_is() -> None:
    clip = clip_with([(0.5, 1.5), (2.0, 2.5)], 3.0, "")
    assert clip.audio is not None
    np.testing.assert_allclose(speech_spans(clip.audio, clip.seconds), [(0.5, 1.5), (2.0, 2.5)], atol=0.021)


@given(
    transcript=st.text(max_size=200),
    pieces=st.lists(st.floats(0.05, 1.0), max_size=8),
    seconds=st.floats(0.2, 5.0),
)
def test_words_are_in_order_inside_the_clip_and_complete(transcript: str, pieces: list[float], seconds: float) -> None:
    edges = np.minimum(np.cumsum(pieces), seconds)
    spans = [(float(start), float(end)) for start, end in zip(edges[::2], edges[1::2], strict=False) if end > start]
    clip = clip_with(spans, seconds, transcript)
    words = estimate_words(clip)
    assert [word.text for word in words] == transcript.split()
    times = [time for word in words for time in (word.start, word.end)]
    assert times == sorted(times)
    assert all(0 <= time <= clip.seconds + 1e-9 for time in times)
