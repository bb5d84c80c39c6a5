"""Pictures of numbers with intervals, as SVG; a series is a prediction, and has a colour."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from jaxtyping import Float64

from viewer.compare.naming import figure
from viewer.report.markup import Markup, own, quoted

SERIES = 6
"""Colours; more predictions begin again."""
_BAR_WIDTH, _BAR_HEIGHT = 150, 16
_WIDTH, _ROW = 280, 34
_BINS = 28
_PARTS_ROW = 15


def series(number: int) -> str:
    """Class of a prediction's colour."""
    return f"s{number % SERIES}"


def swatch(number: int) -> Markup:
    """The colour of a prediction, for legends."""
    return Markup(
        f'<svg class="swatch {series(number)}" viewBox="0 0 10 10" aria-hidden="true">'
        '<rect width="10" height="10" rx="2"/></svg>'
    )


def whisker(
    mean: float | None, low: float | None, high: float | None, *, span: tuple[float, float], number: int
) -> Markup:
    """A mean as a dot in its interval, on an axis that begins at span[0]; 0 is marked where the axis holds it."""
    if mean is None or span[1] <= span[0]:
        return Markup("")

    def x(value: float) -> float:
        inside = min(max(value, span[0]), span[1])
        return 5 + (inside - span[0]) / (span[1] - span[0]) * (_BAR_WIDTH - 10)

    middle = _BAR_HEIGHT / 2
    zero = f'<line class="zero" x1="{x(0):.1f}" x2="{x(0):.1f}" y1="0" y2="{_BAR_HEIGHT}"/>' if span[0] <= 0 else ""
    line = ""
    if low is not None and high is not None:
        line = f'<line class="interval" x1="{x(low):.1f}" x2="{x(high):.1f}" y1="{middle:g}" y2="{middle:g}"/>'
    return Markup(
        f'<svg class="whisker {series(number)}" viewBox="0 0 {_BAR_WIDTH} {_BAR_HEIGHT}" aria-hidden="true">'
        f'{zero}{line}<circle cx="{x(mean):.1f}" cy="{middle:g}" r="3.5"/></svg>'
    )


def distributions(values: Sequence[Sequence[float]], *, unit: str, title: str) -> Markup:
    """A histogram for each series, one under the other, on one axis; what lies far out counts in the bar at the edge.

    values: of each series, finite; at least one in all.
    """
    every = np.concatenate([np.asarray(known, float) for known in values])
    low, high = np.percentile(every, [0.5, 99.5])
    if high - low < 1e-9 * max(abs(low), abs(high), 1e-3):
        low, high = low - 0.5e-3, high + 0.5e-3
    edges = np.linspace(low, high, _BINS + 1)
    rows = "".join(_histogram(known, edges, row) for row, known in enumerate(values))
    height = _ROW * len(values)
    axis = (
        f'<line class="axis" x1="0" x2="{_WIDTH}" y1="{height}" y2="{height}"/>'
        f'<text x="0" y="{height + 14}">{own(figure(float(low)))}</text>'
        f'<text x="{_WIDTH}" y="{height + 14}" text-anchor="end">{own(f"{figure(float(high))} {unit}".strip())}</text>'
    )
    return Markup(
        f'<svg viewBox="0 -2 {_WIDTH} {height + 20}" role="img" aria-label="{quoted(title)}">{rows}{axis}</svg>'
    )


