"""Finding out what is wrong with a data set: `diagnose(...)`. rules.py says what is looked for."""

from viewer.dataset.doctor.depth import EVERYTHING, HEADERS, Depth
from viewer.dataset.doctor.diagnose import Diagnosis, diagnose
from viewer.dataset.doctor.finding import SEVERITIES, Finding
from viewer.dataset.doctor.rules import CHECKS

__all__ = ["CHECKS", "EVERYTHING", "HEADERS", "SEVERITIES", "Depth", "Diagnosis", "Finding", "diagnose"]
