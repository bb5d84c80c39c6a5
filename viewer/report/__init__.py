"""Reports to hand on: what the checks found, in one file that needs nothing else."""

from viewer.report.html import report
from viewer.report.pictures import picture

__all__ = ["picture", "report"]
