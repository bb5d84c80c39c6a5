"""The secret in the printed URL: one per user and port, kept so that a restart still knows the browsers of before.

A port on 127.0.0.1 is open to everybody with an account on the machine; the token is what keeps them out.
"""

from __future__ import annotations

import errno
import os
import re
import secrets
import stat
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from viewer.paths import why_not_written

KEPT_SECONDS = 30 * 24 * 3600
"""A token is replaced at the first start after this time; browsers keep it as long."""
_TOKEN = re.compile(r"[A-Za-z0-9_-]{24,128}")
_NO_HOME = "you have no home folder"


@dataclass(frozen=True)
class Token:
    secret: str
    problem: str | None = None
    """Why it will be another one after a restart; None where it is kept."""


def default_folder() -> Path | None:
    """Where tokens are kept, such as ~/.local/state/flame-viewer; None without a home."""
    try:
        return platformdirs.user_state_path("flame-viewer", appauthor=False)
    except RuntimeError:
        return None


def token_of(port: int, folder: Path | None) -> Token:
    """The token of the viewer on `port`: the kept one, or a new one which is then kept in `folder`.

    Never fails: a token that cannot be kept says why in `problem`.
    """
    if folder is None:
        return Token(new_secret(), _NO_HOME)
    path = folder / f"token-{port}"
    kept = _read(path)
    if kept is not None:
        return Token(kept)
    secret = new_secret()
    try:
        _write(path, secret)
    except OSError as error:
        return Token(secret, f"{path} cannot be written: {why_not_written(error)}")
    return Token(secret)


def new_secret() -> str:
    """192 random bits."""
    return secrets.token_urlsafe(24)


def _read(path: Path) -> str | None:
    """The secret in a file that is the user's own, that nobody else may read, and that is not too old."""
    try:
        # A link would be somebody's trap, and opening a pipe would wait for ever.
        file = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return None  # then it is written anew, which tells what is wrong
    try:
        status = os.fstat(file)
        ours = stat.S_ISREG(status.st_mode) and status.st_uid == os.geteuid() and not status.st_mode & 0o077
        age = time.time() - status.st_mtime
        text = os.read(file, 200).decode("ascii", "replace").strip() if ours and -60 < age < KEPT_SECONDS else ""
    except OSError:
        return None
    finally:
        os.close(file)
    return text if _TOKEN.fullmatch(text) else None


def _write(path: Path, secret: str) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if path.is_dir() and not path.is_symlink():
        raise OSError(errno.EISDIR, os.strerror(errno.EISDIR))
    file, name = tempfile.mkstemp(dir=path.parent, prefix=".token-")  # readable by the user alone
    try:
        with os.fdopen(file, "w", encoding="ascii") as stream:
            stream.write(secret + "\n")
        os.replace(name, path)  # noqa: PTH105 (a link at `path` is replaced, not followed)
    except OSError:
        Path(name).unlink(missing_ok=True)
        raise
