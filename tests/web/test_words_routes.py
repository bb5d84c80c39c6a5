import json
import socket
import threading
from dataclasses import replace
from urllib.parse import quote

import httpx
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from tests.browser.serving import serving
from tests.waiting import until
from viewer.clip import Clip
from viewer.dataset import Dataset
from viewer.errors import DatasetError
from viewer.speech import SpeechCache, alignment_as_json
from viewer.speech.align import estimated
from viewer.speech.formats import vtt
from viewer.web.words_routes import words_router

CLIP = replace(Dataset.demo()["cmusphinx_0001"], transcript="<b>go</b> forward \ud800 meters")


def find(stem: str) -> Clip:
    if stem != CLIP.stem:
        raise DatasetError(f"{stem} is not in the data set")
    return CLIP


@pytest.fixture
def client(tmp_path):
    app = FastAPI()
    speech = SpeechCache(tmp_path, align=lambda clip: estimated(clip, "Nobody listened."))
    app.include_router(words_router(find, speech))
    return TestClient(app)


def test_the_words_of_a_clip(client):
    answer = client.get("/viewer/words", params={"clip": CLIP.stem})
    assert answer.status_code == 200
    expected = {"stem": CLIP.stem} | alignment_as_json(estimated(CLIP, "Nobody listened."))
    assert json.loads(answer.content) == expected
    assert answer.json()["words"][0][0] == "<b>go</b>"


@pytest.mark.parametrize("stem", [CLIP.stem, 'ä "1"\r\nX: y', "\udcff"])
def test_the_words_as_subtitles_are_a_file_named_after_the_clip(tmp_path, stem):
    app = FastAPI()
    found = replace(CLIP, stem=stem)
    app.include_router(words_router(lambda _: found, SpeechCache(tmp_path, align=lambda clip: estimated(clip, "No."))))
    answer = TestClient(app).get("/viewer/words", params={"clip": "a", "format": "vtt"})
    assert answer.status_code == 200 and answer.headers["content-type"] == "text/vtt; charset=utf-8"
    disposition = answer.headers["content-disposition"]
    assert disposition == f"attachment; filename*=UTF-8''{quote(stem, safe='', errors='replace')}.vtt"
    assert "x" not in answer.headers
    assert answer.text.startswith("WEBVTT\n") and "&lt;b&gt;go&lt;/b&gt;" in answer.text
    assert answer.text == vtt(estimated(found, "No.")).replace("\ud800", "\\ud800")


def test_another_format_is_refused(client):
    assert client.get("/viewer/words", params={"clip": CLIP.stem, "format": "mp3"}).status_code == 422


def test_a_clip_that_does_not_exist(client):
    answer = client.get("/viewer/words", params={"clip": "nobody"})
    assert answer.status_code == 404
    assert answer.json() == {"error": "nobody is not in the data set"}


def test_clips_that_were_passed_by_are_not_listened_to(tmp_path):
    """Who clicks through many clips keeps the page, and waits for the last one only."""
    heard: list[str] = []
    goes_on = threading.Event()

    def listen(clip):
        heard.append(clip.stem)
        assert goes_on.wait(60)
        return estimated(clip, "Nobody listened.")

    app = FastAPI()
    app.include_router(
        words_router(lambda stem: replace(CLIP, stem=stem, transcript=stem), SpeechCache(tmp_path, align=listen))
    )
    app.add_api_route("/other", lambda: "here")
    with serving(app) as url:
        host, port = url.removeprefix("http://").rstrip("/").split(":")
        passing = [socket.create_connection((host, int(port))) for _ in range(60)]
        for number, connection in enumerate(passing):
            connection.sendall(f"GET /viewer/words?clip=clip{number} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        until(lambda: len(heard) == 2)
        assert httpx.get(f"{url}other", timeout=60).json() == "here"
        for connection in passing:
            connection.close()
        assert httpx.get(f"{url}other", timeout=60).json() == "here"  # by then they are known to be gone
        goes_on.set()
        assert httpx.get(f"{url}viewer/words?clip=last", timeout=60).json()["stem"] == "last"
    assert len(heard) < 10
    assert heard[-1] == "last"
