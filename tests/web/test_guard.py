"""Who may talk to the viewer: the whole application, Gradio's routes and our own."""

import json

import pytest
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from tests.dataset.factories import make_dataset
from tests.web.fakes import FakeRenderer, make_services
from viewer.errors import UsageError
from viewer.web.access import Access, allow, is_loopback
from viewer.web.guard import MAX_BODY_BYTES, Guard
from viewer.web.server import make_app

PORT = 7860
OWN = f"http://127.0.0.1:{PORT}"
TOKEN = "s3cret"
PATHS = ["/", "/config", "/gradio_api/info", "/viewer/about", "/viewer/clip?stem=a_0", "/viewer/static/page.js"]


@pytest.fixture(scope="module")
def app(tmp_path_factory):
    """The application as it is served, without a guard."""
    folder = tmp_path_factory.mktemp("guard")
    data = make_dataset(folder / "data", stems=["a_0"], frames=3, description={"expression_space": "arkit52"})
    services = make_services(data, folder / "cache", FakeRenderer())
    yield make_app({"data": services}, Access(host="127.0.0.1", port=PORT)).app
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


@pytest.mark.parametrize(
    "host",
    [
        "[::1].evil.example",
        "[::1]evil.example:7860",
        "127.0.0.1:7860@evil.example",
        "evil.example@127.0.0.1",
        "127.0.0.1:7860:7860",
        "127.0.0.1:abc",
        "127.0.0.1:123456",
        "127.0.0.1/evil",
        "127.0.0.1 evil",
        "127.0.0.1#",
        "localhost\\evil",
        "[::1",
        "::1",
        ":7860",
        "[]",
        "0x7f000001",
        "2130706433",
    ],
)
def test_malformed_hosts_are_refused(browser, host):
    assert browser().get("/viewer/about", headers={"Host": host}).status_code == 421


def test_two_hosts_are_refused(browser):
    for hosts in (["127.0.0.1", "127.0.0.1"], ["127.0.0.1", "evil.example"], ["evil.example", "127.0.0.1"]):
        answer = browser().get("/viewer/about", headers=[("Host", host) for host in hosts])
        assert answer.status_code == 421


@pytest.mark.parametrize("port", ["", ":", ":1", ":65535", ":07860"])
def test_any_port_is_answered_since_ssh_brings_it_to_another(browser, port):
    assert browser().get("/viewer/about", headers={"Host": f"127.0.0.1{port}"}).status_code == 200


def test_the_bound_address_counts_not_the_name(browser):
    """`--host lab` listens on the address that the name stands for."""
    lab = Access(host="lab", address="10.1.2.3", port=PORT)
    assert (lab.private, lab.anywhere) == (False, False)
    assert browser(lab).get("/viewer/about", headers={"Host": "10.1.2.3:7860"}).status_code == 200
    assert (
        browser(lab).post("/viewer/leave", json={"tab": "x"}, headers={"Origin": "http://10.1.2.3:1"}).status_code
        == 403
    )
    assert Access(host="0", address="0.0.0.0", port=PORT).anywhere
    assert Access(host="lab", address="127.0.1.1", port=PORT).private


def test_further_names(browser):
    named = Access(host="127.0.0.1", port=PORT, extra_hosts=allow(["https://lab.example/proxy", "other.example:80"]))
    assert browser(named).get("/viewer/about", headers={"Host": "lab.example"}).status_code == 200
    assert browser(named).get("/viewer/about", headers={"Host": "other.example"}).status_code == 200
    assert browser(named).get("/viewer/about", headers={"Host": "third.example"}).status_code == 421


def test_all_addresses_of_the_machine_but_no_foreign_name(browser):
    anywhere = browser(Access(host="0.0.0.0", port=PORT))
    assert anywhere.get("/viewer/about", headers={"Host": "192.168.1.7:7860"}).status_code == 200
    assert anywhere.get("/viewer/about", headers={"Host": "evil.example"}).status_code == 421


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


@pytest.mark.parametrize("path", PATHS)
def test_a_foreign_origin_may_not_even_read(browser, path):
    """A browser without Sec-Fetch-Site, such as an older Safari."""
    for origin in ("http://evil.example", "null", "http://127.0.0.1:3000", "file://"):
        assert browser().get(path, headers={"Origin": origin}).status_code == 403
    assert browser().get(path, headers={"Origin": OWN}).status_code == 200, "scripts of type module say theirs"
    behind = {"Origin": "https://hub.example", "Sec-Fetch-Site": "same-origin"}
    assert browser().get(path, headers=behind).status_code == 200, "a proxy has changed Host"


