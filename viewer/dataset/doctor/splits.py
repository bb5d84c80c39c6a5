"""The split lists against the clips, in both directions."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from viewer.dataset.doctor.finding import Finding
from viewer.dataset.layout import SPLITS


def check_splits(lists: Mapping[str, Sequence[str]], stems: Collection[str]) -> list[Finding]:
    """What the lists name that is not there, twice, or not at all.

    lists: the lines of each, in normal form; stems: all clips.
    """
    if not lists:
        names = ", ".join(f"{split}.txt" for split in SPLITS)
        return [Finding("layout", "note", f"There are no split lists: {names}.", "")]
    findings: list[Finding] = []
    places: dict[str, dict[str, int]] = {}
    for split, lines in lists.items():
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            where = f"{split}.txt line {number:,}"
            # A stem may begin or end with a space, a line more likely does so by accident.
            found = next((stem for stem in (line, line.strip()) if stem in stems), None)
            stem = line.strip()[:200] if found is None else found
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
