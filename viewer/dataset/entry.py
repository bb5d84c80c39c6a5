"""One file of a data set, wherever its bytes lie: what all readers read from."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol

from viewer.dataset.files import open_regular


class Entry(Protocol):
    """A file of its own, or a member of an archive."""

    @property
    def name(self) -> str:
        """For messages: where the file is."""

    @property
    def size(self) -> int | None:
        """Bytes; None where that cannot be told now."""

    def open(self, *, max_bytes: int) -> AbstractContextManager[BinaryIO]:
        """The bytes, seekable. Raises ClipError for all that is wrong, also for reads in the block that fail."""

    def fingerprint(self) -> str:
        """Changes when the file is rewritten, replaced or removed; costs a `stat` and never raises."""


@dataclass(frozen=True, slots=True)
class FileEntry:
    """A file of its own."""

    path: Path

    @property
    def name(self) -> str:
        return str(self.path)

    @property
    def size(self) -> int | None:
        try:
            return self.path.stat().st_size
        except OSError:
            return None

    def open(self, *, max_bytes: int) -> AbstractContextManager[BinaryIO]:
        return open_regular(self.path, max_bytes=max_bytes)

    def fingerprint(self) -> str:
        try:
            info = self.path.stat()
        except OSError as error:
            return f"{self.path.name}:{error.errno}"
        return f"{self.path.name}:{info.st_size}:{info.st_mtime_ns}:{info.st_ino}"
