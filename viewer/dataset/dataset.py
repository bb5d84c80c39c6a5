"""A data set: its clips by stem."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from viewer.clip import FLAME_2020, Clip
from viewer.dataset import read
from viewer.dataset.borrow import PLAIN_PATTERN, Base, Parts, StemPattern
from viewer.dataset.description import read_description
from viewer.dataset.entry import Entry
from viewer.dataset.index_store import IndexStore, index_folder
from viewer.dataset.layout import MOTION, Modality, normal_form
from viewer.dataset.locate import check_folder, explain_no_clips
from viewer.dataset.lookup import unknown_stem
from viewer.dataset.problem import Problem, sentences
from viewer.dataset.scanner import Scanner
from viewer.dataset.sources import Source, Sources
from viewer.dataset.summary import ClipSummary, summarise
from viewer.dataset.tracks import (
    AUTO,
    AUTOMATIC,
    TrackMap,
    TrackOptions,
    check_format_name,
    load_plugin,
    read_map,
    track_suffixes,
)
from viewer.errors import DatasetError, UsageError
from viewer.paths import is_inside, user_path

DEMO_DATASET = Path(__file__).resolve().parents[2] / "flame_assets" / "demo"
"""The demo data set that comes with the viewer."""


class Dataset:
    """Clips of a data set, by stem. Open one with `Dataset.open`; nothing is ever written into it.

    The list of clips is that of the moment of opening, or of the last `refresh`; the files themselves are looked at
    again at every access. Safe to use from many threads.
    """

    def __init__(self, sources: Sources, *, options: TrackOptions = AUTOMATIC, base: Base | None = None):
        self.path = sources.path
        self.base = None if base is None else base.dataset
        """The data set that its clips borrow from what they lack."""
        self.stem_pattern = StemPattern() if base is None else base.pattern
        """How its stems are made of those of the base; without one they are as they are."""
        self.track_options = options
        """How its motion files are read."""
        self._how_read = "" if options == AUTOMATIC else f"|{options}"
        self._description = read_description(sources.path)
        self.name = self._description.name or sources.path.resolve().name
        self._sources = sources
        self._base = base
        self.expression_space = self._find_expression_space()
        """Basis of the expressions of all clips: as dataset.json says, else the map, the format, the base."""
        self._summaries: dict[str, tuple[str, ClipSummary]] = {}
        self._scanner = Scanner(sources)

    @classmethod
    def open(
        cls,
        path: str | Path,
        *,
        cache: str | Path | None = None,
        wait: bool = True,
        base: str | Path | None = None,
        stem_pattern: str = PLAIN_PATTERN,
        track_format: str = AUTO,
        mapping: str | Path | TrackMap | None = None,
        plugins: Sequence[str] = (),
    ) -> Dataset:
        """List the clips of a folder in the WebTalk-Synthetic layout, of its archives, or of a folder of tracks.

        No clip is read yet. cache: folder in which indexes of archives are kept (default: the user's cache folder).
        wait: False returns at once; archives that were never opened before are then looked through by a thread, and
        `stems` grows. base: data set that lends what clips lack, by stem; stem_pattern: how stems here are made of
        those there, such as "{stem}_pred". track_format: name of a track format, or "auto" for the one that fits;
        mapping: a map of one's own, or its file; plugins: modules or files that register further formats.

        Raises DatasetError where there is nothing to open, with the path or the command that helps; UsageError for
        what is no path, for a cache inside the data set, and for formats, maps and plugins that cannot be used.
        """
        for plugin in plugins:
            load_plugin(plugin)
        check_format_name(track_format)
        pattern = StemPattern(stem_pattern)
        if mapping is not None and not isinstance(mapping, TrackMap):
            mapping = read_map(user_path(mapping))
        path = user_path(path).absolute()
        if path == DEMO_DATASET and not path.is_dir():
            raise DatasetError(
                f"the demo data is not installed ({DEMO_DATASET} is missing). Clone the repository, which holds it, or "
                "name a data set of yours: export --data DIR, info --data DIR, serve DIR"
            )
        check_folder(path)
        dataset = cls(
            Sources(path, IndexStore(index_folder(path, cache)), track_suffixes=track_suffixes()),
            options=TrackOptions(track_format, mapping),
            base=None if base is None else Base(cls.open(base, cache=cache, wait=wait), pattern),
        )
        if wait:
            dataset._sources.scan()
            dataset.wait()
        elif dataset._sources.complete:
            dataset._check_not_empty()
        else:
            dataset._scanner.start()
        return dataset

    @classmethod
    def demo(cls, *, cache: str | Path | None = None, wait: bool = True) -> Dataset:
        """The demo data set; cache, wait: as for `open`. Raises DatasetError where it is not installed."""
        return cls.open(DEMO_DATASET, cache=cache, wait=wait)

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
        found = (*self._sources.contents().problems, *self._description.problems)
        return (*found, *self._base.problems(self.stems)) if self._base is not None and self.complete else found

    @property
    def warnings(self) -> tuple[str, ...]:
        """The problems that are more than notes, one sentence for each kind."""
        return sentences(self.problems)

    @property
    def complete(self) -> bool:
        """Whether all archives have been looked through, so that `stems` has all clips."""
        return self._sources.complete and (self.base is None or self.base.complete)

    def listing(self) -> tuple[tuple[str, ...], bool]:
        """`stems` and `complete`, as of one moment."""
        stems, complete = self._sources.listing()
        return stems, complete and (self.base is None or self.base.complete)

    @property
    def revision(self) -> int:
        """Grows whenever `stems`, `sources` or `problems` may have changed."""
        return self._sources.revision + (0 if self.base is None else self.base.revision)

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
        if self.base is not None:
            self.base.wait(progress=progress, cancelled=cancelled)
        self._scanner.wait(progress=progress, cancelled=cancelled)
        self._check_not_empty()

    def refresh(self) -> bool:
        """Look for clips that are new or gone, and for archives that were replaced; returns whether there are any.

        Files of a folder that were rewritten need no refresh: `fingerprint` and reading see them as they are. Raises
        DatasetError where the data set is gone; the clips then stay as they were. Waits while archives are looked
        through.
        """
        changed = self._scanner.look_again()
        return changed if self.base is None else self.base.refresh() or changed

    def close(self) -> None:
        """Stop looking through archives; what is known stays usable."""
        self._sources.close()
        if self.base is not None:
            self.base.close()

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
        parts = self._parts(stem)
        return read.read_clip(
            stem,
            parts.entries,
            expression_space=self.expression_space,
            splits=parts.splits,
            options=self.track_options,
            lender=parts.lender,
        )

    def check_outside(self, folder: Path, *, option: str) -> None:
        """Raises UsageError that names `option` when `folder` is in the data set: nothing is ever written into it."""
        if is_inside(folder, self.path):
            raise UsageError(f"{option} {folder} is inside the data set {self.path}, which is never written to")
        if self.base is not None:
            self.base.check_outside(folder, option=option)

    def summary(self, stem: str, *, keep: bool = True) -> ClipSummary:
        """What the headers of a clip's files say; kept until a file changes, unless `keep` is False.

        Raises DatasetError if the stem is unknown.
        """
        stem = self._lookup(stem)
        parts = self._parts(stem)
        fingerprint = self._fingerprint(parts) if keep else ""
        known = self._summaries.get(stem)
        if keep and known is not None and known[0] == fingerprint:
            return known[1]
        summary = summarise(
            stem,
            parts.entries,
            expression_space=self.expression_space,
            splits=parts.splits,
            options=self.track_options,
            lender=parts.lender,
        )
        if keep:
            self._summaries[stem] = fingerprint, summary
        return summary

    def summaries(self) -> list[ClipSummary]:
        """Summaries of all clips, in the order of `stems`. Opens up to four files a clip, some 0.3 ms."""
        return [self.summary(stem) for stem in self.stems]

    def fingerprint(self, stem: str) -> str:
        """Changes when a file of the clip is rewritten, replaced or removed; costs one `stat` a file.

        Of clips in an archive it changes with the archive. Files that are borrowed count, and splits, and how motion is
        read.
        """
        return self._fingerprint(self.parts(stem))

    @property
    def identity(self) -> str:
        """What, besides its path, makes this view of the data set: base, names, formats; empty for a plain one."""
        if self._base is None:
            return self._how_read
        return f"{self._base.dataset.path.resolve()}|{self._base.pattern.pattern}{self._how_read}"

    def entry(self, modality: Modality, stem: str) -> Entry | None:
        """A clip's file of one modality, its own or borrowed; None where there is none. DatasetError if unknown."""
        return self.parts(stem).entries.get(modality)

    def parts(self, stem: str) -> Parts:
        """All that a clip is read from. DatasetError if the stem is unknown."""
        return self._parts(self._lookup(stem))

    def _parts(self, stem: str) -> Parts:
        own = Parts(self._sources.entries(stem), self._sources.contents().splits.of(stem))
        return own if self._base is None else self._base.complete(stem, own)

    def _fingerprint(self, parts: Parts) -> str:
        files = [entry.fingerprint() for entry in parts.entries.values()]
        if parts.lender is not None and parts.lender.motion is not None:
            files.append(parts.lender.motion.fingerprint())
        return "|".join((*files, *parts.splits)) + self._how_read

    def _find_expression_space(self) -> str:
        mapping = self.track_options.mapping
        said = self._description.expression_space or (None if mapping is None else mapping.expression_space)
        if said is None:
            tracks = self._sources.first(MOTION, read.TRACKS_LOOKED_AT)
            said = read.expression_space(tracks, self.track_options)
        return said or (FLAME_2020 if self.base is None else self.base.expression_space)

    def _check_not_empty(self) -> None:
        if not self.stems:
            raise explain_no_clips(self.path, self.warnings)

    def _lookup(self, stem: str) -> str:
        contents = self._sources.contents()
        if not isinstance(stem, str):
            raise DatasetError(f"{stem!r} is no stem; expected a string such as {contents.stems[:1]!r}")
        stem = normal_form(stem)
        if stem in contents.known:
            return stem
        raise unknown_stem(stem, contents.stems, path=self.path, complete=self.complete)
