"""The split lists against the clips, in both directions."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from pathlib import Path

from viewer.dataset.doctor.finding import Finding
from viewer.dataset.entry import FileEntry
from viewer.dataset.files import is_there
from viewer.dataset.layout import SPLITS, normal_form
from viewer.dataset.text import MAX_LIST_BYTES, read_text
from viewer.errors import ClipError

Line = tuple[int, str]
"""Number, from 1, and text of a line that is not blank."""


def read_lists(folder: Path, findings: list[Finding]) -> dict[str, list[Line]]:
    """Lines of the split lists that are there; a list that cannot be read is a finding."""
    lists = {}
    for split in SPLITS:
        path = folder / f"{split}.txt"
        if not is_there(path):
            continue
        try:
            text = read_text(FileEntry(path), max_bytes=MAX_LIST_BYTES)
        except ClipError as error:
            findings.append(Finding("layout", "error", f"The split list cannot be read: {error}.", path.name))
            continue
        lists[split] = [(number, line) for number, line in enumerate(text.text.split("\n"), 1) if line.strip()]
    return lists


def check_splits(lists: dict[str, list[Line]], stems: Collection[str]) -> list[Finding]:
    """What the lists name that is not there, twice, or not at all; `stems`: all clips, in normal form."""
    if not lists:
        return [Finding("layout", "note", f"There are no split lists ({', '.join(SPLITS)}.txt).", "")]
    findings: list[Finding] = []
    places: dict[str, dict[str, int]] = {}
    for split, lines in lists.items():
        for number, line in lines:
            where = f"{split}.txt line {number:,}"
            # A stem may begin or end with a space, a line more likely does so by accident.
            found = next((stem for stem in (normal_form(line), normal_form(line.strip())) if stem in stems), None)
            stem = normal_form(line.strip())[:200] if found is None else found
            first = places.setdefault(stem, {})
            if split in first:
                message = f"The list names the clip again; it stands in line {first[split]:,} already."
                findings.append(Finding("split-repeat", "warn", message, where, stem))
                continue
            first[split] = number
            if found is None:
                message = "The list names a clip that has no motion and no sound here."
                findings.append(Finding("split-unknown", "error", message, where, stem))
    return findings + _overlaps(places) + _unlisted(stems, places)


def _overlaps(places: dict[str, dict[str, int]]) -> list[Finding]:
    findings = []
    for stem, lines in places.items():
        if len(lines) > 1:
            *others, last = lines
            message = f"The clip is in {', '.join(others)} and {last}: what is trained on is tested on."
            findings.append(Finding("split-overlap", "error", message, f"{last}.txt line {lines[last]:,}", stem))
    return findings


def _unlisted(stems: Iterable[str], places: dict[str, dict[str, int]]) -> list[Finding]:
    message = "The clip is in no split list."
    return [Finding("split-missing", "warn", message, "", stem) for stem in stems if stem not in places]


def splits_of(lists: dict[str, list[Line]]) -> dict[str, tuple[str, ...]]:
    """Names of the splits by stem, as the lists have it."""
    found: dict[str, dict[str, None]] = {}
    for split, lines in lists.items():
        for _, line in lines:
            found.setdefault(normal_form(line.strip()), {})[split] = None
    return {stem: tuple(splits) for stem, splits in found.items()}
