"""Doing a job for all keys, or going on where an earlier run stopped."""

from __future__ import annotations

import hashlib
import pickle
from collections.abc import Callable, Iterable, Mapping
from contextlib import closing, suppress
from pathlib import Path
from typing import Any, TypedDict

from viewer.errors import Cancelled, JobError, UsageError
from viewer.jobs.claim import claimed
from viewer.jobs.coordinator import Coordinator
from viewer.jobs.crew import LocalEngine
from viewer.jobs.engine import Engine
from viewer.jobs.ray_engine import RayEngine
from viewer.jobs.results import KeptResults, Result, merge, read_results, write_part
from viewer.jobs.shard import Shard, share
from viewer.paths import why_not_written


class How(TypedDict, total=False):
    """Where and how a job is done: what commands pass through to `run`."""

    engine: str | Engine
    shard: Shard | tuple[int, int] | None
    processes: int | None


def run(
    job: Callable[[str], Any],
    keys: Iterable[str],
    *,
    out: Path,
    engine: str | Engine = "local",
    shard: Shard | tuple[int, int] | None = None,
    processes: int | None = None,
    content: Callable[[str], str] | None = None,
    version: str = "",
    usable: Callable[[Result], bool] | None = None,
    timeout: float | None = None,
    retry: bool = False,
    progress: Callable[[int, int, int], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> KeptResults:
    """Call `job(key)` for every key, in other processes; the results by key, in the order of the keys, read as needed.

    job: a function, or an object that can be called, that pickle can send. Each process unpickles it once, so that an
        object can open what it needs at its first call and keep it. What it returns must be small, and JSON.
    out: folder for the results. A later run skips the keys that have results there; only one run at a time.
    engine: "local", processes of this machine; "ray", those of a Ray cluster, for which `out` and whatever the job
        reads must be folders that all its machines see; or an `Engine`.
    shard: only this share of the keys, (1, 8) to (8, 8); runs over different ones may be at work at the same time, on
        different machines, with the same `out`. A later run without it finds the results of all of them.
    processes: how many; by default one a core. They are spawned: a script that calls this needs the usual
        `if __name__ == "__main__":`.
    content: what a key stands for at the moment, such as the state of its files. Where it differs from that of the
        result, or `version` does, which stands for the job itself, the key is done again.
    usable: says False of a result of an earlier run that is worth nothing now, such as when its file is gone.
    timeout: seconds that one key may take.
    retry: whether keys without a value from an earlier run are tried again although they are the same.
    progress: called with (done, failed, total): keys that have a result, among them those without a value, and all.

    A key whose function raises is `failed`; a JobError ends the run, as when nothing can be written any more. A key
    whose process ends is tried once more, alone, and then `crashed`; the others go on. Ctrl-C, `cancelled()` and the
    death of this process end the workers; the next run goes on from there.

    Raises Cancelled; AtWork where another run is; JobError where no worker can start or go on, or results cannot be
    written.
    """
    order = share(keys, shard)
    workplace = _engine(engine) if isinstance(engine, str) else engine
    contents = {key: _digest(version, "" if content is None else content(key)) for key in order}
    with claimed(out, Shard(*shard) if isinstance(shard, tuple) else shard) as folder:
        known = read_results(out)
        done, failed = _of_earlier_runs(known, contents, retry=retry, usable=usable)
        todo = [(key, contents[key]) for key in order if key not in done]
        if progress is not None:
            progress(len(done), failed, len(order))
        if not todo:
            return known.only(order)
        try:
            with closing(workplace.team(_pickled(job), processes=processes)) as team:
                for result in Coordinator(team, todo, folder=folder, timeout=timeout, after=known.latest).results():
                    if result is not None:
                        done.add(result.key)
                        failed += not result.ok
                        if result.status in ("crashed", "timeout"):
                            write_part(folder, result)
                    if progress is not None:
                        progress(len(done), failed, len(order))
                    if cancelled is not None and cancelled():
                        raise Cancelled(f"stopped after {len(done):,} of {len(order):,}; run it again to go on")
        except OSError as error:
            raise JobError(f"results cannot be written to {folder}: {why_not_written(error)}") from error
        except KeyboardInterrupt as stop:
            stop.args = (f"after {len(done):,} of {len(order):,}; run it again to go on",)
            raise
        finally:
            with suppress(OSError):  # the parts are as good, and the next run puts them together
                merge(folder)
        return read_results(out).only(order)


def _of_earlier_runs(
    known: KeptResults, contents: Mapping[str, str], *, retry: bool, usable: Callable[[Result], bool] | None
) -> tuple[set[str], int]:
    """Keys that need not be done again, and how many of them failed."""
    done: set[str] = set()
    failed = 0
    for key, content in contents.items():
        if key not in known:
            continue
        result = known.without_value(key)
        if result.content != content or (retry and not result.ok):
            continue
        if usable is None or usable(known[key]):
            done.add(key)
            failed += not result.ok
    return done, failed


def _engine(name: str) -> Engine:
    if name == "local":
        return LocalEngine()
    if name == "ray":
        return RayEngine()
    raise UsageError(f"no engine {name!r}; expected local or ray")


def _pickled(job: Callable[[str], Any]) -> bytes:
    try:
        return pickle.dumps(job)
    except Exception as error:  # pickle raises whatever the object raises
        raise JobError(f"{job!r} cannot be sent to another process: {error}") from error


def _digest(*texts: str) -> str:
    return hashlib.blake2b("\0".join(texts).encode("utf-8", "surrogateescape"), digest_size=12).hexdigest()
