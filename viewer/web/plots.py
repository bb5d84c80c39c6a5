"""Histograms for the page, in its colours."""

from __future__ import annotations

import json
from dataclasses import dataclass
from itertools import pairwise

import plotly.graph_objects as go
from gradio.components.plot import PlotData

from viewer.dataset.catalogue import Histogram

HEIGHT_PX = 210


@dataclass(frozen=True)
class _Colours:
    """As in static/page.css, which Plotly cannot read."""

    text: str
    line: str
    bar: str
    surface: str


_LIGHT = _Colours(text="#5d6a7c", line="#dfe4eb", bar="#3a62cf", surface="#ffffff")
_DARK = _Colours(text="#97a3b5", line="#29313d", bar="#8eb3f7", surface="#151a21")
_FONT = "system-ui, -apple-system, Segoe UI, Roboto, Noto Sans, Liberation Sans, sans-serif"


def histogram_plot(histogram: Histogram, *, title: str, unit: str, dark: bool) -> PlotData:
    """Bars of counts over a value named `title` in `unit`. Says so where there are no values."""
    colours = _DARK if dark else _LIGHT
    edges = histogram.edges
    pairs = list(pairwise(edges))
    figure = go.Figure(
        go.Bar(
            x=[(low + high) / 2 for low, high in pairs],
            y=histogram.counts,
            width=[high - low for low, high in pairs],
            customdata=[[low, high] for low, high in pairs],
            marker={"color": colours.bar, "line": {"width": 0.6, "color": colours.surface}},
            hovertemplate=f"%{{customdata[0]:.2~f}} to %{{customdata[1]:.2~f}} {unit}: %{{y:,}} clips<extra></extra>",
        )
    )
    axis = {"color": colours.text, "gridcolor": colours.line, "linecolor": colours.line, "zeroline": False}
    figure.update_layout(
        height=HEIGHT_PX,
        margin={"l": 46, "r": 10, "t": 8, "b": 40},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        font={"family": _FONT, "size": 11.5, "color": colours.text},
        bargap=0,
        showlegend=False,
        dragmode=False,
        hoverlabel={"bgcolor": colours.surface, "bordercolor": colours.line, "font": {"color": colours.text}},
        xaxis={
            **axis,
            "title": {"text": title, "standoff": 8, "font": {"size": 12}},
            "showgrid": False,
            "ticks": "outside",
            "ticklen": 4,
        },
        yaxis={
            **axis,
            "title": {"text": "clips", "standoff": 6, "font": {"size": 12}},
            "rangemode": "tozero",
            "tickformat": ",d",
            "dtick": _whole_steps(histogram.counts),
        },
    )
    if not pairs:
        figure.update_layout(xaxis={"visible": False}, yaxis={"visible": False})
        figure.add_annotation(text="no values", showarrow=False, font={"color": colours.text})
    # The bar of tools links to Plotly's own site.
    shown = json.loads(figure.to_json()) | {"config": {"displayModeBar": False, "displaylogo": False}}
    return PlotData(type="plotly", plot=json.dumps(shown))


def _whole_steps(counts: list[int]) -> int | None:
    """Distance of the ticks where Plotly would put some between whole clips; None where it finds better ones."""
    return 1 if max(counts, default=0) < 5 else None
