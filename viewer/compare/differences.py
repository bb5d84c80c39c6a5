"""Two predictions of the same reference: which of them is closer, clip by clip."""

from __future__ import annotations

from typing import Literal

import numpy as np

from viewer.compare.comparison import Comparison
from viewer.compare.pooling import Pooled, pool


def paired_differences(one: Comparison, other: Comparison) -> dict[str, Pooled]:
    """By metric: the mean over clips of the value of `other` minus that of `one`, with its 95 % interval.

    Only clips count that have a value in both: each is its own control, so that the interval is as a rule much narrower
    than those of the two means would suggest. Whether it holds 0 tells more than whether these overlap.
    """
    common = [stem for stem in one.pairs if stem in other.pairs]
    names = [name for name in one.names if name in other.names]
    values = {
        side: {name: np.array([found.pairs[stem].values.get(name) for stem in common], np.float64) for name in names}
        for side, found in (("one", one), ("other", other))
    }
    return pool({name: values["other"][name] - values["one"][name] for name in names})


def says(difference: Pooled) -> Literal["lower", "higher", "same", "unclear"]:
    """What a difference tells of `other`; unclear where its interval holds 0, or is not known."""
    if difference.mean is None or difference.low is None or difference.high is None:
        return "unclear"
    if difference.low == difference.high == 0:
        return "same"
    if difference.low <= 0 <= difference.high:
        return "unclear"
    return "lower" if difference.mean < 0 else "higher"
