"""Pages of the clip list: search, filters, order, neighbours, counts; and the list while it grows."""

import os
import threading

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from tests.dataset.factories import make_clip, make_dataset, write_motion, write_transcript
from tests.waiting import until
from tests.web.conftest import ARKIT, Page
from tests.web.fakes import make_services
from viewer.review import Verdict
from viewer.web.routes import install


def settle(services):
    """Until the catalogue is up to date."""
    services.library.start()
    until(lambda: services.library.complete)


@pytest.fixture
def listed(page, services, data):
    """The page on four clips of two sessions; b_1 has no sound and no text, a_1 is the longest."""
    make_clip(data, "a_1", frames=50, text="a long story")
    (data / "audios" / "b_1.wav").unlink()
    (data / "transcripts" / "b_1.txt").unlink()
    services.library.dataset.refresh()
    settle(services)
    return page


def stems(page, **query):
    answer = page.get("clips", **query)
    assert answer.status_code == 200, answer.json()
    return [row["stem"] for row in answer.json()["rows"]]


def test_rows_tell_what_the_list_shows(listed):
    answer = listed.get("clips").json()
    assert (answer["total"], answer["all"], answer["complete"]) == (4, 4, True)
    row = answer["rows"][0]
    assert (row["stem"], row["session"], row["splits"]) == ("a_0", "a", ["train"])
    assert row["seconds"] == pytest.approx(0.2) and row["text"] == "Hello there, this is a_0."
    assert row["flags"] == [] and row["modalities"] == ["motion", "audio", "transcript"] and row["playable"]
    assert [flag["code"] for flag in answer["rows"][3]["flags"]] == ["no-audio", "no-transcript"]


def test_pages_follow_on_each_other(listed):
    first = listed.get("clips", limit=3).json()
    assert [row["stem"] for row in first["rows"]] == ["a_0", "a_1", "b_0"] and first["total"] == 4
    assert stems(listed, start=3) == ["b_1"]
    assert stems(listed, after=first["cursor"]) == ["b_1"]
    assert stems(listed, start=99) == []


def test_search_filters_and_order(listed):
    assert stems(listed, search="stor lon") == ["a_1"]
    assert stems(listed, session="b") == ["b_0", "b_1"]
    assert stems(listed, modality="no-audio") == ["b_1"]
    assert stems(listed, flag=["no-transcript", "no-audio"]) == ["b_1"]
    assert stems(listed, min_seconds=1) == ["a_1"]
    assert stems(listed, sort="-seconds")[0] == "a_1"
    assert stems(listed, sort="-stem") == ["b_1", "b_0", "a_1", "a_0"]
    filtered = listed.get("clips", search="story").json()
    assert (filtered["total"], filtered["all"]) == (1, 4)


@pytest.mark.parametrize("search", ['"', "AND", "-x", "col:abc", "a*b", "(", "\x00", "'; DROP TABLE clips; --"])
def test_search_for_anything(listed, search):
    assert listed.get("clips", search=search).status_code == 200


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ({"sort": "hue"}, "hue"),
        ({"split": "dev"}, "dev"),
        ({"modality": "smell"}, "smell"),
        ({"after": "x"}, "x"),
    ],
)
def test_what_is_not_known_is_told(listed, query, named):
    answer = listed.get("clips", **query)
    assert answer.status_code == 422 and named in answer.json()["error"]


@pytest.mark.parametrize("query", [{"limit": 0}, {"limit": 10**9}, {"start": -1}, {"min_seconds": "long"}])
def test_numbers_that_make_no_sense_are_refused(listed, query):
    assert listed.get("clips", **query).status_code == 422


def test_neighbours_keep_to_the_list(listed):
    def around(clip, **query):
        answer = listed.get("neighbours", clip=clip, **query).json()
        return answer["previous"], answer["position"], answer["next"]

    assert around("a_1") == ("a_0", 1, "b_0")
    assert around("a_0") == (None, 0, "a_1")
    assert around("a_1", sort="-seconds") == (None, 0, "b_1")
    assert around("a_1", session="b") == (None, None, "b_0"), "hidden by the filter: its place among the others"
    assert around("nobody") == (None, None, None)


