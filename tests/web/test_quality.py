"""What the page is told of quality: findings of a clip, clips like it, and the check of all clips."""

import json
import os
from functools import partial
from textwrap import dedent
from types import SimpleNamespace

import numpy as np
import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from tests.dataset.factories import make_clip, motion_arrays, write_motion
from tests.waiting import until
from tests.web.conftest import Page
from tests.web.fakes import make_services
from tests.web.test_list_routes import settle
from viewer.dataset import Dataset
from viewer.dataset.catalogue.columns import SEVERITIES
from viewer.jobs import Result
from viewer.jobs.results import line
from viewer.quality import CHECKS, results_folder
from viewer.quality import SEVERITIES as OF_CHECKS
from viewer.quality.population import FEWEST_CLIPS
from viewer.quality.results import write_about
from viewer.quality.run import Measurer, measure_dataset
from viewer.web.background import BackgroundRun, RunState
from viewer.web.quality import QualitySource
from viewer.web.quality_reader import read_here, read_results
from viewer.web.routes import install

WIDE = "wide_0"
FRAMES = 60
CLIPS = FEWEST_CLIPS + 1


@pytest.fixture
def in_this_process(jobs_here, monkeypatch):
    monkeypatch.setattr("viewer.web.quality.read_results", read_here)


@pytest.fixture
def checked(data, services, page):
    """The page on clips of a length that means something; the jaw of one is wide open at one place."""
    for number, stem in enumerate(["a_0", "a_1", "b_0", "b_1", *(f"c_{i}" for i in range(CLIPS - 5))]):
        make_clip(data, stem, frames=FRAMES, seed=number)
    arrays = motion_arrays(frames=FRAMES)
    arrays["pose"][30:34, 3] = np.radians(50)
    write_motion(data, WIDE, arrays)
    services.library.dataset.refresh()
    settle(services)
    yield page
    services.quality.close()


def run_to_the_end(page):
    assert page.client.post("/viewer/quality/start", json={}).json()["state"] in ("running", "done")
    until(lambda: page.get("quality/run").json()["state"] not in ("running", "cancelling"), seconds=200)
    return page.get("quality/run").json()


def jaw_of(answer):
    return [finding for finding in answer["findings"] if finding["check"] == "jaw"]


def test_the_catalogue_knows_the_severities_of_the_checks():
    assert set(SEVERITIES) == set(OF_CHECKS)
    assert OF_CHECKS[::-1] == SEVERITIES


def test_a_clip_is_examined_on_the_spot(checked):
    answer = checked.get("quality", clip=WIDE).json()
    assert (answer["stem"], answer["kept"], answer["severity"]) == (WIDE, False, "error")
    [jaw] = jaw_of(answer)
    assert (jaw["severity"], jaw["unit"], jaw["title"]) == ("error", CHECKS["jaw"].unit, CHECKS["jaw"].title)
    assert jaw["value"] == pytest.approx(50, abs=0.1)
    assert jaw["start"] <= 30 / 25 + 0.05 and jaw["end"] >= 31 / 25
    assert jaw["percentile"] is None
    assert jaw["message"]
    order = [OF_CHECKS.index(finding["severity"]) for finding in answer["findings"]]
    assert order == sorted(order)
    assert {finding["check"] for finding in answer["findings"]} == set(CHECKS)
    assert answer["bands"] == {}


def test_curves_of_checks_have_a_value_a_frame(checked):
    answer = checked.get("quality", clip=WIDE).json()
    curves = {curve["name"]: curve for curve in answer["curves"]}
    jaw = curves["check_jaw"]
    assert len(jaw["values"]) == FRAMES
    assert jaw["values"][31] == pytest.approx(50, abs=0.1)
    assert (jaw["label"], jaw["unit"]) == (CHECKS["jaw"].title, CHECKS["jaw"].unit)


def test_frames_without_a_number_are_null(checked, data):
    arrays = motion_arrays(frames=FRAMES)
    arrays["pose"][10:12] = np.nan
    write_motion(data, WIDE, arrays)
    answer = checked.get("quality", clip=WIDE)
    found = json.loads(answer.text, parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))
    assert [f["severity"] for f in found["findings"] if f["check"] == "integrity"] == ["error"]


