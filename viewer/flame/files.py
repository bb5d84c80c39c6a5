"""Recognise what kind of file the user pointed at, and read it into plain containers and arrays."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

from viewer.errors import ModelFileError
from viewer.flame.npz import NpzError, read_npy, read_npz
from viewer.flame.unpickle import UnsafePickleError, unpickle
from viewer.paths import user_path

MAX_FILE_BYTES = 1 << 28
"""FLAME 2020's generic_model.pkl has 53 MB."""
DOWNLOAD_PAGE = "https://flame.is.tue.mpg.de"


def read_arrays(path: str | Path) -> Any:
    """Content of a .pkl, .npz or .npy file, whatever its suffix; nothing in it is executed.

    Raises ModelFileError that says what the file is instead, and what to do.
    """
    path = user_path(path)
    data = _read(path)
    try:
        if data.startswith(b"\x93NUMPY"):
            return read_npy(data)
        if data.startswith(b"PK"):
            _refuse_download(path, data)
            return read_npz(data)
        _refuse_other_kinds(path, data)
        return unpickle(data)
    except (UnsafePickleError, NpzError) as error:
        raise ModelFileError(f"{path}: {error}") from error
    except MemoryError as error:
        raise ModelFileError(f"{path}: not enough memory to read it ({len(data) >> 20} MB)") from error


def _read(path: Path) -> bytes:
    try:
        if path.is_dir():
            found = sorted(entry.name for entry in path.iterdir() if entry.suffix in (".pkl", ".npz"))
            hint = f"name one of its files: {', '.join(found[:6])}" if found else "it holds no .pkl or .npz file"
            raise ModelFileError(f"{path} is a folder, expected a model file; {hint}")
        if not path.exists():
            raise ModelFileError(f"{path} does not exist; flame_assets/README.md says how to get FLAME")
        if not path.is_file():
            raise ModelFileError(f"{path} is no regular file")
        size = path.stat().st_size
        if size == 0:
            raise ModelFileError(f"{path} is empty; download it again from {DOWNLOAD_PAGE}")
        if size > MAX_FILE_BYTES:
            raise ModelFileError(f"{path} has {size >> 20} MB; a FLAME model has about 53 MB, so this is none")
        with path.open("rb") as file:
            return file.read(MAX_FILE_BYTES)
    except OSError as error:
        raise ModelFileError(f"{path} cannot be read: {error.strerror or error}") from error


def _refuse_download(path: Path, data: bytes) -> None:
    """Tell a downloaded archive that must be unpacked from an npz."""
    try:
        names = zipfile.ZipFile(io.BytesIO(data)).namelist()
    except zipfile.BadZipFile as error:
        raise ModelFileError(f"{path}: the archive is cut off or damaged; download it again") from error
    if not names or not all(name.endswith(".npy") for name in names):
        models = [name for name in names if name.endswith((".pkl", ".npz"))]
        holds = f"it holds {', '.join(models[:4])}" if models else "it holds no .pkl or .npz file"
        raise ModelFileError(f"{path} is a zip archive; {holds}. Unpack it: unzip {path.name} -d flame_assets/")


def _refuse_other_kinds(path: Path, data: bytes) -> None:
    head = data[:4096].lstrip().lower()
    if head.startswith((b"<!doctype", b"<html", b"<head", b"<?xml")) or b"<html" in head:
        raise ModelFileError(
            f"{path} is a web page, probably the login page of {DOWNLOAD_PAGE}: "
            "log in there with a browser, accept the licence, and download the file again"
        )
    if data.startswith(b"version https://git-lfs"):
        raise ModelFileError(f"{path} is a Git LFS pointer, not the file itself; run: git lfs pull")
    if data.startswith((b"\x1f\x8b", b"7z\xbc\xaf", b"Rar!")) or data[257:262] == b"ustar":
        raise ModelFileError(f"{path} is a packed archive; unpack it and name the .pkl or .npz file inside")
    text = not set(data[:4096]) - set(range(32, 127)) - set(b"\t\r\n")
    if text and not data.rstrip().endswith(b"."):  # a protocol 0 pickle is text as well, and ends with a full stop
        raise ModelFileError(f"{path} is a text file, expected a FLAME model (.pkl or .npz)")
