"""The tags that have a browser fetch all scripts at once."""

import re
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.responses import HTMLResponse, StreamingResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from viewer.web.opening import Opening, modules, opening_tags
from viewer.web.routes import STATIC_FOLDER


def write(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, "utf-8")
    return folder


def test_modules_are_followed_through_folders_and_circles(tmp_path):
    folder = write(
        tmp_path,
        {
            "page.js": 'import "./a.js";\nimport {\n  one,\n  two,\n} from "./deep/b.js";\nconst text = "./no.js";\n',
            "a.js": "import * as b from './deep/b.js';\nexport const path = \"./no.js\";\n",
            "deep/b.js": 'export { c } from "./c.js";\nimport a, { d } from "../a.js";\n',
            "deep/c.js": '// import "./no.js"\nexport function f() {\n  return import.meta.url + "./no.js";\n}\n',
            "no.js": "",
        },
    )
    assert modules(folder, "page.js") == ("page.js", "a.js", "deep/b.js", "deep/c.js")


def test_every_import_of_the_page_is_among_its_modules():
    """Counted another way: each relative path in quotes that is a file."""
    found = set(modules(STATIC_FOLDER, "page.js"))
    for name in found:
        text = re.sub(r"/\*.*?\*/|//[^\n]*", "", (STATIC_FOLDER / name).read_text("utf-8"), flags=re.DOTALL)
        for target in re.findall(r"""["'](\.\.?/[^"']+\.js)["']""", text):
            path = (STATIC_FOLDER / name).parent / target
            assert path.resolve().relative_to(STATIC_FOLDER.resolve()).as_posix() in found
    assert {"player/flame-player.js", "timeline/clip-timeline.js"} <= found


def test_names_are_escaped(tmp_path):
    folder = write(tmp_path, {"page.js": 'import "./a&b.js";', "a&b.js": "", "page.css": "body {}"})
    tags = opening_tags(folder, url="viewer/static", entry="page.js", style="page.css")
    assert b'<link rel="modulepreload" href="viewer/static/a&amp;b.js">' in tags
    assert b"<style>body {}</style>" in tags


@pytest.fixture
def client():
    page = "<html><head><base href='./'></head><body></head>ü</body></html>"

    async def pieces(_):
        async def parts():
            for letter in page:
                yield letter.encode()

        return StreamingResponse(parts(), media_type="text/html")

    routes = [
        Route("/", lambda _: HTMLResponse(page)),
        Route("/other", lambda _: HTMLResponse(page)),
        Route("/pieces", pieces),
    ]
    return TestClient(Opening(Starlette(routes=routes), b"<meta name=t>"))


def test_the_pages_head_gets_the_tags_and_nothing_else_does(client):
    answer = client.get("/")
    assert answer.text == "<html><head><base href='./'><meta name=t></head><body></head>ü</body></html>"
    assert int(answer.headers["content-length"]) == len(answer.content)
    assert "<meta" not in client.get("/other").text
    assert client.head("/").content == b""


def test_an_answer_in_pieces(client):
    inner = client.app.app
    moved = Opening(Starlette(routes=[Route("/", inner.routes[2].endpoint)]), b"<meta name=t>")
    answer = TestClient(moved).get("/")
    assert answer.text.count("<meta name=t></head>") == 1
    assert int(answer.headers["content-length"]) == len(answer.content)
