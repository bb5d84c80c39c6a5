"""Run one function over many keys in processes of this machine, or of a cluster; knows no clip."""

from viewer.jobs.claim import AtWork
from viewer.jobs.crew import LocalEngine, cores
from viewer.jobs.engine import Engine
from viewer.jobs.ray_engine import RayEngine
from viewer.jobs.results import KeptResults, Result, read_results, traces
from viewer.jobs.run import How, run
from viewer.jobs.shard import Shard, share

__all__ = [
    "AtWork",
    "Engine",
    "How",
    "KeptResults",
    "LocalEngine",
    "RayEngine",
    "Result",
    "Shard",
    "cores",
    "read_results",
    "run",
    "share",
    "traces",
]
