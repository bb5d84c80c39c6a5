"""Films on disk: bounded, least recently used first, nothing else touched."""

import os
import time
from pathlib import Path

import pytest

from viewer.errors import UsageError
from viewer.web.cache import VideoCache


def key(number):
    return f"{number:032x}"


def put(cache, number, size=100):
    cache.video(key(number)).write_bytes(bytes(size))
    cache.keep(key(number), "{}")


def age(cache, number, seconds):
    """Last used `seconds` after the epoch, so that the order does not depend on the clock."""
    os.utime(cache.video(key(number)), (seconds, seconds))


def test_least_recently_used_goes_first(tmp_path):
    cache = VideoCache(tmp_path, limit_bytes=350)
    for number in (1, 2, 3):
        put(cache, number)
        age(cache, number, number)
    assert cache.find(key(1)) is not None  # used now
    put(cache, 4)
    assert [number for number in (1, 2, 3, 4) if cache.video(key(number)).exists()] == [1, 3, 4]
    assert cache.receipt(key(2)) is None


def test_two_viewers_finish_the_same_film_at_once(tmp_path, monkeypatch):
    one, other = VideoCache(tmp_path), VideoCache(tmp_path)
    write = Path.write_text

    def slowly(path, *arguments):
        written = write(path, *arguments)
        monkeypatch.setattr(Path, "write_text", write)
        put(other, 1)
        return written

    monkeypatch.setattr(Path, "write_text", slowly)
    put(one, 1)
    assert one.receipt(key(1)) == "{}" and one.find(key(1)) is not None
    assert len(list(one.folder.iterdir())) == 2


def test_newest_film_stays_even_when_it_is_too_large(tmp_path):
    cache = VideoCache(tmp_path, limit_bytes=50)
    put(cache, 1)
    assert cache.find(key(1)) is not None


def test_files_of_others_are_never_deleted(tmp_path):
    cache = VideoCache(tmp_path, limit_bytes=10)
    others = [cache.folder / "holiday.mp4", tmp_path / f"{key(7)}.mp4", cache.folder / f"{key(8)}.mp4.bak"]
    for path in others:
        path.write_bytes(bytes(1000))
    put(cache, 1)
    put(cache, 2)
    assert all(path.exists() for path in others)


def test_leftovers_of_killed_viewers_go_after_a_day(tmp_path):
    cache = VideoCache(tmp_path)
    film, receipt = f".{'0f' * 8}.part", f"{key(5)}.4711.tmp"
    others = ["notes.part", ".hidden.part", "a.tmp", f"{key(5)}.tmp.bak"]
    for name in (film, receipt, *others):
        (cache.folder / name).write_bytes(bytes(100))
    put(cache, 1)
    assert len(list(cache.folder.iterdir())) == 2 + 6, "they may be in use by another viewer"
    for name in (film, receipt, *others):
        old = time.time() - 25 * 3600
        os.utime(cache.folder / name, (old, old))
    cache.trim()
    assert {path.name for path in cache.folder.iterdir()} == {f"{key(1)}.mp4", f"{key(1)}.json", *others}


def test_unfinished_films_count(tmp_path):
    cache = VideoCache(tmp_path, limit_bytes=350)
    put(cache, 1)
    put(cache, 2)
    age(cache, 1, 1)
    (cache.folder / f".{'0f' * 8}.part").write_bytes(bytes(200))
    cache.trim()
    assert (cache.find(key(1)), cache.find(key(2))) == (None, cache.video(key(2)))


@pytest.mark.parametrize("bad", ["", "../../etc/passwd", "A" * 32, "0" * 31, "0" * 33, "0" * 32 + "\n"])
def test_only_keys_are_names(tmp_path, bad):
    cache = VideoCache(tmp_path)
    assert cache.find(bad) is None
    with pytest.raises(ValueError):
        cache.video(bad)


def test_folder_that_cannot_be_made(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="--cache DIR"):
        VideoCache(tmp_path / "file")
