"""Results on disk: one JSON object a line.

OUT/results.jsonl               everything up to the end of the last run
OUT/parts/*.part                since then: a file a task, a line a key, so that only the key at work can be lost
OUT/owner.json                  while a run is at work: whose it is
OUT/shards/3-of-8/...           the same, of runs over a share of the keys

Each of these folders is written by one run at a time, and all are read together.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
import time
import uuid
import weakref
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Literal

from viewer.errors import JobError
from viewer.paths import is_file

Status = Literal["done", "failed", "crashed", "timeout"]
MERGED = "results.jsonl"
PARTS = "parts"
SHARDS = "shards"
_VALUE = b',"value":'
"""Stands in a line once outside of strings, since quotes in these have a backslash."""
_ATTEMPTS = 20
_MOST_FILES = 32
"""That are kept open for one reader."""


@dataclass(frozen=True)
class Result:
    """What became of one key."""

    key: str
    content: str
    """Of what: the key's content at the time of the run."""
    status: Status
    """failed: the function raised; crashed: it ended its process; timeout: it did not return in time."""
    value: Any = None
    """What the function returned, as JSON has it (tuples are lists)."""
    error: str | None = None
    """Why there is no value, one sentence."""
    when: float = 0.0
    """It came, in seconds since 1970: of several results of a key the last one counts."""

    @property
    def ok(self) -> bool:
        return self.status == "done"


class KeptResults(Mapping[str, Result]):
    """The latest result of each key. In memory is only where it stands: it is read each time that it is asked for.

    What was there at first stays, whatever later runs write: files that they replace stay open here.
    """

    def __init__(self, files: tuple[BinaryIO, ...], places: Mapping[str, tuple[int, int, int, float]]) -> None:
        """places: of each key, the number of the file that holds its line, where it begins, how long it is, and when
        the result came."""
        self._files = files
        self._places = places
        weakref.finalize(self, _close, files)

    def __getitem__(self, key: str) -> Result:
        return Result(**json.loads(self._line(key)))

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)

    def __contains__(self, key: object) -> bool:
        return key in self._places

    def without_value(self, key: str) -> Result:
        """A result but for its value, which takes most of the time to read. Raises KeyError for a key without one."""
        return _head(self._line(key))

    def failures(self) -> dict[str, str]:
        """Keys without a value, and why."""
        found = map(self.without_value, self._places)
        return {result.key: result.error or result.status for result in found if not result.ok}

    def only(self, keys: Iterable[str]) -> KeptResults:
        """The results of these keys, in their order. Raises KeyError for a key that has none."""
        places = {key: self._places[key] for key in keys}
        return KeptResults(tuple(os.fdopen(os.dup(file.fileno()), "rb") for file in self._files), places)

    @property
    def latest(self) -> float:
        """When the last of them came, in seconds since 1970, by some machine's clock; 0 where there is none."""
        return max((when for *_, when in self._places.values()), default=0.0)

    def digest(self) -> str:
        """The same for the same results of the same keys, wherever and in whatever order they stand."""
        text = hashlib.blake2b(digest_size=16)
        for key in sorted(self._places):
            _, _, size, when = self._places[key]
            text.update(f"{key}\0{size} {when!r}\n".encode("utf-8", "surrogatepass"))
        return text.hexdigest()

    def lines(self) -> Iterator[bytes]:
        """The results as they are written."""
        return map(self._line, self._places)

    def _line(self, key: str) -> bytes:
        number, start, size, _ = self._places[key]
        return os.pread(self._files[number].fileno(), size, start)


def read_results(out: Path) -> KeptResults:
    """All results in a folder, those of shards among them, the latest of each key; none where there is no such folder.

    Runs may be at work in it. Raises JobError where they cannot be read.
    """
    try:
        return _read([out, *sorted((out / SHARDS).glob("*"))])
    except NotADirectoryError as error:
        file = next((path for path in (out, *out.parents) if is_file(path)), out)
        raise JobError(f"{file} is a file; expected a folder of results: move it away, or name another") from error
    except OSError as error:
        raise JobError(f"results cannot be read from {out}: {error.strerror}; name another folder") from error


def traces(out: Path) -> frozenset[tuple[str, int, int]]:
    """What results in a folder look like from outside: other than before when some have come since, of shards too.

    Takes a hundredth of the time of reading them. Raises JobError where they cannot be looked at.
    """
    found: set[tuple[str, int, int]] = set()
    try:
        for folder in (out, *(out / SHARDS).glob("*")):
            for path in (folder / MERGED, *(folder / PARTS).glob("*")):
                with suppress(FileNotFoundError, NotADirectoryError):  # it was put together with others meanwhile
                    stat = path.stat()
                    found.add((str(path.relative_to(out)), stat.st_size, stat.st_mtime_ns))
    except OSError as error:
        raise JobError(f"results cannot be looked at in {out}: {error.strerror}; name another folder") from error
    return frozenset(found)


