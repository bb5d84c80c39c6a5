"""Small pictures kept between visits, the least recently used dropped first."""

from __future__ import annotations

import logging
import os
import re
import threading
from contextlib import suppress
from pathlib import Path

from viewer.errors import UsageError

DEFAULT_LIMIT_BYTES = 250_000_000
"""Some 40,000 pictures of the contact sheet."""
_TRIMMED_TO = 0.8
_KEY = re.compile(r"[0-9a-f]{32}")
_OURS = re.compile(r"[0-9a-f]{32}\.jpg(?:\.\d+-\d+\.part)?")

_log = logging.getLogger(__name__)


class PictureCache:
    """JPEG files named by a hash of what they show, in `FOLDER/sheet`, in sub-folders by its first two digits.

    Disposable: deleting the folder only costs drawing time. Safe to share between threads and processes. A disk that is
    full or read-only costs the same: it is told once in the log, and pictures are made anew.
    """

    def __init__(self, folder: Path, *, limit_bytes: int = DEFAULT_LIMIT_BYTES) -> None:
        self.folder = folder / "sheet"
        self.limit_bytes = limit_bytes
        self._lock = threading.Lock()
        self._bytes: int | None = None  # in the folder, as far as this process knows
        self._told = False

    def find(self, key: str) -> bytes | None:
        """The picture of a key; it then counts as just used."""
        path = self._path(key)
        try:
            data = path.read_bytes()
            os.utime(path)
        except FileNotFoundError:
            return None
        except OSError as error:
            self._tell(error)
            return None
        return data

    def keep(self, key: str, data: bytes) -> None:
        """Keep a picture, and make room for it."""
        path = self._path(key)
        fresh = path.with_name(f"{path.name}.{os.getpid()}-{threading.get_ident()}.part")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            fresh.write_bytes(data)
            fresh.replace(path)
            self._make_room(len(data))
        except OSError as error:
            with suppress(OSError):  # what was begun, where there is anything
                fresh.unlink()
            self._tell(error)

    def _make_room(self, added: int) -> None:
        with self._lock:
            if self._bytes is not None:
                self._bytes += added
            if self._bytes is None or self._bytes > self.limit_bytes:
                self._bytes = self._trim()

    def _trim(self) -> int:
        """Delete the least recently used pictures until they are well below the limit; returns the bytes that stay."""
        files = []
        for shard in os.scandir(self.folder):
            if not re.fullmatch("[0-9a-f]{2}", shard.name):
                continue
            for entry in os.scandir(shard):
                if not _OURS.fullmatch(entry.name):
                    continue
                try:
                    status = entry.stat()
                except FileNotFoundError:  # another viewer trims too
                    continue
                files.append((status.st_mtime_ns, status.st_size, entry.path))
        total = sum(size for _, size, _ in files)
        if total <= self.limit_bytes:
            return total
        for _, size, path in sorted(files):
            if total <= _TRIMMED_TO * self.limit_bytes:
                break
            Path(path).unlink(missing_ok=True)
            total -= size
        return total

    def _path(self, key: str) -> Path:
        if not _KEY.fullmatch(key):
            raise UsageError(f"not the key of a picture: {key!r:.80}")
        return self.folder / key[:2] / f"{key}.jpg"

    def _tell(self, error: OSError) -> None:
        if not self._told:
            _log.warning("pictures of the contact sheet are not kept in %s: %s", self.folder, error.strerror or error)
        self._told = True
