"""Split lists: text files of stems, one a line."""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass
from pathlib import Path

from viewer.dataset.entry import FileEntry
from viewer.dataset.files import is_there
from viewer.dataset.layout import SPLITS, normal_form
from viewer.dataset.problem import Problem, count, some
from viewer.dataset.text import MAX_LIST_BYTES, read_text
from viewer.errors import ClipError


@dataclass(frozen=True)
class SplitLists:
    """The lists of a data set, as they are in their files."""

    lines: dict[str, tuple[str, ...]]
    """By split: lines that are not blank, in normal form."""
    problems: tuple[Problem, ...]

    def resolve(self, known: Set[str]) -> tuple[dict[str, tuple[str, ...]], list[Problem]]:
        """Splits by stem, for the stems that are known, and what is odd about the lists."""
        problems = list(self.problems)
        splits: dict[str, list[str]] = {}
        for split, lines in self.lines.items():
            found: dict[str, None] = {}
            unknown: dict[str, None] = {}
            for line in lines:
                # A stem may begin or end with a space, a line more likely does so by accident.
                stem = next((stem for stem in (line, line.strip()) if stem in known), None)
                if stem is None:
                    unknown[line.strip()] = None
                else:
                    found[stem] = None
            for stem in found:
                splits.setdefault(stem, []).append(split)
            if unknown:
                message = f"{split}.txt names {count(unknown, 'clip')} without files here: {some(unknown)}"
                problems.append(Problem(f"{split}.txt", "split-unknown", "warn", message))
        shared = [stem for stem, names in splits.items() if len(names) > 1]
        if shared:
            message = f"{count(shared, 'clip')} in more than one split: {some(shared)}"
            problems.append(Problem("", "split-overlap", "warn", message))
        return {stem: tuple(names) for stem, names in splits.items()}, problems


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
        lines[split] = tuple(normal_form(line) for line in text.split("\n") if line.strip())
    return SplitLists(lines, tuple(problems))
