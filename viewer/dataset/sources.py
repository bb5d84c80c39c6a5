"""Where the files of a data set lie: folders and archives, looked through, kept, and looked at again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Literal

from viewer.dataset.compression import SUFFIXES, plain_tar_command
from viewer.dataset.downloads import unfinished_downloads
from viewer.dataset.entry import Entry, FileEntry
from viewer.dataset.files import is_there
from viewer.dataset.folder import ModalityFolder, scan_flat, scan_folder
from viewer.dataset.index_store import IndexStore, archive_identity
from viewer.dataset.layout import CLIP_MODALITIES, MODALITIES, MOTION, Modality
from viewer.dataset.problem import Problem, count, some
from viewer.dataset.splits import SplitLists, Splits, read_split_lists
from viewer.dataset.tar_index import TarIndex
from viewer.errors import ClipError
from viewer.paths import is_file


@dataclass(frozen=True)
class Source:
    """What one modality was found as."""

    modality: Modality
    found: Literal["folder", "archive", "both", "partial download", "missing"]
    in_folder: int
    """Number of clips whose file lies in the folder."""
    in_archive: int
    """Number of clips whose file is read from the archive: those that are not in the folder too."""


@dataclass(frozen=True)
class Contents:
    """What is known of a data set at one moment."""

    stems: tuple[str, ...]
    """Every clip, sorted."""
    known: frozenset[str]
    """The same."""
    splits: Splits
    sources: tuple[Source, ...]
    problems: tuple[Problem, ...]


@dataclass(frozen=True)
class _Places:
    """Folders, archives and lists as they were found at one look. Archives may still grow."""

    folders: dict[Modality, ModalityFolder] = field(default_factory=dict)
    archives: dict[Modality, TarIndex] = field(default_factory=dict)
    identities: dict[Modality, str | None] = field(default_factory=dict)
    """Of the archives; None where one cannot be read."""
    lists: SplitLists = field(default_factory=lambda: SplitLists({}, ()))
    downloading: set[Modality] = field(default_factory=set)
    problems: tuple[Problem, ...] = ()

    @property
    def complete(self) -> bool:
        return all(index.complete for index in self.archives.values())


class Sources:
    """The sources of the data set at `path`. Safe to use from many threads."""

    def __init__(self, path: Path, store: IndexStore, *, track_suffixes: tuple[str, ...] = ()):
        """track_suffixes: those of motion files in folders, beyond the usual ones."""
        self.path = path
        self._track_suffixes = track_suffixes
        self.revision = 0
        """Grows when there is more, or something else, to know."""
        self._store = store
        self._closed = False
        self._not_kept: dict[Modality, Problem] = {}
        self._contents: tuple[int, Contents] | None = None
        self._places = _Places()
        self.look()

    @property
    def complete(self) -> bool:
        """Whether all archives have been looked through."""
        return self._places.complete

    @property
    def progress(self) -> tuple[int, int]:
        """Bytes of archives that were looked through, and bytes in all."""
        archives = self._places.archives.values()
        return sum(index.position for index in archives), sum(index.n_bytes for index in archives)

    def entry(self, modality: Modality, stem: str) -> Entry | None:
        """A clip's file: that of the folder where folder and archive have one."""
        places = self._places
        folder, archive = places.folders.get(modality), places.archives.get(modality)
        found = None if folder is None else folder.entry(stem)
        return archive.entry(stem) if found is None and archive is not None else found

    def entries(self, stem: str) -> dict[Modality, Entry]:
        """All files of a clip."""
        found = {modality: self.entry(modality, stem) for modality in MODALITIES}
        return {modality: entry for modality, entry in found.items() if entry is not None}

    def first(self, modality: Modality, n_files: int) -> Iterator[Entry]:
        """Some files of a modality, the same ones however far the archives have been looked through."""
        folder, archive = self._places.folders.get(modality), self._places.archives.get(modality)
        if folder is not None:
            for stem in sorted(folder.files)[:n_files]:
                yield FileEntry(folder.path / folder.files[stem])
        if archive is not None:
            yield from archive.first(n_files)

    def close(self) -> None:
        """Stop looking through archives."""
        self._closed = True

    def look(self) -> bool:
        """List the folders, and find the archives whose index is not known; returns whether anything has changed."""
        before = self._places
        folders = self._look_at_folders()
        archives: dict[Modality, TarIndex] = {}
        identities: dict[Modality, str | None] = {}
        for modality in MODALITIES:
            path = self.path / modality.archive
            if not is_there(path) and not path.is_symlink():
                continue
            identities[modality] = identity = _identity(path)
            known = before.archives.get(modality)
            if known is None or not known.complete or identity is None or identity != before.identities[modality]:
                known = None if identity is None else self._store.load(path, modality, identity)
            archives[modality] = TarIndex(path, modality) if known is None else known
        if not folders and not archives:
            folders = scan_flat(self.path, suffixes=self._track_suffixes)
        missing = [m for m in MODALITIES if m not in folders and m not in archives]
        downloading, problems = unfinished_downloads(self.path)
        self._places = _Places(
            folders,
            archives,
            identities,
            read_split_lists(self.path),
            downloading.intersection(missing),
            (*problems, *(problem for modality in missing for problem in _compressed(self.path, modality))),
        )
        self.revision += 1
        return _listing(before) != _listing(self._places)

    def _look_at_folders(self) -> dict[Modality, ModalityFolder]:
        folders = {}
        for modality in MODALITIES:
            suffixes = self._track_suffixes if modality == MOTION else ()
            found = scan_folder(self.path / modality.folder, modality, suffixes=suffixes)
            if found is not None:
                folders[modality] = found
        return folders

    def scan(self) -> None:
        """Look through the archives whose index is not known yet, and keep the indexes."""
        places = self._places
        for modality, index in places.archives.items():
            if index.complete:
                continue
            index.scan(found=self._grow, cancelled=lambda: self._closed)
            if self._closed:
                return
            identity = places.identities[modality]
            if identity is not None and (why := self._store.save(index, identity)):
                message = f"the index of {modality.archive} is made anew at every start: {why}"
                self._not_kept[modality] = Problem(modality.archive, "index-not-kept", "note", message)
                self._grow()

    def _grow(self) -> None:
        self.revision += 1

    def contents(self) -> Contents:
        """What is known now; the same object until more is known."""
        revision = self.revision
        if self._contents is None or self._contents[0] != revision:
            self._contents = revision, self._take_stock(self._places)
        return self._contents[1]

    def listing(self) -> tuple[tuple[str, ...], bool]:
        """Every clip that is known now, and whether these are all: archives may be replaced between two questions."""
        while True:
            places = self._places
            complete = places.complete
            stems = self.contents().stems
            if places is self._places:
                return stems, complete

    def _take_stock(self, places: _Places) -> Contents:
        stems = {m: _stems(places, m) for m in MODALITIES}
        clips = dict.fromkeys(chain.from_iterable(stems[modality] for modality in CLIP_MODALITIES))
        known = frozenset(clips)
        splits, list_problems = places.lists.resolve(known)
        problems = [*places.problems, *self._not_kept.values()]
        sources = []
        for modality in MODALITIES:
            folder, archive = places.folders.get(modality), places.archives.get(modality)
            in_folder = 0 if folder is None else len(folder.files)
            source = Source(modality, _found(modality, places), in_folder, len(stems[modality]) - in_folder)
            sources.append(source)
            problems += () if folder is None else folder.problems
            problems += () if archive is None else archive.problems
            if folder is not None and archive is not None:
                problems.append(_both(source, len(archive)))
        if self.complete:  # until then a clip may be in the part of an archive that is still to come
            problems += list_problems
            for modality in MODALITIES:
                if not known.issuperset(stems[modality]):
                    lonely = [stem for stem in stems[modality] if stem not in known]
                    message = (
                        f"{modality.folder}: {count(lonely, 'clip')} without motion or sound left out: {some(lonely)}"
                    )
                    problems.append(Problem(modality.folder, "clip-missing", "warn", message))
        return Contents(tuple(sorted(clips)), known, splits, tuple(sources), tuple(problems))