def test_what_cannot_be_had_is_said(checked, data):
    assert checked.get("quality", clip="nobody").status_code == 404
    path = data / "FLAME_coeffs_25" / "a_0.npz"
    path.write_bytes(path.read_bytes()[:-200])
    answer = checked.get("quality", clip="a_0")
    assert answer.status_code == 422 and answer.json()["error"]
    assert checked.get("quality/nearest", clip="a_1").json() == {"nearest": []}
    assert checked.get("quality/nearest", clip="nobody").status_code == 404
    assert checked.get("quality/nearest", clip="a_1", count=0).status_code == 422


@pytest.mark.usefixtures("in_this_process")
def test_all_clips_are_checked_and_listed(checked, services, data, tmp_path, renderer):
    assert checked.get("quality/run").json() | {"version": 0} == {
        "state": "idle",
        "done": 0,
        "failed": 0,
        "total": 0,
        "message": "",
        "stages": 2,
        "checked": 0,
        "clips": CLIPS,
        "version": 0,
    }
    state = run_to_the_end(checked)
    assert state["state"] == "done", state
    assert (state["checked"], state["clips"]) == (CLIPS, CLIPS)

    columns = {column["name"]: column for column in checked.get("clips", columns=True).json()["columns"]}
    assert columns["worst"]["kind"] == "severity"
    assert columns["check_jaw"]["unit"] == CHECKS["jaw"].unit
    assert {f"check_{name}" for name in CHECKS} <= set(columns)

    first = checked.get("clips", sort="-check_jaw").json()["rows"][0]
    assert (first["stem"], first["worst"]) == (WIDE, "error")
    assert first["check_jaw"] == pytest.approx(50, abs=0.1)
    assert "jaw:error" in first["issues"]
    assert stems(checked, severity="error", check="jaw") == [WIDE]
    assert stems(checked, between="check_jaw:40:60") == [WIDE]
    assert WIDE not in stems(checked, between="check_jaw::40")
    assert stems(checked, severity="none") == []
    facets = checked.get("facets").json()["facets"]
    assert facets["check"]["jaw"] == 1 and sum(facets["severity"].values()) == CLIPS

    answer = checked.get("quality", clip=WIDE).json()
    assert answer["kept"]
    assert jaw_of(answer)[0]["percentile"] > 50
    band = answer["bands"]["jaw_angle"]
    assert band["low"] <= band["from"] <= band["to"] <= band["high"]

    nearest = checked.get("quality/nearest", clip="a_0", count=3).json()["nearest"]
    assert len(nearest) == 3 and "a_0" not in [one["stem"] for one in nearest]
    distances = [one["distance"] for one in nearest]
    assert distances == sorted(distances)

    # The program is stopped and started again: what was found is there at once.
    later = make_services(data, tmp_path / "cache", renderer)
    app = FastAPI()
    install(app, later)
    page = Page(TestClient(app, base_url="http://127.0.0.1:7860"))
    settle(later)
    later.quality.start()
    until(lambda: page.get("quality/run").json()["checked"] == CLIPS)
    assert stems(page, sort="-check_jaw")[0] == WIDE
    assert page.get("quality", clip=WIDE).json()["kept"]
    later.quality.close()
    later.library.close()
    later.sheet.close()
    later.jobs.close()


@pytest.mark.usefixtures("in_this_process")
def test_limits_of_ones_own_hold_for_one_clip_and_for_all(checked, services, tmp_path):
    run_to_the_end(checked)
    limits = tmp_path / "limits.toml"
    limits.write_text("[jaw.note_above]\nvalue = 49\n")
    own = QualitySource(
        services.library,
        services.head,
        cache=tmp_path / "cache",
        reopen=partial(Dataset.open, services.library.dataset.path),
        thresholds=limits,
    )
    answer = own.of_clip(WIDE)
    assert (answer["kept"], jaw_of(answer)[0]["severity"]) == (False, "note")
    own.take_in()
    answer = own.of_clip(WIDE)
    assert (answer["kept"], jaw_of(answer)[0]["severity"]) == (True, "note")
    assert stems(checked, severity="note", check="jaw") == [WIDE]
    assert stems(checked, severity="error", check="jaw") == []


@pytest.mark.usefixtures("in_this_process")
def test_a_clip_that_changed_is_examined_anew(checked, data):
    run_to_the_end(checked)
    write_motion(data, WIDE, frames=FRAMES)
    answer = checked.get("quality", clip=WIDE).json()
    assert not answer["kept"]
    assert jaw_of(answer)[0]["severity"] == "ok"


