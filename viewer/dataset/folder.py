"""What is in a data set folder, found by listing its directories.

Stems are keys that are looked up here and never parts of a path, so that no split list, URL or argument can name a file
outside the folder. File names are compared in Unicode's composed form (NFC): macOS and some archives decompose them.
"""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from viewer.dataset.entry import FileEntry
from viewer.dataset.files import is_there
from viewer.dataset.layout import CLIP_MODALITIES, MODALITIES, SPLITS, TRANSCRIPT, Modality
from viewer.dataset.text import MAX_LIST_BYTES, read_text
from viewer.errors import ClipError


@dataclass(frozen=True)
class Folder:
    """Files of a data set by stem."""

    path: Path
    files: dict[Modality, dict[str, str]]
    """File name by stem; a modality whose folder is missing has no stems."""
    splits: dict[str, tuple[str, ...]]
    """Names of the splits by stem."""
    warnings: tuple[str, ...] = field(default=())

    @property
    def stems(self) -> tuple[str, ...]:
        """All clips, sorted."""
        return tuple(sorted({stem for modality in CLIP_MODALITIES for stem in self.files[modality]}))

    def entry(self, modality: Modality, stem: str) -> FileEntry | None:
        """A clip's file, as found by the scan."""
        name = self.files[modality].get(stem)
        return None if name is None else FileEntry(self.path / modality.folder / name)


def normal_form(stem: str) -> str:
    """The form in which stems are compared and shown."""
    return unicodedata.normalize("NFC", stem)


def scan_folder(path: Path) -> Folder:
    """List a data set folder. What is odd about it ends up in `warnings`; nothing is raised."""
    warnings: list[str] = []
    files = {modality: _scan_modality(path, modality, warnings) for modality in MODALITIES}
    folder = Folder(path, files, {})
    known = set(folder.stems)
    splits: dict[str, list[str]] = {}
    for split in SPLITS:
        for stem in _read_split(path / f"{split}.txt", known, warnings):
            splits.setdefault(stem, []).append(split)
    shared = [stem for stem, names in splits.items() if len(names) > 1]
    if shared:
        warnings.append(f"{_count(shared, 'clip')} in more than one split: {_some(shared)}")
    lonely = [stem for stem in files[TRANSCRIPT] if stem not in known]
    if lonely:
        warnings.append(f"{_count(lonely, 'transcript')} without motion or sound left out: {_some(lonely)}")
    return Folder(path, files, {stem: tuple(names) for stem, names in splits.items()}, tuple(warnings))


def _scan_modality(path: Path, modality: Modality, warnings: list[str]) -> dict[str, str]:
    names: dict[str, str] = {}
    skipped: dict[str, list[str]] = {}
    try:
        with os.scandir(path / modality.folder) as entries:
            for entry in entries:
                if not entry.name.lower().endswith(modality.suffix) or entry.name.startswith("."):
                    continue  # among them the ._<name> files that macOS leaves
                stem = normal_form(entry.name[: -len(modality.suffix)])
                if not _is_utf8(stem):
                    skipped.setdefault("names that are not UTF-8", []).append(ascii(entry.name))
                elif not _is_file(entry):
                    skipped.setdefault("broken links, or not files", []).append(entry.name)
                elif stem in names:
                    skipped.setdefault("the same stem twice, by case of suffix or Unicode form", []).append(stem)
                    names[stem] = min(names[stem], entry.name)  # the same one at every opening
                else:
                    names[stem] = entry.name
    except FileNotFoundError:
        return {}
    except OSError as error:
        warnings.append(f"{modality.folder} cannot be read: {error.strerror}")
        return {}
    for reason, found in skipped.items():
        warnings.append(f"{modality.folder}: {_count(found, 'file')} left out ({reason}): {_some(found)}")
    return names


def _is_file(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_file()
    except OSError:  # a link to itself, or into a folder that may not be entered
        return False


def _is_utf8(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:  # os.scandir hands undecodable bytes on as lone surrogates
        return False
    return True


def _read_split(path: Path, known: set[str], warnings: list[str]) -> list[str]:
    """Known stems of a split list in its order, each once."""
    if not is_there(path):
        return []
    try:
        text = read_text(FileEntry(path), max_bytes=MAX_LIST_BYTES)
    except ClipError as error:
        warnings.append(f"split list left out: {error}")
        return []
    stems: dict[str, None] = {}
    unknown: dict[str, None] = {}
    for line in text.text.split("\n"):
        # A stem may begin or end with a space, a line more likely does so by accident.
        stem = next((s for s in (normal_form(line), normal_form(line.strip())) if s in known), None)
        if stem is not None:
            stems[stem] = None
        elif line.strip():
            unknown[line.strip()] = None
    if unknown:
        warnings.append(f"{path.name} names {_count(unknown, 'clip')} without files here: {_some(unknown)}")
    return list(stems)


def _count(items: Iterable[str], noun: str) -> str:
    number = len(list(items))
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _some(items: Iterable[str], shown: int = 3) -> str:
    items = list(items)
    return ", ".join(item[:80] for item in items[:shown]) + (", …" if len(items) > shown else "")