@pytest.mark.parametrize("path", ["/", *WRITES, "/gradio_api/upload"])
def test_no_permission_for_other_sites_is_asked_for_successfully(browser, path):
    preflight = {"Origin": "http://localhost:3000", "Access-Control-Request-Method": "POST"}
    answer = browser().options(path, headers=preflight | {"Access-Control-Request-Headers": "content-type"})
    assert answer.status_code >= 400
    assert not [name for name in answer.headers if name.startswith("access-control")]


@pytest.mark.parametrize(
    "headers", [{"Origin": "http://evil.example"}, {"Host": "evil.example"}, {"Sec-Fetch-Site": "same-site"}]
)
def test_sockets_are_refused_to_others(headers):
    """Gradio has none today: any application behind the guard is as safe."""

    async def greeter(scope, receive, send):
        await receive()
        await send({"type": "websocket.accept"})
        await send({"type": "websocket.close"})

    guarded = TestClient(Guard(greeter, Access(host="127.0.0.1", port=PORT)), base_url=OWN)
    with guarded.websocket_connect("/viewer/x", headers={"Host": "127.0.0.1", "Origin": "http://127.0.0.1"}):
        pass
    with (
        pytest.raises(WebSocketDisconnect),
        guarded.websocket_connect("/viewer/x", headers={"Host": "127.0.0.1"} | headers),
    ):
        pass
    secret = TestClient(Guard(greeter, Access(host="127.0.0.1", port=PORT, token=TOKEN)), base_url=OWN)
    with (
        pytest.raises(WebSocketDisconnect),
        secret.websocket_connect(f"/viewer/x?token={TOKEN}", headers={"Host": "127.0.0.1"}),
    ):
        pass