def test_facets_count_what_could_be_chosen_instead(listed):
    facets = listed.get("facets", session="b").json()["facets"]
    assert facets["session"] == {"a": 2, "b": 2}
    assert facets["modality"]["audio"] == 1 and facets["modality"]["no-audio"] == 1
    assert facets["flag"] == {"no-audio": 1, "no-transcript": 1}


def test_a_chosen_value_without_clips_stays_among_the_facets(listed):
    assert listed.get("facets", session="gone").json()["facets"]["session"]["gone"] == 0


def test_columns_come_when_asked_for(listed):
    assert "columns" not in listed.get("clips").json()
    names = [column["name"] for column in listed.get("clips", columns=True).json()["columns"]]
    assert {"stem", "seconds", "words", "flags"} <= set(names)


def test_the_list_grows_while_it_is_indexed(tmp_path, renderer, monkeypatch):
    """The page lists what is known; where a clip that is looked at has got to is told with each answer."""
    data = make_dataset(tmp_path / "data", stems=[f"s_{i:03}" for i in range(600)], frames=2, description=ARKIT)
    services = make_services(data, tmp_path / "cache", renderer)
    half, go = threading.Event(), threading.Event()
    summary = services.library.dataset.summary

    def slow(stem, **options):
        if stem == "s_300":
            half.set()
            assert go.wait(60)
        return summary(stem, **options)

    monkeypatch.setattr(services.library.dataset, "summary", slow)
    app = FastAPI()
    install(app, services)
    page = Page(TestClient(app, base_url="http://127.0.0.1:7860"))
    try:
        services.library.start()
        assert half.wait(60)
        early = page.get("clips", sort="-stem", anchor="s_200").json()
        assert not early["complete"] and 0 < early["total"] < 600
        assert early["anchor"] == early["total"] - 1 - 200
        assert early["progress"]["total"] == 600 and early["progress"]["running"]
        go.set()
        settle(services)
        late = page.get("clips", sort="-stem", anchor="s_200").json()
        assert late["complete"] and late["total"] == 600 and late["anchor"] == 399
        assert late["version"] > early["version"]
    finally:
        go.set()
        services.library.close()
        services.jobs.close()


def test_refresh_finds_what_has_changed(listed, services, data):
    write_transcript(data, "a_0", "other words")
    make_clip(data, "c_0", frames=5)
    answer = listed.client.post("/viewer/refresh", json={})
    assert answer.status_code == 200
    settle(services)
    assert stems(listed, search="other") == ["a_0"]
    assert "c_0" in stems(listed)


def test_stem_that_is_no_unicode_does_not_break_the_list(page, services, data):
    write_motion(data, "plain", frames=3)
    folder = os.fsencode(data / "FLAME_coeffs_25")
    os.rename(folder + b"/plain.npz", folder + b"/bad_\xff.npz")  # noqa: PTH104 - the name is bytes
    services.library.refresh()
    settle(services)
    found = stems(page)
    assert {"a_0", "b_1"} <= set(found)


def test_verdicts_are_a_column_from_the_start(listed, services):
    answer = listed.get("clips", columns=True).json()
    assert "verdict" in [column["name"] for column in answer["columns"]]
    services.desk.judge(Verdict(stem="a_1", motion_hash=services.desk.motion_hash("a_1"), verdict="bad"))
    again = listed.get("clips", columns=True).json()
    assert {row["stem"]: row["verdict"] for row in again["rows"]}["a_1"] == "bad"
    assert again["version"] > answer["version"]
    assert listed.get("clips", columns=True).json() == again


def test_verdicts_are_a_filter_an_order_and_counts(listed, services):
    counted = listed.get("facets").json()["facets"]["verdict"]
    assert counted == {"none": 4} and stems(listed, verdict="bad") == []
    for stem, kind in {"a_1": "bad", "b_0": "good"}.items():
        services.desk.judge(Verdict(stem=stem, motion_hash=services.desk.motion_hash(stem), verdict=kind))
    assert listed.get("facets", verdict="good").json()["facets"]["verdict"] == {"none": 2, "bad": 1, "good": 1}
    assert stems(listed, verdict="bad") == ["a_1"] and stems(listed, verdict=["bad", "none"]) == ["a_0", "a_1", "b_1"]
    assert stems(listed, sort="verdict") == ["a_1", "b_0", "a_0", "b_1"]
    assert listed.get("clips", verdict="fine").status_code == 422
