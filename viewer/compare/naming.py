"""How metrics and their numbers are written, in the terminal and in reports."""

from __future__ import annotations

from viewer.compare.comparison import Comparison
from viewer.compare.metrics import METRICS, of_name


def full_name(found: Comparison, metric: str | None = None) -> str | None:
    """Of a metric in these results, whose regions may be derived; by default the first one that has values.

    None where no clip has a value of it.
    """
    for short in METRICS if metric is None else (metric,):
        for name in found.names:
            known = of_name(name)
            same = name == short or (known is not None and known.name == short)
            if same and found.pooled[name].mean is not None:
                return name
    return None


def unit(name: str) -> str:
    """Of a metric by its full name; empty where its plugin is not loaded."""
    known = of_name(name)
    return "" if known is None else known.unit


def title(name: str) -> str:
    """Of a metric by its full name, for people."""
    known = of_name(name)
    return name if known is None else known.title


def figure(value: float | None) -> str:
    """A number to three digits, so that columns can be read; a dash where there is none."""
    if value is None:
        return "–"
    if abs(value) >= 1000:
        return f"{value:,.0f}"
    if value == 0:
        return "0"
    return f"{value:#.3g}".rstrip(".") if abs(value) >= 1e-3 else f"{value:.1e}"


def interval(low: float | None, high: float | None) -> str:
    return "–" if low is None or high is None else f"{figure(low)} … {figure(high)}"
