"""A data set: its clips by stem."""

from __future__ import annotations

import difflib
import json
import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

from viewer.clip import FLAME_2020, Clip
from viewer.dataset import read
from viewer.dataset.entry import Entry, FileEntry
from viewer.dataset.files import is_there
from viewer.dataset.index_store import IndexStore
from viewer.dataset.layout import DESCRIPTION, MODALITIES, MOTION, Modality, normal_form
from viewer.dataset.locate import check_folder, explain_no_clips
from viewer.dataset.problem import Problem, sentences
from viewer.dataset.sources import Source, Sources
from viewer.dataset.summary import ClipSummary, summarise
from viewer.dataset.text import read_text
from viewer.errors import Cancelled, ClipError, DatasetError, UsageError
from viewer.paths import default_cache_folder, user_path

DEMO_DATASET = Path(__file__).resolve().parents[2] / "flame_assets" / "demo"
"""The demo data set that comes with the viewer."""

_POLL_SECONDS = 0.05


class Dataset:
    """Clips of a data set, by stem. Open one with `Dataset.open`; nothing is ever written into it.

    The list of clips is that of the moment of opening, or of the last `refresh`; the files themselves are looked at
    again at every access. Safe to use from many threads.
    """

    def __init__(self, sources: Sources):
        self.path = sources.path
        problems: list[Problem] = []
        description = _read_description(sources.path / DESCRIPTION, problems)
        self.name = description.get("name", sources.path.resolve().name)
        self.expression_space = description.get("expression_space", FLAME_2020)
        """Name of the expression basis of all clips: "flame2020" unless dataset.json says otherwise."""
        self._description_problems = tuple(problems)
        self._sources = sources
        self._summaries: dict[str, tuple[str, ClipSummary]] = {}
        self._looking = threading.Lock()
        self._scanner: threading.Thread | None = None
        self._failure: BaseException | None = None

    @classmethod
    def open(cls, path: str | Path, *, cache: str | Path | None = None, wait: bool = True) -> Dataset:
        """List the clips of a folder in the WebTalk-Synthetic layout, or of its archives. No clip is read yet.

        cache: folder in which indexes of archives are kept (default: the user's cache folder). wait: False returns at
        once; archives that were never opened before are then looked through by a thread, and `stems` grows.

        Raises DatasetError where there is nothing to open, with the path or the command that helps; UsageError for
        what is no path, and for a cache inside the data set.
        """
        path = user_path(path).absolute()
        if path == DEMO_DATASET and not path.is_dir():
            raise DatasetError(
                f"the demo data is not installed ({DEMO_DATASET} is missing). Clone the repository, which holds it, or "
                "name a data set of yours: export --data DIR, info --data DIR, serve DIR"
            )
        check_folder(path)
        dataset = cls(Sources(path, IndexStore(_index_folder(path, cache))))
        if wait:
            dataset._sources.scan()
            dataset.wait()
        elif dataset.complete:
            dataset.wait()
        else:
            dataset._start_scanner()
        return dataset

    @classmethod
    def demo(cls) -> Dataset:
        """The demo data set. Raises DatasetError where it is not installed."""
        return cls.open(DEMO_DATASET)

    @property
    def stems(self) -> tuple[str, ...]:
        """Every clip that has motion or sound, as far as is known now; sorted."""
        return self._sources.contents().stems

    @property
    def playable(self) -> tuple[str, ...]:
        """Stems of the clips that have a motion file."""
        return tuple(stem for stem in self.stems if self._sources.entry(MOTION, stem) is not None)

    @property
    def sources(self) -> tuple[Source, ...]:
        """What each modality was found as."""
        return self._sources.contents().sources

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What is wrong, or odd, about the folders, archives and lists."""
        return (*self._sources.contents().problems, *self._description_problems)

    @property
    def warnings(self) -> tuple[str, ...]:
        """The problems that are more than notes, one sentence for each kind."""
        return sentences(self.problems)

    @property
    def complete(self) -> bool:
        """Whether all archives have been looked through, so that `stems` has all clips."""
        return self._sources.complete

    @property
    def revision(self) -> int:
        """Grows whenever `stems`, `sources` or `problems` may have changed."""
        return self._sources.revision

    def wait(
        self,
        *,
        progress: Callable[[int, int], None] | None = None,
        cancelled: Callable[[], bool] | None = None,
    ) -> None:
        """Return when the data set is complete.

        progress: called with (bytes of archives looked through, bytes in all). Raises Cancelled when `cancelled` says
        so, while the thread goes on; DatasetError where no clip was found.
        """
        scanner = self._scanner
        while scanner is not None and scanner.is_alive():
            if cancelled is not None and cancelled():
                raise Cancelled(f"waiting for the archives of {self.path} was cancelled")
            if progress is not None:
                progress(*self._sources.progress)
            scanner.join(_POLL_SECONDS)
        if self._failure is not None:
            raise self._failure
        if not self.stems:
            raise explain_no_clips(self.path, self.warnings)

    def refresh(self) -> bool:
        """Look for clips that are new or gone, and for archives that were replaced; returns whether there are any.

        Files of a folder that were rewritten need no refresh: `fingerprint` and reading see them as they are. Raises
        DatasetError where the data set is gone; the clips then stay as they were. Waits while archives are looked
        through.
        """
        with self._looking:
            if self._scanner is not None:
                self._scanner.join()
            check_folder(self.path)
            changed = self._sources.look()
            self._sources.scan()
            return changed

    def close(self) -> None:
        """Stop looking through archives; what is known stays usable."""
        self._sources.close()

    def __len__(self) -> int:
        return len(self.stems)

    def __iter__(self) -> Iterator[str]:
        return iter(self.stems)

    def __contains__(self, stem: object) -> bool:
        return isinstance(stem, str) and normal_form(stem) in self._sources.contents().known

    def __getitem__(self, stem: str) -> Clip:
        """Read and check a clip: coefficients, sound, transcript.

        Raises DatasetError where there is no such clip, ClipError where its motion is missing or cannot be used. Sound
        and transcript that cannot be used are left out and reported in the clip's flags.
        """
        stem = self._lookup(stem)
        return read.read_clip(
            stem, self._entries(stem), expression_space=self.expression_space, splits=self._splits(stem)
        )

    def check_outside(self, folder: Path, *, option: str) -> None:
        """Raises UsageError that names `option` when `folder` is in the data set: nothing is ever written into it."""
        if _is_inside(folder, self.path):
            raise UsageError(f"{option} {folder} is inside the data set {self.path}, which is never written to")

    def summary(self, stem: str) -> ClipSummary:
        """What the headers of a clip's files say; kept until a file changes. DatasetError if unknown."""
        stem = self._lookup(stem)
        fingerprint, splits = self.fingerprint(stem), self._splits(stem)
        known = self._summaries.get(stem)
        if known is None or known[0] != fingerprint or known[1].splits != splits:
            known = self._summaries[stem] = fingerprint, summarise(stem, self._entries(stem), splits=splits)
        return known[1]

    def summaries(self) -> list[ClipSummary]:
        """Summaries of all clips, in the order of `stems`. Opens up to four files a clip, some 0.3 ms."""
        return [self.summary(stem) for stem in self.stems]

    def fingerprint(self, stem: str) -> str:
        """Changes when a file of the clip is rewritten, replaced or removed; costs one `stat` a file.

        Of clips in an archive it changes with the archive.
        """
        return "|".join(entry.fingerprint() for entry in self._entries(self._lookup(stem)).values())

    def entry(self, modality: Modality, stem: str) -> Entry | None:
        """A clip's file of one modality, None where it has none. DatasetError if the stem is unknown."""
        return self._sources.entry(modality, self._lookup(stem))

    def _entries(self, stem: str) -> dict[Modality, Entry]:
        found = {modality: self._sources.entry(modality, stem) for modality in MODALITIES}
        return {modality: entry for modality, entry in found.items() if entry is not None}

    def _splits(self, stem: str) -> tuple[str, ...]:
        return self._sources.contents().splits.get(stem, ())

    def _start_scanner(self) -> None:
        def scan() -> None:
            try:
                self._sources.scan()
            except BaseException as error:  # raised again by whoever waits
                self._failure = error
                raise

        self._scanner = threading.Thread(target=scan, name="archives", daemon=True)
        self._scanner.start()

    def _lookup(self, stem: str) -> str:
        contents = self._sources.contents()
        if not isinstance(stem, str):
            raise DatasetError(f"{stem!r} is no stem; expected a string such as {contents.stems[:1]!r}")
        stem = normal_form(stem)
        if stem in contents.known:
            return stem
        message = f"no clip {stem[:200]!r} in {self.path}"
        close = difflib.get_close_matches(stem[:200], contents.stems, n=3)
        if not self.complete:
            message += " so far: its archives are still being looked through"
        elif close:
            message += f"; did you mean {' or '.join(map(repr, close))}?"
        else:
            first = ", ".join(map(repr, contents.stems[:3]))
            message += f"; the first of its {len(contents.stems):,} clips are {first}"
        raise DatasetError(message)


