"""Rendered mp4 files kept between visits, the least recently used dropped first."""

from __future__ import annotations

import os
import re
import secrets
import threading
import time
from pathlib import Path

from viewer.errors import UsageError

DEFAULT_LIMIT_BYTES = 2_000_000_000

_KEY = re.compile(r"[0-9a-f]{32}")
_OURS = re.compile(r"[0-9a-f]{32}\.(mp4|json)")
_UNFINISHED = re.compile(r"\.[0-9a-f]{16}\.part|[0-9a-f]{32}\.\d+\.tmp")
_UNFINISHED_SECONDS = 24 * 3600
"""What is unfinished for so long was left behind by a viewer that was killed; until then it may be another's work."""


class VideoCache:
    """mp4 files and their receipts, named by render key, in `FOLDER/renders`.

    Disposable: deleting the folder only costs rendering time. Safe to share between processes.
    """

    def __init__(self, folder: Path, *, limit_bytes: int = DEFAULT_LIMIT_BYTES) -> None:
        """Raises UsageError when the folder cannot be written to."""
        self.folder = folder / "renders"
        self.limit_bytes = limit_bytes
        self._lock = threading.Lock()
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise UsageError(
                f"cache folder {self.folder} cannot be made ({error.strerror}); name another one with --cache DIR"
            ) from None
        if not os.access(self.folder, os.W_OK):
            raise UsageError(f"cache folder {self.folder} is not writable; name another one with --cache DIR")

    def video(self, key: str) -> Path:
        """Where the mp4 of `key` is, or will be."""
        return self.folder / f"{_checked(key)}.mp4"

    def find(self, key: str) -> Path | None:
        """The mp4 of `key` if it is complete; it then counts as just used."""
        if not _KEY.fullmatch(key) or not self._receipt_path(key).exists():
            return None
        path = self.video(key)
        try:
            # Only the access time: the modification time is part of the ETag that a playing browser relies on.
            os.utime(path, ns=(time.time_ns(), path.stat().st_mtime_ns))
        except OSError:
            return None
        return path

    def receipt(self, key: str) -> str | None:
        """Receipt (JSON text) of a cached mp4."""
        try:
            return self._receipt_path(key).read_text("utf-8")
        except OSError:
            return None

    def keep(self, key: str, receipt: str) -> None:
        """Note that the mp4 of `key` is complete, and make room for it."""
        # By chance: in two containers that share the folder both processes may have the same number.
        fresh = self.folder / f"{_checked(key)}.{secrets.randbits(63)}.tmp"
        fresh.write_text(receipt, "utf-8")
        fresh.replace(self._receipt_path(key))
        self.trim(spare=key)

    def trim(self, *, spare: str = "") -> None:
        """Delete leftovers of a day ago, then the least recently used films until the rest fits the limit.

        Only files that are named as this class and the mp4 writer name them are touched.
        """
        with self._lock:
            films = []
            total = 0
            for entry in os.scandir(self.folder):
                unfinished = _UNFINISHED.fullmatch(entry.name)
                if not unfinished and not _OURS.fullmatch(entry.name):
                    continue
                try:
                    status = entry.stat()
                except FileNotFoundError:  # another viewer trimmed it
                    continue
                if unfinished and status.st_mtime < time.time() - _UNFINISHED_SECONDS:
                    Path(entry).unlink(missing_ok=True)
                    continue
                total += status.st_size
                if entry.name.endswith(".mp4") and not entry.name.startswith(spare or "-"):
                    films.append((status.st_atime_ns, entry.name, status.st_size))
            for _, name, size in sorted(films):
                if total <= self.limit_bytes:
                    break
                (self.folder / name).with_suffix(".json").unlink(missing_ok=True)
                (self.folder / name).unlink(missing_ok=True)
                total -= size

    def _receipt_path(self, key: str) -> Path:
        return self.folder / f"{_checked(key)}.json"


def _checked(key: str) -> str:
    if not _KEY.fullmatch(key):
        raise ValueError(f"not a render key: {key!r}")
    return key
