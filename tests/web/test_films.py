"""Films on demand: rendered once, shared, cancelled, never stale."""

import io
import json
import os
import threading

import av
import numpy as np
import pytest

from tests.dataset.factories import make_clip, motion_arrays, write_motion
from tests.waiting import until
from viewer.web.cache import VideoCache
from viewer.web.renders import MOST_WAITING, RenderJobs


def test_film_is_rendered_once_and_served_from_the_cache_after_that(page, renderer):
    first = page.wait("a_0")
    assert first["receipt"]["stem"] == "a_0" and first["receipt"]["frames"] == 5
    assert page.ask("a_0").json() == first
    assert page.ask("a_0", tab="another").json() == first
    assert renderer.films == 1


def test_film_is_an_mp4_with_every_frame(page):
    video = page.get(page.wait("a_0")["url"])
    assert video.headers["content-type"] == "video/mp4"
    with av.open(io.BytesIO(video.content)) as film:
        assert sum(1 for _ in film.decode(video=0)) == 5


def test_ranges_and_head(page):
    url = page.wait("a_0")["url"]
    whole = page.get(url)
    part = page.client.get(f"/viewer/{url}", headers={"Range": "bytes=10-19"})
    assert part.status_code == 206
    assert part.content == whole.content[10:20]
    assert part.headers["content-range"] == f"bytes 10-19/{len(whole.content)}"
    head = page.client.head(f"/viewer/{url}")
    assert head.status_code == 200 and head.content == b""
    assert head.headers["content-length"] == str(len(whole.content))
    assert head.headers["etag"] == whole.headers["etag"], "another visit must not look like another file"


def test_download_has_a_name_that_says_what_it_is(page):
    url = page.wait("a_0")["url"]
    assert 'filename="a_0.artalk.front.64.mp4"' in page.get(url, download=1).headers["content-disposition"]
    assert "content-disposition" not in page.get(url).headers


def test_look_camera_and_size_have_films_of_their_own(page):
    views = [{}, {"look": "grey"}, {"camera": "profile"}, {"size": 96}]
    assert len({page.wait("a_0", **view)["url"] for view in views}) == 4


def test_changed_file_is_read_again_and_never_stale(page, data):
    before = page.wait("a_0")
    frames_before = page.get("clip", stem="a_0").json()["frames"]
    write_motion(data, "a_0", motion_arrays(frames=7, seed=9))
    after = page.wait("a_0")
    assert after["url"] != before["url"]
    assert (frames_before, page.get("clip", stem="a_0").json()["frames"]) == (5, 7)
    assert after["receipt"]["frames"] == 7


def test_touched_file_with_the_same_content_keeps_its_film(page, data, renderer):
    before = page.wait("a_0")
    os.utime(data / "FLAME_coeffs_25" / "a_0.npz", (1, 1))
    assert page.ask("a_0").json() == before
    assert renderer.films == 1


def test_two_tabs_share_one_job(page, renderer):
    renderer.hold()
    page.wait("a_0", "rendering", tab="one")
    assert page.ask("a_0", tab="two").json()["state"] == "rendering"
    renderer.release()
    assert page.wait("a_0", tab="one") == page.wait("a_0", tab="two")
    assert renderer.films == 1


def test_progress_counts_frames(page, renderer):
    renderer.hold(frame=3)
    page.wait("a_0", "rendering")
    until(lambda: page.ask("a_0").json() == {"state": "rendering", "done": 3, "total": 5})
    renderer.release()
    page.wait("a_0")


def test_others_wait_and_see_their_place(page, renderer):
    renderer.hold()
    page.wait("a_0", "rendering", tab="one")
    assert page.ask("a_1", tab="two").json() == {"state": "queued", "ahead": 1}
    assert page.ask("b_0", tab="three").json() == {"state": "queued", "ahead": 2}
    renderer.release()
    page.wait("b_0", tab="three")


def test_film_nobody_waits_for_any_more_is_cancelled(page, renderer, services):
    renderer.hold()
    page.wait("a_0", "rendering", tab="one")
    page.ask("a_1", tab="one")  # moved on
    renderer.release()
    page.wait("a_1", tab="one")
    assert renderer.films == 2
    assert len(list(services.cache.folder.glob("*.mp4"))) == 1, "the film left behind was not finished"


def test_film_goes_on_while_somebody_else_waits_for_it(page, renderer, services):
    renderer.hold()
    page.wait("a_0", "rendering", tab="one")
    page.ask("a_0", tab="two")
    page.ask("a_1", tab="one")
    renderer.release()
    page.wait("a_1", tab="one")
    page.wait("a_0", tab="two")
    assert renderer.films == 2


def test_closed_tab_leaves_nothing_behind(page, renderer, services):
    renderer.hold()
    page.wait("a_0", "rendering")
    assert page.client.post("/viewer/leave", json={"tab": "tab"}).status_code == 200
    renderer.release()
    page.wait("a_1", tab="two")
    assert len(list(services.cache.folder.glob("*.mp4"))) == 1


