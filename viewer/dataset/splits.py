"""Split lists: text files of stems, one a line."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

from viewer.dataset.entry import FileEntry
from viewer.dataset.files import is_there
from viewer.dataset.layout import SPLITS, normal_form
from viewer.dataset.problem import Problem, count, some
from viewer.dataset.text import MAX_LIST_BYTES, read_text
from viewer.errors import ClipError


@dataclass(frozen=True)
class Splits:
    """Which clips are in which split."""

    members: dict[str, frozenset[str]]
    """Stems by split."""

    def of(self, stem: str) -> tuple[str, ...]:
        """Names of the splits that a clip is in."""
        return tuple(split for split, stems in self.members.items() if stem in stems)


@dataclass(frozen=True)
class SplitLists:
    """The lists of a data set, as they are in their files."""

    lines: dict[str, tuple[str, ...]]
    """By split: lines in normal form, also blank ones."""
    problems: tuple[Problem, ...]

    def resolve(self, known: frozenset[str]) -> tuple[Splits, list[Problem]]:
        """The splits of the clips that are known, and what is odd about the lists."""
        problems = list(self.problems)
        members: dict[str, frozenset[str]] = {}
        for split, lines in self.lines.items():
            found = known.intersection(lines)
            # A stem may begin or end with a space, a line more likely does so by accident.
            rest = dict.fromkeys(line.strip() for line in lines if line not in found)
            members[split] = found | known.intersection(rest)
            unknown = [line for line in rest if line and line not in known]
            if unknown:
                message = f"{split}.txt names {count(unknown, 'clip')} without files here: {some(unknown)}"
                problems.append(Problem(f"{split}.txt", "split-unknown", "warn", message))
        shared = {stem for one, other in combinations(members.values(), 2) for stem in one & other}
        if shared:
            message = f"{count(shared, 'clip')} in more than one split: {some(sorted(shared))}"
            problems.append(Problem("", "split-overlap", "warn", message))
        return Splits(members), problems


def read_split_lists(path: Path) -> SplitLists:
    """Read the split lists of a data set folder. Lists that cannot be read are left out and told."""
    lines: dict[str, tuple[str, ...]] = {}
    problems = []
    for split in SPLITS:
        file = path / f"{split}.txt"
        if not is_there(file):
            continue
        try:
            text = read_text(FileEntry(file), max_bytes=MAX_LIST_BYTES).text
        except ClipError as error:
            problems.append(Problem(file.name, "split-unreadable", "error", f"split list left out: {error}"))
            continue
        lines[split] = tuple(normal_form(text).split("\n"))
    return SplitLists(lines, tuple(problems))
