"""Exporting the clips of the list: one run for all, and the films as a zip."""

import io
import json
import shutil
import subprocess
import zipfile
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import anyio
import pyarrow.parquet
import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from tests.dataset.factories import make_clip, make_dataset
from tests.video import decoding
from tests.waiting import until
from tests.web.fakes import SIZE, FakeRenderer, make_services
from viewer.video.batch import export_films
from viewer.video.manifest import write_manifest
from viewer.web.access import Access
from viewer.web.export_routes import Download
from viewer.web.exports import Exports
from viewer.web.guard import Guard
from viewer.web.routes import install

STEMS = ["a_0", "a_1", "b_0"]
ODD = "b 1 ünï <b>"
FRAMES = 4
here = pytest.mark.usefixtures("films_here")
"""For tests of what is kept and told, not of how it is made: by the fake renderer, in this process."""
WISH = {"look": "artalk", "camera": "front", "size": SIZE, "fast": True}


@pytest.fixture
def data(tmp_path):
    data = make_dataset(tmp_path / "data", stems=STEMS, frames=FRAMES, description={"expression_space": "arkit52"})
    make_clip(data, ODD, frames=FRAMES)
    return data


class Page:
    """The page's routes; may be closed and opened anew, as a viewer is."""

    def __init__(self, data, cache):
        self.services = make_services(data, cache, FakeRenderer())
        self.services.library.catalogue.update()
        app = FastAPI()
        install(app, self.services)
        self.client = TestClient(app, base_url="http://127.0.0.1:7860")

    @property
    def exports(self) -> Exports:
        return self.services.exports

    def get(self, path, **parameters):
        return self.client.get(f"/viewer/export/{path}", params=parameters)

    def post(self, path, body=None, **parameters):
        return self.client.post(f"/viewer/export/{path}", params=parameters, json=body or {})

    def state(self):
        return self.get("run").json()

    def wait(self):
        until(lambda: self.state()["state"] not in ("running", "cancelling"), seconds=200)  # processes have to start
        return self.state()

    def export(self, wish=WISH, **query):
        assert self.post("start", wish, **query).status_code == 200
        return self.wait()

    def films(self):
        """Names and contents of the zip, checked by a reader that is not ours."""
        answer = self.get("films.zip")
        assert answer.status_code == 200
        assert int(answer.headers["content-length"]) == len(answer.content)
        with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
            assert archive.testzip() is None
            return {name: archive.read(name) for name in archive.namelist()}

    def close(self):
        self.exports.close()
        self.services.library.close()
        self.services.sheet.close()
        self.services.jobs.close()


@pytest.fixture
def opened(tmp_path):
    pages = []

    def open_page(data):
        pages.append(Page(data, tmp_path / "cache"))
        return pages[-1]

    yield open_page
    for page in pages:
        page.close()


@pytest.fixture
def page(opened, data):
    return opened(data)


def test_the_clips_of_the_list_become_films_and_one_zip(page, data, tmp_path):
    before = sorted(data.rglob("*"))
    state = page.export(WISH | {"gallery": True}, search="b")
    assert (state["state"], state["films"], state["failures"]) == ("done", 2, [])
    assert state["order"] == WISH | {"clips": 2, "captions": False, "gallery": True}
    found = page.films()
    films = [name for name in found if name.endswith(".mp4")]
    assert len(films) == 2
    assert not any(part in name for name in found for part in ("/", "\\", "<", ".."))
    for name in films:
        path = tmp_path / "film.mp4"
        path.write_bytes(found[name])
        assert len(decoding.frames(path, (SIZE, SIZE))) == FRAMES
    rows = pyarrow.parquet.read_table(io.BytesIO(found["manifest.parquet"])).to_pylist()
    assert {row["stem"]: row["path"] for row in rows} == dict(zip(sorted([ODD, "b_0"]), sorted(films), strict=True))
    assert state["bytes"] == sum(len(found[name]) for name in films)
    shown = found["index.html"].decode()
    assert "2 clips" in shown and "b_0." in shown
    assert len([name for name in found if name.endswith(".jpg")]) == 2
    assert sorted(data.rglob("*")) == before, "a data set is never written to"
    assert page.exports.folder.is_relative_to(tmp_path / "cache" / "exports")


