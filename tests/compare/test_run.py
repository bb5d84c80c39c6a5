"""Comparing two data sets: what is kept, what is refused, what does not stop the rest."""

import json
from functools import partial

import numpy as np
import pytest

from tests.dataset.factories import make_dataset, motion_arrays, write_motion
from viewer import jobs
from viewer.compare import METRICS, CompareError, Options, compare_datasets, results_folder
from viewer.dataset import Dataset
from viewer.errors import Cancelled, JobError, UsageError

ARKIT = {"expression_space": "arkit52"}
STEMS = ("a_0", "a_1", "b_0")
here = pytest.mark.usefixtures("jobs_here")


@pytest.fixture
def root(tmp_path):
    make_dataset(tmp_path / "data", stems=STEMS, frames=30, description=ARKIT)
    for seed, stem in enumerate(STEMS):
        write_motion(tmp_path / "data", stem, frames=30, seed=seed, n_exp=52)
        write_prediction(tmp_path, stem, seed=seed + 10)
    return tmp_path


def write_prediction(root, stem, arrays=None, **options):
    arrays = motion_arrays(**{"frames": 30, "n_exp": 52} | options) if arrays is None else arrays
    arrays = {name: value for name, value in arrays.items() if name != "shape"}
    return write_motion(root / "preds", stem, arrays)


@pytest.fixture
def run(root, head):
    """Compare the two, in this process or in one of its own."""
    openers = (
        partial(Dataset.open, root / "data", cache=root / "cache"),
        partial(Dataset.open, root / "preds", cache=root / "cache", base=root / "data"),
    )

    def compare(*, kept=False, **options):
        more = {"out": root / "out", "reopen": openers, "processes": 1} if kept else {}
        return compare_datasets(openers[0](), openers[1](), **{"head": head} | more | options)

    return compare


def test_every_pair_is_compared_and_pooled_under_both_names(run, root):
    found = run().as_json()
    assert found["reference"] == str(root / "data") and found["prediction"] == str(root / "preds")
    assert [entry["stem"] for entry in found["pairs"]] == list(STEMS)
    for entry in found["pairs"]:
        assert entry["frames"] == 30 and 0 <= entry["worst_frame"] < 30
        assert set(entry["metrics"]) == set(found["pooled"]) == set(found["pooled_by_frame"])
        assert len(entry["metrics"]) == len(METRICS)
    for name, pooled in found["pooled"].items():
        values = [entry["metrics"][name] for entry in found["pairs"]]
        assert pooled["mean"] == pytest.approx(np.mean(values)) and set(pooled) == {"mean", "low", "high"}
        assert pooled["low"] - 1e-9 <= pooled["mean"] <= pooled["high"] + 1e-9
    json.dumps(found, allow_nan=False)


def test_another_process_finds_the_same_and_keeps_it(run, root):
    told = []
    here, there = run(), run(kept=True, progress=lambda *counts: told.append(counts))
    assert there.as_json() == here.as_json() and told[-1] == (3, 0, 3)
    before = jobs.read_results(root / "out")
    write_prediction(root, "a_1", seed=77)
    again = run(kept=True)
    after = jobs.read_results(root / "out")
    assert [stem for stem in STEMS if before[stem] != after[stem]] == ["a_1"]
    assert again.pairs["a_1"].values != here.pairs["a_1"].values
    assert again.pairs["a_0"].values == here.pairs["a_0"].values


@here
def test_what_was_asked_for_in_another_way_is_measured_again(run, root):
    plain = run(kept=True)
    turned = run(kept=True, options=Options(head_pose=True))
    assert turned.as_json() == run(options=Options(head_pose=True)).as_json()
    assert "Head pose counts as error." in turned.notes and "Head pose is zeroed in both." in plain.notes
    (root / "lips.txt").write_text("5\n6\n5\n")
    few = run(options=Options(lip_indices=root / "lips.txt"))
    assert few.pairs["a_0"].values["lve_max_l2_mm"] != plain.pairs["a_0"].values["lve_max_l2_mm"]
    assert any("names 3 vertices, 1 of them again" in remark for remark in few.pairs["a_0"].remarks)


@here
def test_a_run_can_be_stopped_and_goes_on(run):
    for kept in (False, True):
        with pytest.raises(Cancelled):
            run(kept=kept, cancelled=lambda: True)
        assert len(run(kept=kept).pairs) == 3


