"""How far a job is: a bar on a terminal, elsewhere, as in the log of a batch system, a line a minute."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tqdm import tqdm

Progress = Callable[[int, int, int], None]
_LINE = "{desc}: {n:,} of {total:,}{postfix}, {rate_fmt}, {remaining} left"
_BAR = "{l_bar}{bar}| {n:,} of {total:,} [{elapsed}<{remaining}, {rate_fmt}{postfix}]"
_LINE_SECONDS = 60.0


@contextmanager
def job_progress(what: str, unit: str = "clip") -> Iterator[Progress]:
    """Shows (done, failed, total). What was done before the first call counts for nothing in rate and time left."""
    with tqdm(desc=what, unit=unit, bar_format="{desc}", leave=False, disable=None) as bar:
        yield _lines(what, unit) if bar.disable else _moves(bar)


def _moves(bar: tqdm) -> Progress:
    first = True

    def progress(done: int, failed: int, total: int) -> None:
        nonlocal first
        if first:
            first = False
            bar.bar_format = _BAR  # before that there was nothing to count
            bar.initial = bar.n = bar.last_print_n = done
            bar.unpause()
            bar.start_t = bar.last_print_t
        bar.total = total
        bar.postfix = _failures(failed)
        bar.update(done - bar.n)

    return progress


def _lines(what: str, unit: str) -> Progress:
    began = told = time.monotonic()
    initial: int | None = None

    def progress(done: int, failed: int, total: int) -> None:
        nonlocal began, told, initial
        now = time.monotonic()
        if initial is None:
            initial, began, told = done, now, now
        if now < told + _LINE_SECONDS:
            return
        told = now
        facts = {"prefix": what, "unit": unit, "initial": initial, "postfix": _failures(failed), "bar_format": _LINE}
        print(tqdm.format_meter(done, total, now - began, **facts), file=sys.stderr, flush=True)

    return progress


def _failures(failed: int) -> str:
    return f"{failed:,} failed" if failed else ""
