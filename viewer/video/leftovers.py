"""What processes that were ended leave half-made in a folder of films."""

from __future__ import annotations

import os
import re
import shutil
import time
from contextlib import suppress
from pathlib import Path

_UNFINISHED = re.compile(r"\.[0-9a-f]{16}\.part|\.part-.+")
"""Of a film, and of any other file."""
_SECONDS = 24 * 3600


def remove_leftovers(folder: Path) -> None:
    """Delete what nobody has written to for a day; others may be at work on what is newer."""
    before = time.time() - _SECONDS
    for place, folders, names in os.walk(folder):
        for name in filter(_UNFINISHED.fullmatch, (*folders, *names)):
            path = Path(place) / name
            with suppress(OSError):  # another run was faster
                if path.stat().st_mtime < before:
                    shutil.rmtree(path) if path.is_dir() else path.unlink()
