"""The timeline as it is sent."""

import numpy as np
import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from tests.browser.serving import lookup, speaking_clip
from viewer.clip import Clip
from viewer.errors import ClipError
from viewer.flame import HeadChoice
from viewer.motion import CurveMaker
from viewer.web.timeline_routes import TimelineSource, timeline_router
from viewer.web.wire.container import unpack
from viewer.words import estimate_words

URL = "/viewer/timeline/clip.bin"


@pytest.fixture
def clips(head):
    silent = speaking_clip(head, "one frame", frames=1, sound=False, transcript=None)
    return {"speech": speaking_clip(head, "speech"), "one frame": silent}


@pytest.fixture
def client(clips, head):
    app = FastAPI()
    app.include_router(timeline_router(TimelineSource(lookup(clips), head)))
    return TestClient(app)


def test_curves_words_and_pictures_of_the_sound(client, clips, head):
    clip = clips["speech"]
    header, arrays = unpack(client.get(URL, params={"stem": "speech"}).content)
    assert (header["stem"], header["frames"], header["fps"]) == ("speech", 100, 25)
    expected = CurveMaker(head).curves(clip)
    assert [entry["name"] for entry in header["curves"]] == [curve.name for curve in expected]
    for curve in expected:
        np.testing.assert_array_equal(arrays[curve.name], curve.values)
    assert header["words"] == [
        [w.text, pytest.approx(w.start, abs=1e-4), pytest.approx(w.end, abs=1e-4)] for w in estimate_words(clip)
    ]
    assert len(arrays["wave_low"]) * header["waveform"]["seconds"] == pytest.approx(clip.seconds)
    columns, bands = arrays["spectrogram"].shape
    assert bands == header["spectrogram"]["bands"]
    assert columns * header["spectrogram"]["seconds"] == pytest.approx(clip.seconds)


def test_one_silent_frame_without_words(client):
    answer = client.get(URL, params={"stem": "one frame"})
    header, arrays = unpack(answer.content)  # its header is JSON without NaN, or this fails
    assert header["waveform"] is header["spectrogram"] is None and header["words"] == []
    assert np.isnan(arrays["expression_speed"]).all() and "loudness" not in arrays
    assert b"NaN" not in answer.content


def test_frames_that_are_nan_in_the_data_are_marked_and_have_no_values(client, clips, head):
    exp = np.array(clips["speech"].exp)
    exp[7] = np.nan
    clips["nan"] = Clip.from_arrays(exp=exp, pose=clips["speech"].pose, expression_space="arkit52", stem="nan")
    header, arrays = unpack(client.get(URL, params={"stem": "nan"}).content)
    assert header["bad_frames"] == [[7, 7]]
    assert np.isnan([arrays[curve["name"]][7] for curve in header["curves"]]).all()
    assert header["bad_values"] == "NaN" and "frame 7 (1 in all)" in header["notes"][0]
    header, _ = unpack(client.get(URL, params={"stem": "speech"}).content)
    assert header["bad_frames"] == []


def test_a_track_of_vertices_has_fewer_curves_and_says_so(client, clips, head):
    clips["track"] = Clip.from_arrays(vertices=np.tile(head.model.v_template, (3, 1, 1)), stem="track")
    header, _ = unpack(client.get(URL, params={"stem": "track"}).content)
    assert [curve["name"] for curve in header["curves"]] == ["mouth_opening", "expression_speed"]
    assert "track of vertices" in header["notes"][0]
    clips["other"] = Clip.from_arrays(vertices=np.zeros((3, 9, 3)), stem="other")
    answer = client.get(URL, params={"stem": "other"})
    assert answer.status_code == 422 and "9 vertices" in answer.json()["error"]


def test_hostile_text_arrives_as_it_is(client, clips, head):
    text = "</script><b>&amp; \u2028 NaN ünï"
    clips["hostile"] = speaking_clip(head, "hostile", transcript=text)
    header, _ = unpack(client.get(URL, params={"stem": "hostile"}).content)
    assert [word for word, _, _ in header["words"]] == text.split()


def test_unchanged_clips_are_not_sent_again(client, clips, head):
    first = client.get(URL, params={"stem": "speech"})
    tag = first.headers["etag"]
    assert "no-cache" in first.headers["cache-control"]
    again = client.get(URL, params={"stem": "speech"}, headers={"If-None-Match": tag})
    assert again.status_code == 304 and again.content == b"" and again.headers["etag"] == tag
    assert client.head(URL, params={"stem": "speech"}).headers["etag"] == tag
    clips["speech"] = speaking_clip(head, "speech", seed=1)
    changed = client.get(URL, params={"stem": "speech"}, headers={"If-None-Match": tag})
    assert changed.status_code == 200 and changed.headers["etag"] != tag


def test_another_head_is_another_timeline(clips, head):
    tags = {TimelineSource(lookup(clips), HeadChoice(head.model, zeroed, ())).tag(clips["speech"]) for zeroed in (0, 1)}
    assert len(tags) == 2


def test_trouble_is_told_in_words(client, clips, head):
    def broken(stem):
        raise ClipError(f"{stem}: pose has width 5; expected 6")

    assert client.get(URL, params={"stem": "nobody"}).status_code == 404
    assert "nobody" in client.get(URL, params={"stem": "nobody"}).json()["error"]
    assert client.get(URL).status_code == 422
    wide = Clip.from_arrays(exp=np.ones((3, 300)), pose=np.zeros((3, 6)), expression_space="arkit52")
    clips["wide"] = wide
    assert "300" in client.get(URL, params={"stem": "wide"}).json()["error"]
    app = FastAPI()
    app.include_router(timeline_router(TimelineSource(broken, head)))
    answer = TestClient(app).get(URL, params={"stem": "x"})
    assert answer.status_code == 422 and "expected 6" in answer.json()["error"]