def test_a_run_is_stopped_and_gone_on_with(page, services):
    """In processes of its own, as all this is done."""
    settle(services)
    page.client.post("/viewer/quality/start", json={})
    assert page.client.post("/viewer/quality/stop", json={}).json()["state"] in ("cancelling", "cancelled", "done")
    until(lambda: not services.quality.run.running, seconds=200)
    assert run_to_the_end(page)["checked"] == 4
    services.quality.close()


@pytest.mark.usefixtures("in_this_process")
def test_what_runs_elsewhere_find_comes_into_the_list(checked, services, data, tmp_path, monkeypatch):
    """The files that two shards leave on a shared folder while the page is open; one of them is killed at first."""
    monkeypatch.setattr("viewer.web.quality._LOOK_SECONDS", 0.05)
    services.quality.start()
    out, head = results_folder(tmp_path / "cache", services.library.dataset), services.head.model
    measure = Measurer(partial(Dataset.open, data), str(head.path), head.layer, "motion", tmp_path)
    order = [WIDE, *(stem for stem in services.library.dataset.playable if stem != WIDE)]
    lines = [line(Result(stem, "", "done", measure(stem), when=1.0)) for stem in order]
    parts = [out / "motion" / "shards" / shard / "parts" / "1.part" for shard in ("1-of-2", "2-of-2")]
    for part in parts:
        part.parent.mkdir(parents=True)
    write_about(out, dataset=str(data), model=str(head.path))

    parts[0].write_bytes(b"\n" + lines[0] + lines[1][:-100])
    until(lambda: checked.get("quality/run").json()["checked"] == 1, seconds=120)
    assert stems(checked, severity="error") == [WIDE]
    parts[1].write_bytes(b"\n" + b"".join(lines))
    until(lambda: checked.get("quality/run").json()["checked"] == CLIPS, seconds=120)
    assert stems(checked, severity="none") == []
    assert stems(checked, sort="-check_jaw")[0] == WIDE
    assert checked.get("quality/run").json()["state"] == "idle"


@pytest.mark.usefixtures("in_this_process")
def test_findings_are_shown_from_where_nothing_can_be_written(checked, services, tmp_path, caplog):
    """The disk may be full, or the results another one's."""
    in_the_way = results_folder(tmp_path / "cache", services.library.dataset) / "population.json"
    in_the_way.mkdir(parents=True)
    measured = measure_dataset(
        services.library.dataset,
        head=services.head,
        out=in_the_way.parent,
        cache=tmp_path / "cache",
        reopen=partial(Dataset.open, services.library.dataset.path),
        speech=False,
    )
    assert len(measured[0]) == CLIPS
    services.quality.take_in()
    assert stems(checked, severity="error") == [WIDE]
    assert "population.json" in caplog.text


def test_ctrl_c_does_not_reach_the_process_that_reads_though_it_is_but_half_begun(tmp_path, monkeypatch):
    """It goes to all processes of a terminal: the one that reads would print a traceback."""
    code = """
        import os, signal, sys
        if "--multiprocessing-fork" in sys.orig_argv:
            os.kill(os.getpid(), signal.SIGINT)
    """
    (tmp_path / "sitecustomize.py").write_text(dedent(code))
    monkeypatch.setenv("PYTHONPATH", str(tmp_path), prepend=os.pathsep)
    write_about(tmp_path, dataset="/data", model="head.npz")
    assert read_results(tmp_path, clips=1) is None, "nothing is kept there yet"


@pytest.mark.parametrize("moment", [(BackgroundRun, "state", RunState("done")), (Dataset, "revision", 7)])
def test_counts_are_those_of_the_results_however_they_come_between(page, services, monkeypatch, moment):
    """Results are taken in, and the run ends, while somebody asks: nobody would ask again."""
    owner, name, value = moment
    source = services.quality

    def taken_in(_):
        if source.results is None:
            source._results = SimpleNamespace(clips=dict.fromkeys(["a_0", "b_0"]))
            source._version += 1
        return value

    monkeypatch.setattr(owner, name, property(taken_in))
    assert page.get("quality/run").json()["checked"] == 2
    assert page.get("quality/run").json()["checked"] == 2


def stems(page, **query):
    answer = page.get("clips", **query)
    assert answer.status_code == 200, answer.json()
    return [row["stem"] for row in answer.json()["rows"]]
