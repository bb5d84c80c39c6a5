"""Pictures of the contact sheet: which frame, kept under what, given up when nobody waits."""

import asyncio
import os
import threading
from concurrent.futures import Future, ThreadPoolExecutor
from types import SimpleNamespace

import cv2
import numpy as np
import pytest

from tests.dataset.factories import write_motion
from viewer.clip import Clip
from viewer.errors import ClipError, DatasetError, UsageError
from viewer.flame import choose_head
from viewer.motion import CurveMaker
from viewer.web.picture_cache import PictureCache
from viewer.web.sheet import SIZE, ContactSheet
from viewer.web.sheet_routes import sheet_router

KEY = "0123456789abcdef" * 2


def decode(data):
    return cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)


@pytest.fixture(scope="module")
def maker():
    return CurveMaker(choose_head("auto", expression_space="arkit52"))


def clip_with_jaw(jaw):
    pose = np.zeros((len(jaw), 6))
    pose[:, 3] = jaw
    return Clip.from_arrays(exp=np.zeros((len(jaw), 52)), pose=pose, expression_space="arkit52")


@pytest.mark.parametrize("widest", [0, 3, 9])
def test_the_frame_is_the_one_with_the_widest_mouth(maker, widest):
    jaw = np.full(10, 0.02)
    jaw[widest] = 0.3
    assert maker.widest_frame(clip_with_jaw(jaw)) == widest


def test_a_turned_head_is_no_open_mouth(maker):
    clip = clip_with_jaw([0.0, 0.2, 0.0])
    pose = np.array(clip.pose)
    pose[0, :3] = 0.0, 1.0, 0.3
    turned = Clip.from_arrays(exp=clip.exp, pose=pose, expression_space="arkit52")
    assert maker.widest_frame(turned) == 1


def test_picture_over_http(page):
    answer = page.get("sheet", clip="a_0")
    assert answer.status_code == 200 and answer.headers["content-type"] == "image/jpeg"
    assert decode(answer.content).shape == (SIZE, SIZE, 3)
    again = page.client.get("/viewer/sheet?clip=a_0", headers={"if-none-match": answer.headers["etag"]})
    assert again.status_code == 304
    assert page.client.head("/viewer/sheet?clip=a_0").status_code == 200


def test_a_picture_is_drawn_once(page, renderer):
    page.get("sheet", clip="a_0")
    page.get("sheet", clip="a_0")
    assert renderer.films == 1
    page.get("sheet", clip="a_0", look="grey")
    assert renderer.films == 2, "another look is another picture"


def test_a_changed_clip_gets_another_picture(page, data):
    tag = page.get("sheet", clip="a_0").headers["etag"]
    write_motion(data, "a_0", frames=9)
    assert page.get("sheet", clip="a_0").headers["etag"] != tag


@pytest.mark.parametrize(
    ("query", "status"), [({"clip": "nobody"}, 404), ({"clip": "a_0", "look": "tin"}, 422), ({}, 422)]
)
def test_what_there_is_no_picture_of(page, query, status):
    answer = page.get("sheet", **query)
    assert answer.status_code == status and answer.json()["error"]


def test_a_broken_clip_says_what_is_wrong(page, data):
    path = data / "FLAME_coeffs_25" / "a_1.npz"
    path.write_bytes(path.read_bytes()[:200])
    answer = page.get("sheet", clip="a_1")
    assert answer.status_code == 422 and "a_1" in answer.json()["error"]
    assert page.get("sheet", clip="a_0").status_code == 200


def test_a_renderer_that_fails_is_told_and_tried_again(page, renderer):
    renderer.broken = True
    assert page.get("sheet", clip="a_0").status_code == 500
    renderer.broken = False
    assert page.get("sheet", clip="a_0").status_code == 200


class Recorder:
    """A data set that notes what is read."""

    def __init__(self):
        self.read = []
        self.go = threading.Event()

    def fingerprint(self, stem):
        return stem

    def __getitem__(self, stem):
        self.read.append(stem)
        assert self.go.wait(60)
        raise DatasetError(stem)


def test_pictures_that_nobody_waits_for_are_not_made(tmp_path):
    data = Recorder()
    sheet = ContactSheet(data, None, None, PictureCache(tmp_path), lambda: None)
    wishes = [sheet.ask(f"clip {number}", "artalk") for number in range(20)]
    gone = [wish.cancel() for wish in wishes[5:]]
    data.go.set()
    for wish in wishes[:5]:
        with pytest.raises((DatasetError, ClipError)):
            wish.result(60)
    assert all(gone) and len(data.read) == 5
    with pytest.raises(UsageError):
        sheet.ask("clip", "tin").result(60)
    sheet.close()


def test_a_picture_is_given_up_when_the_server_ends():
    """Else it tells a loop that is closed, which is a traceback in the terminal."""
    picture = Future()
    (route,) = sheet_router(SimpleNamespace(ask=lambda *_: picture)).routes

    async def ask():
        asked = asyncio.ensure_future(route.endpoint(None, "a_0", "artalk"))
        await asyncio.sleep(0)
        asked.cancel()
        await asyncio.wait([asked])

    with ThreadPoolExecutor(1) as pool:  # this thread may have a loop of its own, of a browser's tests
        pool.submit(asyncio.run, ask()).result()
    assert picture.cancelled()


def test_cache_drops_what_was_not_used_for_longest(tmp_path):
    cache = PictureCache(tmp_path, limit_bytes=1000)
    keys = [f"{number:032x}" for number in range(1, 12)]
    for age, key in enumerate(keys[:9]):
        cache.keep(key, b"x" * 100)
        os.utime(cache.folder / key[:2] / f"{key}.jpg", ns=(age * 10**9, age * 10**9))
    assert cache.find(keys[0]) == b"x" * 100  # now the most recent one
    cache.keep(keys[9], b"x" * 100)
    cache.keep(keys[10], b"x" * 100)
    assert cache.find(keys[0]) and cache.find(keys[10])
    assert cache.find(keys[1]) is None
    assert sum(path.stat().st_size for path in cache.folder.rglob("*.jpg")) <= 1000


def test_cache_touches_only_its_own_files(tmp_path):
    other = tmp_path / "sheet" / "ab" / "holiday.jpg"
    other.parent.mkdir(parents=True)
    other.write_bytes(b"y" * 5000)
    cache = PictureCache(tmp_path, limit_bytes=10)
    cache.keep(KEY, b"x" * 100)
    assert other.exists()


def test_a_cache_that_cannot_be_written_costs_only_time(tmp_path, caplog):
    (tmp_path / "sheet").write_text("a file where the folder should be")
    cache = PictureCache(tmp_path)
    cache.keep(KEY, b"x")
    cache.keep(KEY, b"x")
    assert cache.find(KEY) is None
    assert len(caplog.records) == 1 and "contact sheet" in caplog.text


@pytest.mark.parametrize("key", ["", "../../etc/passwd", KEY.upper(), KEY + "0"])
def test_cache_takes_keys_only(tmp_path, key):
    with pytest.raises(UsageError):
        PictureCache(tmp_path).find(key)
