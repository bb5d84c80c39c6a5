"""Reading the results of all clips in a process of its own: for 12,669 it takes seconds of a core, and memory."""

from __future__ import annotations

import logging
import multiprocessing
import os
import pickle
import signal
from collections.abc import Sequence
from dataclasses import replace
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from viewer.errors import JobError
from viewer.jobs.crew import undisturbed
from viewer.quality import QualityResults, Thresholds
from viewer.quality.plugins import load_check_plugins
from viewer.quality.population import write_population
from viewer.quality.results import ABOUT

_log = logging.getLogger(__name__)

NICENESS = 10
"""Of processes that work while somebody plays a clip."""


def read_results(
    folder: Path, *, clips: int, thresholds: Path | None = None, plugins: Sequence[str] = ()
) -> QualityResults | None:
    """What runs have kept in a folder so far, without the measurements behind it; None where there is nothing.

    clips: of the data set; where all of them are there, what is usual among them is kept in the folder, for whoever
    checks a few. thresholds: file of limits in the place of the viewer's; plugins: files or modules of own checks.
    Raises JobError where the process ended before it was done.
    """
    if not (folder / ABOUT).is_file():
        return None
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    options = {"clips": clips, "thresholds": thresholds, "plugins": tuple(plugins)}
    process = context.Process(target=_tell, args=(theirs, NICENESS, folder), kwargs=options, daemon=True)
    with undisturbed():
        process.start()
    theirs.close()
    try:
        results: QualityResults | None = pickle.loads(ours.recv_bytes())
    except EOFError:
        process.join()
        raise JobError(f"the process that reads {folder} ended with code {process.exitcode}") from None
    finally:
        ours.close()
    process.join()
    return results


def read_here(
    folder: Path, *, clips: int, thresholds: Path | None = None, plugins: Sequence[str] = ()
) -> QualityResults | None:
    """The same in this process, which it takes long of."""
    load_check_plugins(plugins)
    results = QualityResults.load(folder, thresholds=Thresholds.load(thresholds))
    if results is not None and len(results) >= clips:
        try:
            write_population(folder, results.population)
        except JobError as error:  # what was found can be shown all the same
            _log.warning("what is usual in the data set is not kept: %s", error)
    return None if results is None else replace(results, measurements={})


def _tell(connection: Connection, niceness: int, folder: Path, **options: Any) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C goes to all processes; the parent ends this one
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})  # as it was blocked for the time until here
    os.nice(niceness)
    connection.send_bytes(pickle.dumps(read_here(folder, **options)))
