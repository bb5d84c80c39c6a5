"""The table of routes in docs/page.md is true."""

import re
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from tests.dataset.factories import make_dataset
from tests.waiting import until
from tests.web.fakes import SIZE, FakeRenderer, make_services
from tests.web.test_several import rendered
from viewer.web.access import Access
from viewer.web.server import make_app

DOCS = Path(__file__).parents[2] / "docs" / "page.md"
CACHE = {"no": "no-store", "by ETag": "no-cache", "for ever": "immutable"}


def documented(lines=r"\| (POST )?`viewer/"):
    """Route, how long it is kept, whether it takes ranges: the lines of the table that begin so."""
    lines = [line for line in DOCS.read_text("utf-8").splitlines() if re.match(lines, line)]
    cells = [[cell.strip() for cell in line.split("|")] for line in lines if line.count("|") == 5]
    return [(route, kept, ranges) for _, routes, kept, ranges, *_ in cells for route in re.findall("`(.*?)`", routes)]


@pytest.fixture(scope="module")
def services(tmp_path_factory):
    folder = tmp_path_factory.mktemp("routes")
    data = make_dataset(folder / "data", stems=["a_0"], frames=3, description={"expression_space": "arkit52"})
    other = make_dataset(folder / "other", stems=["a_0"], frames=3, description={"expression_space": "arkit52"})
    shown = {one.name: make_services(one, folder / "cache", FakeRenderer()) for one in (data, other)}
    yield shown
    for services in shown.values():
        services.jobs.close()


@pytest.fixture(scope="module")
def app(services):
    return make_app(services, Access(host="127.0.0.1", port=7860))


@pytest.fixture(scope="module")
def browser(app):
    with TestClient(app, base_url="http://127.0.0.1:7860") as browser:
        yield browser


@pytest.fixture(scope="module")
def urls(browser):
    """A URL of each kind of route."""
    setup = browser.get("/viewer/player/setup.json").json()
    sound = re.search(rb'"sound":"(\w+)"', browser.get("/viewer/player/clip.bin?stem=a_0").content)[1].decode()
    wish = {"clip": "a_0", "look": "artalk", "camera": "front", "size": SIZE, "tab": "x"}
    film = rendered(browser, "/viewer/film", wish)
    until(lambda: browser.get("/viewer/clips").json()["complete"])
    assert browser.post("/viewer/export/start", json=wish).status_code == 200
    until(lambda: browser.get("/viewer/export/run").json()["state"] != "running", seconds=200)
    assert browser.get("/viewer/export/run").json()["films"] == 1
    return {
        "viewer/player/head/<key>.bin": f"viewer/player/{setup['head']['url']}",
        "viewer/player/sound/<key>.wav?stem=…": f"viewer/player/sound/{sound}.wav?stem=a_0",
        "viewer/films/<key>.mp4": f"viewer/{film['url']}",
        "viewer/compare/clip.bin?clip=…&with=…": "viewer/compare/clip.bin?clip=a_0&with=other",
        "viewer/compare/curves.bin?clip=…&with=…": "viewer/compare/curves.bin?clip=a_0&with=other",
        "viewer/export/estimate?look=…&camera=…&size=…": "viewer/export/estimate?look=artalk&camera=front&size=64",
        "viewer/static/…": "viewer/static/page.js",
    }


READS = documented(r"\| `viewer/")


def routes_of(app):
    """Paths of the routes of ours, as the application has them."""
    paths = set()
    waiting = list(app.routes)
    for route in waiting:
        inner = getattr(getattr(route, "original_router", None), "routes", None)
        waiting.extend(inner or [])
        path = getattr(route, "path", None) or ""
        if path.startswith("/viewer/"):
            paths.add(path.removeprefix("/"))
    return paths


def test_no_route_is_missing_from_the_table(app):
    fastapi = app.app
    while not hasattr(fastapi, "routes"):  # the middleware around it
        fastapi = fastapi.app
    known = {re.sub(r"<\w+>", "{key}", route.partition("?")[0]) for route, *_ in documented()}
    found = {path.replace("viewer/static", "viewer/static/…") for path in routes_of(fastapi)}
    found -= {"viewer/{rest:path}", "viewer/@{key}/{rest:path}"}
    keyed = {path.removeprefix("viewer/@data/") for path in found if path.startswith("viewer/@data/")}
    assert {path for path in found if "@" not in path} == known
    of_all = {"viewer/static/…", "viewer/alive", "viewer/sets"}
    assert {f"viewer/{path}" for path in keyed} == known - of_all


@pytest.mark.parametrize(("route", "kept", "ranges"), READS, ids=[route for route, *_ in READS])
def test_route(browser, urls, route, kept, ranges):
    url = "/" + urls.get(route, route.replace("…", "a_0"))
    got = browser.get(url)
    assert got.status_code == 200
    assert CACHE[kept] in got.headers["cache-control"]
    head = browser.head(url)
    assert (head.status_code, head.content) == (200, b"")
    for name in ("content-type", "content-length", "cache-control", "etag"):
        assert head.headers.get(name) == got.headers.get(name), name
    assert ("etag" in got.headers) == (kept != "no" or ranges == "yes")  # a part is of what has the same tag
    if kept != "no":
        again = browser.get(url, headers={"If-None-Match": got.headers["etag"]})
        # A film is named by its hash and never asked for again.
        assert again.status_code == (200 if route == "viewer/films/<key>.mp4" else 304)
    part = browser.get(url, headers={"Range": "bytes=1-3", "Accept-Encoding": "identity"})
    if ranges == "yes":
        assert (part.status_code, part.content) == (206, got.content[1:4])
        assert browser.get(url, headers={"Range": f"bytes={len(got.content)}-"}).status_code == 416
    else:
        assert part.status_code == 200
    assert browser.put(url, json={}).status_code in (404, 405)


@pytest.mark.parametrize(
    ("url", "status"),
    [
        ("/viewer/player/head/0123.bin", 404),
        ("/viewer/player/sound/0123.wav?stem=a_0", 404),
        ("/viewer/films/0123.mp4", 404),
        ("/viewer/clip?stem=nobody", 404),
        ("/viewer/clip", 422),
        ("/viewer/nothing", 404),
        ("/viewer/", 404),
        ("/gradio_api/upload", 403),
        ("/openapi.json", 404),
        ("/viewer/%2e%2e/x", 400),
    ],
)
def test_refusals_are_told_in_words(browser, url, status):
    answer = browser.get(url)
    assert answer.status_code == status
    assert answer.json()["error"]
    assert answer.headers["cache-control"] == "no-store"


def test_a_person_reads_a_page(browser):
    answer = browser.get("/viewer/../<b>", headers={"Accept": "text/html,*/*;q=0.8", "Host": "<script>.example"})
    assert answer.status_code == 421
    assert answer.headers["content-type"].startswith("text/html")
    assert "--allowed-host" in answer.text and "<script>" not in answer.text
