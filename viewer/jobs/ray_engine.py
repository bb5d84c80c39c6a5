"""The engine "ray": tasks of Ray Core, on this machine or all over a cluster.

Each task is one of ours, run once: Ray retries nothing, so that a key that ends its process cannot do so again and
again with all that wait beside it. Results go through files here too, so all machines must see the folders of job and
results.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import ModuleType
from typing import Any

from viewer.errors import JobError, UsageError
from viewer.jobs.crew import cores
from viewer.jobs.engine import Ending
from viewer.jobs.last_words import LastWords
from viewer.jobs.worker import Task, Unable, do, unpickled

HERE = "local"
"""The address of no cluster: Ray is started on this machine, and ends with the job."""
_CONNECT_SECONDS = 5.0
_ANSWER_SECONDS = 30.0
_LAST_WORDS = (
    "error: Ray has ended this run: the head of the cluster ({}), or its part on this machine, is gone. "
    "All that was done is kept, at least {{}} results of this run: start Ray anew, and the same command goes on"
)
_SIZE_SECONDS = 10.0
"""Between two looks at how large the cluster is: it may grow with what it has to do."""
_OBJECT_STORE_BYTES = 100 << 20
"""The least that Ray likes; nothing but the job lies there."""


@dataclass(frozen=True)
class RayEngine:
    """Tasks of a Ray cluster."""

    address: str | None = None
    """host:port of its head, or "auto" for that of this machine; None: as RAY_ADDRESS says, else `HERE`."""

    def team(self, job: bytes, *, processes: int | None) -> RayTeam:
        ray = _ray()
        if not ray.is_initialized():
            address = self.address or os.environ.get("RAY_ADDRESS") or HERE
            _connect(ray, address, processes)
            return RayTeam(ray, job, processes, ours=True, last_words=LastWords(_LAST_WORDS.format(address)))
        return RayTeam(ray, job, processes, ours=False)


class RayTeam:
    """A `Team` of Ray workers."""

    def __init__(
        self, ray: ModuleType, job: bytes, most: int | None, *, ours: bool, last_words: LastWords | None = None
    ) -> None:
        """most: tasks at once; ours: whether the connection to Ray ends with this team; last_words: where Ray ends this
        process, with the number of keys that were done."""
        self._ray = ray
        self._job = ray.put(job)
        self._here = ray.put((str(Path.cwd()), sys.path))
        self._remote = ray.remote(num_cpus=1, max_retries=0)(_remote_function())
        self._most = most
        self._ours = ours
        self._last_words = last_words
        self._keys_done = 0
        self._tasks: dict[Any, Task] = {}
        self._size = 1
        self._sized = float("-inf")

    @property
    def size(self) -> int:
        if time.monotonic() - self._sized > _SIZE_SECONDS:
            processors = int(self._ray.cluster_resources().get("CPU", 0))
            self._size = max(min(processors, self._most or processors), 1)
            self._sized = time.monotonic()
        return self._size

    @property
    def room(self) -> int:
        # As many again wait in Ray, so that no worker has to, and a cluster that can grow sees why it should.
        return max((self._most or 2 * self.size) - len(self._tasks), 0)

    def begin(self, task: Task) -> None:
        self._tasks[self._remote.remote(self._here, self._job, task.keys, str(task.part), task.after)] = task

    def ended(self, seconds: float) -> Sequence[Ending]:
        self._ray.wait(list(self._tasks), timeout=seconds)
        through, _ = self._ray.wait(list(self._tasks), num_returns=len(self._tasks), timeout=0)
        return [self._ending(reference) for reference in through]

    def kill(self, task: Task) -> None:
        for reference, other in list(self._tasks.items()):
            if other is task:
                self._ray.cancel(reference, force=True)
                del self._tasks[reference]

    def close(self) -> None:
        for task in list(self._tasks.values()):
            self.kill(task)
        if self._ours:
            self._ray.shutdown()
        if self._last_words is not None:
            self._last_words.take_back()

    def _ending(self, reference: Any) -> Ending:
        task, errors = self._tasks.pop(reference), self._ray.exceptions
        try:
            said = self._ray.get(reference)
        except (errors.NodeDiedError, errors.LocalRayletDiedError, errors.ObjectLostError) as error:
            return Ending(task, died=f"was lost with its machine ({type(error).__name__})", blameless=True)
        except errors.OutOfMemoryError:
            return Ending(task, died="was ended because its machine was short of memory")
        except errors.WorkerCrashedError:
            return Ending(task, died="was ended")
        except errors.RayTaskError as error:
            raise JobError(f"the job cannot go on: {type(error.cause).__name__}: {error.cause}") from error
        except errors.RayError as error:
            raise JobError(f"the job cannot go on: Ray says {_last_line(str(error))}") from error
        if isinstance(said, Unable):
            raise JobError(f"the job cannot go on: {said.why}")
        self._keys_done += len(task.keys)
        if self._last_words is not None:
            self._last_words.note(self._keys_done)
        return Ending(task)


def _remote_function() -> Callable[..., object]:
    """What Ray calls. A function in a function is sent as a whole: it can say where this package is to be found."""

    def work(here, job, keys, part, after):  # type: ignore[no-untyped-def]  # it must need nothing from here
        import sys

        sys.path.extend(folder for folder in here[1] if folder not in sys.path)
        from viewer.jobs.ray_engine import do_there

        return do_there(here[0], job, keys, part, after)

    return work


def do_there(folder: str, job: bytes, keys: tuple[tuple[str, str], ...], part: str, after: float) -> Unable | None:
    """Do a task in a Ray worker. folder: where the run was started, so that its relative paths mean the same."""
    if Path(folder).is_dir():
        os.chdir(folder)
    function = _function(job)
    return function if isinstance(function, Unable) else do(function, Task(keys, Path(part), after))


@lru_cache(maxsize=1)
def _function(job: bytes) -> Callable[[str], Any] | Unable:
    """The function of a job, the same for all tasks of a worker: it may keep what it opened."""
    return unpickled(job)


def _ray() -> ModuleType:
    # Ray reads these when it is imported. It would tell its makers of each use, and print on standard output what
    # becomes of its workers, where the results of a command are.
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    os.environ.setdefault("RAY_DEDUP_LOGS_SKIP_REGEX", ".")
    if _has_token():  # then clusters that are started here want it, but who connects does not show it by himself
        os.environ.setdefault("RAY_AUTH_MODE", "token")
    try:
        import ray
    except ImportError:
        raise JobError(
            "the engine ray needs the package ray, which is not installed: "
            "pip install -r requirements-ray.txt (see docs/clusters.md)"
        ) from None
    return ray


def _has_token() -> bool:
    """Whether there is a token for Ray clusters where Ray looks for one."""
    kept = Path("~/.ray/auth_token").expanduser()
    return any(os.environ.get(name) for name in ("RAY_AUTH_TOKEN", "RAY_AUTH_TOKEN_PATH")) or kept.is_file()


def _connect(ray: ModuleType, address: str, processes: int | None) -> None:
    """Raises JobError within half a minute where nobody answers."""
    before = signal.getsignal(signal.SIGTERM)
    quiet = {"log_to_driver": False, "logging_level": "ERROR"}
    try:
        if address == HERE:
            ray.init(
                address=HERE,
                num_cpus=processes or cores(),
                include_dashboard=False,
                object_store_memory=_OBJECT_STORE_BYTES,
                **quiet,
            )
        else:
            _check_alive(address)
            ray.init(address=address, **quiet)
    except (ConnectionError, RuntimeError, ValueError, OSError) as error:
        raise JobError(f"Ray cannot be used at {address}: {_last_line(str(error))}") from error
    finally:
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGTERM, before)  # Ray has put its own in the place of the command line's


def _check_alive(address: str) -> None:
    """Find out soon whether a cluster answers: Ray itself tries for two minutes, and then ends the process."""
    _check_open(address)
    program = "import sys, ray; ray.init(address=sys.argv[1], log_to_driver=False, logging_level='ERROR')"
    try:
        subprocess.run(
            [sys.executable, "-c", program, address],
            check=True,
            timeout=_ANSWER_SECONDS,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
    except subprocess.TimeoutExpired:
        raise JobError(
            f"no Ray cluster answers at {address} within {_ANSWER_SECONDS:.0f} s; see `ray status --address {address}`"
        ) from None
    except subprocess.CalledProcessError as error:
        why = _last_line(error.stderr)
        if "Unauthenticated" in error.stderr:
            why = "it wants another token than this machine has; see `ray get-auth-token` (docs/clusters.md)"
        raise JobError(f"Ray cannot be used at {address}: {why}") from None


def _check_open(address: str) -> None:
    """Raises JobError where nobody listens, UsageError for what is no address."""
    if address == "auto":
        return
    host, colon, port = address.rpartition(":")
    if "://" in address or not colon or not host or not port.isdecimal():
        raise UsageError(
            f"{address!r} is no address of a Ray cluster; expected host:port of its head, such as 10.0.0.1:6379, or "
            "auto for the one that this machine is part of"
        )
    try:
        socket.create_connection((host.strip("[]"), int(port)), timeout=_CONNECT_SECONDS).close()
    except (OSError, OverflowError) as error:
        raise JobError(
            f"no Ray cluster answers at {address} ({error}); docs/clusters.md says how to start one"
        ) from None


def _last_line(text: str) -> str:
    return next((line.strip() for line in reversed(text.splitlines()) if line.strip()), "nothing")
