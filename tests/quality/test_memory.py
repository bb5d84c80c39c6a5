"""Results of many clips: packed, read from disk clip by clip, and the same as from memory."""

import json
import pickle

import pytest

from tests.quality.clips import clip_of
from viewer.cli.check_text import json_lines
from viewer.jobs import Result
from viewer.quality import CHECKS, Inputs, QualityResults, measure
from viewer.quality.kept import KeptMeasurements
from viewer.quality.registry import STAGES, of_stage


def stage(stems, name, *, broken=(), changed=(), content="", when=0.0):
    """Results of a stage as a run keeps them."""
    results = {stem: Result(stem, content, "failed", error="it broke", when=when) for stem in broken}
    for seed, stem in enumerate(stems):
        clip = clip_of(seed=seed + 100 * (stem in changed))
        found = measure(Inputs(clip), of_stage(name), features=name == "motion").as_json()
        results.setdefault(stem, Result(stem, content, "done", json.dumps(found), when=when))
    return results


def test_clips_are_packed_without_loss_and_ranked_in_the_same_order():
    results = QualityResults.build({f"c{i:02}": measure(Inputs(clip_of(seed=i))) for i in range(25)})
    again = pickle.loads(pickle.dumps(results.clips))
    assert list(again) == sorted(again) and "c99" not in again
    assert repr(dict(again)) == repr(dict(results.clips))  # features are NaN where a head has no mouth
    worst = sorted(again, key=lambda stem: (-again[stem].badness, stem))
    assert list(again.worst_first().stems) == worst == list(results.ranked().stems)
    assert [clip.badness for clip in results.ranked()[2:5]] == [again[stem].badness for stem in worst[2:5]]


def test_measurements_of_stages_are_put_together():
    stems = ("a", "b", "c", "d")
    speech = stage(stems, "speech", broken="bc", changed="d") | {"e": Result("e", "", "done", 7)}
    kept = KeptMeasurements([stage(stems, "motion", broken="b"), speech])
    assert list(kept) == ["a", "c", "d"] and kept.failed == {"b": "it broke"}
    assert {"pop", "av_lag"} <= set(kept["a"].found)
    assert all("pop" in kept[stem].found and "av_lag" not in kept[stem].found for stem in "cd")  # d changed between
    assert set(kept["c"].failed) == {check.name for check in of_stage("speech")} and not kept["a"].failed
    assert kept.get("b") is None and kept.get("e") is None


@pytest.mark.parametrize(("lost", "there"), [("motion", "speech"), ("speech", "motion")])
def test_a_stage_that_failed_is_a_warning_of_each_of_its_checks(lost, there):
    stages = {lost: stage("a", lost, broken="a"), there: stage("a", there)}
    kept = KeptMeasurements([stages[name] for name in STAGES])
    clip = QualityResults.build(kept, failed=kept.failed).of("a")
    told = {finding.check: finding for finding in clip.findings}
    assert set(told) == set(CHECKS)
    for check in of_stage(lost):
        assert told[check.name].severity == "warn" and "could not be checked: it broke" in told[check.name].message
    assert not [check.name for check in of_stage(there) if "could not be checked" in told[check.name].message]


def test_what_failed_before_the_clip_changed_is_not_told():
    kept = KeptMeasurements(
        [stage("a", "motion", content="now", when=2.0), stage("a", "speech", broken="a", content="before", when=1.0)]
    )
    assert list(kept) == ["a"] and not kept.failed and not kept["a"].failed


def test_a_clip_that_broke_since_its_words_were_found_could_not_be_checked():
    kept = KeptMeasurements(
        [stage("a", "motion", broken="a", content="now", when=2.0), stage("a", "speech", content="before", when=1.0)]
    )
    assert list(kept) == [] and kept.failed == {"a": "it broke"} and kept.get("a") is None


def test_json_in_lines_is_the_whole_object():
    for count in (0, 1, 3):
        results = QualityResults.build({f"c{i}": measure(Inputs(clip_of(seed=i))) for i in range(count)}, dataset="ä\n")
        whole = json.dumps(results.as_json(), indent=1, ensure_ascii=False, allow_nan=False)
        assert "\n".join(json_lines(results)) == whole
