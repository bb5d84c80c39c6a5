"""Archives that are streamed, read by two programs that are not ours."""

import io
import os
import shutil
import subprocess
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from viewer.errors import VideoError
from viewer.web import zip_stream
from viewer.web.zip_stream import Member, file_member, text_member, zip_chunks, zip_part, zip_size, zip_tag

FILES = {"a.txt": b"hello", "empty": b"", "folder/Fülle %2F (1).mp4": bytes(range(256)) * 2000, "日本.json": b"{}"}


def members(files=FILES):
    return [text_member(name, data) for name, data in files.items()]


def assert_readable(data, files, tmp_path):
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None
        assert {name: archive.read(name) for name in archive.namelist()} == files
        assert {info.compress_type for info in archive.infolist()} <= {zipfile.ZIP_STORED}
    if shutil.which("unzip"):
        path = tmp_path / "archive.zip"
        path.write_bytes(data)
        done = subprocess.run(["unzip", "-t", path], capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == (0 if files else 1), done.stdout + done.stderr  # it warns of one without files


@pytest.mark.parametrize("files", [FILES, {}, {"one": b"1"}])
def test_it_opens_elsewhere_and_is_as_long_as_announced(files, tmp_path):
    data = b"".join(zip_chunks(members(files)))
    assert len(data) == zip_size(members(files))
    assert_readable(data, files, tmp_path)


@pytest.mark.parametrize("limit", [1, 3, 60, 300, 500_000])
def test_large_files_and_places_take_64_bits(monkeypatch, limit, tmp_path):
    plain = zip_size(members())
    monkeypatch.setattr(zip_stream, "_LIMIT", limit)
    data = b"".join(zip_chunks(members()))
    assert len(data) == zip_size(members()) > plain
    assert_readable(data, FILES, tmp_path)


def test_more_members_than_16_bits_count():
    names = [f"{number:05}" for number in range(70_000)]
    data = b"".join(zip_chunks([text_member(name, b"") for name in names]))
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.namelist() == names


@pytest.mark.parametrize("size", [0, 99, 101])
def test_a_file_that_changes_meanwhile_ends_the_archive(size, tmp_path):
    path = tmp_path / "film.mp4"
    path.write_bytes(b"x" * 100)
    member = file_member("film.mp4", path)
    path.write_bytes(b"x" * size)
    with pytest.raises(VideoError, match="changed while it was downloaded"):
        b"".join(zip_chunks([member]))


def test_a_file_that_vanishes_meanwhile_ends_the_archive(tmp_path):
    path = tmp_path / "film.mp4"
    path.write_bytes(b"x" * 100)
    member = file_member("film.mp4", path)
    path.unlink()
    with pytest.raises(VideoError, match="download it again"):
        b"".join(zip_chunks([member]))
    with pytest.raises(VideoError, match="export it again"):
        file_member("film.mp4", path)


@given(st.data())
def test_a_part_is_a_part_of_the_whole(data):
    whole = b"".join(zip_chunks(members()))
    first = data.draw(st.integers(0, len(whole) - 1))
    last = data.draw(st.integers(first, len(whole) - 1))
    assert b"".join(zip_part(members(), first, last)) == whole[first : last + 1]


def test_a_tag_stands_for_the_bytes(tmp_path):
    path = tmp_path / "film.mp4"
    path.write_bytes(b"x" * 100)
    tags = {zip_tag(members()), zip_tag(members(FILES | {"a.txt": b"hellO"})), zip_tag([file_member("film", path)])}
    assert zip_tag(members()) in tags
    assert zip_tag([file_member("film", path)]) in tags
    os.utime(path, (1, 1))
    assert len(tags | {zip_tag([file_member("film", path)]), zip_tag([])}) == 5


def test_files_are_read_one_at_a_time_and_closed_with_the_reader(tmp_path):
    open_now = []

    def member(name):
        def read():
            open_now.append(name)
            try:
                yield b"12"
                yield b"34"
            finally:
                open_now.remove(name)

        return Member(name, 4, "", read)

    chunks = zip_chunks([member("a"), member("b")])
    seen = [list(open_now) for _ in zip(range(7), chunks, strict=False)]
    assert max(map(len, seen)) == 1
    chunks.close()
    assert open_now == []