def _index_folder(path: Path, cache: str | Path | None) -> Path | None:
    """Where indexes of the archives in `path` are kept; None for nowhere."""
    if cache is not None:
        folder = user_path(cache)
        if _is_inside(folder, path):
            raise UsageError(f"cache {folder} is inside the data set {path}, which is never written to")
        return folder / "index"
    try:
        folder = default_cache_folder()
    except UsageError:  # a user without a home
        return None
    return None if _is_inside(folder, path) else folder / "index"


def _is_inside(folder: Path, data_set: Path) -> bool:
    # Path.resolve fails on links that go round in circles.
    return Path(os.path.realpath(folder)).is_relative_to(os.path.realpath(data_set))


def _read_description(path: Path, problems: list[Problem]) -> dict[str, str]:
    """The strings in dataset.json that the viewer knows."""
    if not is_there(path):
        return {}

    def problem(message: str) -> None:
        problems.append(Problem(DESCRIPTION, "description", "warn", f"{DESCRIPTION}{message}"))

    try:
        found = json.loads(read_text(FileEntry(path)).text)
    except (ClipError, ValueError, RecursionError) as error:
        problem(f" cannot be used ({error}): the expressions are taken for {FLAME_2020}")
        return {}
    if not isinstance(found, dict):
        problem(f" holds no object: the expressions are taken for {FLAME_2020}")
        return {}
    description = {}
    for key in ("name", "expression_space"):
        value = found.get(key)
        if isinstance(value, str) and value.strip():
            description[key] = value.strip()[:200]
        elif value is not None:
            problem(f": {key} is {value!r:.80}; expected a string")
    return description
