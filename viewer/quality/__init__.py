"""Checks of motion: what is measured of a clip, how it is judged, and how a data set compares."""

from viewer.quality import checks as checks  # registers the viewer's own
from viewer.quality.examine import examine
from viewer.quality.finding import SEVERITIES, ClipQuality, Finding, Severity
from viewer.quality.geometry import Geometry
from viewer.quality.inputs import Inputs
from viewer.quality.measure import Measurement, measure
from viewer.quality.population import Population, Reference
from viewer.quality.registry import CHECKS, Check, Measured, check, not_applicable
from viewer.quality.results import QualityResults
from viewer.quality.run import check_dataset, measure_clips, results_folder
from viewer.quality.thresholds import Thresholds

__all__ = [
    "CHECKS",
    "SEVERITIES",
    "Check",
    "ClipQuality",
    "Finding",
    "Geometry",
    "Inputs",
    "Measured",
    "Measurement",
    "Population",
    "QualityResults",
    "Reference",
    "Severity",
    "Thresholds",
    "check",
    "check_dataset",
    "examine",
    "measure",
    "measure_clips",
    "not_applicable",
    "results_folder",
]
