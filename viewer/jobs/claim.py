"""Keeping other runs out of a folder for results, on any file system.

A file says whose the folder is; only one run can make it, and touches it while it is at work. Locks of the
system are not used: network file systems may have none. Where two runs were at work all the same they would do some
keys twice and lose nothing, since no two write to one file.
"""

from __future__ import annotations

import json
import os
import platform
import tempfile
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from viewer.errors import JobError
from viewer.jobs.results import PARTS, SHARDS
from viewer.jobs.shard import Shard
from viewer.paths import why_not_written

OWNER = "owner.json"
_BEAT_SECONDS = 15.0
_LOOK_SECONDS = 1.0
_TURN_SECONDS = 0.02
_DEAD_SECONDS = 120.0
"""A run on another machine that has not touched its file for so long is taken for dead."""


class AtWork(JobError):  # noqa: N818 (no fault, a state)
    """Another run is at work on the same keys."""


@contextmanager
def claimed(out: Path, shard: Shard | None) -> Iterator[Path]:
    """The folder that a run over all keys, or over a shard, writes its results to, made if need be, and its alone.

    Raises JobError where it cannot be made, AtWork where another run is at work on the same keys.
    """
    folder = out if shard is None else out / SHARDS / shard.folder
    token = uuid.uuid4().hex
    over = threading.Event()
    beat = threading.Thread(target=_beat, args=(folder / OWNER, over), name="claim", daemon=True)
    try:
        try:
            (folder / PARTS).mkdir(parents=True, exist_ok=True)
            _take(folder, {**_whoami(), "token": token, "shard": None if shard is None else str(shard)})
        except OSError as error:
            raise JobError(f"results cannot be written to {folder}: {why_not_written(error)}") from error
        beat.start()
        for other in _others(out, shard):
            _refuse_if_at_work(other)
        yield folder
    finally:  # also where Ctrl-C came just after it was taken
        over.set()
        if beat.is_alive():
            beat.join()
        if _read(folder / OWNER).get("token") == token:
            with suppress(FileNotFoundError):
                (folder / OWNER).unlink()


def _take(folder: Path, owner: dict[str, Any]) -> None:
    path = folder / OWNER
    while True:
        try:
            file = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666)
        except FileExistsError:
            found = _stamp(path)
            _refuse_if_at_work(folder)
            _take_away(path, found)
            continue
        try:
            with os.fdopen(file, "w") as opened:
                json.dump(owner, opened)
        except OSError:
            path.unlink()
            raise
        return


def _take_away(path: Path, found: object) -> None:
    """Remove the file of a dead run as it was found, and none that another run has put in its place meanwhile.

    So only one at a time may do so, who has a file of his own for that moment.
    """
    turn = path.with_suffix(".turn")
    try:
        os.close(os.open(turn, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666))
    except FileExistsError:
        if _silent(turn) >= _DEAD_SECONDS:  # whoever had it died in that moment
            turn.unlink(missing_ok=True)
        time.sleep(_TURN_SECONDS)
        return
    try:
        if _stamp(path) == found:
            path.unlink(missing_ok=True)
    finally:
        turn.unlink(missing_ok=True)


def _stamp(path: Path) -> object:
    """What tells a file from another of the same name; None where there is none."""
    try:
        stat = path.stat()
        return stat.st_ino, stat.st_mtime_ns, path.read_bytes()
    except FileNotFoundError:
        return None


def _silent(path: Path) -> float:
    """Seconds since a file was touched, by the clock of its file system; 0 where there is none."""
    try:
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".now-") as now:
            return os.fstat(now.fileno()).st_mtime - path.stat().st_mtime
    except FileNotFoundError:
        return 0.0


def _others(out: Path, shard: Shard | None) -> Iterator[Path]:
    """Folders of runs that could be at work on keys of this one."""
    if shard is not None:
        yield out
    for folder in (out / SHARDS).glob("*"):
        if shard is None or not folder.name.endswith(f"-of-{shard.of}"):
            yield folder


def _refuse_if_at_work(folder: Path) -> None:
    """Raises AtWork."""
    owner = _owner_at_work(folder / OWNER)
    if owner is not None:
        whose = f"on {owner['node']}, process {owner['pid']}" if owner else "it has just begun"
        what = f" with shard {owner['shard']}" if owner.get("shard") else ""
        raise AtWork(f"another run is at work in {folder}{what} ({whose}); wait for its end, or stop it")


def _owner_at_work(path: Path) -> dict[str, Any] | None:
    """What the file of a run says; None where the run is over or dead.

    Of one on another machine that is only known once it touches its file, or has not for long: a job that is put on
    another machine because its own went down begins with such a wait.
    """
    touched: int | None = None
    while True:
        owner = _read(path)
        if owner and owner["host"] == _whoami()["host"]:
            return owner if _started(owner["pid"]) == owner["started"] else None
        try:
            last = path.stat().st_mtime_ns
        except FileNotFoundError:
            return None
        if _silent(path) >= _DEAD_SECONDS:
            return None
        if touched is not None and last != touched:
            return owner
        touched = last
        time.sleep(_LOOK_SECONDS)


def _whoami() -> dict[str, Any]:
    """host: what processes have in common that can see each other; node: its name, for people."""
    host = f"{platform.node()}|{_text('/proc/sys/kernel/random/boot_id')}|{_namespace()}"
    return {"host": host, "node": platform.node(), "pid": os.getpid(), "started": _started(os.getpid())}


def _started(pid: int) -> str | None:
    """When a process of this machine began, as far as the system says so; None where there is no such process."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return None
    except PermissionError:
        pass  # it is somebody else's
    fields = _text(f"/proc/{pid}/stat").rpartition(")")[2].split()
    if not fields:
        return "unknown"
    return None if fields[0] in "ZX" else fields[19]


def _namespace() -> str:
    try:
        return os.readlink("/proc/self/ns/pid")  # noqa: PTH115 (no path)
    except OSError:
        return ""


def _text(path: str) -> str:
    try:
        return Path(path).read_text(encoding="ascii", errors="replace").strip()
    except OSError:
        return ""


def _read(path: Path) -> dict[str, Any]:
    """What the file of an owner says; nothing where there is none, or it is being written."""
    try:
        owner = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return owner if isinstance(owner, dict) and {"host", "node", "pid", "started"} <= owner.keys() else {}


def _beat(path: Path, over: threading.Event) -> None:
    while not over.wait(_BEAT_SECONDS):
        with suppress(OSError):  # a server that is away for a moment
            os.utime(path)
