"""Verdicts for elsewhere: a table, JSON that can be brought in again, and a split list without the bad clips."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Sequence
from dataclasses import asdict
from typing import Any

from viewer.dataset import Dataset
from viewer.dataset.splits import read_split_lists
from viewer.errors import UsageError
from viewer.review.desk import ReviewDesk, as_json
from viewer.review.verdict import KINDS, Verdict
from viewer.spreadsheets import csv_line, harmless

FORMAT = "flame-viewer reviews 1"
_TABLE = ("stem", "verdict", "state", "reason", "note", "time_seconds", "reviewer", "at", "motion_hash")


def as_csv(desk: ReviewDesk) -> Iterator[str]:
    """Lines of CSV with a header: the verdicts that stand, in the order of stems.

    state: current, changed (the clip has another motion now) or gone. Texts that a spreadsheet would take for a formula
    begin with an apostrophe.
    """
    yield csv_line(_TABLE)
    for stem, one in desk.standing().items():
        said = one.record.verdict
        time = "" if said.time is None else said.time
        cells = (stem, said.verdict, one.state, said.reason, said.note, time, said.reviewer, said.at, said.motion_hash)
        yield csv_line(map(harmless, cells))


def as_document(desk: ReviewDesk) -> dict[str, Any]:
    """The verdicts that stand with their state, the whole history, and the rate: one JSON object for `import`."""
    sample = desk.queue("random")
    standing = desk.standing().values()
    return {
        "format": FORMAT,
        "dataset": str(desk.dataset.path),
        "counts": desk.counts(),
        "random_sample": {"clips": len(sample.stems)} | desk.rate(sample.stems).as_json(),
        "verdicts": [as_json(one.record, one.state) for one in standing],
        "history": [as_json(record) for record in desk.reviews.history(desk.dataset.path)],
    }


def cleaned_split(
    desk: ReviewDesk, split: str, *, drop: Collection[str] = ("bad",), outdated: bool = False
) -> list[str]:
    """The stems of a split without those judged as in `drop`, in the order of the data set's own list.

    split: train, val, test, or "all" for every clip of the data set. Stems of the list that have no files here stay.
    outdated: whether verdicts count that were given to another motion than the clip has now. Raises UsageError for a
    split that the data set does not have.
    """
    unknown = [kind for kind in drop if kind not in KINDS]
    if unknown or not drop:
        raise UsageError(f"{', '.join(drop) or 'nothing'} to drop; expected some of {', '.join(KINDS)}")
    counted = ("current", "changed") if outdated else ("current",)
    dropped = {
        stem for stem, one in desk.standing().items() if one.record.verdict.verdict in drop and one.state in counted
    }
    return [stem for stem in _members(desk.dataset, split) if stem not in dropped]


def split_names(dataset: Dataset) -> list[str]:
    """Splits that have a list, of the data set or its base."""
    return list(_lists(dataset))


def _lists(dataset: Dataset) -> dict[str, tuple[str, ...]]:
    base = {} if dataset.base is None else read_split_lists(dataset.base.path).lines
    return {**base, **read_split_lists(dataset.path).lines}


def _members(dataset: Dataset, split: str) -> Sequence[str]:
    if split == "all":
        return dataset.stems
    lists = _lists(dataset)
    if split not in lists:
        raise UsageError(f"{dataset.path} has no list {split}.txt; it has {', '.join((*lists, 'all'))}")
    stems: dict[str, None] = {}
    for line in lists[split]:
        stem = line if line in dataset else line.strip()  # a stem may begin or end with a space
        if stem:
            stems[stem] = None
    return list(stems)


def from_document(text: str) -> list[Verdict]:
    """The verdicts in what `as_document` wrote. Raises UsageError that says what is wrong, and where."""
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"this is no JSON ({error}); expected what `review export --format json` writes") from None
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise UsageError(f'this is no export of verdicts: expected an object with "format": "{FORMAT}"')
    rows = document.get("verdicts")
    if not isinstance(rows, list):
        raise UsageError('this export has no list "verdicts"')
    return [_verdict(row, number) for number, row in enumerate(rows)]


def document_of(dataset: str, verdicts: Sequence[Verdict]) -> dict[str, Any]:
    """What `from_document` reads, of verdicts without a desk."""
    return {"format": FORMAT, "dataset": dataset, "verdicts": [asdict(verdict) for verdict in verdicts]}


def _verdict(row: Any, number: int) -> Verdict:
    texts = ("stem", "motion_hash", "verdict", "reason", "note", "reviewer", "at")
    if not isinstance(row, dict) or not all(isinstance(row.get(name), str) for name in texts) or not row["stem"]:
        raise UsageError(f"verdict {number} of this export: expected texts {', '.join(texts)}")
    time = row.get("time")
    if time is not None and (isinstance(time, bool) or not isinstance(time, int | float)):
        raise UsageError(f"verdict {number} of this export: time is {time!r:.40}; expected seconds or null")
    try:
        return Verdict(**{name: row[name] for name in texts}, time=time)
    except UsageError as error:
        raise UsageError(f"verdict {number} of this export: {error}") from None
