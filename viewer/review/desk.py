"""One data set on the reviewer's desk: its clips as they are now, beside the verdicts that were given."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Collection, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from viewer.dataset import Dataset
from viewer.dataset.catalogue import Catalogue, Query
from viewer.errors import ClipError, DatasetError, UsageError
from viewer.quality.registry import CHECKS
from viewer.review import queues
from viewer.review.queues import Queue, Results
from viewer.review.rate import Rate, rate
from viewer.review.store import Record, Reviews
from viewer.review.verdict import KINDS, REASONS, Kind, Verdict

UNREADABLE = "unreadable"
"""Stands for the motion of a clip that cannot be read: such a clip can be judged too."""
MOST_RANDOM = 5000
_LISTS_KEPT = 4

State = Literal["current", "changed", "gone", "unchecked"]
"""Of a verdict: the motion is the one that was judged, or another, or the clip is not there; not looked at yet."""

_CHECK_FIRST = "There are no check results yet: run python -m viewer check --data {}"
_JUDGED: dict[str, str] = {"bad": "Judged bad", "unsure": "Judged unsure", "good": "Judged good"}


@dataclass(frozen=True)
class Standing:
    """A verdict that stands, and whether it still speaks of the clip as it is."""

    record: Record
    state: State


class ReviewDesk:
    """Verdicts on the clips of one data set. Its methods may be called from any thread."""

    def __init__(
        self,
        dataset: Dataset,
        catalogue: Catalogue,
        reviews: Reviews,
        *,
        results: Callable[[], Results | None] = lambda: None,
        stems: Sequence[str] = (),
    ) -> None:
        """results: those of the checks, asked for each time; stems: those of the queue `file`."""
        self.dataset = dataset
        self.catalogue = catalogue
        self.reviews = reviews
        self._results = results
        self._file = tuple(dict.fromkeys(stems))
        self._lock = threading.Lock()
        self._hashes: dict[str, tuple[str, str]] = {}  # by stem: fingerprint, motion hash
        self._current: tuple[tuple[int, int], dict[str, Record]] | None = None
        self._of_results: tuple[Results | None, dict[str, tuple[str, ...]]] = (None, {})
        self._listed: dict[tuple[int, Query], tuple[str, ...]] = {}

    # -- verdicts ------------------------------------------------------------------------------------------------------

    def motion_hash(self, stem: str) -> str:
        """Of the clip as its files are now, which are read only where they changed. DatasetError if unknown."""
        fingerprint = self._fingerprint(stem)
        known = self._hashes.get(stem)
        if known is not None and known[0] == fingerprint:
            return known[1]
        try:
            found = self.dataset[stem].motion_hash
        except ClipError:
            found = UNREADABLE
        self._hashes[stem] = fingerprint, found
        return found

    def judge(self, verdict: Verdict, *, replaces: int | None = None) -> Record:
        """Keep a verdict on the clip as it is now.

        Raises UsageError where its motion is not the one that was judged, DatasetError for an unknown clip, ReviewError
        where the verdict could not be kept.
        """
        fingerprint = self._fingerprint(verdict.stem)  # before the motion, so that a change between them is noticed
        if self.motion_hash(verdict.stem) != verdict.motion_hash:
            raise UsageError(f"{verdict.stem} has changed since it was opened: open it again, then judge it")
        return self.reviews.give(self.dataset.path, verdict, fingerprint=fingerprint, replaces=replaces)

    def undo(self, number: int) -> Record:
        """Take back a verdict; see `Reviews.undo`."""
        return self.reviews.undo(self.dataset.path, number)

    def current(self) -> dict[str, Record]:
        """The verdicts that stand, by stem."""
        version = self.reviews.version(self.dataset.path)
        kept = self._current
        if kept is None or kept[0] != version:
            self._current = kept = version, self.reviews.current(self.dataset.path)
        return kept[1]

    def standing(self, *, among: Collection[str] | None = None, reads: int | None = None) -> dict[str, Standing]:
        """The verdicts that stand, with their state, in the order of stems.

        among: those on these clips alone; reads: how many clips may be read for it, the others are "unchecked".
        """
        left = reads
        found: dict[str, Standing] = {}
        for stem, record in self.current().items():
            if among is not None and stem not in among:
                continue
            state = self._state_at_once(record)
            if state is None and left != 0:
                left = None if left is None else left - 1
                state = self.state(record)
            found[stem] = Standing(record, state or "unchecked")
        return found

    def state(self, record: Record) -> State:
        """Whether a verdict still speaks of its clip as it is."""
        known = self._state_at_once(record)
        if known is not None:
            return known
        try:
            now = self.motion_hash(record.verdict.stem)
        except DatasetError:
            return "gone"
        return "current" if now == record.verdict.motion_hash else "changed"

    def _state_at_once(self, record: Record) -> State | None:
        """The state, where no clip needs to be read for it: most files are as they were."""
        stem = record.verdict.stem
        if stem not in self.dataset:
            return "gone"
        try:
            fingerprint = self._fingerprint(stem)
        except DatasetError:  # since a moment ago: data sets are looked at anew on other threads
            return "gone"
        if record.fingerprint == fingerprint:
            return "current"
        known = self._hashes.get(stem)
        if known is None or known[0] != fingerprint:
            return None
        return "current" if known[1] == record.verdict.motion_hash else "changed"

    def _fingerprint(self, stem: str) -> str:
        text = self.dataset.fingerprint(stem)
        return hashlib.blake2b(text.encode("utf-8", "surrogateescape"), digest_size=12).hexdigest()

    def judged(self, *, among: Collection[str] | None = None, reads: int | None = None) -> dict[str, Kind]:
        """What was said of the clips as they are now; those that changed since are left out.

        among, reads: as of `standing`; what is unchecked is taken for unchanged.
        """
        standing = self.standing(among=among, reads=reads)
        return {
            stem: one.record.verdict.verdict for stem, one in standing.items() if one.state in ("current", "unchecked")
        }

    # -- queues --------------------------------------------------------------------------------------------------------

    def queues(self) -> list[Queue]:
        """What is offered, without the stems: the names are what `queue` takes."""
        results = self._results()
        offered = [
            Queue("random", f"{queues.RANDOM_CLIPS} at random"),
            Queue("list", "The list, as it is filtered"),
            Queue("errors", "With errors"),
            Queue("odd", "Least like the others"),
        ]
        if self._file:
            offered.insert(2, Queue("file", "From the file of stems"))
        checks: tuple[str, ...] = ()
        if results is not None:
            checks = self._found(
                results, "checks", lambda: tuple(sorted({c for q in results.ranked() for c in q.scores}))
            )
        offered += [Queue(f"worst.{check}", f"Worst: {title_of(check)}") for check in checks]
        offered += [Queue(name, title) for name, title in _JUDGED.items()]
        return [*offered, Queue("changed", "Changed since they were judged")]

    def queue(self, name: str, *, query: Query | None = None) -> Queue:
        """The queue of that name. query: what `list` holds. Raises UsageError for an unknown name."""
        kind, _, rest = name.partition(".")
        if kind == "random":
            return self._random(name, rest)
        if name == "list":
            return Queue(name, "The list, as it is filtered", self._of_list(query or Query()))
        if name == "file":
            return self._of_file()
        if name in _JUDGED:
            found = [stem for stem, kind in self.judged().items() if kind == name]
            return Queue(name, _JUDGED[name], tuple(sorted(found)), judged=True)
        if name == "changed":
            changed = [stem for stem, one in self.standing().items() if one.state == "changed"]
            return Queue(name, "Changed since they were judged", tuple(sorted(changed)), judged=True)
        if kind in ("errors", "odd", "worst"):
            return self._of_checks(name, kind, rest)
        raise UsageError(
            f"there is no queue {name!r:.80}; expected random, random.N, list, file, errors, odd, worst.CHECK, "
            f"{', '.join(_JUDGED)} or changed"
        )

    def rate(self, sample: Sequence[str]) -> Rate:
        """What the clips of a random queue that were judged tell of the data set."""
        return rate(sample, self.judged(among=set(sample)))

    def _random(self, name: str, size: str) -> Queue:
        count = queues.RANDOM_CLIPS
        if size or "." in name:
            if not (size.isascii() and size.isdecimal() and 1 <= int(size) <= MOST_RANDOM):
                raise UsageError(f"{name!r:.80}: expected random.1 to random.{MOST_RANDOM}")
            count = int(size)
        note = (
            "" if self.dataset.complete else "The data set is still being read: further clips will come between these."
        )
        drawn = queues.shuffled(self.dataset.stems)[:count]
        return Queue(name, f"{count} at random", tuple(drawn), note, sample=True)

    def _of_list(self, query: Query) -> tuple[str, ...]:
        key = (self.catalogue.version, query)
        with self._lock:
            found = self._listed.get(key)
        if found is None:
            found = tuple(row["stem"] for row in self.catalogue.rows(query))
            with self._lock:
                while len(self._listed) >= _LISTS_KEPT:
                    self._listed.pop(next(iter(self._listed)))
                self._listed[key] = found
        return found

    def _of_file(self) -> Queue:
        if not self._file:
            return Queue("file", "From the file of stems", (), "The viewer was started without --stems FILE.")
        there = tuple(stem for stem in self._file if stem in self.dataset)
        missing = len(self._file) - len(there)
        note = f"{missing} of the {len(self._file)} stems in the file are not in this data set." if missing else ""
        return Queue("file", "From the file of stems", there, note)

    def _of_checks(self, name: str, kind: str, check: str) -> Queue:
        titles = {"errors": "With errors", "odd": "Least like the others"}
        title = titles.get(kind) or f"Worst: {title_of(check)}"
        results = self._results()
        if results is None:
            return Queue(name, title, (), _CHECK_FIRST.format(self.dataset.path))
        find = {
            "errors": lambda: queues.errors(results),
            "odd": lambda: queues.odd(results),
            "worst": lambda: queues.worst(results, check, worse=CHECKS[check].worse if check in CHECKS else "high"),
        }
        found = self._found(results, name, find[kind])
        there = tuple(stem for stem in found if stem in self.dataset)
        return Queue(name, title, there, "" if there else "The checks found no such clip.")

    def _found(self, results: Results, name: str, find: Callable[[], tuple[str, ...]]) -> tuple[str, ...]:
        """What is made of check results, once for each."""
        kept = self._of_results
        if kept[0] is not results:
            self._of_results = kept = results, {}
        made = kept[1]
        if name not in made:
            made[name] = find()
        return made[name]

    def reasons(self, stem: str) -> list[dict[str, Any]]:
        """What a reviewer may pick a reason from: what the checks found in this clip comes first."""
        results = self._results()
        clip = None if results is None else results.of(stem)
        found = [] if clip is None else [one.check for one in clip.findings if one.severity in ("warn", "error")]
        names = list(dict.fromkeys([*found, *REASONS]))
        return [{"name": name, "title": title_of(name), "found": name in found} for name in names]

    def counts(self) -> dict[str, int]:
        """Clips by their verdict, and those whose verdict is out of date."""
        standing = self.standing().values()
        fresh = [one.record.verdict.verdict for one in standing if one.state == "current"]
        states = [one.state for one in standing]
        return {kind: fresh.count(kind) for kind in KINDS} | {
            "changed": states.count("changed"),
            "gone": states.count("gone"),
        }


def title_of(check: str) -> str:
    """What is wrong with a clip in which a check finds something, in words."""
    return REASONS.get(check) or (CHECKS[check].title if check in CHECKS else check)


def as_json(record: Record, state: State | None = None) -> dict[str, Any]:
    """A verdict in plain values."""
    found = {"id": record.id} | asdict(record.verdict) | {"withdrawn": record.withdrawn}
    return found if state is None else found | {"state": state}
