"""One clip from its arrays to its findings, in one call."""

from __future__ import annotations

from viewer.quality.finding import ClipQuality
from viewer.quality.inputs import Inputs
from viewer.quality.judge import judge
from viewer.quality.measure import measure
from viewer.quality.population import Population
from viewer.quality.thresholds import Thresholds


def examine(
    inputs: Inputs, *, thresholds: Thresholds | None = None, population: Population | None = None
) -> ClipQuality:
    """Run all checks over a clip and judge what they find; thresholds: by default the viewer's own.

    What a clip holds never raises: a check that fails is a finding that says so.
    """
    return judge(measure(inputs), thresholds=thresholds or Thresholds.load(), population=population)
