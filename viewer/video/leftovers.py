"""What processes that were ended leave half-made in a folder of films."""

from __future__ import annotations

import re
import shutil
import time
from contextlib import suppress
from itertools import chain
from pathlib import Path

_UNFINISHED = re.compile(r"\.[0-9a-f]{16}\.part|\.part-[a-z0-9_]{8}")
"""Of a film, and of any other file."""
_SECONDS = 24 * 3600


def remove_leftovers(folder: Path) -> None:
    """Delete what nobody has written to for a day; others may be at work on what is newer.

    Looks only where films are made: in the folder and its two-letter ones, not in all that may lie below.
    """
    before = time.time() - _SECONDS
    for path in chain(folder.glob(".*"), folder.glob("[0-9a-f][0-9a-f]/.*")):
        with suppress(OSError):  # another run was faster
            if _UNFINISHED.fullmatch(path.name) and path.lstat().st_mtime < before:
                shutil.rmtree(path) if path.is_dir() else path.unlink()
