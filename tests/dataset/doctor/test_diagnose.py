"""Whole data sets on disk, good and bad."""

import json
import os
import signal
import subprocess
import sys
import textwrap
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from benchmarks.make_replica import make_replica
from benchmarks.replica.defects import FEWEST_CLIPS
from tests.dataset.factories import make_dataset, motion_arrays, tone, write_audio, write_motion, write_transcript
from tests.jobs.test_run import assert_gone
from tests.waiting import until
from viewer.dataset import Dataset
from viewer.dataset.doctor import EVERYTHING, HEADERS, Depth, Diagnosis, diagnose

REPOSITORY = Path(__file__).parents[3]
here = pytest.mark.usefixtures("jobs_here")

NEEDS_ALL_BYTES = {"npz with a wrong byte", "NaN frames", "identity changes", "silence"}


@pytest.fixture
def check(tmp_path):
    """Diagnose a data set: `check(folder, depth)`."""

    def run(folder, depth=EVERYTHING, **options):
        return diagnose(Dataset.open(folder), cache=tmp_path / "cache", depth=depth, processes=1, **options)

    return run


@dataclass
class Bad:
    """A replica with one defect of each kind."""

    root: Path
    planted: list[dict[str, str]]
    by_headers: Diagnosis
    by_all_bytes: Diagnosis

    def missed(self, diagnosis):
        found = {(finding.check, finding.stem) for finding in diagnosis.findings}
        return {entry["defect"] for entry in self.planted if (entry["check"], entry["stem"]) not in found}


@pytest.fixture(scope="module", params=["folder", "tar"])
def bad(tmp_path_factory, request):
    folder = tmp_path_factory.mktemp("bad")
    root = make_replica(folder / "replica", clips=FEWEST_CLIPS, layout=request.param, defects=True)
    planted = json.loads((folder / "replica.defects.json").read_text(encoding="utf-8"))
    dataset = Dataset.open(root)
    return Bad(
        root, planted, *(diagnose(dataset, cache=folder / "cache", depth=depth) for depth in (HEADERS, EVERYTHING))
    )


@here
@pytest.mark.parametrize("depth", [HEADERS, EVERYTHING])
def test_a_clean_set_has_no_findings(check, tmp_path, depth):
    found = check(make_replica(tmp_path / "good", clips=20, layout="folder"), depth)
    assert found.findings == ()
    assert found.clean
    assert found.summary["clips"] == 20
    assert found.summary["read"] == (20 if depth == EVERYTHING else 0)


def test_every_planted_defect_is_found_under_its_check(bad):
    assert bad.missed(bad.by_all_bytes) == set()


def test_headers_alone_find_all_that_headers_tell(bad):
    copies = {entry["defect"] for entry in bad.planted if entry["check"].startswith("same-")}
    assert bad.missed(bad.by_headers) == NEEDS_ALL_BYTES | copies


def test_nothing_but_what_was_planted_is_found(bad):
    expected = {entry["stem"] for entry in bad.planted}
    assert {finding.stem for finding in bad.by_all_bytes.findings} <= expected | {None}


def test_messages_say_where_once(bad):
    for finding in bad.by_all_bytes.findings:
        assert str(bad.root) not in finding.message + finding.where
        assert finding.message.endswith(".")


def test_json_is_plain_and_complete(bad):
    text = json.dumps(bad.by_all_bytes.as_json(), allow_nan=False)
    read = json.loads(text)
    assert set(read) == {"summary", "findings"}
    assert len(read["findings"]) == sum(read["summary"]["findings"].values()) >= len(bad.planted)
    for entry in read["findings"]:
        assert set(entry) == {"stem", "where", "check", "severity", "message"}
        assert entry["severity"] in ("error", "warn", "note")


@here
def test_hostile_files_do_not_stop_the_rest(check, tmp_path):
    root = make_dataset(tmp_path / "data", stems=[f"a_{k}" for k in range(6)])
    (root / "FLAME_coeffs_25" / "a_0.npz").write_bytes(b"PK\x03\x04" + b"\xff" * 1000)
    (root / "FLAME_coeffs_25" / "a_1.npz").write_bytes(b"")
    (root / "audios" / "a_2.wav").write_bytes(b"RIFF\xff\xff\xff\xffWAVEfmt \xff\xff\xff\xff")
    write_transcript(root, "a_3", b"\x00\xff\xfe" * 1000)
    write_motion(root, "a_4", {**motion_arrays(), "exp": np.full((50, 100), np.inf, np.float32)})
    errors = {finding.stem for finding in check(root).findings if finding.severity == "error"}
    assert errors == {"a_0", "a_1", "a_2", "a_4"}


class Faulty(Dataset):
    """Something goes wrong at the second clip that is no fault of the data."""

    def __getitem__(self, stem):
        if stem == "a_1":
            self.fail()
        return super().__getitem__(stem)


class Raising(Faulty):
    def fail(self):
        raise MemoryError("no more")


class Dying(Faulty):
    def fail(self):
        os.kill(os.getpid(), signal.SIGKILL)


@pytest.mark.parametrize(("kind", "reason"), [(Raising, "MemoryError: no more"), (Dying, "ended by SIGKILL")])
def test_a_clip_that_ends_its_process_is_a_finding_and_tried_again(check, tmp_path, kind, reason):
    root = make_dataset(tmp_path / "data", stems=["a_0", "a_1", "a_2"])
    (finding,) = [f for f in check(root, reopen=partial(kind.open, root)).findings if f.check == "unfinished"]
    assert (finding.stem, finding.severity) == ("a_1", "error")
    assert reason in finding.message
    again = check(root)
    assert again.clean
    assert again.summary["unchanged"] == 2


