"""Keeping indexes of archives in the user's cache folder, so that the next opening need not look through them again.

An index counts for the archive that it was made of: same real path, size, time of change, first and last 64 KiB. It is
disposable: one that cannot be read is made anew, and where none can be written all works without.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import numpy as np

from viewer.dataset.entry import FileEntry
from viewer.dataset.files import open_regular
from viewer.dataset.layout import Modality
from viewer.dataset.npz import open_npz
from viewer.dataset.tar import MAX_SIZE
from viewer.dataset.tar_index import TarIndex
from viewer.errors import ClipError, DatasetError, UsageError
from viewer.paths import default_cache_folder, is_inside, user_path, whole_file, why_not_written

_VERSION = "1"
"""Of what is kept; an index of another version does not count."""
_ENDS_BYTES = 1 << 16


def archive_identity(path: Path) -> str:
    """Changes when an archive is replaced or rewritten. Raises ClipError where it cannot be read."""
    with open_regular(path, max_bytes=MAX_SIZE) as file:
        info = os.fstat(file.fileno())
        digest = hashlib.blake2b(file.read(_ENDS_BYTES), digest_size=16)
        file.seek(max(info.st_size - _ENDS_BYTES, 0))
        digest.update(file.read(_ENDS_BYTES))
    return f"{os.path.realpath(path)}|{info.st_size}|{info.st_mtime_ns}|{digest.hexdigest()}"


class IndexStore:
    """Indexes in a folder; None for no folder."""

    def __init__(self, folder: Path | None):
        self._folder = folder

    def load(self, path: Path, modality: Modality, identity: str) -> TarIndex | None:
        """The index of the archive of that identity; None where there is none."""
        if self._folder is None:
            return None
        try:
            with open_npz(FileEntry(self._file(path))) as npz:
                if npz.array("identity").tobytes() != _tag(identity, modality):
                    return None
                return TarIndex.restore(path, modality, {key: npz.array(key) for key in npz.keys})
        except (ClipError, ValueError, KeyError, TypeError):  # not there, damaged, or of another version
            return None

    def save(self, index: TarIndex, identity: str) -> str | None:
        """Keep a complete index; returns why it could not be kept, or None."""
        if self._folder is None:
            return None
        file = self._file(index.path)
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            with whole_file(file, error=DatasetError) as part:
                arrays = {"identity": np.frombuffer(_tag(identity, index.modality), np.uint8), **index.arrays()}
                np.savez(part, allow_pickle=False, **arrays)
        except OSError as error:
            return f"cannot make {file.parent}: {why_not_written(error)}"
        except DatasetError as error:
            return str(error)
        return None

    def _file(self, path: Path) -> Path:
        assert self._folder is not None
        name = hashlib.blake2b(os.fsencode(os.path.realpath(path)), digest_size=16).hexdigest()
        return self._folder / f"{name}.npz"


def _tag(identity: str, modality: Modality) -> bytes:
    """What an index must say of itself to count: which members it lists depends on the suffixes that are known."""
    return os.fsencode(f"{_VERSION}|{modality.suffixes}|{identity}")


def index_folder(path: Path, cache: str | Path | None) -> Path | None:
    """Where indexes of the archives of the data set `path` are kept; None for nowhere.

    cache: the folder for files that can be made again, by default the user's. Raises UsageError where it is inside the
    data set.
    """
    if cache is not None:
        folder = user_path(cache)
        if is_inside(folder, path):
            raise UsageError(f"--cache {folder} is inside the data set {path}, which is never written to")
        return folder / "index"
    try:
        folder = default_cache_folder()
    except UsageError:  # a user without a home
        return None
    return None if is_inside(folder, path) else folder / "index"
