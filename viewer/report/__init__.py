"""Reports to hand on: each is one file that needs nothing else."""

from viewer.report.compare import compare_report, unpaired_report
from viewer.report.html import report
from viewer.report.pictures import picture

__all__ = ["compare_report", "picture", "report", "unpaired_report"]
