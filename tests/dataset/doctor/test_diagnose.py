"""Whole data sets on disk, good and bad."""

import json
from collections import Counter

import numpy as np
import pytest

from benchmarks.make_replica import make_replica
from benchmarks.replica.defects import FEWEST_CLIPS
from tests.dataset.factories import make_dataset, motion_arrays, tone, write_audio, write_motion, write_transcript
from viewer.dataset import Dataset
from viewer.dataset.doctor import EVERYTHING, HEADERS, Depth, diagnose, survey
from viewer.dataset.doctor import examine as examination

NEEDS_ALL_BYTES = {"npz with a wrong byte", "NaN frames", "identity changes", "silence"}


@pytest.fixture
def check(tmp_path):
    """Diagnose a data set: `check(folder, depth)`."""

    def run(folder, depth=EVERYTHING, **options):
        return diagnose(Dataset.open(folder), cache=tmp_path / "cache", depth=depth, **options)

    return run


@pytest.fixture(scope="module")
def bad(tmp_path_factory):
    """A replica with one defect of each kind, and where they are."""
    root = tmp_path_factory.mktemp("bad") / "replica"
    make_replica(root, clips=FEWEST_CLIPS, layout="folder", defects=True)
    return root, json.loads(root.with_name("replica.defects.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("depth", [HEADERS, EVERYTHING])
def test_a_clean_set_has_no_findings(check, tmp_path, depth):
    found = check(make_replica(tmp_path / "good", clips=20, layout="folder"), depth)
    assert found.findings == ()
    assert found.clean
    assert found.summary["clips"] == 20
    assert found.summary["read"] == (20 if depth == EVERYTHING else 0)


def test_every_planted_defect_is_found_under_its_check(check, bad):
    root, planted = bad
    found = {(finding.check, finding.stem) for finding in check(root).findings}
    missed = [entry for entry in planted if (entry["check"], entry["stem"]) not in found]
    assert missed == []


def test_headers_alone_find_all_that_headers_tell(check, bad):
    root, planted = bad
    found = {(finding.check, finding.stem) for finding in check(root, HEADERS).findings}
    missed = {entry["defect"] for entry in planted if (entry["check"], entry["stem"]) not in found}
    copies = {entry["defect"] for entry in planted if entry["check"].startswith("same-")}
    assert missed == NEEDS_ALL_BYTES | copies


def test_nothing_but_what_was_planted_is_found(check, bad):
    root, planted = bad
    expected = Counter(entry["stem"] for entry in planted)
    assert {finding.stem for finding in check(root).findings} == set(expected)


def test_messages_say_where_once(check, bad):
    root, _ = bad
    for finding in check(root).findings:
        assert str(root) not in finding.message + finding.where
        assert finding.message[0].isupper() or finding.message[0].isdigit()
        assert finding.message.endswith(".")


def test_json_is_plain_and_complete(check, bad):
    root, planted = bad
    found = check(root)
    text = json.dumps(found.as_json(), allow_nan=False)
    read = json.loads(text)
    assert set(read) == {"summary", "findings"}
    assert len(read["findings"]) == sum(read["summary"]["findings"].values()) >= len(planted)
    for entry in read["findings"]:
        assert set(entry) == {"stem", "where", "check", "severity", "message"}
        assert entry["severity"] in ("error", "warn", "note")


def test_hostile_files_do_not_stop_the_rest(check, tmp_path):
    root = make_dataset(tmp_path / "data", stems=[f"a_{k}" for k in range(6)])
    (root / "FLAME_coeffs_25" / "a_0.npz").write_bytes(b"PK\x03\x04" + b"\xff" * 1000)
    (root / "FLAME_coeffs_25" / "a_1.npz").write_bytes(b"")
    (root / "audios" / "a_2.wav").write_bytes(b"RIFF\xff\xff\xff\xffWAVEfmt \xff\xff\xff\xff")
    write_transcript(root, "a_3", b"\x00\xff\xfe" * 1000)
    write_motion(root, "a_4", {**motion_arrays(), "exp": np.full((50, 100), np.inf, np.float32)})
    errors = {finding.stem for finding in check(root).findings if finding.severity == "error"}
    assert errors == {"a_0", "a_1", "a_2", "a_4"}


def test_an_error_of_ours_is_a_finding_about_that_clip(check, tmp_path, monkeypatch):
    root = make_dataset(tmp_path / "data", stems=["a_0", "a_1", "a_2"])

    def examine(dataset, stem, *, read):
        if stem == "a_1":
            raise MemoryError("no more")
        return examination.examine(dataset, stem, read=read)

    monkeypatch.setattr(survey, "examine", examine)
    (finding,) = [finding for finding in check(root).findings if finding.check == "unfinished"]
    assert (finding.stem, finding.severity) == ("a_1", "error")
    assert "MemoryError: no more" in finding.message
    monkeypatch.undo()
    assert check(root).clean


def test_motion_that_never_changes(check, tmp_path):
    root = make_dataset(tmp_path / "data", stems=["a_0", "a_1"])
    for stem in ("a_0", "a_1"):
        still = {
            key: np.repeat(value[:1], 50, axis=0) if np.ndim(value) else value for key, value in motion_arrays().items()
        }
        write_motion(root, stem, still)
    found = check(root).findings
    assert {(finding.check, finding.severity) for finding in found if "motion" in finding.check} == {
        ("motion-values", "warn")
    }


def test_clips_with_the_same_face_are_no_copies(check, tmp_path):
    root = make_dataset(tmp_path / "data", stems=["a_0", "a_1"])
    write_audio(root, "a_1", 0.5 * tone(2))
    assert not [finding for finding in check(root).findings if finding.check.startswith("same-")]


def test_a_second_run_reads_only_what_changed(check, tmp_path):
    root = make_replica(tmp_path / "data", clips=12, layout="folder")
    first = check(root)
    assert first.summary["unchanged"] == 0
    stem = Dataset.open(root).stems[3]
    write_audio(root, stem, tone(1))
    second = check(root)
    assert second.summary["unchanged"] == 11
    assert {finding.stem for finding in second.findings} == {stem}
    assert check(root).findings == second.findings


def test_headers_read_before_do_not_stand_for_bytes(check, tmp_path):
    root = make_replica(tmp_path / "data", clips=12, layout="folder")
    assert check(root, HEADERS).summary["unchanged"] == 0
    assert check(root, EVERYTHING).summary["unchanged"] == 0
    assert check(root, HEADERS).summary["unchanged"] == 12


def test_a_share_is_read_and_the_rest_by_its_headers(check, tmp_path):
    root = make_replica(tmp_path / "data", clips=60, layout="folder")
    found = check(root, Depth.parse("30%"))
    assert 0 < found.summary["read"] < 60
    assert found.summary["clips"] == 60
    assert found.summary["share"] == 0.3


def test_a_torn_line_in_the_cache_is_read_again(check, tmp_path):
    root = make_replica(tmp_path / "data", clips=12, layout="folder")
    check(root)
    (kept,) = (tmp_path / "cache" / "doctor").iterdir()
    whole = kept.read_bytes()
    kept.write_bytes(whole[:-40])
    assert check(root).summary["unchanged"] == 11
    kept.write_bytes(b"\xff\x00[]\n{}\n" + whole + b'{"fingerprint": 1, "findings": 3}\n')
    assert check(root).summary["unchanged"] == 12


def test_a_cache_that_cannot_be_written_is_told_and_stops_nothing(tmp_path):
    root = make_replica(tmp_path / "data", clips=3, layout="folder")
    (tmp_path / "file").write_text("no folder")
    found = diagnose(Dataset.open(root), cache=tmp_path / "file", depth=EVERYTHING)
    assert found.findings == ()
    assert "not kept for the next run" in found.warning


def test_progress_ends_at_all_clips(check, tmp_path):
    root = make_replica(tmp_path / "data", clips=5, layout="folder")
    seen = []
    check(root, progress=lambda done, total: seen.append((done, total)))
    assert seen[-1] == (5, 5)
    assert seen == sorted(seen)
