"""Reports to hand on: what the checks found, in one file that needs nothing else."""

from viewer.report.html import report

__all__ = ["report"]
