"""Downloads from the Hugging Face Hub that were not finished: what is missing may be on its way."""

from __future__ import annotations

import base64
import hashlib
import os
from itertools import islice
from pathlib import Path

from viewer.dataset.layout import MODALITIES, Modality
from viewer.dataset.problem import Problem, some

_SUFFIX = ".incomplete"
_MAX_ENTRIES = 10_000


def unfinished_downloads(path: Path) -> tuple[set[Modality], list[Problem]]:
    """The modalities whose archive is partly downloaded, as far as names tell, and a problem that names all files.

    Looks where `hf download --local-dir`, the Hub's cache and most other programs leave them.
    """
    places = [path, path / ".cache" / "huggingface" / "download"]
    if path.parent.name == "snapshots":  # in the Hub's cache
        places.append(path.parent.parent / "blobs")
    found = [file for place in places for file in _unfinished(place)]
    if not found:
        return set(), []
    modalities = {m for m in MODALITIES if any(_is_part_of(file.name, m) for file in found)}
    archives = [m.archive for m in MODALITIES if m in modalities]
    about = f" (of {', '.join(archives)} among others)" if archives else ""
    message = (
        f"{len(found)} unfinished download{'' if len(found) == 1 else 's'}{about}: "
        f"{some(os.path.relpath(file, path) for file in found)}. Run the download again: it goes on where it stopped"
    )
    return modalities, [Problem("", "download-unfinished", "warn", message)]


def _unfinished(place: Path) -> list[Path]:
    try:
        with os.scandir(place) as entries:
            return sorted(Path(entry.path) for entry in islice(entries, _MAX_ENTRIES) if entry.name.endswith(_SUFFIX))
    except OSError:  # not there, or closed: then nothing is known of downloads
        return []


def _is_part_of(name: str, modality: Modality) -> bool:
    """Whether an unfinished file becomes the archive of `modality`."""
    # `hf download --local-dir` names it by a hash of the name of its receipt.
    receipt = hashlib.sha1(f"{modality.archive}.metadata".encode(), usedforsecurity=False).digest()
    return name.startswith((f"{modality.archive}.", f"{base64.urlsafe_b64encode(receipt).decode()}."))