def _histogram(values: Sequence[float], edges: Float64[np.ndarray, " B+1"], row: int) -> str:
    """Bars of one series, with its median as a line."""
    counts = np.histogram(np.clip(np.asarray(values, float), edges[0], edges[-1]), edges)[0]
    bottom, most = _ROW * (row + 1), max(int(counts.max(initial=0)), 1)
    parts = []
    for number, ((left, right), count) in enumerate(zip(pairwise(edges.tolist()), counts.tolist(), strict=True)):
        if count:
            height = max((_ROW - 6) * count / most, 1.5)
            said = f"{figure(left)} to {figure(right)}: {count:,} clip{'s' if count != 1 else ''}"
            parts.append(
                f'<rect x="{number * _WIDTH / _BINS + 0.5:.1f}" y="{bottom - height:.1f}" '
                f'width="{_WIDTH / _BINS - 1:.1f}" height="{height:.1f}"><title>{own(said)}</title></rect>'
            )
    middle = ""
    if len(values):
        median = float(np.clip(np.median(values), edges[0], edges[-1]))
        x = (median - edges[0]) / (edges[-1] - edges[0]) * _WIDTH
        middle = (
            f'<line class="median" x1="{x:.1f}" x2="{x:.1f}" y1="{bottom - _ROW + 3}" y2="{bottom}">'
            f"<title>{own(f'median {figure(median)}')}</title></line>"
        )
    return f'<g class="{series(row)}">{"".join(parts)}{middle}</g>'


def parts(values: Sequence[tuple[str, Sequence[float | None]]], *, unit: str, title: str) -> Markup:
    """Horizontal bars: for each named part one of each series, on one axis from 0."""
    most = max((value for _, known in values for value in known if value is not None), default=0.0) or 1.0
    rows, y = "", 0.0
    for name, known in values:
        rows += f'<text class="part" x="0" y="{y + 12:g}">{own(name)}</text>'
        y += 17
        for number, value in enumerate(known):
            if value is not None:
                width = (_WIDTH - 56) * value / most
                rows += (
                    f'<g class="{series(number)}">'
                    f'<rect x="0" y="{y:g}" width="{max(width, 1):.1f}" height="11" rx="2"/></g>'
                    f'<text x="{max(width, 1) + 6:.1f}" y="{y + 10:g}">{own(f"{figure(value)} {unit}")}</text>'
                )
            y += _PARTS_ROW
        y += 6
    return Markup(f'<svg viewBox="0 0 {_WIDTH} {y:g}" role="img" aria-label="{quoted(title)}">{rows}</svg>')


def curves(
    grid: Float64[np.ndarray, " G"],
    shares: Sequence[Float64[np.ndarray, " G"]],
    *,
    numbers: Sequence[int],
    unit: str,
    title: str,
) -> Markup:
    """How a curve is spread over all frames: one line a series, of the share of frames at each value.

    shares: of the frames that lie below each value of the grid; numbers: of the series, for their colours.
    """
    inner = [int(np.searchsorted(known, level)) for known in shares for level in (0.005, 0.995)]
    low, high = grid[min(*inner, len(grid) - 2)], grid[min(max(inner), len(grid) - 1)]
    edges = np.linspace(low, max(high, low + 1e-9), 41)
    middles = (edges[:-1] + edges[1:]) / 2
    densities = [np.diff(np.interp(edges, grid, known)) for known in shares]
    most, height = max(float(density.max()) for density in densities) or 1.0, 84
    lines = ""
    for number, density in zip(numbers, densities, strict=True):
        x = (middles - low) / (edges[-1] - low) * _WIDTH
        points = " ".join(f"{a:.1f},{height - (height - 4) * b / most:.1f}" for a, b in zip(x, density, strict=True))
        lines += f'<polyline class="density {series(number)}" points="{points}"/>'
    axis = (
        f'<line class="axis" x1="0" x2="{_WIDTH}" y1="{height}" y2="{height}"/>'
        f'<text x="0" y="{height + 14}">{own(figure(float(low)))}</text>'
        f'<text x="{_WIDTH}" y="{height + 14}" text-anchor="end">{own(f"{figure(float(edges[-1]))} {unit}")}</text>'
    )
    return Markup(
        f'<svg viewBox="0 -2 {_WIDTH} {height + 20}" role="img" aria-label="{quoted(title)}">{lines}{axis}</svg>'
    )
