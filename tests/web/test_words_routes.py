import json
from dataclasses import replace

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from viewer.clip import Clip
from viewer.dataset import Dataset
from viewer.errors import DatasetError
from viewer.speech import SpeechCache, alignment_as_json
from viewer.speech.align import estimated
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


def test_a_clip_that_does_not_exist(client):
    answer = client.get("/viewer/words", params={"clip": "nobody"})
    assert answer.status_code == 404
    assert answer.json() == {"error": "nobody is not in the data set"}
