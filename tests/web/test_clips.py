"""The clip list, and the facts of a clip and of the model."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.dataset.factories import make_clip, write_audio, write_motion, write_transcript
from tests.web.test_list_routes import settle
from viewer.clip import Clip
from viewer.flame import choose_head
from viewer.web.facts import clip_facts, loudness, short_path


def rows(page, services):
    settle(services)
    return page.get("clips").json()["rows"]


def test_facts_of_a_clip(page):
    facts = page.get("clip", stem="a_1").json()
    assert (facts["frames"], facts["fps"], facts["seconds"]) == (5, 25, 0.2)
    assert len(facts["jaw"]["curve"]) == len(facts["loudness"]) == 5
    degrees = np.degrees(0.1 * np.sin(np.arange(5) / 3) ** 2)  # what the data set was made with
    assert facts["jaw"]["max"] == pytest.approx(degrees.max(), rel=1e-5)
    assert facts["jaw"]["mean"] == pytest.approx(degrees.mean(), rel=1e-5)
    assert [word for word, _, _ in facts["words"]] == ["Hello", "there,", "this", "is", "a_1."]
    assert facts["audio"] == {"rate": 16000, "channels": 1, "seconds": 0.2}


def test_facts_say_that_sound_is_cut(page, data):
    make_clip(data, "a_0", frames=50)
    write_motion(data, "a_0", frames=25)
    facts = page.get("clip", stem="a_0").json()
    (message,) = (flag["message"] for flag in facts["flags"])
    assert facts["altered"] == [message] and "1.00 s are cut off" in message
    assert [flag["code"] for flag in facts["flags"]] == [flag["code"] for flag in facts["row"]["flags"]] != []


HOSTILE = ["</script><script>alert(1)</script>", "-->", '=HYPERLINK("x")', "\u2028\u2029", "\x00\x1b[31m", "'\"`${1}"]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_transcript_arrives_as_it_is(page, data, text):
    write_transcript(data, "a_0", f"{text} end")
    answer = page.get("clip", stem="a_0")
    assert answer.headers["content-type"] == "application/json"
    assert [word for word, _, _ in answer.json()["words"]][-1] == "end"


@pytest.mark.parametrize("stem", ["</script>", "../x", "a/b", "..", "", "a_0\x00", "A_0", "é" * 3000, "\ud800"])
def test_stem_that_does_not_exist(page, stem):
    answer = page.client.post(
        "/viewer/film",
        content=f'{{"clip": {json.dumps(stem)}, "look": "artalk", "camera": "front", "size": 64, "tab": "t"}}',
        headers={"content-type": "application/json"},
    )
    assert answer.status_code in (404, 422)
    assert "clip" in answer.json()["error"]


@pytest.mark.parametrize("stem", ["we ird", "ünï_你好", "a'b\"c", "=1+1", "<b>", "a..b", "#x?y&z%41", "-rf"])
def test_odd_stem_works_from_list_to_download(page_of, stem):
    page, services = page_of(stem)
    assert page.get("clip", stem=stem).json()["stem"] == stem
    url = page.wait(stem)["url"]
    assert rows(page, services)[0]["stem"] == stem
    disposition = page.get(url, download=1).headers["content-disposition"]
    assert disposition.startswith("attachment; filename") and "/" not in disposition.removeprefix("attachment; ")


@pytest.fixture
def page_of(tmp_path, renderer):
    """Page on a data set of one clip with the given stem."""
    from fastapi import FastAPI
    from starlette.testclient import TestClient

    from tests.dataset.factories import make_dataset
    from tests.web.conftest import ARKIT, Page
    from tests.web.fakes import make_services
    from viewer.web.routes import install

    made = []

    def make(stem):
        data = make_dataset(tmp_path / "one", stems=[stem], frames=3, description=ARKIT)
        services = make_services(data, tmp_path / "cache_one", renderer)
        made.append(services)
        app = FastAPI()
        install(app, services)
        return Page(TestClient(app, base_url="http://127.0.0.1:7860")), services

    yield make
    for services in made:
        services.library.close()
        services.jobs.close()


def test_about(page):
    about = page.get("about").json()
    assert about["dataset"]["clips"] == 4 and about["dataset"]["name"] == "four clips"
    assert about["model"]["version"] == "demo head" and about["model"]["warnings"] == []
    assert about["gl"]["renderer"] == "fake" and about["gl_error"] is None
    assert about["defaults"] == {"look": "artalk", "camera": "front", "size": 64}
    assert "artalk" in about["looks"] and "profile" in about["cameras"]


def test_paths_are_short(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    assert short_path(Path("models/flame.pkl")) == "models/flame.pkl"
    assert short_path(tmp_path / "models" / "flame.pkl") == "models/flame.pkl"
    monkeypatch.chdir("/usr")
    assert short_path(tmp_path / "home" / "flame.pkl") == "~/flame.pkl"
    assert short_path(Path("/srv/flame.pkl")) == "/srv/flame.pkl"


def test_raw_flame_data_on_the_demo_head_is_announced(data, tmp_path, renderer, monkeypatch):
    from tests.web.fakes import make_services
    from viewer.flame import heads
    from viewer.web.facts import clip_facts, viewer_facts

    # Nothing but the demo head is installed, whatever lies in this checkout.
    demo_head = heads.choose_head(expression_space="arkit52").model.path
    (tmp_path / "assets").mkdir()
    (tmp_path / "assets" / heads.DEMO_HEAD).symlink_to(demo_head)
    monkeypatch.setattr(heads, "asset_folders", lambda: (tmp_path / "assets",))
    (data / "dataset.json").unlink()
    services = make_services(data, tmp_path / "cache", renderer)
    services.jobs.close()
    assert services.head.zero_expression
    assert viewer_facts(services.library.dataset, services.head, None, None)["model"]["warnings"]
    assert clip_facts(services.library.clip("a_0"), services.head)["altered"]


def test_without_opengl_the_page_still_opens(data, tmp_path):
    from tests.web.fakes import FakeRenderer, make_services
    from viewer.errors import RenderError

    class Blind(FakeRenderer):
        @property
        def info(self):
            raise RenderError("libEGL.so.1 is missing: apt-get install libegl1")

    services = make_services(data, tmp_path / "cache", Blind())
    services.jobs.close()
    assert services.graphics.outcome() == (None, "libEGL.so.1 is missing: apt-get install libegl1")


def test_static_files_are_served_and_nothing_beside_them(page):
    script = page.get("static/page.js")
    assert script.status_code == 200 and "javascript" in script.headers["content-type"]
    assert page.get("static/../routes.py").status_code == 404
    assert page.client.get("/viewer/static/%2e%2e/routes.py").status_code == 404


@given(st.integers(1, 40), st.floats(5, 120), st.integers(0, 5000), st.integers(0, 2**31))
@settings(max_examples=50, deadline=None)
def test_loudness_has_one_value_a_frame_between_silence_and_full(frames, fps, samples, seed):
    sound = np.random.default_rng(seed).uniform(-1, 1, samples).astype(np.float32)
    clip = Clip.from_arrays(exp=np.zeros((frames, 1)), pose=np.zeros((frames, 6)), fps=fps, audio=sound)
    levels = loudness(clip)
    assert levels.shape == (frames,)
    assert levels.min() >= 0 and levels.max() <= 1


def test_loudness_follows_the_sound(data):
    quiet_then_loud = np.concatenate([np.zeros(1600), 0.5 * np.ones(1600)])
    clip = Clip.from_arrays(exp=np.zeros((5, 1)), pose=np.zeros((5, 6)), audio=quiet_then_loud)
    assert loudness(clip).tolist() == pytest.approx([0, 0, 1 + 10 * np.log10(0.5) / 50, 1, 1], abs=1e-3)
    write_audio(data, "a_0", np.zeros((10, 1)))  # silence must not divide by zero
    silent = Clip.from_arrays(exp=np.zeros((5, 1)), pose=np.zeros((5, 6)), audio=np.zeros(3200))
    assert loudness(silent).tolist() == [0] * 5


def test_facts_of_a_clip_with_nan_have_gaps_and_are_json():
    pose = np.zeros((4, 6))
    pose[:, 3] = [0.1, np.nan, 0.1, 0.1]
    head = choose_head(expression_space="arkit52")
    facts = clip_facts(Clip.from_arrays(exp=np.zeros((4, 3)), pose=pose, expression_space="arkit52"), head)
    assert facts["jaw"]["curve"] == [5.73, None, 5.73, 5.73]
    assert facts["altered"] == [facts["flags"][0]["message"]]
    json.dumps(facts, allow_nan=False)


def test_facts_of_a_track_of_vertices():
    head = choose_head(expression_space="arkit52")
    facts = clip_facts(Clip.from_arrays(vertices=np.tile(head.model.v_template, (2, 1, 1))), head)
    assert (facts["vertices"], facts["jaw"], facts["expressions"]) == (11310, None, 0)
    json.dumps(facts, allow_nan=False)