def test_prefetch_gives_way_to_a_real_wish(page, renderer):
    renderer.hold()
    assert page.ask("a_1", tab="one", prefetch=True).json()["state"] == "queued"
    until(lambda: renderer.films == 1)
    page.ask("b_0", tab="two")
    renderer.release()
    page.wait("b_0", tab="two")
    assert renderer.films == 2


def test_prefetched_film_is_there_when_it_is_wanted(page, renderer):
    page.wait("a_1", prefetch=True)
    assert page.ask("a_1").json()["state"] == "ready"
    assert renderer.films == 1


def test_opening_the_clip_being_prefetched_takes_its_job_over(page, renderer):
    renderer.hold()
    page.ask("a_1", prefetch=True)
    until(lambda: renderer.films == 1)
    assert page.ask("a_1").json()["state"] == "rendering"
    page.ask("b_0", tab="two")  # a real wish does not push it out now
    renderer.release()
    page.wait("b_0", tab="two")
    page.wait("a_1")
    assert renderer.films == 2


def test_failure_is_told_and_a_retry_works(page, renderer):
    renderer.broken = True
    failed = page.wait("a_0", "failed")
    assert "out of memory" in failed["message"]
    assert page.ask("a_0").json()["state"] == "failed", "everybody who waits is told"
    renderer.broken = False
    page.wait("a_1")  # others are not affected
    page.ask("a_0", retry=True)
    page.wait("a_0")


def test_a_bug_while_rendering_does_not_end_the_worker(page, renderer, caplog):
    frames, renderer.frames = renderer.frames, lambda *_, **__: 1 / 0
    assert "ZeroDivisionError" in page.wait("a_0", "failed")["message"]
    assert "rendering failed" in caplog.text
    renderer.frames = frames
    page.wait("a_1")


def test_films_survive_a_restart(page, data, tmp_path, renderer, services):
    from tests.web.fakes import make_services

    url = page.wait("a_0")["url"]
    services.jobs.close()
    again = make_services(data, tmp_path / "cache", renderer)
    assert again.cache.find(url.removeprefix("films/").removesuffix(".mp4")) is not None
    again.jobs.close()


@pytest.mark.parametrize("key", ["0" * 32, "nothing", "..%2f..%2fetc%2fpasswd", "../cache"])
def test_unknown_film(page, key):
    assert page.get(f"films/{key}.mp4").status_code == 404


@pytest.mark.parametrize(
    ("wish", "status", "words"),
    [
        ({"clip": "a_9"}, 404, "no clip 'a_9'"),
        ({"clip": "../../etc/passwd"}, 404, "no clip"),
        ({"look": "neon"}, 422, "artalk"),
        ({"camera": "below"}, 422, "front"),
        ({"size": 63}, 422, "even"),
        ({"size": 10**9}, 422, "4096"),
    ],
)
def test_wish_that_cannot_be_granted(page, wish, status, words):
    answer = page.ask(**{"clip": "a_0"} | wish)
    assert answer.status_code == status
    assert words in answer.json()["error"]


def test_wish_of_a_wrong_form(page):
    for body in [{}, {"clip": 1}, [], {"clip": "a_0", "look": "artalk", "camera": "front", "size": "wide", "tab": "t"}]:
        assert page.client.post("/viewer/film", json=body).status_code == 422


def test_clip_that_cannot_be_used_says_so_and_others_work(page, data):
    arrays = motion_arrays(frames=5)
    arrays["exp"][:, 3] = np.nan
    write_motion(data, "a_0", arrays)
    for answer in (page.get("clip", stem="a_0"), page.ask("a_0")):
        assert answer.status_code == 422
        assert "NaN" in answer.json()["error"] and "all 5 frames" in answer.json()["error"]
    page.wait("a_1")
    make_clip(data, "a_0", frames=5)
    page.wait("a_0")


def test_receipt_says_what_was_altered(page):
    assert json.dumps(page.wait("a_0")["receipt"]["altered"]) == "[]"


def test_only_so_many_films_are_waited_for_and_a_wish_comes_before_a_prefetch(tmp_path):
    begun, release = threading.Event(), threading.Event()

    def work(path, *, progress, cancelled):
        begun.set()
        until(lambda: release.is_set() or cancelled())
        path.write_bytes(b"film")
        return "{}"

    jobs = RenderJobs(VideoCache(tmp_path), now=lambda: 0.0)
    key = "{:032x}".format
    try:
        assert jobs.ask(key(0), work, tab="0").state in ("queued", "rendering")
        assert begun.wait(60)
        for i in range(1, MOST_WAITING):
            assert jobs.ask(key(i), work, tab=str(i), prefetch=i > 60).state == "queued"
        assert jobs.ask(key(999), work, tab="a", prefetch=True).state == "failed"
        for i in range(61, MOST_WAITING):
            assert jobs.ask(key(1000 + i), work, tab=f"b{i}").state == "queued", "in the place of a prefetch"
        refused = jobs.ask(key(998), work, tab="c")
        assert refused.state == "failed" and "waited for" in refused.message
        assert jobs.ask(key(5), work, tab="d").state == "queued", "that one is no further film"
        jobs.leave("7")
        assert jobs.ask(key(998), work, tab="c").state == "queued"
    finally:
        release.set()
        jobs.close()
