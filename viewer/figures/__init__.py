"""Figures for papers: some frames of a clip, and of predictions of it, in one PNG or PDF."""

from viewer.figures.figure import FigureReceipt, FigureSettings, make_figure
from viewer.figures.moments import Moment, Moments

__all__ = ["FigureReceipt", "FigureSettings", "Moment", "Moments", "make_figure"]
