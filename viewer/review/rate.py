"""What share of a data set is bad, as far as a random sample tells."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from viewer.review.verdict import Kind
from viewer.shares import wilson


@dataclass(frozen=True)
class Rate:
    """The share of bad clips, by those at the beginning of a random queue that are all judged."""

    judged: int
    bad: int
    unsure: int
    low: float
    """Lower end of the 95 % Wilson interval, 0..1, unsure clips taken as not bad."""
    high: float
    unsure_high: float
    """Upper end where unsure clips are taken as bad."""

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def rate(sample: Sequence[str], verdicts: Mapping[str, Kind]) -> Rate:
    """The rate by the clips of a random order up to the first that has no verdict.

    What is judged further behind does not count: whoever judges some clips of a sample for a reason, because a check
    found something in them, would otherwise bend the rate.
    """
    said: list[Kind] = []
    for stem in sample:
        if stem not in verdicts:
            break
        said.append(verdicts[stem])
    bad, unsure = said.count("bad"), said.count("unsure")
    low, high = wilson(bad, len(said))
    return Rate(len(said), bad, unsure, low, high, wilson(bad + unsure, len(said))[1])
