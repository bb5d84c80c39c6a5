"""Data sets beside each other: what is known of them beforehand comes out, with intervals that hold it."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.quality.clips import clip_of
from viewer.compare import unpaired
from viewer.compare.unpaired import Measured, compare_unpaired
from viewer.flame import choose_head
from viewer.quality import Geometry, Inputs, Measurement
from viewer.quality import measure as measure_clip
from viewer.quality.population import BAND_LEVELS
from viewer.quality.registry import Measured as Value

ANSWER = st.floats(-50, 50)


def clip(stem, *, frames=100, jaw=None, **bands):
    found = {} if jaw is None else {"jaw": Value(jaw)}
    return Measurement(stem, "hash", frames, 25.0, found, bands=bands)


def measured(clips, *, failed=None, space="flame2020", name="data"):
    return Measured(name, "head", space, {known.stem: known for known in clips}, failed or {})


def normal_clip(random, stem, middle, *, frames=100):
    """A clip whose jaw angles are normally distributed."""
    values = random.normal(middle, 1, frames)
    return clip(stem, frames=frames, jaw_angle=tuple(np.percentile(values, BAND_LEVELS)))


def normal_set(seed, middle, *, clips=60, between=1.0):
    """Clips whose middles are spread about that of the set."""
    random = np.random.default_rng(seed)
    return measured(normal_clip(random, f"c{n}", random.normal(middle, between)) for n in range(clips))


def test_a_set_beside_itself_does_not_differ():
    same = normal_set(0, 4.0)
    (found,) = compare_unpaired(same, [same])
    (curve,) = found.curves
    for level in unpaired.LEVELS:
        assert curve.difference[level].value == 0
        assert curve.difference[level].low < 0 < curve.difference[level].high
        assert curve.reference[level].value == curve.prediction[level].value
    assert np.array_equal(*curve.shares)


def test_a_shift_is_found_with_its_sign_and_size():
    (found,) = compare_unpaired(normal_set(0, 4.0), [normal_set(1, 6.0)])
    (curve,) = found.curves
    middle = curve.difference[50]
    assert middle.low < 2.0 < middle.high and middle.low > 0
    assert curve.reference[50].low < 4.0 < curve.reference[50].high
    assert curve.clips == (60, 60)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.lists(ANSWER, min_size=7, max_size=7), st.integers(1, 300)), min_size=1, max_size=8))
def test_percentiles_lie_within_what_clips_have_and_in_order(clips):
    known = [clip(f"c{n}", frames=frames, brow=tuple(sorted(values))) for n, (values, frames) in enumerate(clips)]
    (found,) = compare_unpaired(measured(known), [measured(known)])
    (curve,) = found.curves
    values = [curve.reference[level].value for level in unpaired.LEVELS]
    every = [value for numbers, _ in clips for value in numbers]
    assert values == sorted(values) and min(every) - 1e-6 <= values[0] and values[-1] <= max(every) + 2e-6
    for level in curve.reference.values():
        assert level.low is None if len(clips) == 1 else level.low <= level.high


def test_frames_weigh_not_clips():
    """One long clip against many short ones that are elsewhere: half of the frames are in it."""
    long, short = (0.0,) * 7, (10.0,) * 7
    clips = [clip("long", frames=1000, brow=long), *(clip(f"s{n}", frames=10, brow=short) for n in range(90))]
    (found,) = compare_unpaired(measured(clips), [measured(clips)])
    assert found.curves[0].reference[50].value == pytest.approx(0, abs=0.1)
    assert found.curves[0].reference[95].value == pytest.approx(10, abs=0.1)


def test_intervals_hold_the_truth_as_often_as_they_say():
    """Data sets that were drawn from the same: the medians' intervals hold its median in about 95 %."""
    held = 0
    for seed in range(25):
        (found,) = compare_unpaired(normal_set(seed, 4.0, clips=30), [normal_set(1000 + seed, 4.0, clips=30)])
        held += found.curves[0].difference[50].low <= 0 <= found.curves[0].difference[50].high
    assert held >= 20  # fewer than 20 of 25 come once in 1000


def test_rates_are_of_clips_that_a_check_applies_to_and_clips_that_cannot_be_read_count():
    jaws = [10.0] * 6 + [21.0, 40.0]
    reference = measured([clip(f"c{n}", jaw=10.0) for n in range(8)])
    prediction = measured(
        [*(clip(f"c{n}", jaw=angle) for n, angle in enumerate(jaws)), clip("none")], failed={"bad": "broken"}
    )
    (found,) = compare_unpaired(reference, [prediction])
    rates = {rate.check: rate for rate in found.rates}
    assert (rates["jaw"].reference.found, rates["jaw"].reference.of) == (0, 8)
    assert (rates["jaw"].prediction.found, rates["jaw"].prediction.of) == (2, 8)
    low, high = rates["jaw"].difference
    assert low < 0.25 < high and rates["jaw"].prediction.interval[0] > 0
    assert (rates["integrity"].prediction.found, rates["integrity"].prediction.of) == (1, 1)
    assert rates["integrity"].difference is None
    assert "pop" not in rates


@pytest.fixture(scope="module")
def geometry():
    return Geometry(choose_head(expression_space="arkit52"))


def real(geometry, *, scale=1.0, name="data", space="arkit52"):
    made = [clip_of(exp=None, seed=seed, stem=f"c{seed}") for seed in range(6)]
    made = [clip_of(exp=scale * known.exp, pose=known.pose, stem=known.stem) for known in made]
    return measured([measure_clip(Inputs(known, geometry=geometry)) for known in made], name=name, space=space)


def test_predictions_are_judged_by_what_is_usual_in_the_reference(geometry):
    """Coefficients twenty times too large are out of range, though among themselves they are all alike."""
    reference, loud = real(geometry), real(geometry, scale=20.0, name="loud")
    (found,) = compare_unpaired(reference, [loud])
    rates = {rate.check: rate for rate in found.rates}
    assert (rates["range"].reference.found, rates["range"].prediction.found) == (0, 6)
    (of_another_basis,) = compare_unpaired(reference, [real(geometry, scale=20.0, space="other")])
    rates = {rate.check: rate for rate in of_another_basis.rates}
    assert rates["range"].prediction.found == 0


def test_json_is_strict_and_names_both(geometry):
    one, other = real(geometry, name="one"), real(geometry, scale=0.5, name="other")
    (found,) = compare_unpaired(one, [other])
    told = json.loads(json.dumps(found.as_json(), allow_nan=False))
    assert (told["reference"], told["prediction"]) == ("one", "other")
    assert told["clips"] == {"reference": 6, "prediction": 6}
    curve = told["curves"]["mouth_opening"]
    assert curve["unit"] == "mm" and set(curve["difference"]) == {"p05", "p50", "p95"}
    assert set(curve["reference"]["p50"]) == {"value", "low", "high"}
    assert set(told["checks"]["jaw"]["prediction"]) == {"found", "of", "share", "low", "high"}
