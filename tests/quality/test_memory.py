"""Results of many clips: packed, read from disk clip by clip, and the same as from memory."""

import json
import pickle

from tests.quality.clips import clip_of
from viewer.cli.check_text import json_lines
from viewer.jobs import Result
from viewer.quality import Inputs, QualityResults, measure
from viewer.quality.kept import KeptMeasurements
from viewer.quality.registry import of_stage


def stage(stems, name, *, broken=(), changed=()):
    """Results of a stage as a run keeps them."""
    results = {stem: Result(stem, "", "failed", error="it broke") for stem in broken}
    for seed, stem in enumerate(stems):
        clip = clip_of(seed=seed + 100 * (stem in changed))
        found = measure(Inputs(clip), of_stage(name), features=name == "motion").as_json()
        results.setdefault(stem, Result(stem, "", "done", json.dumps(found)))
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
    assert kept.get("b") is None and kept.get("e") is None


def test_json_in_lines_is_the_whole_object():
    for count in (0, 1, 3):
        results = QualityResults.build({f"c{i}": measure(Inputs(clip_of(seed=i))) for i in range(count)}, dataset="ä\n")
        whole = json.dumps(results.as_json(), indent=1, ensure_ascii=False, allow_nan=False)
        assert "\n".join(json_lines(results)) == whole
