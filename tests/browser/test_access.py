"""Reaching the page: with its token, behind proxies, and across restarts of the program."""

import contextlib
import http.client
import http.server
import os
import re
import sys
import threading

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import ROOT, Process, Viewer, wait_until
from tests.browser.serving import lasting_port
from tests.browser.timers import IMPATIENT
from tests.dataset.factories import make_dataset

STEMS = ["a_0", "a_1", "b_0"]


class Program:
    """app.py on a port of its own, where it can be killed and started again."""

    def __init__(self, folder, *arguments):
        data = make_dataset(folder / "data", stems=STEMS, frames=40, description={"expression_space": "arkit52"})
        self.port = lasting_port()  # one that is asked for by its number keeps its token
        self.command = [
            sys.executable,
            ROOT / "app.py",
            data,
            "--cache",
            folder / "cache",
            "--port",
            self.port,
            *arguments,
        ]
        self.state = folder / "state"
        proxies = ("SSH_", "JUPYTER", "VSCODE_")
        self.environment = {name: value for name, value in os.environ.items() if not name.startswith(proxies)}
        self.environment["XDG_STATE_HOME"] = str(self.state)

    def start(self):
        self.process = Process(self.command, env=self.environment)
        return self

    def wait(self):
        """Until it is ready."""
        self.url = self.process.line.split()[0]
        self.token = re.search(r"token=([\w-]+)", self.url)[1]
        return self

    def kill(self):
        self.process.kill()


@pytest.fixture(scope="module")
def steady(tmp_path_factory):
    """A program that is up whenever a test begins."""
    program = Program(tmp_path_factory.mktemp("steady")).start().wait()
    yield program
    program.kill()


@pytest.fixture
def program(steady):
    """The same for tests that kill it."""
    yield steady
    if not steady.process.running:
        steady.start().wait()


@pytest.fixture(scope="module")
def two_viewers(tmp_path_factory):
    """Two programs of one host, by the prefix under which a proxy shows them."""
    with contextlib.ExitStack() as running:
        viewers = {}
        for name in ("ann", "bob"):
            prefix = f"/user/{name}/proxy/1"
            arguments = ("--root-path", prefix, "--allowed-host", "hub.localhost")
            viewers[prefix] = Program(tmp_path_factory.mktemp(name), *arguments).start()
            running.callback(viewers[prefix].kill)
        for program in viewers.values():
            program.wait()
        yield viewers


@pytest.fixture
def tab(chromium):
    """A tab in a browser profile of its own."""
    contexts = []

    def make(url, *, context=None):
        if context is None:
            context = chromium.new_context(viewport={"width": 1280, "height": 800})
            contexts.append(context)
        return Viewer(context.new_page(), url)

    yield make
    for context in contexts:
        context.close()


def test_the_printed_url_opens_everything_and_leaves_no_token_behind(steady, tab):
    program = steady
    base = f"http://127.0.0.1:{program.port}/"
    viewer = tab(base)
    viewer.page.goto(program.url)
    viewer.wait_for_clip()
    assert "token" not in viewer.page.url
    assert viewer.page.evaluate("document.cookie") == "", "no script reads the token"
    link = viewer.copy_link()
    assert "clip=a_0" in link and program.token not in link
    viewer.page.reload()
    viewer.wait_for_clip()
    viewer.page.goto(f"{base}?clip=b_0&tab=mp4")
    viewer.wait_for_film("b_0")
    assert viewer.trouble == []

    stranger = tab(base)
    assert stranger.page.goto(link).status == 401
    expect(stranger.page.get_by_role("heading")).to_have_text("This viewer asks for its token")
    stranger.page.get_by_label("URL or token").fill("wrong")
    stranger.page.get_by_role("button", name="Open").click()
    expect(stranger.page.locator("strong")).to_contain_text("not, or no longer, the right one")
    stranger.page.get_by_label("URL or token").fill(program.url)
    stranger.page.get_by_role("button", name="Open").click()
    stranger.wait_for_clip("a_0")
    assert "clip=a_0" in stranger.page.url and "token" not in stranger.page.url, "the link leads on to its clip"


