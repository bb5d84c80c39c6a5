"""File names for what is made from clips: a stem may hold any character, a file name may not."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable
from urllib.parse import quote

MAX_BYTES = 180
"""Leaves room, within the 255 bytes of most file systems, for suffixes and temporary names."""

_ALLOWED = " -_.,+=@~()[]'"
_DEVICES = re.compile(r"(con|prn|aux|nul|(com|lpt)[0-9¹²³]) *(\..*)?", re.IGNORECASE)
"""What Windows takes for a device, whatever follows the point."""


class FileNames:
    """Names for the clips of a data set, as of `file_name`, which differ on any file system.

    Some know no case, or one form of Unicode alone: stems that are the same to one of these end in a hash.
    """

    def __init__(self, stems: Iterable[str]) -> None:
        """stems: of the whole data set, so that a clip has the same name whatever else is written."""
        alike: dict[str, list[str]] = {}
        for stem in stems:
            alike.setdefault(_folded(stem), []).append(stem)
        self._alike = {stem for some in alike.values() if len(some) > 1 for stem in some}

    def __getitem__(self, stem: str) -> str:
        return file_name(stem, hashed=stem in self._alike)


def file_name(stem: str, *, hashed: bool = False) -> str:
    """A name that is no path and is valid on every common file system; different stems give different names.

    Letters and digits of any script stay. All else that could mean something to a file system or a shell is
    percent-encoded. A name that is too long is cut and ends in a hash of the stem; hashed: also one that is not.
    """
    name = "".join(c if c.isalnum() or c in _ALLOWED else quote(c, safe="", errors="surrogatepass") for c in stem)
    if name[:1] in ("", ".", "-", " ", "~") or _DEVICES.fullmatch(name):  # hidden, an option, unseen, a home
        name = f"%{ord(name[0]):02X}{name[1:]}" if name else "%"
    if name[-1] in ". ":  # dropped by Windows
        name = f"{name[:-1]}%{ord(name[-1]):02X}"
    data = name.encode()
    if len(data) <= MAX_BYTES and not hashed:
        return name
    digest = hashlib.sha256(stem.encode(errors="surrogatepass")).hexdigest()[:12]
    return f"{data[: MAX_BYTES - 13].decode(errors='ignore')}~{digest}"


def _folded(stem: str) -> str:
    """The same for stems that any file system takes for one."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", stem).upper().casefold())