@here
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


@here
def test_clips_with_the_same_face_are_no_copies(check, tmp_path):
    root = make_dataset(tmp_path / "data", stems=["a_0", "a_1"])
    write_audio(root, "a_1", 0.5 * tone(2))
    assert not [finding for finding in check(root).findings if finding.check.startswith("same-")]


@here
def test_a_second_run_reads_only_what_changed(check, tmp_path):
    root = make_replica(tmp_path / "data", clips=12, layout="folder")
    first = check(root)
    assert first.summary["unchanged"] == 0
    stem = Dataset.open(root).stems[3]
    write_audio(root, stem, tone(1))
    second = check(root)
    assert second.summary["unchanged"] == 11
    assert {finding.stem for finding in second.findings} == {stem}


@here
def test_an_archive_that_was_replaced_is_read_again(check, tmp_path):
    root = make_replica(tmp_path / "data", clips=6, layout="tar")
    check(root)
    assert check(root).summary["unchanged"] == 6
    other = make_replica(tmp_path / "other", clips=6, layout="tar", seed=1)
    (other / "transcripts.tar").replace(root / "transcripts.tar")
    found = check(root)
    assert found.summary["unchanged"] == 0
    assert {finding.check for finding in found.findings} == {"layout"}  # of other clips


@here
def test_predictions_are_measured_against_the_sound_they_borrow(tmp_path):
    root = make_replica(tmp_path / "data", clips=4, layout="folder")
    stems = Dataset.open(root).stems
    predictions = tmp_path / "predictions"
    predictions.mkdir()
    for k, stem in enumerate(stems):
        with np.load(root / "FLAME_coeffs_25" / f"{stem}.npz") as arrays:
            vectors = np.hstack([arrays["exp"], arrays["pose"]])
        np.save(predictions / f"{stem}_pred.npy", vectors[: len(vectors) - 10 * k])
    reopen = partial(Dataset.open, predictions, base=root, stem_pattern="{stem}_pred")
    found = diagnose(reopen(), reopen=reopen, cache=tmp_path / "cache", depth=EVERYTHING, processes=1)
    assert [(finding.check, finding.stem) for finding in found.findings] == [
        ("length", f"{stem}_pred") for stem in stems[1:]
    ]


@here
def test_headers_read_before_do_not_stand_for_bytes(check, tmp_path):
    root = make_replica(tmp_path / "data", clips=12, layout="folder")
    assert check(root, HEADERS).summary["unchanged"] == 0
    assert check(root, EVERYTHING).summary["unchanged"] == 0
    assert check(root, HEADERS).summary["unchanged"] == 12


@here
def test_a_share_is_read_and_the_rest_by_its_headers(check, tmp_path):
    root = make_replica(tmp_path / "data", clips=60, layout="folder")
    found = check(root, Depth.parse("30%"))
    assert 0 < found.summary["read"] < 60
    assert found.summary["clips"] == 60
    assert found.summary["share"] == 0.3


def test_a_run_that_is_killed_is_gone_on_with(tmp_path):
    root = make_replica(tmp_path / "data", clips=20, layout="folder")
    last, reached, go = Dataset.open(root).stems[12], tmp_path / "reached", tmp_path / "go"
    plugin = f"""
        import os, time
        from pathlib import Path
        from viewer.dataset.tracks import TrackFormat, register_format

        def waits(file):
            if {last!r} in file.name:
                Path({str(reached)!r}).write_text(f"{{os.getpid()}}.")
                while not Path({str(go)!r}).exists():
                    time.sleep(0.01)
            return False

        register_format(TrackFormat("waits", "nobody", waits, read=waits))
    """
    (tmp_path / "waits.py").write_text(textwrap.dedent(plugin))
    options = ["--data", root, "--read-data", "--json", "--jobs", "1", "--plugin", tmp_path / "waits.py"]
    command = [sys.executable, "-m", "viewer", "doctor", *options]
    environment = {**os.environ, "XDG_CACHE_HOME": str(tmp_path / "cache")}
    with subprocess.Popen(command, cwd=REPOSITORY, env=environment, stdout=subprocess.PIPE) as run:
        try:
            until(lambda: reached.exists() and reached.read_text().endswith("."), seconds=120)
        finally:
            run.kill()
    assert_gone({int(reached.read_text().rstrip("."))})
    go.touch()
    again = subprocess.run(command, cwd=REPOSITORY, env=environment, stdout=subprocess.PIPE, check=True)
    assert json.loads(again.stdout)["summary"]["unchanged"] == 12


@here
def test_a_cache_that_cannot_be_written_is_told_and_stops_nothing(tmp_path):
    root = make_replica(tmp_path / "data", clips=3, layout="folder")
    (tmp_path / "file").write_text("no folder")
    found = diagnose(Dataset.open(root), cache=tmp_path / "file", depth=EVERYTHING, processes=1)
    assert found.findings == ()
    assert "not kept for the next run" in found.warning


@here
def test_progress_ends_at_all_clips(check, tmp_path):
    root = make_replica(tmp_path / "data", clips=5, layout="folder")
    seen = []
    check(root, progress=lambda done, failed, total: seen.append((done, failed, total)))
    assert seen[-1] == (5, 0, 5)
    assert seen == sorted(seen)