def test_killed_and_started_again_the_page_comes_back_to_the_same_picture(program, tab):
    viewer = tab(f"http://127.0.0.1:{program.port}/")
    viewer.run_first(IMPATIENT)
    viewer.page.goto(program.url)
    viewer.wait_for_clip()
    viewer.page.locator("clip-list .row", has_text="b_0").click()
    viewer.wait_for_clip("b_0")
    viewer.live("player.pause()")
    viewer.live("player.seek(23)")
    box = viewer.page.locator("flame-player").bounding_box()
    viewer.page.mouse.move(box["x"] + 200, box["y"] + 150)
    viewer.page.mouse.down()
    viewer.page.mouse.move(box["x"] + 290, box["y"] + 170, steps=4)
    viewer.page.mouse.up()
    before = viewer.live("({ frame: player.frame, view: player.view, stem: player.stem })")
    assert before["frame"] == 23 and before["view"]["azimuth"] != 0

    viewer.page.evaluate("window.former = true")
    program.kill()
    note = viewer.page.locator("connection-note").get_by_role("alert")
    expect(note).to_contain_text("does not answer")
    viewer.trouble.clear()
    looks = []
    viewer.hear("request", lambda request: request.url.endswith("/viewer/alive") and looks.append(request.url))
    viewer.page.evaluate("pauses.length = 0")
    # It looks again, but ever less often. What else looks does so every 30 s from the beginning.
    viewer.page.wait_for_function("pauses.includes(15_000) && pauses.lastIndexOf(30_000) > pauses.indexOf(15_000)")
    assert len(looks) <= 7
    assert viewer.trouble and all("ERR_CONNECTION_REFUSED" in text for text in viewer.trouble)

    first_token = program.token
    program.start().wait()
    assert program.token == first_token
    wait_until_loaded_anew(viewer)
    viewer.wait_for_clip("b_0")
    viewer.until("player.frame === 23")
    after = viewer.live("({ frame: player.frame, view: player.view, stem: player.stem })")
    assert after["stem"] == before["stem"]
    assert after["view"] == pytest.approx(before["view"], abs=0.02)
    expect(note).to_be_hidden()


def test_a_page_whose_token_was_replaced_says_so_and_goes_on_with_the_new_one(program, tab):
    base = f"http://127.0.0.1:{program.port}/"
    viewer = tab(base)
    viewer.run_first(IMPATIENT)
    viewer.page.goto(program.url + "&clip=a_1&t=7")
    viewer.wait_for_clip("a_1")
    program.kill()
    (program.state / "flame-viewer" / f"token-{program.port}").unlink()
    program.start().wait()
    note = viewer.page.locator("connection-note").get_by_role("alert")
    expect(note).to_contain_text("This viewer asks for its token")
    viewer.page.evaluate("window.former = true")
    other = tab(base, context=viewer.page.context)
    other.page.goto(program.url)
    other.wait_for_clip()
    other.page.close()
    wait_until_loaded_anew(viewer)
    viewer.wait_for_clip("a_1")
    viewer.until("player.frame === 7")


def wait_until_loaded_anew(viewer):
    viewer.page.wait_for_function("!window.former && document.readyState === 'complete'")


class Proxy:
    """A web proxy that shows programs under prefixes of one host, as Jupyter and VS Code do."""

    def __init__(self, routes, *, strips, own_host):
        """routes: prefix to port. strips: takes the prefix off. own_host: passes Host on, else in X-Forwarded-Host."""
        proxy = self
        self.passed = []
        self.astray = []

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def do_GET(self):
                prefix = next((prefix for prefix in routes if self.path.startswith(prefix + "/")), None)
                if prefix is None:
                    proxy.astray.append(self.path)
                    self.send_error(404)
                    return
                port = routes[prefix]
                path = self.path.removeprefix(prefix) if strips else self.path
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                headers = {name: value for name, value in self.headers.items() if name.lower() != "connection"}
                if not own_host:
                    headers |= {"Host": f"127.0.0.1:{port}", "X-Forwarded-Host": self.headers["Host"]}
                proxy.passed.append((port, headers.get("Cookie", "")))
                upstream = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
                with contextlib.closing(upstream):
                    upstream.request(self.command, path, body, headers)
                    answer = upstream.getresponse()
                    data = answer.read()
                self.send_response(answer.status)
                for name, value in answer.getheaders():
                    if name.lower() not in ("transfer-encoding", "connection", "content-length", "date"):
                        self.send_header(name, value)
                self.send_header("Content-Length", answer.getheader("Content-Length", str(len(data))))
                self.end_headers()
                self.wfile.write(data)

            do_POST = do_HEAD = do_GET  # noqa: N815

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()


