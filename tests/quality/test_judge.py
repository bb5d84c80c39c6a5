"""Limits, percentiles, ranking: what is said of what was measured."""

import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.quality.clips import N_EXP, clip_of, smooth_motion
from viewer.clock import frame_at
from viewer.errors import UsageError
from viewer.quality import CHECKS, Inputs, Measured, Population, Thresholds, check, examine, measure
from viewer.quality.judge import judge
from viewer.quality.measure import Measurement
from viewer.quality.population import of_values, pooled_band, usual_extremes
from viewer.quality.results import QualityResults
from viewer.quality.seams import estimate_period

THRESHOLDS = Thresholds.load()


@pytest.fixture
def own_checks():
    """Checks that a test registers are gone after it."""
    before = dict(CHECKS)
    yield
    CHECKS.clear()
    CHECKS.update(before)


def a_measurement(stem="a", **found):
    return Measurement(stem, "hash", 200, 25.0, found)


def test_every_limit_has_a_unit_a_reason_and_a_source():
    for name, limits in THRESHOLDS.limits.items():
        assert name in CHECKS
        for limit in limits:
            assert limit.reason and limit.source and limit.unit == CHECKS[name].unit


def test_every_check_has_a_limit():
    assert set(CHECKS) == set(THRESHOLDS.limits)


@pytest.mark.parametrize(
    ("check_name", "value", "severity"),
    [
        ("jaw", 10, "ok"),
        ("jaw", 20.5, "warn"),
        ("jaw", 36, "error"),
        ("jaw", -3.5, "warn"),
        ("duration", 1, "note"),
        ("duration", -2, "note"),
        ("duration", -3, "error"),
        ("integrity", 1, "error"),
        ("jaw", None, "ok"),
    ],
)
def test_severity_is_that_of_the_worst_limit_exceeded(check_name, value, severity):
    assert THRESHOLDS.severity(check_name, value) == severity


def test_a_finding_for_each_place_beyond_the_limit_and_one_for_the_clip_where_there_is_none():
    high = judge(
        a_measurement(jaw=Measured(40.0, ((1.0, 1.04, 40.0), (2.0, 2.04, 25.0), (3.0, 3.04, 9.0)))),
        thresholds=THRESHOLDS,
    )
    assert [(finding.severity, finding.start) for finding in high.findings] == [("error", 1.0), ("warn", 2.0)]
    assert high.findings[0].message == "Jaw at 40.0° at 1.00 s." and high.scores == {"jaw": 40.0}
    fine = judge(a_measurement(jaw=Measured(9.0, ((3.0, 3.04, 9.0),))), thresholds=THRESHOLDS)
    assert [(finding.severity, finding.start) for finding in fine.findings] == [("ok", None)]
    assert fine.badness == 0 < high.badness


def test_the_worst_finding_ranks_a_clip_however_many_others_there_are():
    one_error = judge(a_measurement(jaw=Measured(40.0)), thresholds=THRESHOLDS)
    warnings = judge(
        a_measurement(jaw=Measured(25.0), head=Measured(60.0), duration=Measured(1.0)), thresholds=THRESHOLDS
    )
    assert one_error.badness > warnings.badness > 0


@given(st.lists(st.integers(-1000, 1000).map(float), min_size=30, max_size=200), st.integers(0, 199))
def test_percentiles_are_those_of_the_data_set(values, row):
    population = Population(len(values), of_values({"jaw": values}), {})
    value = values[row % len(values)]
    found = population.percentile("jaw", value)
    # Between the shares of clips below and up to the value, up to the steps between clips and between kept levels.
    step = 200 / (len(values) - 1) + 2
    assert 100 * np.mean(np.array(values) < value) - step <= found <= 100 * np.mean(np.array(values) <= value) + step
    assert population.percentile("jaw", -10_000) == 0 and population.percentile("jaw", 10_000) == 100
    assert population.percentile("jaw", None) is None and population.percentile("head", 1.0) is None


def test_few_clips_are_no_data_set_to_compare_with():
    """Twenty of those that the check applies to; how many the data set has besides says nothing."""
    known = of_values({"jaw": [float(value) for value in range(19)], "head": [float(value) for value in range(20)]})
    population = Population(12_669, known, {})
    assert population.percentile("jaw", 3) is None and population.percentile("head", 3) is not None