def _identity(path: Path) -> str | None:
    try:
        return archive_identity(path)
    except ClipError:  # scanning it finds the same and says so
        return None


def _stems(places: _Places, modality: Modality) -> list[str]:
    """Stems that have a file of a modality, each once, in the order in which they lie."""
    folder, archive = places.folders.get(modality), places.archives.get(modality)
    in_archive = [] if archive is None else archive.stems()
    return in_archive if folder is None else list(dict.fromkeys([*in_archive, *folder.files]))


def _found(modality: Modality, places: _Places) -> Literal["folder", "archive", "both", "partial download", "missing"]:
    if modality in places.folders:
        return "both" if modality in places.archives else "folder"
    if modality in places.archives:
        return "archive"
    return "partial download" if modality in places.downloading else "missing"


def _both(source: Source, n_members: int) -> Problem:
    modality = source.modality
    twice = n_members - source.in_archive
    message = (
        f"{modality.folder}/ and {modality.archive} are both there: {source.in_folder:,} clips have their "
        f"{modality.noun} from the folder, {source.in_archive:,} from the archive"
    )
    if twice:
        message += f"; {twice:,} are in both, and the folder's count"
    return Problem(modality.folder, "folder-and-archive", "warn" if twice else "note", message)


def _compressed(path: Path, modality: Modality) -> list[Problem]:
    """A modality that is there as a compressed archive alone."""
    for suffix, kind in SUFFIXES.items():
        archive = path / f"{modality.folder}{suffix}"
        if is_file(archive):
            message = (
                f"{archive.name} is compressed ({kind}), so its members cannot be read in place; make a plain tar of "
                f"it: {plain_tar_command(kind, archive, path / modality.archive)}"
            )
            return [Problem(archive.name, "archive-compressed", "error", message)]
    return []


def _listing(places: _Places) -> tuple[object, ...]:
    """What makes two looks differ."""
    files = {modality: folder.files for modality, folder in places.folders.items()}
    return files, places.identities, places.lists, places.problems
