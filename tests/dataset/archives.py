"""Archives for tests: packed folders, members of every kind, and damage at a known byte."""

from __future__ import annotations

import io
import shutil
import tarfile
from collections.abc import Iterable
from pathlib import Path

from viewer.dataset.tar import Batch, scan_tar

FOLDERS = ("FLAME_coeffs_25", "audios", "transcripts", "audios_token_glm")


def pack(root: Path, folder: str, *, with_folder: bool = True, keep: bool = False, **options) -> Path:
    """Pack a folder of a data set into its tar, and remove the folder unless it is to be kept."""
    path = root / f"{folder}.tar"
    with tarfile.open(path, "w", **options) as tar:
        for file in sorted((root / folder).iterdir()):
            tar.add(file, arcname=f"{folder}/{file.name}" if with_folder else file.name)
    if not keep:
        shutil.rmtree(root / folder)
    return path


def pack_all(root: Path, **options) -> Path:
    """Pack every folder of a data set."""
    for folder in FOLDERS:
        if (root / folder).is_dir():
            pack(root, folder, **options)
    return root


def info(name: str, size: int = 0, **fields) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.size = size
    member.mtime = 1_700_000_000
    for key, value in fields.items():
        setattr(member, key, value)
    return member


def tar_bytes(members: Iterable[tuple[str, bytes]], *, format: int = tarfile.GNU_FORMAT) -> bytes:
    """A tar of regular files, as the standard library writes it."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w", format=format) as tar:
        for name, data in members:
            tar.addfile(info(name, len(data)), io.BytesIO(data))
    return stream.getvalue()


def numbered(count: int = 5, size: int = 700) -> list[tuple[str, bytes]]:
    """Members a_0.bin, a_1.bin …; each takes `size` bytes padded to 512, and 512 for its header."""
    return [(f"a_{i}.bin", bytes([65 + i]) * size) for i in range(count)]


def scan(data: bytes, path: Path) -> Batch:
    """Everything that a scan of an archive of these bytes finds, in one batch."""
    path.write_bytes(data)
    return scan_file(path)


def scan_file(path: Path) -> Batch:
    """The same of an archive that is there."""
    found = Batch()
    with path.open("rb") as file:
        for batch in scan_tar(file.fileno()):
            found.members += batch.members
            found.damages += batch.damages
            found.position = batch.position
    return found
