"""Compressed archives: their members cannot be reached without unpacking all that stands before them."""

from __future__ import annotations

import shlex
from pathlib import Path

# First bytes, name and program of each.
_KINDS = {
    "gzip": (b"\x1f\x8b", "gzip", (".tar.gz", ".tgz")),
    "xz": (b"\xfd7zXZ\0", "xz", (".tar.xz", ".txz")),
    "zstd": (b"\x28\xb5\x2f\xfd", "zstd", (".tar.zst", ".tzst")),
    "bzip2": (b"BZh", "bzip2", (".tar.bz2", ".tbz2")),
    "lz4": (b"\x04\x22\x4d\x18", "lz4", (".tar.lz4",)),
}
SUFFIXES = {suffix: kind for kind, (_, _, suffixes) in _KINDS.items() for suffix in suffixes}
"""How compressed archives are named: kind by suffix."""


def compression(start: bytes) -> str | None:
    """How a file that begins with these bytes is compressed."""
    return next((kind for kind, (magic, _, _) in _KINDS.items() if start.startswith(magic)), None)


def plain_tar_command(kind: str, archive: Path, plain: Path) -> str:
    """Shell command that makes a plain tar of a compressed one; both may have the same path."""
    source, target = shlex.quote(str(archive)), shlex.quote(str(plain))
    program = _KINDS[kind][1]
    if source != target:
        return f"{program} -dc {source} > {target}"
    part = shlex.quote(f"{plain}.plain")
    return f"{program} -dc < {source} > {part} && mv {part} {target}"
