"""Who may talk to the viewer: the whole application, Gradio's routes and our own."""

import json

import pytest
from starlette.testclient import TestClient

from tests.dataset.factories import make_dataset
from tests.web.fakes import FakeRenderer, make_services
from viewer.web.access import Access, allow, is_loopback
from viewer.web.guard import MAX_BODY_BYTES, Guard
from viewer.web.server import make_app

PORT = 7860
OWN = f"http://127.0.0.1:{PORT}"
TOKEN = "s3cret"
PATHS = ["/", "/config", "/gradio_api/info", "/viewer/stems", "/viewer/clip?stem=a_0", "/viewer/static/page.js"]


@pytest.fixture(scope="module")
def app(tmp_path_factory):
    """The application as it is served, without a guard."""
    folder = tmp_path_factory.mktemp("guard")
    data = make_dataset(folder / "data", stems=["a_0"], frames=3, description={"expression_space": "arkit52"})
    services = make_services(data, folder / "cache", FakeRenderer())
    yield make_app(services, Access(host="127.0.0.1", port=PORT)).app
    services.jobs.close()


@pytest.fixture
def browser(app):
    def visit(access=None, base_url=OWN):
        return TestClient(Guard(app, access or Access(host="127.0.0.1", port=PORT)), base_url=base_url)

    return visit


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("host", ["127.0.0.1:7860", "localhost:7860", "LOCALHOST", "[::1]:7860"])
def test_this_machine_is_answered(browser, path, host):
    assert browser().get(path, headers={"Host": host}).status_code == 200


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    "host",
    ["evil.example", "evil.example:7860", "127.0.0.1.evil.example", "localhost.evil.example:7860", "", "10.0.0.1"],
)
def test_other_names_are_refused(browser, path, host):
    answer = browser().get(path, headers={"Host": host})
    assert answer.status_code == 421
    assert "--allowed-host" in answer.text


def test_further_names(browser):
    named = Access(host="127.0.0.1", port=PORT, extra_hosts=allow(["https://lab.example/proxy", "other.example:80"]))
    assert browser(named).get("/viewer/stems", headers={"Host": "lab.example"}).status_code == 200
    assert browser(named).get("/viewer/stems", headers={"Host": "other.example"}).status_code == 200
    assert browser(named).get("/viewer/stems", headers={"Host": "third.example"}).status_code == 421


