"""The player's routes as a browser and a proxy use them."""

import gzip
import json
import threading
import urllib.request
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from tests.browser.serving import serving
from tests.flame.factories import head_like_flame, write_npz
from viewer.clip import Clip
from viewer.errors import ClipError, DatasetError
from viewer.flame import FlameModel, HeadChoice
from viewer.web import player_routes
from viewer.web.player_routes import PlayerSource, player_router
from viewer.web.wire.container import unpack


@pytest.fixture(scope="module")
def head(tmp_path_factory):
    path = write_npz(tmp_path_factory.mktemp("head") / "FLAME2020.npz", head_like_flame())
    return HeadChoice(FlameModel.load(path), False, ())


@pytest.fixture
def clips():
    tone = np.sin(np.arange(16000) / 10)
    return {
        "a": Clip.from_arrays(stem="a", exp=np.ones((25, 4)), pose=np.zeros((25, 6)), audio=tone),
        "still": Clip.from_arrays(stem="still", exp=np.ones((1, 4)), pose=np.zeros((1, 6))),
        "too wide": Clip.from_arrays(stem="too wide", exp=np.ones((2, 140)), pose=np.zeros((2, 6))),
    }


@pytest.fixture(scope="module")
def source(head):
    return PlayerSource(lambda stem: None, head)  # packs the head once for all tests


@pytest.fixture
def client(source, clips):
    def find(stem):
        if stem == "broken":
            raise ClipError("broken: exp has 3 values that are NaN")
        if stem not in clips:
            raise DatasetError(f"no clip {stem!r}")
        return clips[stem]

    source.clip = find
    app = FastAPI()
    app.include_router(player_router(source))
    return TestClient(app)


def get(client, path, **options):
    return client.get(f"/viewer/player/{path}", **options)


def head_url(client):
    return get(client, "setup.json").json()["head"]["url"]


def sound_url(client, stem="a"):
    facts, _ = unpack(get(client, f"clip.bin?stem={stem}").content)
    return f"sound/{facts['sound']}.wav?stem={stem}"


def test_setup_says_how_to_draw(client):
    setup = get(client, "setup.json").json()
    assert set(setup["uniforms"]) == set(setup["looks"])
    assert setup["shaders"]["vertex"].startswith("#version 300 es\n")
    assert setup["attributes"].keys() == {"position", "normal", "color_0"}
    for location in setup["attributes"].values():
        assert f"layout(location = {location}) in" in setup["shaders"]["vertex"]
    assert "precision highp float;" in setup["shaders"]["fragment"]


def test_the_head_is_kept_for_ever_under_its_hash(client):
    answer = get(client, head_url(client))
    assert answer.headers["content-encoding"] == "gzip"
    assert "immutable" in answer.headers["cache-control"]
    facts, arrays = unpack(answer.content)
    assert facts["vertices"] == len(arrays["template"]) == 5023
    plain = get(client, head_url(client), headers={"Accept-Encoding": "identity"})
    assert "content-encoding" not in plain.headers
    assert plain.content == answer.content
    assert plain.headers["etag"] != answer.headers["etag"]
    assert "Accept-Encoding" in plain.headers["vary"]
    assert get(client, "head/0123456789abcdef.bin").status_code == 404


