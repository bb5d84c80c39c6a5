"""Run one function over many keys in processes of this machine; knows no clip."""

from viewer.jobs.results import KeptResults, Result, read_results
from viewer.jobs.run import cores, run

__all__ = ["KeptResults", "Result", "cores", "read_results", "run"]
