"""What is judged in which order, and what a random sample tells."""

import math
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from viewer.quality import ClipQuality, Finding
from viewer.review import queues
from viewer.review.rate import rate
from viewer.shares import wilson

STEMS = st.lists(st.text(min_size=1, max_size=8), unique=True, max_size=60)


def clip(stem, *, severity="ok", features=(), **scores):
    finding = Finding("jaw", severity, 1.0, "°", None, None, None, "")
    return ClipQuality(stem, "h", (finding,), scores, features)


def results(*clips):
    by_stem = {clip.stem: clip for clip in clips}
    return SimpleNamespace(ranked=lambda: clips, of=by_stem.get)


# -- chance ------------------------------------------------------------------------------------------------------------


@given(STEMS, STEMS)
def test_added_clips_leave_the_order_of_the_others(stems, added):
    before, after = queues.shuffled(stems), queues.shuffled([*stems, *added])
    assert [stem for stem in after if stem in set(stems)] == before
    assert set(after) == {*stems, *added}


@given(STEMS, st.randoms())
def test_the_order_depends_on_the_stems_alone(stems, random):
    mixed = list(stems)
    random.shuffle(mixed)
    assert queues.shuffled(mixed) == queues.shuffled(stems)


def test_every_clip_is_as_likely_at_the_beginning():
    """Over many seeds each of 40 clips is among the first 10 about a quarter of the time (chi-squared)."""
    stems = [f"session_{k:04d}" for k in range(40)]
    seeds = 2000
    counts = dict.fromkeys(stems, 0)
    for seed in range(seeds):
        for stem in queues.shuffled(stems, seed=seed)[:10]:
            counts[stem] += 1
    assert stats.chisquare(list(counts.values())).pvalue > 1e-4


def test_the_rate_is_that_of_the_clips_at_the_beginning():
    """What is judged out of turn, since a check pointed at it, must not bend the rate."""
    sample = [f"a_{k}" for k in range(10)]
    verdicts = {"a_0": "good", "a_1": "bad", "a_2": "unsure", "a_3": "good", "a_7": "bad", "a_8": "bad", "b_0": "bad"}
    found = rate(sample, verdicts)
    assert (found.judged, found.bad, found.unsure) == (4, 1, 1)
    assert (found.low, found.high) == wilson(1, 4) and found.unsure_high == wilson(2, 4)[1]
    assert rate(sample, {}).judged == 0


def test_the_rate_is_right_however_many_clips_were_picked_before():
    """1,000 data sets of which 20 % are bad, all bad clips judged beforehand: the intervals hold the truth."""
    rng = np.random.default_rng(0)
    stems = [f"a_{k}" for k in range(300)]
    held = 0
    for seed in range(1000):
        bad = set(rng.choice(stems, 60, replace=False))
        order = queues.shuffled(stems, seed=seed)
        verdicts = dict.fromkeys(bad, "bad") | {stem: "bad" if stem in bad else "good" for stem in order[:50]}
        found = rate(order, verdicts)
        held += found.low <= 0.2 <= found.high
    # Bad clips that follow on the 50 are counted on until the first unjudged one: a run of 0.25 clips on average.
    assert held >= 930


# -- checks ------------------------------------------------------------------------------------------------------------


def test_errors_come_in_the_order_of_the_ranking():
    found = results(clip("c", severity="error"), clip("b", severity="error"), clip("a", severity="warn"))
    assert queues.errors(found) == ("c", "b")


@pytest.mark.parametrize(
    ("worse", "expected"), [("high", ("d", "a", "b")), ("low", ("c", "a", "b")), ("away", ("c", "d", "a"))]
)
def test_the_worst_by_a_check(worse, expected):
    values = {"a": 5.0, "b": 5.0, "c": -30.0, "d": 9.0, "none": None, "nan": math.nan}
    found = results(*(clip(stem, jaw=value) for stem, value in values.items()), clip("other", head=99.0))
    assert queues.worst(found, "jaw", worse=worse, count=3) == expected


def test_the_oddest_clip_is_the_one_unlike_the_others():
    rng = np.random.default_rng(0)
    usual = [clip(f"a_{k}", features=tuple(rng.normal(size=8))) for k in range(100)]
    strange = clip("strange", features=(6.0,) * 8)
    absurd = clip("absurd", features=(1e30, math.nan, *rng.normal(size=6)))
    found = queues.odd(results(*usual, absurd, strange, clip("unread")), count=2)
    assert found == ("strange", "absurd"), "one absurd number hides a clip that is odd in everything"
    assert queues.odd(results(clip("unread"))) == ()


@given(st.integers(1, 12), st.integers(1, 5), st.floats(0.01, 100), st.floats(-100, 100))
@settings(max_examples=50)
def test_oddness_does_not_depend_on_units(clips, width, scale, shift):
    features = np.random.default_rng(clips).normal(size=(clips, width))
    np.testing.assert_allclose(queues.oddness(features * scale + shift), queues.oddness(features), atol=1e-6)
    assert queues.oddness(np.full((clips, width), np.nan)).tolist() == [0] * clips
