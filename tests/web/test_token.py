"""The secret in the printed URL."""

import os
import stat
import time
from pathlib import Path

import pytest

from viewer.web.access import Access
from viewer.web.token import KEPT_SECONDS, default_folder, token_of


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "state" / "viewer"


def test_a_restart_on_the_same_port_finds_the_same_token(folder):
    first = token_of(7860, folder)
    assert (token_of(7860, folder), first.problem) == (first, None)
    assert token_of(7861, folder).secret != first.secret
    assert len(first.secret) >= 32


def test_only_the_user_may_read_it(folder):
    token_of(7860, folder)
    (file,) = folder.iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_an_old_token_is_replaced(folder):
    first = token_of(7860, folder)
    long_ago = time.time() - KEPT_SECONDS - 10
    os.utime(folder / "token-7860", (long_ago, long_ago))
    second = token_of(7860, folder)
    assert second.secret != first.secret
    assert token_of(7860, folder) == second


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620])
def test_a_token_that_others_may_have_read_or_set_is_replaced(folder, mode):
    first = token_of(7860, folder)
    (folder / "token-7860").chmod(mode)
    assert token_of(7860, folder).secret != first.secret
    assert stat.S_IMODE((folder / "token-7860").stat().st_mode) == 0o600


@pytest.mark.parametrize("text", ["", "short", "x" * 500, "a b" * 20, "ß" * 30, "\0" * 30])
def test_a_damaged_file_is_replaced(folder, text):
    token_of(7860, folder)
    (folder / "token-7860").write_text(text)
    token = token_of(7860, folder)
    assert token.problem is None
    assert token_of(7860, folder) == token


def test_links_and_pipes_are_replaced_and_not_followed(folder, tmp_path):
    folder.mkdir(parents=True)
    secret = tmp_path / "secret"
    secret.write_text("known-to-somebody-else-0123456789")
    secret.chmod(0o600)
    (folder / "token-1").symlink_to(secret)
    os.mkfifo(folder / "token-2", 0o600)
    for port in (1, 2):
        token = token_of(port, folder)
        assert token.problem is None and token.secret not in secret.read_text()
        assert (folder / f"token-{port}").is_file() and not (folder / f"token-{port}").is_symlink()


def test_a_token_that_cannot_be_kept_says_why(folder, tmp_path):
    (tmp_path / "file").write_text("")
    (folder / "token-7860").mkdir(parents=True)
    assert "you have no home folder" in token_of(7860, None).problem
    for place in (tmp_path / "file", folder, Path("/proc/nothing")):
        token = token_of(7860, place)
        assert len(token.secret) >= 32 and "token-7860 cannot be written" in token.problem
    assert list(folder.iterdir()) == [folder / "token-7860"], "nothing half-written is left"


def test_the_folder_is_the_users(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    assert default_folder() == tmp_path / "flame-viewer"


def test_viewers_that_meet_in_one_browser_have_cookies_of_their_own():
    """On two ports of one machine, and on the same port of two machines, brought here by SSH."""
    viewers = [Access(host="127.0.0.1", port=port, token=token) for port, token in ((1, "a"), (2, "a"), (1, "b"))]
    assert len({viewer.cookie for viewer in viewers}) == 3
    assert all("token" not in viewer.cookie for viewer in viewers)