def test_clips_are_asked_for_again_but_not_sent_again(client, clips):
    answer = get(client, "clip.bin?stem=a")
    assert answer.headers["cache-control"] == "private, no-cache"
    again = get(client, "clip.bin?stem=a", headers={"If-None-Match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == answer.headers["etag"]
    clips["a"] = Clip.from_arrays(stem="a", exp=np.zeros((25, 4)), pose=np.zeros((25, 6)))
    changed = get(client, "clip.bin?stem=a", headers={"If-None-Match": answer.headers["etag"]})
    assert changed.status_code == 200
    assert changed.headers["etag"] != answer.headers["etag"]


@pytest.mark.parametrize("path", ["setup.json", "clip.bin?stem=a", "head", "sound"])
def test_head_requests_announce_the_same(client, path):
    path = {"head": head_url, "sound": sound_url}.get(path, lambda _: path)(client)
    whole = get(client, path)
    announced = client.head(f"/viewer/player/{path}")
    assert announced.status_code == 200
    assert announced.content == b""
    assert announced.headers["content-length"] == whole.headers["content-length"]
    assert announced.headers["etag"] == whole.headers["etag"]


@pytest.mark.parametrize(
    ("asked", "start", "stop"),
    [("bytes=0-", 0, None), ("bytes=100-199", 100, 200), ("bytes=-50", -50, None), ("bytes=100-9999999", 100, None)],
)
def test_parts_of_the_sound(client, asked, start, stop):
    url = sound_url(client)
    whole = get(client, url)
    assert whole.headers["accept-ranges"] == "bytes"
    part = get(client, url, headers={"Range": asked})
    assert part.status_code == 206
    assert part.content == whole.content[start:stop]
    first = start % len(whole.content)
    assert part.headers["content-range"] == f"bytes {first}-{first + len(part.content) - 1}/{len(whole.content)}"


@pytest.mark.parametrize("asked", ["bytes=9999999-", "bytes=5-2", "bytes=-0"])
def test_parts_that_do_not_exist(client, asked):
    assert get(client, sound_url(client), headers={"Range": asked}).status_code == 416


@pytest.mark.parametrize("asked", ["bytes=0-1,4-5", "lines=1-2", "bytes=-", "bytes=" + "9" * 5000 + "-"])
def test_strange_ranges_get_the_whole(client, asked):
    assert get(client, sound_url(client), headers={"Range": asked}).status_code == 200


def test_a_part_of_another_sound_is_not_mixed_in(client):
    answer = get(client, sound_url(client), headers={"Range": "bytes=10-19", "If-Range": '"another"'})
    assert answer.status_code == 200


def test_the_sound_of_a_changed_clip_is_refused(client, clips):
    url = sound_url(client)
    clips["a"] = Clip.from_arrays(stem="a", exp=np.ones((25, 4)), pose=np.zeros((25, 6)), audio=np.zeros(16000))
    answer = get(client, url)
    assert answer.status_code == 404
    assert "changed" in answer.json()["error"]


def test_a_clip_without_sound_names_none(client):
    facts, _ = unpack(get(client, "clip.bin?stem=still").content)
    assert facts["sound"] is None
    assert get(client, "sound/None.wav?stem=still").status_code == 404


@pytest.mark.parametrize(
    ("stem", "status", "words"),
    [
        ("nobody", 404, "no clip"),
        ("broken", 422, "NaN"),
        ("too wide", 422, "140 coefficients"),
        ("../../etc/passwd", 404, "no clip"),
    ],
)
def test_what_cannot_be_shown_is_said_in_words(client, stem, status, words):
    answer = client.get("/viewer/player/clip.bin", params={"stem": stem})
    assert answer.status_code == status
    assert words in answer.json()["error"]
    assert answer.headers["cache-control"] == "no-store"


def test_compressed_heads_are_worth_it(source):
    packed = source.packed_head()
    assert gzip.decompress(packed.gzipped) == packed.data
    assert len(packed.gzipped) < len(packed.data)
    json.loads(source.setup)


def test_a_sound_that_is_fetched_in_parts_is_made_once(client, clips, monkeypatch):
    made = []
    real = player_routes.wav_bytes
    monkeypatch.setattr(player_routes, "wav_bytes", lambda clip: made.append(clip.stem) or real(clip))
    clips["a"] = Clip.from_arrays(stem="a", exp=np.ones((25, 4)), pose=np.zeros((25, 6)), audio=np.ones(8000) / 2)
    url = sound_url(client)
    parts = [get(client, url, headers={"Range": f"bytes={at}-{at + 9999}"}).content for at in range(0, 40_000, 10_000)]
    assert made == ["a"]
    assert b"".join(parts) == real(clips["a"])


def test_clips_asked_for_in_masses_are_made_in_turn_and_nothing_else_waits(source, clips):
    at_work, most, full, release = [], [], threading.Event(), threading.Event()

    def find(stem):
        at_work.append(stem)
        most.append(len(at_work))
        if len(at_work) >= 4:
            full.set()
        assert release.wait(60)
        at_work.remove(stem)
        return clips["a"]

    app = FastAPI()
    slow = PlayerSource(find, source.head)
    slow._packed = source.packed_head()
    app.include_router(player_router(slow))
    with serving(app) as url, ThreadPoolExecutor(60) as browsers:

        def status(path):
            with urllib.request.urlopen(f"{url}viewer/player/{path}", timeout=60) as answer:
                return answer.status

        asked = [browsers.submit(status, f"clip.bin?stem={i}") for i in range(60)]
        assert full.wait(60)
        assert status("setup.json") == 200, "though there are more of these than threads"
        release.set()
        assert {one.result() for one in asked} == {200}
    assert max(most) == 4