def test_all_addresses_of_the_machine_but_no_foreign_name(browser):
    anywhere = browser(Access(host="0.0.0.0", port=PORT))
    assert anywhere.get("/viewer/stems", headers={"Host": "192.168.1.7:7860"}).status_code == 200
    assert anywhere.get("/viewer/stems", headers={"Host": "evil.example"}).status_code == 421


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_other_sites_cannot_read(browser, path, site):
    for how in ({}, {"Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "video"}, FRAME):
        assert browser().get(path, headers={"Sec-Fetch-Site": site} | how).status_code == 403


FRAME = {"Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "iframe"}


def test_a_link_on_another_site_may_open_the_page(browser):
    link = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
    assert browser().get("/", headers=link).status_code == 200


WRITES = ["/viewer/film", "/viewer/leave", "/gradio_api/queue/join"]


@pytest.mark.parametrize("path", WRITES)
@pytest.mark.parametrize(
    "origin", ["http://evil.example", "null", "http://localhost:3000", "https://127.0.0.1:1", "x://["]
)
def test_writes_from_other_origins_are_refused(browser, path, origin):
    assert browser().post(path, json={}, headers={"Origin": origin}).status_code == 403


@pytest.mark.parametrize("path", WRITES)
@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", ""]
)
def test_only_json_is_accepted(browser, path, kind):
    answer = browser().post(path, content='{"tab": "x"}', headers={"Content-Type": kind, "Origin": OWN})
    assert answer.status_code == 415


def test_own_page_may_write(browser):
    for headers in ({"Origin": OWN, "Sec-Fetch-Site": "same-origin"}, {}):
        assert browser().post("/viewer/leave", json={"tab": "x"}, headers=headers).status_code == 200


def test_large_bodies_are_refused(browser):
    body = json.dumps({"tab": "x" * MAX_BODY_BYTES})
    kind = {"Content-Type": "application/json"}
    assert browser().post("/viewer/leave", content=body, headers=kind).status_code == 413
    assert browser().post("/viewer/leave", content=iter([body.encode()]), headers=kind).status_code == 413


CLOSED = [
    "/gradio_api/upload",
    "/gradio_api/upload/",
    "/gradio_api/file=/etc/passwd",
    "/gradio_api/file/etc/passwd",
    "/gradio_api/proxy=http://example.org",
    "/gradio_api/run/predict",
    "/gradio_api/call/predict",
    "/gradio_api/cancel",
    "/gradio_api/%75pload",
    "/gradio_api/vibe-edit",
    "/gradio_api/run-history/records",
    "/gradio_api/heartbeatx",
    "/gradio_api/",
]


@pytest.mark.parametrize("path", CLOSED)
def test_gradio_takes_no_uploads_and_serves_no_files(browser, path):
    assert browser().get(path).status_code == 403
    assert browser().post(path, json={}).status_code == 403


@pytest.fixture(scope="module")
def behind_proxy(tmp_path_factory):
    """The application as it is served with --root-path."""
    folder = tmp_path_factory.mktemp("proxy")
    data = make_dataset(folder / "data", stems=["a_0"], frames=3, description={"expression_space": "arkit52"})
    services = make_services(data, folder / "cache", FakeRenderer())
    access = Access(host="127.0.0.1", port=PORT)
    yield TestClient(make_app(services, access, root_path=ROOT_PATH), base_url=OWN)
    services.jobs.close()


ROOT_PATH = "/proxy/7988"
PREFIXES = ["", ROOT_PATH, "/prox%79/7988"]  # a proxy that strips it, and ones that do not


@pytest.mark.parametrize("prefix", [*PREFIXES, ROOT_PATH * 2, ROOT_PATH * 3])
@pytest.mark.parametrize("path", CLOSED)
def test_a_prefix_opens_nothing(behind_proxy, prefix, path):
    assert behind_proxy.get(prefix + path).status_code == 403
    assert behind_proxy.post(prefix + path, json={}).status_code == 403


@pytest.mark.parametrize("prefix", PREFIXES)
@pytest.mark.parametrize("path", PATHS)
def test_page_and_own_routes_work_behind_a_proxy(behind_proxy, prefix, path):
    answer = behind_proxy.get(prefix + path)
    assert answer.status_code == 200
    if path == "/config":
        assert answer.json()["root"] == OWN + ROOT_PATH, "where the page looks for Gradio's routes"


def test_the_prefix_alone_leads_to_the_page(behind_proxy):
    """The page names its parts relative to its own folder, so it must be opened with the slash."""
    answer = behind_proxy.get(f"{ROOT_PATH}?clip=a_0")
    assert (answer.status_code, str(answer.url)) == (200, f"{OWN}{ROOT_PATH}/?clip=a_0")


def test_a_longer_name_is_not_the_prefix(behind_proxy):
    assert behind_proxy.get(f"{ROOT_PATH}9/viewer/stems").status_code == 404


def test_no_other_way_to_upload(browser):
    file = {"files": ("a.txt", b"text")}
    for path in ("/upload", "/gradio_api//upload", "//gradio_api/upload", "/viewer/../gradio_api/upload"):
        assert browser().post(path, files=file).status_code in (403, 404, 405, 415)


def test_answers_are_private(browser):
    for path in PATHS:
        answer = browser().get(path, headers={"Origin": "http://localhost:3000"})
        assert answer.headers["cross-origin-resource-policy"] == "same-origin"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "access-control-allow-origin" not in answer.headers
        assert "default-src 'self'" in answer.headers["content-security-policy"]
    refused = browser().get("/", headers={"Host": "evil.example"})
    assert refused.headers["x-content-type-options"] == "nosniff"


def test_token_opens_every_route_and_nothing_without_it_does(browser):
    guarded = Access(host="0.0.0.0", port=PORT, token=TOKEN)
    visitor = browser(guarded)
    for path in PATHS:
        assert visitor.get(path).status_code == 401
    for wrong in ("", "S3CRET", "s3cre", "ß"):
        assert visitor.get("/", params={"token": wrong}).status_code == 401
    entered = visitor.get("/", params={"token": TOKEN, "clip": "a b&c"}, follow_redirects=False)
    assert entered.status_code == 303
    assert entered.headers["location"] == "./?clip=a+b%26c", "the token must leave the address bar, the rest stays"
    cookie = entered.headers["set-cookie"].lower().split("; ")
    assert {"httponly", "samesite=lax"} <= set(cookie)
    assert not any(part.startswith(("path=", "domain=")) for part in cookie), "the browser's own folder and host only"
    for path in PATHS:
        assert visitor.get(path).status_code == 200
    visitor.cookies.clear()
    visitor.cookies.set(guarded.cookie, "wrong")
    assert visitor.get("/viewer/stems").status_code == 401


@pytest.mark.parametrize("path", PATHS)
def test_a_url_with_the_token_leads_to_where_it_says(browser, path):
    visitor = browser(Access(host="0.0.0.0", port=PORT, token=TOKEN))
    answer = visitor.get(path + ("&" if "?" in path else "?") + f"token={TOKEN}")
    assert (answer.status_code, str(answer.url)) == (200, OWN + path)


@pytest.mark.parametrize(
    ("host", "private"),
    [
        ("127.0.0.1", True),
        ("localhost", True),
        ("::1", True),
        ("127.9.9.9", True),
        ("0.0.0.0", False),
        ("::", False),
        ("lab", False),
    ],
)
def test_what_counts_as_this_machine(host, private):
    assert is_loopback(host) is private