@here
def test_unzip_opens_it(page, tmp_path):
    page.export(search="a_0")
    path = tmp_path / "films.zip"
    path.write_bytes(page.get("films.zip").content)
    if not shutil.which("unzip"):
        pytest.skip("unzip is not installed")
    done = subprocess.run(["unzip", "-t", path], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@here
def test_only_the_last_export_is_in_the_zip_and_films_are_not_made_twice(page):
    page.export(WISH | {"gallery": True}, search="a")
    made = {path.name: path.stat().st_mtime_ns for path in page.exports.folder.glob("*.mp4")}
    assert len(made) == 2
    state = page.export(search="a_1")
    assert set(page.films()) == {"manifest.parquet", *(name for name in made if name.startswith("a_1."))}
    assert {path.name: path.stat().st_mtime_ns for path in page.exports.folder.glob("*.mp4")} == made
    assert state["kept_bytes"] > state["bytes"] > 0


@here
def test_a_clip_that_cannot_be_read_is_named_and_the_others_are_there(page, data):
    motion = data / "FLAME_coeffs_25" / "a_1.npz"
    motion.write_bytes(motion.read_bytes()[:-200])
    state = page.export()
    assert (state["state"], state["films"], state["failed"]) == ("done", 3, 1)
    assert [failure["stem"] for failure in state["failures"]] == ["a_1"]
    assert "a_1" in state["failures"][0]["error"]
    rows = pyarrow.parquet.read_table(io.BytesIO(page.films()["manifest.parquet"])).to_pylist()
    assert {row["stem"]: row["status"] for row in rows}["a_1"] == "failed"


@pytest.fixture
def stops_after_the_first_film(monkeypatch):
    """Runs wait, once a film is there, until they are cancelled."""

    def export(*arguments, progress, cancelled, **options):
        def note(done, failed, total):
            progress(done, failed, total)
            if done:
                until(cancelled)

        return export_films(*arguments, progress=note, cancelled=cancelled, **options)

    with monkeypatch.context() as patch:
        patch.setattr("viewer.web.exports.export_films", export)
        yield patch


def test_one_run_for_all_that_is_cancelled_and_gone_on_with_by_another_viewer(
    page, opened, data, stops_after_the_first_film
):
    assert page.post("start", WISH).json()["state"] == "running"
    until(lambda: page.state()["done"], seconds=200)
    refused = page.post("start", WISH, search="a_0")
    assert (refused.status_code, "wait for the end" in refused.json()["error"]) == (422, True)
    assert page.post("resume").status_code == page.post("delete").status_code == 422
    assert page.post("stop").json()["state"] in ("cancelling", "cancelled")
    state = page.wait()
    assert state["state"] == "cancelled"
    page.close()

    stops_after_the_first_film.undo()
    later = opened(data)
    assert later.state()["state"] == "idle"
    assert later.state()["order"]["clips"] == 4
    finished = {path.name: path.stat().st_mtime_ns for path in later.exports.folder.glob("*.mp4")}
    assert finished
    assert later.post("resume").status_code == 200
    assert later.wait()["films"] == 4
    after = {path.name: path.stat().st_mtime_ns for path in later.exports.folder.glob("*.mp4")}
    assert after.items() >= finished.items(), "what was finished is not made again"
    assert len([name for name in later.films() if name.endswith(".mp4")]) == 4


def open_films():
    """Films that this process has open."""
    targets = []
    for link in Path("/proc/self/fd").iterdir():
        with suppress(FileNotFoundError):  # closed meanwhile
            targets.append(link.readlink())
    return [target for target in targets if target.suffix == ".mp4"]


@here
def test_a_browser_that_goes_away_frees_everything(page):
    page.export(search="a_0")
    archive = page.exports.archive()
    seen = []

    async def browse():
        gone = anyio.Event()

        async def receive():
            await gone.wait()
            return {"type": "http.disconnect"}

        async def send(message):
            if b"ftyp" in message.get("body", b""):
                seen.append(len(open_films()))
                gone.set()
                await anyio.sleep_forever()  # it does not read on

        await Download(archive)({"type": "http", "asgi": {"spec_version": "2.3"}}, receive, send)

    with ThreadPoolExecutor(1) as pool:  # this thread may have a loop of its own, of a browser's tests
        pool.submit(anyio.run, browse).result()
    assert seen == [1]
    assert open_films() == []
    assert page.post("delete").status_code == 200


@here
def test_a_download_that_was_broken_off_is_gone_on_with(page):
    page.export(WISH | {"gallery": True}, search="a")

    def films(**headers):
        return page.client.get("/viewer/export/films.zip", headers=headers)

    whole = films()
    tag, size = whole.headers["etag"], len(whole.content)
    assert whole.headers["accept-ranges"] == "bytes"
    half = size // 2
    rest = films(**{"Range": f"bytes={half}-", "If-Range": tag})
    assert (rest.status_code, rest.headers["content-range"]) == (206, f"bytes {half}-{size - 1}/{size}")
    assert int(rest.headers["content-length"]) == len(rest.content)
    assert rest.content == whole.content[half:]
    assert films(Range="bytes=10-99").content == whole.content[10:100]
    assert films(Range=f"bytes={size}-").status_code == 416

    page.export(search="a_1")
    other = films(**{"Range": f"bytes={half}-", "If-Range": tag})
    assert (other.status_code, other.headers["etag"] != tag) == (200, True), "these are other films"
    assert page.post("delete").status_code == 200, "nobody is taken for a reader any more"


@here
def test_a_film_that_vanishes_while_it_is_downloaded_is_one_line_in_the_terminal(page, caplog):
    page.export(search="a")
    archive = page.exports.archive()
    for film in page.exports.folder.glob("*.mp4"):
        film.unlink()
    sent = []

    async def browse():
        async def receive():
            await anyio.sleep_forever()

        async def send(message):
            sent.append(message)

        await Download(archive)({"type": "http", "asgi": {"spec_version": "2.4"}}, receive, send)

    with ThreadPoolExecutor(1) as pool:
        pool.submit(anyio.run, browse).result()
    assert sent[-1]["more_body"], "so that the server closes the connection, and the browser knows"
    assert [record.exc_info for record in caplog.records] == [None]
    assert "broken off" in caplog.text
    assert page.state()["films"] == 2, "as it was found last"
    assert page.get("films.zip").status_code == 404
    assert page.post("delete").status_code == 200


def test_films_that_are_deleted_while_they_are_made_can_be_made_anew(page, monkeypatch):
    def deleted(*_, out, **options):
        shutil.rmtree(out)
        write_manifest(out)

    monkeypatch.setattr("viewer.web.exports.export_films", deleted)
    state = page.export()
    assert (state["state"], state["films"], state["order"]["clips"]) == ("failed", 0, 4)
    assert "go on" in state["message"]
    assert page.get("films.zip").status_code == 404
    assert page.post("resume").status_code == 200


def test_what_an_ended_process_left_is_not_counted_as_films(page, monkeypatch):
    monkeypatch.setattr("viewer.web.exports.export_films", lambda *_, **__: None)
    half = page.exports.folder / "00" / ".part-x1" / "a.mp4"
    half.parent.mkdir(parents=True)
    half.write_bytes(b"half a film")
    assert page.export()["kept_bytes"] == 0


@here
def test_an_archive_that_is_closed_leaves_nothing_open_and_until_then_films_stay(page):
    page.export(search="a_0")

    archive = page.exports.archive()
    for chunk in archive.chunks():
        if b"ftyp" in chunk:
            break
    assert len(open_films()) == 1
    refused = page.post("delete")
    assert (refused.status_code, "downloading" in refused.json()["error"]) == (422, True)
    archive.close()
    archive.close()
    assert open_films() == []
    assert page.post("delete").status_code == 200


@here
def test_films_are_deleted_when_asked(page):
    page.export(search="a_0")
    assert page.client.head("/viewer/export/films.zip").headers["content-length"]
    state = page.post("delete").json()
    assert (state["order"], state["films"], state["kept_bytes"]) == (None, 0, 0)
    assert not page.exports.folder.exists()
    assert page.get("films.zip").status_code == 404
    assert page.post("resume").status_code == 422


def test_an_estimate_grows_with_the_list_and_the_picture(page):
    def estimate(**query):
        answer = page.get("estimate", look="artalk", camera="front", **{"size": 512} | query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    some, all_ = estimate(search="a"), estimate()
    assert (some["clips"], all_["clips"]) == (2, 4)
    assert all_["seconds"] == pytest.approx(2 * some["seconds"])
    assert all_["bytes"] > some["bytes"] > 0
    assert estimate(size=1024)["bytes"] > all_["bytes"] > estimate(size=256)["bytes"]
    assert all_["free"] > 0


def test_an_estimate_while_the_films_are_deleted(page, monkeypatch):
    page.exports.folder.mkdir(parents=True)
    usage = shutil.disk_usage

    def too_late(folder):
        shutil.rmtree(page.exports.folder, ignore_errors=True)
        return usage(folder)

    monkeypatch.setattr("viewer.web.exports.shutil.disk_usage", too_late)
    assert page.get("estimate", look="artalk", camera="front", size=512).json()["free"] > 0


@pytest.mark.parametrize(
    ("path", "wish", "query"),
    [
        ("start", WISH | {"look": "../x"}, {}),
        ("start", WISH | {"size": 63}, {}),
        ("start", WISH | {"size": 10**9}, {}),
        ("start", {"look": "artalk"}, {}),
        ("start", WISH, {"search": "nothing is called so"}),
        ("start", WISH, {"sort": "no such column"}),
        ("resume", {}, {}),
    ],
)
def test_what_makes_no_sense_is_refused_and_nothing_is_begun(page, path, wish, query):
    answer = page.post(path, wish, **query)
    assert answer.status_code == 422
    assert answer.json()["error"]
    assert page.state()["state"] == "idle"
    assert not page.exports.folder.exists()


@here
def test_a_note_of_another_version_is_no_obstacle(page):
    page.exports.folder.mkdir(parents=True)
    (page.exports.folder / "export.json").write_text(json.dumps({"stems": ["a_0"], "settings": {"shade": 1}}))
    assert page.state()["order"] is None
    assert page.export(search="a_0")["films"] == 1


@pytest.mark.parametrize("path", ["start", "resume", "stop", "delete"])
@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Authorization": "Bearer wrong"}, 401),
        ({"Origin": "http://elsewhere.example"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Host": "elsewhere.example"}, 421),
        ({"Content-Type": "text/plain"}, 415),
    ],
)
def test_strangers_change_nothing(page, path, headers, status):
    guard = Guard(page.client.app, Access(host="127.0.0.1", port=7860, token="secret"))
    headers = {"Authorization": "Bearer secret", "Content-Type": "application/json"} | headers
    client = TestClient(guard, base_url="http://127.0.0.1:7860")
    assert client.post(f"/viewer/export/{path}", content=json.dumps(WISH), headers=headers).status_code == status
    assert page.state()["state"] == "idle"
    assert not page.exports.folder.exists()
