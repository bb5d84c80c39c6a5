"""A data set in a folder: its clips by stem."""

from __future__ import annotations

import difflib
import json
import os
from collections.abc import Iterator
from pathlib import Path

from viewer.clip import FLAME_2020, Clip
from viewer.dataset import read
from viewer.dataset.entry import Entry, FileEntry
from viewer.dataset.files import is_there
from viewer.dataset.folder import Folder, normal_form, scan_folder
from viewer.dataset.layout import DESCRIPTION, MODALITIES, MOTION, Modality
from viewer.dataset.locate import archives, check_folder, explain_no_clips, unpack_command
from viewer.dataset.summary import ClipSummary, summarise
from viewer.dataset.text import read_text
from viewer.errors import ClipError, DatasetError, UsageError
from viewer.paths import user_path

DEMO_DATASET = Path(__file__).resolve().parents[2] / "flame_assets" / "demo"
"""The demo data set that comes with the viewer."""


class Dataset:
    """Clips of a data set folder, by stem. Open one with `Dataset.open`; nothing is ever written into it.

    The list of clips is that of the moment of opening; the files themselves are looked at again at every access.
    Safe to use from many threads.
    """

    def __init__(self, folder: Folder, *, name: str, expression_space: str, warnings: tuple[str, ...]):
        self.path = folder.path
        self.name = name
        self.expression_space = expression_space
        """Name of the expression basis of all clips: "flame2020" unless dataset.json says otherwise."""
        self.warnings = warnings
        """What is odd about the folder, one sentence each."""
        self.stems = folder.stems
        """Every clip that has motion or sound, sorted."""
        self._folder = folder
        self._known = frozenset(self.stems)
        self._summaries: dict[str, tuple[str, ClipSummary]] = {}

    @classmethod
    def open(cls, path: str | Path) -> Dataset:
        """List the clips of a folder in the WebTalk-Synthetic layout. No clip is read yet.

        Raises DatasetError where there is nothing to open, with the path or the command that helps; UsageError for
        what is no path.
        """
        path = user_path(path).absolute()
        if path == DEMO_DATASET and not path.is_dir():
            raise DatasetError(
                f"the demo data is not installed ({DEMO_DATASET} is missing). Clone the repository, which holds it, or "
                "name a data set of yours: export --data DIR, info --data DIR, serve DIR"
            )
        check_folder(path)
        folder = scan_folder(path)
        warnings = list(folder.warnings)
        if not folder.stems:
            raise explain_no_clips(path, folder.warnings)
        warnings += [
            f"{m.archive} is not unpacked, so clips have no {m.noun}: {unpack_command(path, m.archive, m)}"
            for m in archives(path)
        ]
        description = _read_description(path / DESCRIPTION, warnings)
        return cls(
            folder,
            name=description.get("name", path.resolve().name),
            expression_space=description.get("expression_space", FLAME_2020),
            warnings=tuple(warnings),
        )

    @classmethod
    def demo(cls) -> Dataset:
        """The demo data set. Raises DatasetError where it is not installed."""
        return cls.open(DEMO_DATASET)

    def __len__(self) -> int:
        return len(self.stems)

    def __iter__(self) -> Iterator[str]:
        return iter(self.stems)

    def __contains__(self, stem: object) -> bool:
        return isinstance(stem, str) and normal_form(stem) in self._known

    def __getitem__(self, stem: str) -> Clip:
        """Read and check a clip: coefficients, sound, transcript.

        Raises DatasetError where there is no such clip, ClipError where its motion is missing or cannot be used. Sound
        and transcript that cannot be used are left out and reported in the clip's flags.
        """
        stem = self._lookup(stem)
        return read.read_clip(
            stem, self._entries(stem), expression_space=self.expression_space, splits=self._folder.splits.get(stem, ())
        )

    @property
    def playable(self) -> tuple[str, ...]:
        """Stems of the clips that have a motion file."""
        return tuple(stem for stem in self.stems if stem in self._folder.files[MOTION])

    def check_outside(self, folder: Path, *, option: str) -> None:
        """Raises UsageError that names `option` when `folder` is in the data set: nothing is ever written into it."""
        # Path.resolve fails on links that go round in circles.
        if Path(os.path.realpath(folder)).is_relative_to(os.path.realpath(self.path)):
            raise UsageError(f"{option} {folder} is inside the data set {self.path}, which is never written to")

    def summary(self, stem: str) -> ClipSummary:
        """What the headers of a clip's files say; kept until a file changes. DatasetError if unknown."""
        stem = self._lookup(stem)
        fingerprint = self.fingerprint(stem)
        known = self._summaries.get(stem)
        if known is None or known[0] != fingerprint:
            known = self._summaries[stem] = (
                fingerprint,
                summarise(stem, self._entries(stem), splits=self._folder.splits.get(stem, ())),
            )
        return known[1]

    def summaries(self) -> list[ClipSummary]:
        """Summaries of all clips, in the order of `stems`. Opens up to three files a clip, some 0.3 ms."""
        return [self.summary(stem) for stem in self.stems]

    def fingerprint(self, stem: str) -> str:
        """Changes when a file of the clip is rewritten, replaced or removed; costs one `stat` a file."""
        return "|".join(entry.fingerprint() for entry in self._entries(self._lookup(stem)).values())

    def entry(self, modality: Modality, stem: str) -> Entry | None:
        """A clip's file of one modality, None where it has none. DatasetError if the stem is unknown."""
        return self._folder.entry(modality, self._lookup(stem))

    def _entries(self, stem: str) -> dict[Modality, Entry]:
        found = {modality: self._folder.entry(modality, stem) for modality in MODALITIES}
        return {modality: entry for modality, entry in found.items() if entry is not None}

    def _lookup(self, stem: str) -> str:
        if not isinstance(stem, str):
            raise DatasetError(f"{stem!r} is no stem; expected a string such as {self.stems[0]!r}")
        stem = normal_form(stem)
        if stem in self._known:
            return stem
        message = f"no clip {stem[:200]!r} in {self.path}"
        close = difflib.get_close_matches(stem[:200], self.stems, n=3)
        if close:
            message += f"; did you mean {' or '.join(map(repr, close))}?"
        else:
            message += f"; the first of its {len(self):,} clips are {', '.join(map(repr, self.stems[:3]))}"
        raise DatasetError(message)


def _read_description(path: Path, warnings: list[str]) -> dict[str, str]:
    """The strings in dataset.json that the viewer knows."""
    if not is_there(path):
        return {}
    try:
        found = json.loads(read_text(FileEntry(path)).text)
    except (ClipError, ValueError, RecursionError) as error:
        warnings.append(f"{DESCRIPTION} cannot be used ({error}): the expressions are taken for {FLAME_2020}")
        return {}
    if not isinstance(found, dict):
        warnings.append(f"{DESCRIPTION} holds no object: the expressions are taken for {FLAME_2020}")
        return {}
    description = {}
    for key in ("name", "expression_space"):
        value = found.get(key)
        if isinstance(value, str) and value.strip():
            description[key] = value.strip()[:200]
        elif value is not None:
            warnings.append(f"{DESCRIPTION}: {key} is {value!r:.80}; expected a string")
    return description
