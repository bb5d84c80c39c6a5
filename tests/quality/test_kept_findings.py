"""Findings that are kept: those of the very results, limits and checks that they were made of, or none."""

import json
from dataclasses import replace

import pytest

from tests.quality.test_memory import stage
from viewer.jobs import read_results
from viewer.jobs.results import line, merge, new_part, write_part
from viewer.quality import CHECKS, QualityResults, Thresholds, results
from viewer.quality.results import write_about

STEMS = [f"c{number:02}" for number in range(21)]


@pytest.fixture(scope="module")
def measured():
    """Results of a stage by stem, one that broke among them."""
    return stage(STEMS, "motion", broken=["c07"], when=1.0)


@pytest.fixture
def folder(tmp_path, measured):
    """What a run over all clips leaves."""
    (tmp_path / "motion" / "parts").mkdir(parents=True)
    write_about(tmp_path, dataset="data", model="head")
    (tmp_path / "motion" / "results.jsonl").write_bytes(b"".join(map(line, measured.values())))
    return tmp_path


@pytest.fixture
def judged(monkeypatch):
    """Stems of the clips that are judged from now on."""
    stems, judge = [], results.judge
    monkeypatch.setattr(results, "judge", lambda clip, **given: stems.append(clip.stem) or judge(clip, **given))
    return stems


def same(one, other):
    return repr(dict(one.clips)) == repr(dict(other.clips)) and one.population.as_json() == other.population.as_json()


def test_nothing_is_judged_twice(folder, judged):
    first = QualityResults.load(folder)
    assert judged == [stem for stem in STEMS if stem != "c07"] and first.of("c07").severity == "error"
    judged.clear()
    again = QualityResults.load(folder)
    assert not judged and same(again, first)
    assert list(again.ranked().stems) == list(first.ranked().stems)
    assert again.measurements["c03"].found and list(again.measurements.failed) == ["c07"]


def test_where_results_stand_makes_no_difference(folder, judged, measured):
    QualityResults.load(folder)
    judged.clear()
    (folder / "motion" / "results.jsonl").unlink()
    for result in measured.values():
        write_part(folder / "motion", result)
    QualityResults.load(folder)
    merge(folder / "motion")
    QualityResults.load(folder)
    assert not judged


def change_a_result(folder, measured):
    new_part(folder / "motion").write_bytes(line(measured["c03"]).replace(b'"when":1.0', b'"when":2.0'))


def add_a_stage(folder, _measured):
    (folder / "speech" / "parts").mkdir(parents=True)
    for result in stage(["c03"], "speech").values():
        write_part(folder / "speech", result)


@pytest.mark.parametrize("change", [change_a_result, add_a_stage])
def test_other_results_are_judged(folder, judged, measured, change):
    QualityResults.load(folder)
    judged.clear()
    change(folder, measured)
    QualityResults.load(folder)
    assert len(judged) == len(STEMS) - 1


def test_other_limits_and_checks_are_judged(folder, judged, monkeypatch):
    first = QualityResults.load(folder)
    strict = Thresholds.load().with_value("jaw", Thresholds.load().of("jaw")[0].kind, 0.001, "a test")
    assert not same(QualityResults.load(folder, thresholds=strict), first)
    QualityResults.load(folder, seam_period=7)
    monkeypatch.setitem(CHECKS, "own", replace(CHECKS["jaw"], name="own", title="Own"))
    QualityResults.load(folder)
    assert len(judged) == 4 * (len(STEMS) - 1)
    assert same(QualityResults.load(folder, thresholds=strict), QualityResults.load(folder, thresholds=strict))


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: b"",
        lambda data: data[:-1],
        lambda data: data[:-9] + bytes([data[-9] ^ 1]) + data[-8:],
        lambda data: data.replace(b'"badness":[', b'"badness":"['),
        lambda data: b"[1]\n" + data,
        lambda data: json.dumps({"clips": [["c00", -1]], "badness": [], "population": {}}).encode() + b"\n",
    ],
)
def test_a_file_that_is_damaged_is_made_anew(folder, judged, damage):
    first = QualityResults.load(folder)
    [file] = (folder / "findings").iterdir()
    whole = file.read_bytes()
    file.write_bytes(damage(whole))
    judged.clear()
    assert same(QualityResults.load(folder), first)
    assert judged and file.read_bytes() == whole


def test_without_room_nothing_is_kept(folder, judged):
    (folder / "findings").write_text("no folder")
    assert same(QualityResults.load(folder), QualityResults.load(folder))
    assert len(judged) == 2 * (len(STEMS) - 1)


def test_the_last_few_are_kept(folder):
    for period in range(7):
        QualityResults.load(folder, seam_period=period)
    assert len(list((folder / "findings").iterdir())) == 4


def test_digests_are_of_the_keys_that_are_chosen_in_any_order(folder):
    kept = read_results(folder / "motion")
    assert list(kept) != STEMS
    assert kept.digest() == kept.only(STEMS).digest() != kept.only(STEMS[1:]).digest()