def test_a_population_survives_json():
    population = QualityResults.build({f"c{i}": measure(Inputs(clip_of(seed=i))) for i in range(20)}).population
    again = Population.from_json(json.loads(json.dumps(population.as_json(), allow_nan=False)))
    assert again.n_clips == 20
    np.testing.assert_allclose(again.quantiles["pop"], population.quantiles["pop"])
    ((width, usual),), ((again_width, again_usual),) = (
        found.reference.extremes.items() for found in (population, again)
    )
    assert width == again_width == N_EXP
    np.testing.assert_allclose(again_usual.middle, usual.middle)
    np.testing.assert_allclose(again_usual.scale, usual.scale)
    with pytest.raises(ValueError, match="version"):
        Population.from_json(population.as_json() | {"version": -1})


def test_pooled_bands_are_those_of_all_frames():
    rng = np.random.default_rng(0)
    clips = [rng.normal(rng.normal(), 1, rng.integers(50, 400)) for _ in range(100)]
    levels = (1, 5, 25, 50, 75, 95, 99)
    pooled = pooled_band(
        np.array([np.percentile(clip, levels) for clip in clips]), np.array([len(clip) for clip in clips])
    )
    np.testing.assert_allclose(pooled[1:-1], np.percentile(np.concatenate(clips), levels)[1:-1], atol=0.1)


def test_usual_extremes_are_not_moved_by_a_few_wrong_clips():
    rng = np.random.default_rng(0)
    low, high = -1 - rng.random((50, 3)), 1 + rng.random((50, 3))
    right = usual_extremes(low, high)
    high[:5] *= 1000
    wrong = usual_extremes(low, high)
    np.testing.assert_allclose(wrong.middle, right.middle, atol=0.2)
    assert (wrong.scale < 2 * right.scale).all()


def test_clips_are_compared_with_those_of_as_many_coefficients():
    def few(seed):
        return 40 * smooth_motion(seed=seed, n=8)  # in another unit: beyond everything of the others

    narrow = {f"n{i}": measure(Inputs(clip_of(few(i)))) for i in range(6)}
    wide = {f"w{i}": measure(Inputs(clip_of(seed=i))) for i in range(6)}
    lonely = {"x": measure(Inputs(clip_of(few(9)[:, :3])))}
    alone, mixed = QualityResults.build(wide), QualityResults.build(narrow | wide | lonely)
    for stem in wide:
        assert mixed.of(stem).scores["range"] == alone.of(stem).scores["range"]
    assert all(mixed.of(stem).scores["range"] < 6 for stem in narrow)
    for results, stem, told in ((mixed, "n0", "SD beyond the usual"), (mixed, "x", "SD of the basis")):
        (finding,) = [finding for finding in results.of(stem).findings if finding.check == "range"]
        assert told in finding.message


def test_a_measurement_survives_json():
    found = measure(Inputs(clip_of()))
    text = json.dumps(found.as_json(), allow_nan=False)
    again = Measurement.from_json(found.stem, json.loads(text))
    assert (
        judge(again, thresholds=THRESHOLDS).findings
        == judge(
            Measurement.from_json(found.stem, json.loads(json.dumps(again.as_json()))), thresholds=THRESHOLDS
        ).findings
    )
    for name, measured in found.found.items():
        if measured.value is not None:
            assert again.found[name].value == pytest.approx(measured.value, rel=1e-5)


@given(st.integers(0, 50_000), st.sampled_from([24, 25, 30, 50, 59.94, 60]))
def test_a_place_that_was_kept_is_still_that_frame(frame, fps):
    place = (frame / fps, (frame + 1) / fps, 60.0)
    kept = Measurement.from_json("a", json.loads(json.dumps(a_measurement(head=Measured(60.0, (place,))).as_json())))
    ((start, end, _),) = kept.found["head"].spans
    assert (frame_at(start, fps, 99_999), frame_at(end, fps, 99_999)) == (frame, frame + 1)


def test_a_face_that_stands_still_moves_by_nothing_and_not_by_a_rounding_error():
    kept = a_measurement(expressiveness=Measured(7e-15)).as_json()
    assert kept["found"]["expressiveness"]["value"] == 0


