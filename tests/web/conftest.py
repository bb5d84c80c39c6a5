import time

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from tests.dataset.factories import make_dataset
from tests.web.fakes import SIZE, FakeRenderer, make_services
from viewer.web.routes import install

ARKIT = {"name": "four clips", "expression_space": "arkit52"}


@pytest.fixture(autouse=True, scope="module")
def processes_as_fast_as_others():
    """Those of the page give way to everything else: on a busy machine they would take minutes."""
    with pytest.MonkeyPatch.context() as patch:
        for module in ("exports", "quality", "quality_reader"):
            patch.setattr(f"viewer.web.{module}.NICENESS", 0)
        yield


@pytest.fixture
def data(tmp_path):
    return make_dataset(tmp_path / "data", stems=["a_0", "a_1", "b_0", "b_1"], frames=5, description=ARKIT)


@pytest.fixture
def renderer():
    return FakeRenderer()


@pytest.fixture
def services(data, tmp_path, renderer):
    services = make_services(data, tmp_path / "cache", renderer)
    yield services
    renderer.release()
    services.library.close()
    services.sheet.close()
    services.jobs.close()


@pytest.fixture
def page(services):
    """The routes as one browser tab after another uses them."""
    app = FastAPI()
    install(app, services)
    return Page(TestClient(app, base_url="http://127.0.0.1:7860"))


class Page:
    def __init__(self, client):
        self.client = client

    def get(self, path, **parameters):
        return self.client.get(f"/viewer/{path}", params=parameters)

    def ask(self, clip, *, tab="tab", **wish):
        """What the server says to a tab that wants to see a clip."""
        body = {"clip": clip, "look": "artalk", "camera": "front", "size": SIZE, "tab": tab} | wish
        return self.client.post("/viewer/film", json=body)

    def wait(self, clip, *states, tab="tab", **wish):
        """Ask as the page does until the film is in one of `states`; returns the answer."""
        deadline = time.monotonic() + 60
        while (answer := self.ask(clip, tab=tab, **wish).json())["state"] not in (states or ("ready",)):
            assert answer["state"] in ("queued", "rendering"), answer
            assert time.monotonic() < deadline, answer
            time.sleep(0.01)
        return answer
