"""Doing a job for all keys, or going on where an earlier run stopped."""

from __future__ import annotations

import fcntl
import hashlib
import os
import pickle
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from viewer.errors import Cancelled, JobError
from viewer.jobs.crew import Crew
from viewer.jobs.results import PARTS, KeptResults, merge, read_results, write_part


def run(
    job: Callable[[str], Any],
    keys: Iterable[str],
    *,
    out: Path,
    content: Callable[[str], str] | None = None,
    version: str = "",
    processes: int | None = None,
    timeout: float | None = None,
    retry: bool = False,
    progress: Callable[[int, int, int], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> KeptResults:
    """Call `job(key)` for every key, in other processes; the results by key, in the order of the keys, read as needed.

    job: a function, or an object that can be called, that pickle can send. Each process unpickles it once, so that an
        object can open what it needs at its first call and keep it. What it returns must be small, and JSON.
    out: folder for the results. A later run skips the keys that have results there; only one run at a time.
    content: what a key stands for at the moment, such as the state of its files. Where it differs from that of the
        result, or `version` does, which stands for the job itself, the key is done again.
    processes: how many; by default one a core. They are spawned: a script that calls this needs the usual
        `if __name__ == "__main__":`.
    timeout: seconds that one key may take.
    retry: whether keys without a value from an earlier run are tried again although they are the same.
    progress: called with (done, failed, total): keys that have a result, among them those without a value, and all.

    A key whose function raises is `failed`. One whose process ends is tried once more, alone, and then `crashed`; the
    others go on. Ctrl-C, `cancelled()` and the death of this process end the workers; the next run goes on from there.

    Raises Cancelled, and JobError where no worker can start or results cannot be written.
    """
    order = list(dict.fromkeys(keys))
    contents = {key: _digest(version, "" if content is None else content(key)) for key in order}
    with _sole_run(out):
        done, failed = _of_earlier_runs(read_results(out), contents, retry=retry)
        todo = [(key, contents[key]) for key in order if key not in done]
        crew = Crew(
            _pickled(job), todo, count=min(processes or cores(), len(todo) or 1), parts=out / PARTS, timeout=timeout
        )
        try:
            for result in crew.results():
                if result is not None:
                    done.add(result.key)
                    failed += not result.ok
                    if result.status in ("crashed", "timeout"):
                        write_part(out, result)
                if progress is not None:
                    progress(len(done), failed, len(order))
                if cancelled is not None and cancelled():
                    raise Cancelled(f"stopped after {len(done):,} of {len(order):,}; run it again to go on")
        except OSError as error:
            raise _unwritable(out, error) from error
        finally:
            crew.end()
            try:
                merge(out)
            except OSError as error:
                raise _unwritable(out, error) from error
        return read_results(out).only(order)


def _of_earlier_runs(known: KeptResults, contents: Mapping[str, str], *, retry: bool) -> tuple[set[str], int]:
    """Keys that need not be done again, and how many of them failed."""
    done: set[str] = set()
    failed = 0
    for key, content in contents.items():
        result = known.get(key)
        if result is not None and result.content == content and (result.ok or not retry):
            done.add(key)
            failed += not result.ok
    return done, failed


def _unwritable(out: Path, error: OSError) -> JobError:
    return JobError(f"results cannot be written to {out}: {error.strerror or error}")


@contextmanager
def _sole_run(out: Path) -> Iterator[None]:
    """Keep other runs out of the folder, which is made if need be."""
    try:
        (out / PARTS).mkdir(parents=True, exist_ok=True)
        file = (out / "lock").open("w")
    except OSError as error:
        raise _unwritable(out, error) from error
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise JobError(f"another run is at work in {out}; wait for its end, or name another folder") from None
        yield


def _pickled(job: Callable[[str], Any]) -> bytes:
    try:
        return pickle.dumps(job)
    except Exception as error:  # pickle raises whatever the object raises
        raise JobError(f"{job!r} cannot be sent to another process: {error}") from error


def _digest(*texts: str) -> str:
    return hashlib.blake2b("\0".join(texts).encode("utf-8", "surrogateescape"), digest_size=12).hexdigest()


def cores() -> int:
    """Those that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