def test_other_limits_need_no_measuring(tmp_path):
    strict = tmp_path / "strict.toml"
    strict.write_text('[jaw.error_above]\nvalue = 1\nunit = "°"\n')
    measurements = {"a": measure(Inputs(clip_of()))}
    for thresholds, severity in ((None, "ok"), (Thresholds.load(strict), "error")):
        clip = QualityResults.build(measurements, thresholds=thresholds).of("a")
        (finding, *_) = [finding for finding in clip.findings if finding.check == "jaw"]
        assert finding.severity == severity


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[jaw.warn_above]\nvalue = 'x'", "no number"),
        ("[jaw.warn_above]\nvalue = nan", "no number"),
        ("[jaw.worse_above]\nvalue = 1", "is no limit"),
        ("[jaw.warn_above]\nvalue = 1\nwhy = 'x'", "unknown key"),
        ("[jaw.warn_above]\nvalue = 1\nspread = -1", "spread"),
        ("jaw = 3", "expected tables"),
        ("[jaw", "no TOML"),
    ],
)
def test_a_thresholds_file_that_is_wrong_is_named(tmp_path, text, told):
    file = tmp_path / "mine.toml"
    file.write_text(text)
    with pytest.raises(UsageError, match=told):
        Thresholds.load(file)
    with pytest.raises(UsageError, match=r"missing\.toml"):
        Thresholds.load(tmp_path / "missing.toml")


def test_thresholds_survive_their_file(tmp_path):
    THRESHOLDS.save(tmp_path / "again.toml")
    assert Thresholds.load(tmp_path / "again.toml") == THRESHOLDS


def test_calibration_puts_limits_where_the_data_says_and_leaves_facts():
    measurements = {f"c{i}": measure(Inputs(clip_of(seed=i))) for i in range(30)}
    results = QualityResults.build(measurements)
    calibrated = results.calibrated()
    pops = np.array([clip.scores["pop"] for clip in results.clips.values()])
    middle = np.median(pops)
    deviation = 1.4826 * np.median((pops - middle)[pops > middle])
    (limit,) = [limit for limit in calibrated.of("pop") if limit.kind == "warn_above"]
    assert limit.value == pytest.approx(middle + limit.spread * deviation, rel=0.01) and "30 clips" in limit.source
    assert calibrated.of("duration") == THRESHOLDS.of("duration")
    with pytest.raises(UsageError, match="too few clips"):
        QualityResults.build({"a": measurements["c0"]}).calibrated()


@given(st.integers(30, 120), st.integers(0, 20))
@settings(max_examples=10)
def test_the_period_of_seams_is_found(period, seed):
    rng = np.random.default_rng(seed)
    profiles = np.abs(rng.normal(0.5, 0.3, (60, 260)))
    assert estimate_period(iter(profiles)) is None
    profiles[:, period::period] += 0.6
    assert estimate_period(iter(profiles)) == period


def test_clips_that_are_alike_are_near():
    measurements = {f"c{i:02}": measure(Inputs(clip_of(seed=i))) for i in range(12)}
    copy = measure(Inputs(clip_of(seed=5, stem="copy")))
    results = QualityResults.build({**measurements, "copy": copy})
    assert results.nearest("copy", 3)[0] == ("c05", pytest.approx(0, abs=1e-6))
    distances = [distance for _, distance in results.nearest("c01", 8)]
    assert distances == sorted(distances) and "c01" not in [stem for stem, _ in results.nearest("c01", 8)]
    assert results.nearest("nobody") == []


def test_an_exception_in_one_check_is_a_finding_and_the_others_go_on(own_checks):
    @check("broken", title="Broken")
    def broken(inputs):
        raise RuntimeError("no such luck")

    @check("not_a_number", title="Not a number")
    def not_a_number(inputs):
        return Measured(math.nan)

    @check("short_curve", title="Short curve")
    def short_curve(inputs):
        return Measured(1.0, curve=np.zeros(3))

    quality = examine(Inputs(clip_of()))
    by_check = {finding.check: finding for finding in quality.findings}
    assert by_check["broken"].severity == "warn" and "no such luck" in by_check["broken"].message
    assert "finite" in by_check["not_a_number"].message and "a value a frame" in by_check["short_curve"].message
    assert by_check["pop"].severity == "ok" and set(by_check) == set(CHECKS)


def test_an_own_check_has_limits_a_curve_and_a_sentence(own_checks):
    @check("brow", title="Brow raise", unit="mm", limits={"warn_above": 2.0})
    def brow(inputs):
        return Measured(3.0, ((1.0, 2.0, 3.0),), curve=np.ones(len(inputs)))

    found = measure(Inputs(clip_of()))
    assert found.curves["brow"].shape == (200,)
    (finding,) = [one for one in judge(found, thresholds=THRESHOLDS).findings if one.check == "brow"]
    assert (finding.severity, finding.value, finding.start) == ("warn", 3.0, 1.0)
    assert finding.message == "Brow raise at 1.00 s: 3 mm."
    with pytest.raises(UsageError, match="already"):
        check("brow", title="Again")(brow)
    with pytest.raises(UsageError, match="no limit"):
        check("other", title="Other", limits={"above": 1})(brow)
