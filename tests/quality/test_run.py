"""Checking a data set: what is kept, what is measured again, what does not stop the rest."""

import json
from functools import partial

import numpy as np
import pytest

from tests.dataset.factories import make_dataset, motion_arrays, write_motion
from viewer import jobs
from viewer.dataset import Dataset
from viewer.errors import Cancelled, UsageError
from viewer.flame import choose_head
from viewer.quality import CHECKS, QualityResults, Thresholds, check_dataset, measure_clips, results_folder
from viewer.quality.plugins import for_dataset, load_check_plugins

STEMS = ("a_0", "a_1", "b_0")
here = pytest.mark.usefixtures("jobs_here")


@pytest.fixture
def root(tmp_path):
    return make_dataset(tmp_path / "data", stems=STEMS, frames=60)


@pytest.fixture
def run(root, tmp_path):
    """Check the data set with one process."""

    def check(**options):
        dataset = Dataset.open(root, cache=tmp_path / "cache")
        return check_dataset(
            dataset,
            head=choose_head(expression_space=dataset.expression_space),
            out=tmp_path / "out",
            cache=tmp_path / "cache",
            reopen=partial(Dataset.open, root, cache=tmp_path / "cache"),
            **{"speech": False, "processes": 1} | options,
        )

    return check


def test_all_clips_are_checked_kept_and_found_again(run, tmp_path):
    results = run()
    assert tuple(results.clips) == STEMS
    assert all(
        set(clip.scores) == {n for n, c in CHECKS.items() if c.stage == "motion"} for clip in results.clips.values()
    )
    loaded = QualityResults.load(tmp_path / "out")
    assert loaded.as_json() == results.as_json() and loaded.dataset == results.dataset
    assert QualityResults.load(tmp_path / "elsewhere") is None


@here
def test_a_second_run_measures_only_what_changed(run, root, tmp_path):
    run()
    before = jobs.read_results(tmp_path / "out" / "motion")
    write_motion(root, "a_1", frames=60, seed=77)
    results = run()
    after = jobs.read_results(tmp_path / "out" / "motion")
    assert [stem for stem in STEMS if before[stem] != after[stem]] == ["a_1"]
    assert results.of("a_1").motion_hash == Dataset.open(root)["a_1"].motion_hash


@here
def test_a_clip_that_cannot_be_read_is_a_finding_and_the_others_go_on(run, root):
    (root / "FLAME_coeffs_25" / "a_1.npz").write_bytes(b"no npz at all")
    results = run()
    (finding,) = results.of("a_1").findings
    assert (finding.check, finding.severity) == ("integrity", "error") and "could not be checked" in finding.message
    assert results.of("a_0").scores["integrity"] == 0 and results.ranked()[0].stem == "a_1"
    assert results.nearest("a_1") == []


@here
def test_bad_numbers_are_told_and_the_rest_is_checked(run, root):
    arrays = motion_arrays(frames=60)
    arrays["exp"][[5, 6], 3] = np.nan
    write_motion(root, "a_0", arrays)
    arrays = motion_arrays(frames=60)
    write_motion(root, "a_1", {**arrays, "exp": 1000 * arrays["exp"]})
    write_motion(root, "b_0", {**arrays, "exp": 0 * arrays["exp"], "pose": 0 * arrays["pose"]})
    results = run()
    found = {
        stem: {f.check: f.severity for f in clip.findings if f.severity != "ok"} for stem, clip in results.clips.items()
    }
    assert found["a_0"]["integrity"] == "error" and results.of("a_0").scores["jitter"] is not None
    assert found["a_1"]["range"] == "error"
    assert found["b_0"]["frozen"] == "error" and "pop" not in found["b_0"]
    json.dumps(results.as_json(), allow_nan=False)


@here
def test_results_of_another_version_are_left_out(run, tmp_path):
    run()
    file = tmp_path / "out" / "motion" / "results.jsonl"
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    lines[0]["value"] = json.dumps({"of": "long ago"})
    lines[1]["value"] = 7
    file.write_text("".join(json.dumps(line, separators=(",", ":")) + "\n" for line in lines))
    assert len(QualityResults.load(tmp_path / "out")) == 1
    (tmp_path / "out" / "about.json").write_text("{}")
    assert QualityResults.load(tmp_path / "out") is None


@here
def test_a_run_can_be_stopped_and_goes_on(run):
    with pytest.raises(Cancelled):
        run(cancelled=lambda: True)
    told = []
    results = run(progress=lambda done, failed, total: told.append((done, failed, total)))
    assert len(results) == 3 and told[-1] == (3, 0, 3)


def test_a_plugin_checks_in_other_processes_too(run, root, tmp_path):
    before = dict(CHECKS)
    plugin = tmp_path / "mine.py"
    plugin.write_text(
        "from viewer.quality import Measured, check\n"
        '@check("mine", title="Mine", unit="mm", limits={"warn_above": 2})\n'
        "def mine(inputs):\n"
        "    if inputs.clip.stem == 'a_1':\n"
        "        raise ValueError('not this one')\n"
        "    return Measured(len(inputs) / 20)\n"
    )
    try:
        results = run(plugins=[str(plugin)])
        (warned,) = [finding for finding in results.of("a_0").findings if finding.check == "mine"]
        (failed,) = [finding for finding in results.of("a_1").findings if finding.check == "mine"]
        assert (warned.severity, warned.value) == ("warn", 3.0)
        assert failed.severity == "warn" and "not this one" in failed.message and results.of("a_1").scores["pop"]
        assert load_check_plugins([str(plugin)]) == ("mine",) and for_dataset([str(plugin)]) == ()
    finally:
        CHECKS.clear()
        CHECKS.update(before)


def test_a_plugin_that_registers_nothing_is_refused(tmp_path):
    plugin = tmp_path / "nothing.py"
    plugin.write_text("x = 1\n")
    load_check_plugins([str(plugin)])
    with pytest.raises(UsageError, match="registers no check"):
        for_dataset([str(plugin)])


@here
def test_few_clips_are_compared_with_the_data_set_they_are_of(root, tmp_path, run):
    run()
    dataset = Dataset.open(root, cache=tmp_path / "cache")
    head = choose_head(expression_space=dataset.expression_space)
    few = measure_clips(dataset, ["a_0"], head=head, out=tmp_path / "out", cache=tmp_path / "cache", speech=False)
    assert few.population.n_clips == 3 and few.measurements["a_0"].curves["jaw"].shape == (60,)
    assert few.thresholds == Thresholds.load()


def test_each_view_of_a_data_set_has_results_of_its_own(root, tmp_path):
    plain = Dataset.open(root, cache=tmp_path / "cache")
    with_base = Dataset.open(root, cache=tmp_path / "cache", base=make_dataset(tmp_path / "base", stems=STEMS))
    folders = {results_folder(tmp_path, dataset) for dataset in (plain, with_base)}
    assert len(folders) == 2 and all(folder.is_relative_to(tmp_path / "quality") for folder in folders)
