"""How a value is spread over the clips, as an SVG picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64, Int64

from viewer.quality import SEVERITIES, Severity
from viewer.quality.thresholds import Limit
from viewer.report.markup import Markup, number, own, quoted

WIDTH, HEIGHT = 280, 84
_BARS = 28
_LEAST_BAR = 2.0
"""Pixels of a bar that stands for any clip at all: one bad clip of ten thousand is what is looked for."""
_MOST_WHOLE = 1e6
"""Every float beyond some size is a whole number, and means nothing by it."""
_LEAST_WHOLE_BARS = 9
"""Of values that are whole numbers: two bars as wide as the picture would look like a mistake."""
_TAIL_PERCENT = 0.5
"""Of the values on either side, that may lie outside the picture and are counted in the bar at its edge."""


@dataclass(frozen=True)
class Histogram:
    """Counts of values between edges; what lies outside counts in the outermost."""

    edges: Float64[np.ndarray, " B+1"]
    counts: dict[Severity, Int64[np.ndarray, " B"]]
    """By how severe the values are; worst first."""
    whole: bool
    """Whether each bar stands for one whole number."""

    @classmethod
    def of(cls, values: Sequence[float], limits: Sequence[Limit]) -> Histogram:
        """values: at least one, finite; limits: kept in the picture where they are near."""
        array = np.asarray(values, float)
        low, high = np.percentile(array, [_TAIL_PERCENT, 100 - _TAIL_PERCENT])
        span = max(high - low, 1e-9 * max(abs(low), abs(high), 1e-3))
        near = [limit.value for limit in limits if low - span <= limit.value <= high + span]
        low, high = min([low, *near]), max([high, *near])
        whole = bool((array == np.round(array)).all()) and high - low < _BARS and np.abs(array).max() < _MOST_WHOLE
        if whole:
            missing = max(_LEAST_WHOLE_BARS - (np.ceil(high) - np.floor(low) + 1), 0)
            edges = np.arange(np.floor(low) - missing // 2, np.ceil(high) + missing - missing // 2 + 2) - 0.5
        else:
            if high - low < span / 2:
                low, high = low - span, high + span
            edges = np.linspace(low, high, _BARS + 1)
        shown = np.clip(array, edges[0], edges[-1])
        severities = np.array([_severity(value, limits) for value in values])
        counts = {
            severity: np.histogram(shown[severities == severity], edges)[0].astype(np.int64) for severity in SEVERITIES
        }
        return cls(edges, counts, whole)

    @property
    def total(self) -> Int64[np.ndarray, " B"]:
        return np.sum(list(self.counts.values()), axis=0)


def histogram(values: Sequence[float], limits: Sequence[Limit], *, unit: str, title: str) -> Markup:
    """SVG of a histogram with its limits as dashed lines; clips beyond a limit have the colour of its severity."""
    found = Histogram.of(values, limits)
    low, high = float(found.edges[0]), float(found.edges[-1])

    def x(value: float) -> float:
        return (value - low) / (high - low) * WIDTH

    parts = []
    for number_of_bar, total in enumerate(found.total):
        if total:
            left, right = found.edges[number_of_bar : number_of_bar + 2]
            between = number((left + right) / 2, unit) if found.whole else f"{number(left)} to {number(right, unit)}"
            said = f"{between}: {total:,} clip{'s' if total != 1 else ''}"
            stack = {severity: int(counts[number_of_bar]) for severity, counts in found.counts.items()}
            parts.append(f"<g><title>{own(said)}</title>{_bar(x(left), x(right), stack, int(found.total.max()))}</g>")
    for limit in limits:
        if low <= limit.value <= high:
            side = "above" if limit.kind.endswith("above") else "below"
            said = f"{limit.severity} {side} {number(limit.value, unit)}"
            parts.append(
                f'<line class="limit {limit.severity}" x1="{x(limit.value):.1f}" x2="{x(limit.value):.1f}" y1="-4" '
                f'y2="{HEIGHT}"><title>{own(said)}</title></line>'
            )
    first, last = (low + 0.5, high - 0.5) if found.whole else (low, high)
    axis = (
        f'<line class="axis" x1="0" x2="{WIDTH}" y1="{HEIGHT}" y2="{HEIGHT}"/>'
        f'<text x="0" y="{HEIGHT + 14}">{own(number(first))}</text>'
        f'<text x="{WIDTH}" y="{HEIGHT + 14}" text-anchor="end">{own(number(last, unit))}</text>'
    )
    return Markup(
        f'<svg viewBox="0 -6 {WIDTH} {HEIGHT + 24}" role="img" aria-label="{quoted(title)}">'
        f"{''.join(parts)}{axis}</svg>"
    )


def _bar(left: float, right: float, stack: dict[Severity, int], most: int) -> str:
    """Rectangles one on the other, the worst on top, each high enough to be seen."""
    bottom, parts = float(HEIGHT), []
    for severity, count in reversed(stack.items()):
        if count:
            height = max(HEIGHT * count / most, _LEAST_BAR)
            bottom -= height
            parts.append(
                f'<rect class="bar {severity}" x="{left + 0.5:.1f}" y="{bottom:.1f}" '
                f'width="{max(right - left - 1, 1):.1f}" height="{height:.1f}"/>'
            )
    return "".join(parts)


def _severity(value: float, limits: Sequence[Limit]) -> Severity:
    """The worst of the limits that a value is beyond."""
    return min((limit.severity for limit in limits if limit.exceeded(value)), key=SEVERITIES.index, default="ok")
