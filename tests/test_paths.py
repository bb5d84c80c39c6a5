"""Paths that the user names, and files that appear whole or not at all."""

import errno
from pathlib import Path

import pytest

from viewer.errors import RenderError, UsageError
from viewer.paths import user_path, whole_file, why_not_written


def test_a_home_is_found(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    assert user_path("~/a b/c") == user_path(Path("~/a b/c")) == tmp_path / "a b" / "c"
    assert user_path("a/~") == Path("a/~")


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("~nosuchuser/x", r"~nosuchuser/x: the home folder of ~nosuchuser is not known; write the path in full"),
        ("a\0b", r"'a\\x00b' is no path: it holds a NUL"),
        (None, "None is no path"),
        (b"a", "b'a' is no path"),
    ],
)
def test_what_is_no_path_is_told(path, message):
    with pytest.raises(UsageError, match=message):
        user_path(path)


def test_reasons_say_what_to_do():
    assert why_not_written(OSError(errno.ENOSPC, "x")) == "the disk is full; free some space, or choose another folder"
    assert why_not_written(OSError(errno.EIO, "Input/output error")) == "Input/output error"
    assert why_not_written(OSError("odd")) == "odd"


class TestWholeFile:
    def test_a_file_is_there_only_at_the_end(self, tmp_path):
        path = tmp_path / "a.txt"
        path.write_text("old")
        with whole_file(path, error=RenderError) as part:
            part.write_text("new")
            assert path.read_text() == "old"
            assert part.suffix == ".txt"
        assert path.read_text() == "new"
        assert list(tmp_path.iterdir()) == [path]

    def test_a_failure_leaves_what_was_there(self, tmp_path):
        path = tmp_path / "a.txt"
        path.write_text("old")
        with (
            pytest.raises(RenderError, match=r"cannot write .*/a\.txt: the disk is full; free"),
            whole_file(path, error=RenderError) as part,
        ):
            part.write_text("half")
            raise OSError(errno.ENOSPC, "No space left on device", str(part))
        assert path.read_text() == "old"
        assert list(tmp_path.iterdir()) == [path]

    def test_a_link_stays_one(self, tmp_path):
        (tmp_path / "link").symlink_to("file")
        with whole_file(tmp_path / "link", error=RenderError) as part:
            part.write_text("new")
        assert (tmp_path / "link").is_symlink()
        assert (tmp_path / "file").read_text() == "new"

    def test_a_link_to_itself_is_told(self, tmp_path):
        (tmp_path / "loop").symlink_to("loop/x")
        with (
            pytest.raises(RenderError, match=r"cannot write .*loop: "),
            whole_file(tmp_path / "loop", error=RenderError),
        ):
            pass

    def test_devices_and_folders_are_never_replaced(self, tmp_path):
        for path in (Path("/dev/null"), tmp_path):
            with pytest.raises(RenderError, match="no ordinary file"), whole_file(path, error=RenderError):
                pass
        assert Path("/dev/null").is_char_device()
