"""Checks of motion: what is measured of a clip, how it is judged, and how a data set compares."""

from viewer.quality.finding import SEVERITIES, ClipQuality, Finding, Severity
from viewer.quality.geometry import Geometry
from viewer.quality.inputs import Inputs
from viewer.quality.population import Population, Reference
from viewer.quality.registry import CHECKS, Check, Measured, check, not_applicable

__all__ = [
    "CHECKS",
    "SEVERITIES",
    "Check",
    "ClipQuality",
    "Finding",
    "Geometry",
    "Inputs",
    "Measured",
    "Population",
    "Reference",
    "Severity",
    "check",
    "not_applicable",
]