def write_part(folder: Path, result: Result) -> None:
    """Keep a result that no worker could write, as its process was ended. Raises OSError."""
    new_part(folder).write_bytes(line(result))


def new_part(folder: Path) -> Path:
    """An empty file for the results of a task. Raises OSError."""
    path = folder / PARTS / f"{time.time_ns():020d}-{uuid.uuid4().hex[:8]}.part"
    path.touch(exist_ok=False)
    return path


def merge(folder: Path) -> None:
    """Put all results of one folder into one file and remove the parts. Raises OSError; they are then as they were."""
    parts = list((folder / PARTS).iterdir())
    if not parts:
        return
    fresh = folder / f"{MERGED}.part"
    try:
        with fresh.open("wb") as file:
            file.writelines(_read([folder]).lines())
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(folder / MERGED)
    except OSError:
        fresh.unlink(missing_ok=True)
        raise
    for path in parts:
        path.unlink()


def line(result: Result) -> bytes:
    """A result as it is written. Raises TypeError or ValueError where its value is nothing that JSON can hold."""
    head = {name: getattr(result, name) for name in ("key", "content", "status", "when", "error")}
    return json.dumps(head | {"value": result.value}, separators=(",", ":")).encode() + b"\n"


def read_lines(file: BinaryIO) -> list[Result]:
    """Results from where the file stands up to its last complete line; the file then stands behind that."""
    return [found for _, _, found in _scan(file, trusted=False)]


def _read(folders: Iterable[Path]) -> KeptResults:
    for _ in range(_ATTEMPTS):
        with suppress(FileNotFoundError):  # all parts were put together between finding and reading one
            return _read_once(folders)
    return _read_once(folders)


def _read_once(folders: Iterable[Path]) -> KeptResults:
    files: list[BinaryIO] = []
    places: dict[str, tuple[int, int, int, float]] = {}

    def add(found: Result, number: int, start: int, size: int) -> None:
        if found.key not in places or found.when >= places[found.key][3]:
            places[found.key] = (number, start, size, found.when)

    copied: list[tuple[Path, bool]] = []
    try:
        for folder in folders:
            # Looked for first: those that are put together meanwhile are in the file that is opened then, or not there
            # when it is their turn.
            parts = sorted((folder / PARTS).glob("*"))
            merged = folder / MERGED
            if len(files) < _MOST_FILES:
                with suppress(FileNotFoundError):
                    files.append(merged.open("rb"))
                    for start, text, found in _scan(files[-1], trusted=True):
                        add(found, len(files) - 1, start, len(text))
            elif merged.is_file():
                copied.append((merged, True))
            copied += ((path, False) for path in parts)
        if copied:  # there may be more of them than files that may be open
            copy = tempfile.TemporaryFile()  # noqa: SIM115 (KeptResults closes it)
            files.append(copy)
            for path, trusted in copied:
                with path.open("rb") as file:
                    for _, text, found in _scan(file, trusted=trusted):
                        add(found, len(files) - 1, copy.tell(), len(text))
                        copy.write(text)
            copy.flush()
    except BaseException:
        _close(files)
        raise
    return KeptResults(tuple(files), places)


def _scan(file: BinaryIO, *, trusted: bool) -> Iterator[tuple[int, bytes, Result]]:
    """Complete lines, the places where they begin, and their results but for the values.

    trusted: whether the file was written as a whole, so that no line can be but half there. The file then stands behind
    the last complete line.
    """
    while True:
        begin = file.tell()
        text = file.readline()
        if not text.endswith(b"\n"):  # its writer is at work on it, or was killed there
            file.seek(begin)
            return
        try:
            yield begin, text, _head(text) if trusted else Result(**json.loads(text))
        except (ValueError, TypeError):  # the mark of a beginning, or half a line
            continue


def _head(text: bytes) -> Result:
    """A line's result but for its value. Raises ValueError or TypeError for what is no such line."""
    found = json.loads(text.partition(_VALUE)[0] + b"}")
    if "when" not in found:  # written by an earlier version, in another order
        found = json.loads(text)
    return Result(**found)


def _close(files: Iterable[BinaryIO]) -> None:
    for file in files:
        file.close()