ATTACKS = {
    "rebinding": ("GET", "/config", {"Host": "evil.example"}, None),
    "foreign origin": (
        "POST",
        "/gradio_api/queue/join",
        {"Origin": "http://evil.example"},
        {"fn_index": 0, "data": [None] * 3, "session_hash": "x"},
    ),
    "foreign read": ("GET", "/gradio_api/info", {"Origin": "http://evil.example"}, None),
    "cross-site": ("GET", "/config", {"Sec-Fetch-Site": "cross-site"}, None),
    "upload": ("POST", "/gradio_api/upload", {}, {"files": ("a.txt", b"text")}),
    "cross-site form": ("POST", "/viewer/leave", {"Content-Type": "text/plain"}, '{"tab": "x"}'),
    "log-out": ("GET", "/logout", {}, None),
    "interface": ("GET", "/openapi.json", {}, None),
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_the_guard_and_nothing_else_refuses(app, browser, attack):
    method, path, headers, body = ATTACKS[attack]
    how = {"content": body} if isinstance(body, str) else {"files": body} if attack == "upload" else {"json": body}
    how = {} if body is None else how
    bare = TestClient(app, base_url=OWN, follow_redirects=False).request(method, path, headers=headers, **how)
    if attack != "cross-site form":  # which FastAPI itself takes for no JSON
        assert bare.status_code < 400, "what this test defends against"
    assert browser().request(method, path, headers=headers, **how).status_code >= 400


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
    yield TestClient(make_app({"data": services}, access, root_path=ROOT_PATH), base_url=OWN)
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
    assert behind_proxy.get(f"{ROOT_PATH}9/viewer/about").status_code == 404


def test_no_other_way_to_upload(browser):
    file = {"files": ("a.txt", b"text")}
    for path in ("/upload", "/gradio_api//upload", "//gradio_api/upload", "/viewer/../gradio_api/upload"):
        assert browser().post(path, files=file).status_code in (403, 404, 405, 415)


@pytest.mark.parametrize(
    "path",
    [
        "/viewer/static/../../../etc/passwd",
        "/viewer/static/%2e%2e/%2e%2e/guard.py",
        "/viewer/static/..%2f..%2fguard.py",
        "/viewer/static/%5c..%5cguard.py",
        "/viewer/static//etc/passwd",
        "/viewer/static/%2fetc%2fpasswd",
        "/viewer/static/page.js%00",
        "/viewer/%2e/about",
        "//viewer/about",
        "/viewer/films/..%2f..%2fx.mp4",
        "/assets/..%2f..%2f..%2fapp.py",
        "/static/%2e%2e%2f%2e%2e%2fapp.py",
        "/viewer/about%0d%0aX-Evil:%201",
        "/gradio_api/queue/..%2fupload",
    ],
)
def test_odd_paths_lead_nowhere(browser, path):
    for method in ("GET", "POST"):
        answer = browser().request(method, path, headers={"Content-Type": "application/json", "Content-Length": "0"})
        assert answer.status_code in (400, 404), answer.text


@pytest.mark.parametrize(
    "body",
    [
        "[" * 400_000,
        '{"tab":' * 100_000,
        '{"tab": ' + "9" * 500_000 + "}",
        '{"tab": 1e999}',
        '{"tab": NaN}',
        '{"tab": "\\ud800"}',
        "\ufeff{}",
        "",
        "null",
        b"\xff\xfe\x00",
    ],
    ids=lambda body: repr(body[:12]),
)
def test_hostile_json_is_refused_in_words(browser, body):
    answer = browser().post("/viewer/film", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code in (400, 422)
    assert answer.headers["content-type"] == "application/json"


@pytest.mark.parametrize("length", ["-1", "+5", "1e3", "0x10", "5 5", "²", "9" * 5000])
def test_odd_lengths_are_refused(browser, length):
    headers = {"Content-Type": "application/json", "Content-Length": length.encode("utf-8")}
    assert browser().post("/viewer/leave", content=b"", headers=headers).status_code == 413


def test_answers_are_private(browser):
    for path in PATHS:
        answer = browser().get(path)
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
    assert visitor.get("/viewer/about").status_code == 401


def test_the_token_as_scripts_bring_it(browser):
    visitor = browser(Access(host="127.0.0.1", port=PORT, token=TOKEN))
    for scheme in ("Bearer", "bearer"):
        assert visitor.get("/viewer/about", headers={"Authorization": f"{scheme} {TOKEN}"}).status_code == 200
    for wrong in ("Bearer", "Bearer x", f"Basic {TOKEN}", TOKEN, f"Bearer {TOKEN}x"):
        assert visitor.get("/viewer/about", headers={"Authorization": wrong}).status_code == 401
    assert visitor.post(f"/viewer/leave?token={TOKEN}", json={"tab": "x"}).status_code == 401


PERSON = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


def test_a_person_without_the_token_is_told_where_it_is_and_goes_on_from_there(browser):
    visitor = browser(Access(host="127.0.0.1", port=PORT, token=TOKEN))
    answer = visitor.get('/?clip="><script>&t=7', headers=PERSON)
    assert answer.status_code == 401
    assert "terminal" in answer.text and answer.headers["cache-control"] == "no-store"
    assert "no longer" not in answer.text
    assert "<script>" not in answer.text and 'name="t" value="7"' in answer.text
    for typed in (f"http://127.0.0.1:7860/?token={TOKEN}", f"http://lab/?clip=x&token={TOKEN}  ·  Demo", f" {TOKEN} "):
        entered = browser(Access(host="127.0.0.1", port=PORT, token=TOKEN)).get(
            "/", params={"clip": "a_0", "token": typed}, headers=PERSON, follow_redirects=False
        )
        assert (entered.status_code, entered.headers["location"]) == (303, "./?clip=a_0")
    wrong = visitor.get("/?token=old", headers=PERSON)
    assert wrong.status_code == 401 and "no longer" in wrong.text


def test_the_page_and_scripts_are_told_in_json(browser):
    visitor = browser(Access(host="127.0.0.1", port=PORT, token=TOKEN))
    for path in PATHS[1:]:
        answer = visitor.get(path)
        assert answer.status_code == 401 and "terminal" in answer.json()["error"]
        assert answer.headers["www-authenticate"].startswith("Bearer")


def test_a_token_that_is_not_needed_leaves_the_address_bar_too(browser):
    known = browser(Access(host="127.0.0.1", port=PORT, token=TOKEN))
    known.get("/", params={"token": TOKEN})
    for visitor in (known, browser()):
        answer = visitor.get("/?token=old&clip=a_0", follow_redirects=False)
        assert (answer.status_code, answer.headers["location"]) == (303, "./?clip=a_0")


def test_the_cookie_is_for_https_only_where_the_page_is(app):
    guard = Guard(app, Access(host="127.0.0.1", port=PORT, token=TOKEN))
    for scheme in ("http", "https"):
        visitor = TestClient(guard, base_url=f"{scheme}://127.0.0.1")
        cookie = visitor.get("/", params={"token": TOKEN}, follow_redirects=False).headers["set-cookie"]
        assert ("secure" in cookie.lower()) is (scheme == "https")


@pytest.mark.parametrize("prefix", ["/viewer", "/viewer/x", "/gradio_api", "/assets", "/config"])
def test_a_prefix_that_is_a_route_is_refused_at_the_start(app, prefix):
    with pytest.raises(UsageError, match="own routes"):
        Guard(app, Access(host="127.0.0.1", port=PORT), root_path=prefix)


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