@here
def test_a_file_that_is_still_written_does_not_stop_the_rest(run, root):
    """As in a folder of predictions that grows while it is read."""
    whole = (root / "preds" / "FLAME_coeffs_25" / "a_1.npz").read_bytes()
    (root / "preds" / "FLAME_coeffs_25" / "a_1.npz").write_bytes(whole[: len(whole) // 2])
    found = run(kept=True)
    assert set(found.pairs) == {"a_0", "b_0"} and "a_1.npz" in found.refused["a_1"]
    assert any("could not be compared: 1, such as a_1" in note for note in found.notes)
    (root / "preds" / "FLAME_coeffs_25" / "a_1.npz").write_bytes(whole)
    write_prediction(root, "c_0")
    again = run(kept=True)
    assert set(again.pairs) == set(STEMS) and again.refused == {} and again.extra == ("c_0",)


def test_a_file_that_goes_away_meanwhile_is_told(run, root, head):
    reference = Dataset.open(root / "data", cache=root / "cache")
    prediction = Dataset.open(root / "preds", cache=root / "cache", base=root / "data")
    (root / "preds" / "FLAME_coeffs_25" / "a_0.npz").unlink()
    found = compare_datasets(reference, prediction, head=head)
    assert set(found.pairs) == {"a_1", "b_0"} and "a_0" in found.refused


def test_a_data_set_that_cannot_be_opened_elsewhere_ends_the_run(run, root):
    nowhere = partial(Dataset.open, root / "nowhere", cache=root / "cache")
    with pytest.raises(JobError, match="nowhere"):
        run(kept=True, reopen=(nowhere, nowhere))


@here
def test_a_share_of_the_pairs_is_pooled_by_itself(run):
    shares = [run(kept=True, shard=(number, 2)) for number in (1, 2)]
    assert sorted(stem for share in shares for stem in share.pairs) == list(STEMS)
    assert run(kept=True).as_json() == run().as_json()


def test_odd_pairs_are_counted(run, root):
    write_prediction(root, "a_0", frames=25)
    write_prediction(root, "a_1", frames=60, fps=50)
    arrays = motion_arrays(frames=30, n_exp=50)
    arrays["exp"][4] = np.nan
    write_prediction(root, "b_0", arrays)
    notes = run(stems=["b_0", "a_1", "a_0"]).notes
    assert "Resampled, as the frame rate is another: 1 of 3 pairs." in notes
    assert "Compared on the frames that both have, as lengths differ: 1 of 3 pairs." in notes
    assert "With frames that are not numbers, which were left out: 1 of 3 pairs." in notes


def test_missing_and_extra_are_told(run, root):
    (root / "preds" / "FLAME_coeffs_25" / "b_0.npz").unlink()
    write_prediction(root, "x_0")
    found = run()
    assert (found.missing, found.extra) == (("b_0",), ("x_0",)) and set(found.pairs) == {"a_0", "a_1"}
    assert "Clips of the reference without a prediction: 1." in found.notes


def test_nothing_that_can_be_compared_is_an_error_with_the_reason(run, root):
    (root / "preds" / "dataset.json").write_text(json.dumps({"expression_space": "flame2020"}))
    with pytest.raises(CompareError, match=r"none of 3 pairs.*'arkit52'.*'flame2020'"):
        run()


def test_pairs_are_ranked_by_the_size_of_the_error(run):
    found = run()
    for name in ("lve_max_l2_mm", "fdd_signed_derived"):
        values = [abs(pair.values[name]) for pair in found.ranked(name)]
        assert values == sorted(values, reverse=True) and len(values) == 3
    with pytest.raises(UsageError, match="lve_max_l2_mm"):
        found.ranked("lve")


def test_a_plugin_measures_in_other_processes_too(run, root):
    before = dict(METRICS)
    plugin = root / "mine.py"
    plugin.write_text(
        "from viewer.compare import metric\n"
        '@metric("good_frames", title="Good frames", unit="")\n'
        "def good_frames(compared):\n"
        "    return float(compared.good.sum())\n"
    )
    try:
        options = Options(plugins=(str(plugin),))
        found = run(kept=True, options=options)
        assert found.pooled["good_frames"].mean == 30 and found.as_json() == run(options=options).as_json()
    finally:
        METRICS.clear()
        METRICS.update(before)


def test_results_of_other_data_sets_lie_elsewhere(root):
    data, preds = (Dataset.open(root / name, cache=root / "cache") for name in ("data", "preds"))
    based = Dataset.open(root / "preds", cache=root / "cache", base=root / "data")
    folders = [results_folder(root, *pair) for pair in ((data, preds), (preds, data), (data, based))]
    assert len(set(folders)) == 3
