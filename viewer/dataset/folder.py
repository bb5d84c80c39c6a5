"""The files of a data set that lie in its folders.

Stems are keys that are looked up here and never parts of a path, so that no split list, URL or argument can name a file
outside the folder.
"""

from __future__ import annotations

import os
from pathlib import Path

from viewer.dataset.entry import FileEntry
from viewer.dataset.layout import AUDIO, MODALITIES, MOTION, TRANSCRIPT, Modality
from viewer.dataset.problem import Problem, count, some

_REASONS = {
    "file-encoding": "names that are not UTF-8",
    "file-unusable": "broken links, or not files",
    "file-twice": "the same stem twice, by suffix or Unicode form",
}


class ModalityFolder:
    """The files of one modality in its folder, by stem."""

    def __init__(self, path: Path, files: dict[str, str], problems: tuple[Problem, ...] = ()):
        self.path = path
        self.files = files
        """File name by stem."""
        self.problems = problems

    def entry(self, stem: str) -> FileEntry | None:
        """A clip's file, as found by the scan."""
        name = self.files.get(stem)
        return None if name is None else FileEntry(self.path / name)


def scan_folder(path: Path, modality: Modality, *, suffixes: tuple[str, ...] = ()) -> ModalityFolder | None:
    """List the folder of a modality, None where there is none. What is odd ends up in its problems.

    suffixes: further ones that its files may have.
    """
    names: dict[str, str] = {}
    skipped: dict[str, list[str]] = {}
    try:
        with os.scandir(path) as entries:
            for entry in entries:
                stem = modality.stem(entry.name, suffixes)
                if stem is None:
                    continue
                if not _is_utf8(stem):
                    skipped.setdefault("file-encoding", []).append(ascii(entry.name))
                elif not _is_file(entry):
                    skipped.setdefault("file-unusable", []).append(entry.name)
                elif stem in names:
                    skipped.setdefault("file-twice", []).append(stem)
                    names[stem] = min(names[stem], entry.name)  # the same one at every opening
                else:
                    names[stem] = entry.name
    except FileNotFoundError:
        return None
    except OSError as error:
        message = f"{path.name} cannot be read: {error.strerror}"
        return ModalityFolder(path, {}, (Problem(path.name, "folder-unreadable", "error", message),))
    problems = [
        Problem(path.name, check, "warn", f"{path.name}: {count(n, 'file')} left out ({_REASONS[check]}): {some(n)}")
        for check, n in skipped.items()
    ]
    return ModalityFolder(path, names, tuple(problems))


def scan_flat(path: Path, *, suffixes: tuple[str, ...] = ()) -> dict[Modality, ModalityFolder]:
    """A folder that holds tracks itself, and perhaps their sound and transcripts; empty where it holds no tracks."""
    if path.name in {modality.folder for modality in MODALITIES}:  # part of a data set, which then is what is meant
        return {}
    tracks = scan_folder(path, MOTION, suffixes=suffixes)
    if tracks is None or not tracks.files:
        return {}
    found = {MOTION: tracks}
    for modality in (AUDIO, TRANSCRIPT):
        beside = scan_folder(path, modality)
        if beside is not None:
            files = {stem: name for stem, name in beside.files.items() if modality == AUDIO or stem in tracks.files}
            found[modality] = ModalityFolder(path, files, beside.problems)
    return found


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