@pytest.mark.parametrize(
    ("strips", "own_host"),
    [(True, False), (False, True)],
    ids=["strips the prefix and changes Host", "keeps the prefix and passes Host on"],
)
def test_behind_a_proxy(two_viewers, chromium, strips, own_host):
    """Both viewers work, and neither is sent the other's token."""
    proxy = Proxy({prefix: program.port for prefix, program in two_viewers.items()}, strips=strips, own_host=own_host)
    context = chromium.new_context(viewport={"width": 1280, "height": 800})
    with contextlib.closing(proxy), contextlib.closing(context):
        for prefix, program in two_viewers.items():
            base = f"http://hub.localhost:{proxy.port}{prefix}/"
            viewer = Viewer(context.new_page(), base)
            viewer.page.goto(f"{base}?token={program.token}&clip=a_1")
            viewer.wait_for_clip("a_1")
            assert viewer.page.url.startswith(base) and "token" not in viewer.page.url
            viewer.page.get_by_role("tab", name="mp4").click()  # which writes
            viewer.wait_for_film("a_1")
            viewer.page.reload()
            viewer.wait_for_film("a_1")
            assert (viewer.trouble, proxy.astray) == ([], [])
            viewer.page.close()
        assert {cookie["path"] for cookie in context.cookies()} == set(two_viewers)
        tokens = {program.port: program.token for program in two_viewers.values()}
        for port, cookies in proxy.passed:
            assert not any(token in cookies for other, token in tokens.items() if other != port)


def test_a_name_that_is_not_allowed_is_told_what_to_type(steady, tab):
    viewer = tab("")
    assert viewer.page.goto(steady.url.replace("127.0.0.1", "lab.localhost")).status == 421
    expect(viewer.page.locator("p")).to_contain_text("--allowed-host lab.localhost")


EVIL = """<!doctype html><title>evil</title>
<form id="form" method="post" enctype="text/plain" action="{target}viewer/leave">
<input name='{{"tab":"' value='x"}}'></form>
<form id="upload" method="post" enctype="multipart/form-data" action="{target}gradio_api/upload">
<input name="files"></form>
<iframe src="{target}"></iframe>"""
ATTACK = """async (target) => {
  const json = { "Content-Type": "application/json" };
  const wishes = {
    read: [`${target}viewer/clips`, {}],
    config: [`${target}config`, { credentials: "include" }],
    blind: [`${target}viewer/about`, { mode: "no-cors", credentials: "include" }],
    write: [`${target}viewer/leave`, { method: "POST", headers: json, body: '{"tab":"x"}', credentials: "include" }],
    simple: [`${target}viewer/leave`, { method: "POST", mode: "no-cors", body: '{"tab":"x"}', credentials: "include" }],
    queue: [`${target}gradio_api/queue/join`, { method: "POST", mode: "no-cors", body: "{}", credentials: "include" }],
  };
  const results = {};
  for (const [name, [url, options]] of Object.entries(wishes)) {
    try {
      const answer = await fetch(url, options);
      results[name] = answer.type === "opaque" ? "opaque" : `read ${(await answer.text()).length}`;
    } catch (error) {
      results[name] = "refused";
    }
  }
  results.socket = await new Promise((resolve) => {
    const socket = new WebSocket(`${target.replace("http", "ws")}gradio_api/queue/join`);
    socket.onopen = () => resolve("open");
    socket.onerror = () => resolve("refused");
  });
  return results;
}"""


@pytest.mark.parametrize("site", ["evil.localhost", "127.0.0.1"], ids=["another site", "another port of this host"])
def test_a_hostile_page_gets_nothing(steady, tab, site):
    """Its victim has the viewer open in the same browser, so that the token's cookie is at hand."""
    target = f"http://127.0.0.1:{steady.port}/"
    victim = tab(target)
    victim.page.goto(steady.url)
    victim.wait_for_clip()

    class Evil(http.server.BaseHTTPRequestHandler):
        def log_message(self, *_):
            pass

        def do_GET(self):
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(EVIL.format(target=target).encode())

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Evil) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        page = victim.page.context.new_page()
        answers = []
        page.on(
            "response", lambda answer: answer.url.startswith(target) and answers.append((answer.status, answer.url))
        )
        page.goto(f"http://{site}:{server.server_address[1]}/")
        results = page.evaluate(ATTACK, target)
        for form in ("form", "upload"):
            with page.expect_navigation():
                page.evaluate(f"document.getElementById('{form}').submit()")
            page.go_back()
        wait_until(page, lambda: len(answers) >= 5)
        server.shutdown()
    assert all(result in ("refused", "opaque") for result in results.values()), results
    statuses = [status for status, url in answers if url.startswith(target)]
    assert statuses and set(statuses) <= {403, 415}, answers
