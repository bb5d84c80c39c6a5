"""The members of an archive by stem."""

from __future__ import annotations

import itertools
import json
from array import array
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from viewer.dataset.compression import compression, plain_tar_command
from viewer.dataset.entry import TarEntry
from viewer.dataset.files import describe_start, open_descriptor, open_regular
from viewer.dataset.layout import Modality
from viewer.dataset.problem import Problem, Problems, Severity
from viewer.dataset.tar import MAX_SIZE, Damage, Member, first_members, scan_tar
from viewer.errors import ClipError

_MAX_NAME = 1000
"""Characters of a stem; no file system takes so many."""
_SHOWN = 200
"""Characters of a member's name in messages."""


class TarIndex:
    """Members of one modality's archive. While one thread scans it, others may look members up.

    Takes some 200 bytes a member.
    """

    def __init__(self, path: Path, modality: Modality):
        self.path = path
        self.modality = modality
        self.complete = False
        self.n_bytes = _size(path)
        self.position = 0
        """Bytes of the archive that were looked through, of `n_bytes` in all."""
        self._rows: dict[str, int] = {}
        self._columns = {name: array("q") for name in ("offset", "size", "header_crc")}
        self._folder = ""
        """What stands before the file name of most members."""
        self._odd_names: dict[str, str] = {}
        """By stem: names of members that are not folder, stem, suffix."""
        self._problems = Problems()
        self._n_others = 0

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What is wrong with the archive, as far as it was looked through."""
        return self._problems.all()

    def stems(self) -> list[str]:
        """All stems that were found so far, in the order of the archive."""
        return list(self._rows)  # in one go: another thread may be adding to it

    def __contains__(self, stem: object) -> bool:
        return stem in self._rows

    def __len__(self) -> int:
        return len(self._rows)

    def entry(self, stem: str) -> TarEntry | None:
        """A clip's member."""
        row = self._rows.get(stem)
        if row is None:
            return None
        name = self._odd_names.get(stem) or f"{self._folder}{stem}{self.modality.suffix}"
        columns = self._columns
        return TarEntry(self.path, name, columns["offset"][row], columns["size"][row], columns["header_crc"][row])

    def first(self, n_members: int) -> list[TarEntry]:
        """Its first clips in the order of the archive, without waiting for a scan of all of it."""
        index = TarIndex(self.path, self.modality)
        try:
            with open_descriptor(self.path) as (fd, _):
                for member in first_members(fd):
                    index._add(member)
        except ClipError:  # scanning it finds the same and says so
            return []
        found = (index.entry(stem) for stem in index.stems()[:n_members])
        return [entry for entry in found if entry is not None]

    def scan(self, *, found: Callable[[], None], cancelled: Callable[[], bool]) -> None:
        """Look through the archive; `found` is called whenever more is known. What is wrong ends up in `problems`.

        Stops early, and does not become complete, when `cancelled`.
        """
        try:
            with open_regular(self.path, max_bytes=MAX_SIZE) as file:
                if kind := compression(file.read(8)):
                    message = (
                        f"{self.path.name} is compressed ({kind}), so its members cannot be read in place; make a "
                        f"plain tar of it: {plain_tar_command(kind, self.path, self.path)}"
                    )
                    self._problem("archive-compressed", "error", message)
                else:
                    for batch in scan_tar(file.fileno(), cancelled=cancelled):
                        for member in batch.members:
                            self._add(member)
                        for damage in batch.damages:
                            self._add_damage(damage, describe_start(file))
                        self.position = batch.position
                        found()
                        if cancelled():
                            return
        except ClipError as error:
            self._problem("archive-unreadable", "error", str(error))
        if self._n_others:
            message = f"{self.path.name}: {self._n_others:,} members are no {self.modality.suffix} files: left out"
            self._problem("member-unknown", "note", message)
        self.position = self.n_bytes
        self.complete = True
        found()

    def _add(self, member: Member) -> None:
        folder, _, file_name = member.name.rpartition("/")
        stem = self.modality.stem(file_name)
        if stem is None:
            self._n_others += member.kind == "file" and not file_name.startswith(".")
        elif member.kind == "sparse file":
            message = "is stored as a sparse file, which cannot be read in place: left out"
            self._member_problem("member-sparse", "error", member, message, stem)
        elif member.kind != "file":
            self._member_problem("member-no-file", "note", member, f"is a {member.kind}: left out", stem)
        elif not stem or len(stem) > _MAX_NAME or "\0" in stem:
            self._member_problem("member-name", "warn", member, "has a name that cannot be a clip's: left out", None)
        else:
            if member.name.startswith("/") or ".." in folder.split("/"):
                message = "names a place outside: only its file name counts"
                self._member_problem("member-path", "note", member, message, stem)
            if stem in self._rows:
                self._member_problem(
                    "member-twice", "warn", member, "is there more than once: the last one counts", stem
                )
            self._set(stem, member)

    def _set(self, stem: str, member: Member) -> None:
        if not self._rows:
            self._folder = member.name[: member.name.rfind("/") + 1]
        self._odd_names.pop(stem, None)
        if member.name != f"{self._folder}{stem}{self.modality.suffix}":
            self._odd_names[stem] = member.name
        row = self._rows.get(stem)
        values = (member.offset, member.size, member.header_crc)
        for column, value in zip(self._columns.values(), values, strict=True):
            if row is None:
                column.append(value)
            else:
                column[row] = value
        if row is None:
            self._rows[stem] = len(self._rows)  # last: from here on others find it

    def _add_damage(self, damage: Damage, start: str) -> None:
        stem = None if damage.member is None else self.modality.stem(damage.member.rpartition("/")[2])
        detail = f": {start}" if damage.check == "archive-unknown" else ""
        message = f"{self.path.name} {damage.message}{detail}"
        self._problem(damage.check, damage.severity, message, stem=stem, member=damage.member)

    def _member_problem(self, check: str, severity: Severity, member: Member, what: str, stem: str | None) -> None:
        message = f"{self.path.name}: {member.name[:_SHOWN]} {what}"
        self._problem(check, severity, message, stem=stem, member=member.name)

    def _problem(
        self, check: str, severity: Severity, message: str, *, stem: str | None = None, member: str | None = None
    ) -> None:
        where = self.path.name if member is None else f"{self.path.name}: {member[:_SHOWN]}"
        self._problems.add(Problem(where, check, severity, message, stem))

    def arrays(self) -> dict[str, np.ndarray]:
        """All of a complete index, as arrays of numbers."""
        about = {
            "folder": self._folder,
            "odd_names": self._odd_names,
            "problems": [[p.where, p.check, p.severity, p.message, p.stem] for p in self.problems],
        }
        return {
            "stems": _bytes("\0".join(self._rows)),
            "about": _bytes(json.dumps(about)),
            **{name: np.asarray(column, "<i8") for name, column in self._columns.items()},
        }

    @classmethod
    def restore(cls, path: Path, modality: Modality, arrays: Mapping[str, np.ndarray]) -> TarIndex:
        """The index that `arrays` came from. Raises ValueError, KeyError or TypeError where they are damaged."""
        index = cls(path, modality)
        about: dict[str, Any] = json.loads(_text(arrays["about"]))
        stems = _text(arrays["stems"])
        index._rows = dict(zip(stems.split("\0"), itertools.count())) if stems else {}
        index._columns = {name: array("q", arrays[name].astype("=i8").tobytes()) for name in index._columns}
        if any(len(column) != len(index._rows) for column in index._columns.values()):
            raise ValueError("columns differ in length")
        index._folder, index._odd_names = about["folder"], dict(about["odd_names"])
        index._problems = Problems(Problem(*fields) for fields in about["problems"])
        index.position = index.n_bytes
        index.complete = True
        return index


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:  # scanning it tells why
        return 0


def _bytes(text: str) -> np.ndarray:
    return np.frombuffer(text.encode(), np.uint8)


def _text(data: np.ndarray) -> str:
    return data.tobytes().decode()
