"""Where the files of a replica go: into folders, or into archives as they are written, one member after another."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path
from typing import Protocol

_MTIME = 1_700_000_000
"""Of all members: the same replica is the same bytes."""


class Writer(Protocol):
    def add(self, name: str, data: bytes) -> None: ...

    def close(self) -> None: ...


class FolderWriter:
    """Files of one modality, in its folder."""

    def __init__(self, root: Path, folder: str):
        self._folder = root / folder
        self._folder.mkdir()

    def add(self, name: str, data: bytes) -> None:
        (self._folder / name).write_bytes(data)

    def close(self) -> None:
        pass


class TarWriter:
    """Files of one modality, in `<folder>.tar`, as `tar -cf <folder>.tar <folder>` writes them."""

    def __init__(self, root: Path, folder: str):
        # Their buffer, unlike tarfile's own, spares three system calls a member.
        self._file = (root / f"{folder}.tar").open("wb", buffering=1 << 20)
        self._tar = tarfile.TarFile(fileobj=self._file, mode="w", format=tarfile.GNU_FORMAT)
        self._folder = folder
        self.add_member(folder, b"", type=tarfile.DIRTYPE, mode=0o755)

    def add(self, name: str, data: bytes) -> None:
        self.add_member(f"{self._folder}/{name}", data)

    def add_member(self, name: str, data: bytes, *, type: bytes = tarfile.REGTYPE, mode: int = 0o644) -> None:
        """Any member: also a link to `../x`, or a name that no data set has."""
        info = tarfile.TarInfo(name)
        info.size, info.mode, info.mtime, info.type = len(data), mode, _MTIME, type
        if type in (tarfile.SYMTYPE, tarfile.LNKTYPE):
            info.size, info.linkname = 0, data.decode()
        self._tar.addfile(info, io.BytesIO(data) if info.size else None)
        self._tar.members.clear()  # otherwise memory grows with the archive

    def close(self) -> None:
        self._tar.close()
        self._file.close()
