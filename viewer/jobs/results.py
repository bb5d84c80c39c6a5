"""Results on disk: one JSON object a line.

OUT/results.jsonl     everything up to the end of the last run
OUT/parts/*.jsonl     chunks that were finished since
OUT/parts/*.part      chunks at work; a line is added for each key, so that only the key at work can be lost
"""

from __future__ import annotations

import json
import os
import tempfile
import time
import uuid
import weakref
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, BinaryIO, Literal

Status = Literal["done", "failed", "crashed", "timeout"]
MERGED = "results.jsonl"
PARTS = "parts"
_ATTEMPTS = 20


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

    @property
    def ok(self) -> bool:
        return self.status == "done"


class KeptResults(Mapping[str, Result]):
    """The latest result of each key. In memory is only where it stands: it is read each time that it is asked for.

    What was there at first stays, whatever later runs write: files that they replace stay open here.
    """

    def __init__(self, files: tuple[BinaryIO, ...], places: Mapping[str, tuple[int, int, int]]) -> None:
        """places: of each key, the number of the file that holds its line, where it begins, and how long it is."""
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

    def only(self, keys: Iterable[str]) -> KeptResults:
        """The results of these keys, in their order. Raises KeyError for a key that has none."""
        places = {key: self._places[key] for key in keys}
        return KeptResults(tuple(os.fdopen(os.dup(file.fileno()), "rb") for file in self._files), places)

    def lines(self) -> Iterator[bytes]:
        """The results as they are written."""
        return map(self._line, self._places)

    def _line(self, key: str) -> bytes:
        number, start, size = self._places[key]
        return os.pread(self._files[number].fileno(), size, start)


def read_results(out: Path) -> KeptResults:
    """All results in a folder, the latest of each key; none where there is no such folder. A run may be at work in it.

    Raises OSError where they cannot be read.
    """
    for _ in range(_ATTEMPTS):
        with suppress(FileNotFoundError):  # a part was finished, or all were put together, before it was read
            return _read(out)
    return _read(out)


def _read(out: Path) -> KeptResults:
    files: list[BinaryIO] = []
    places: dict[str, tuple[int, int, int]] = {}
    try:
        merged = out / MERGED
        if merged.is_file():
            files.append(merged.open("rb"))
            places.update((result.key, (0, start, size)) for start, size, result in _scan(files[0]))
        parts = list((out / PARTS).glob("*")) if (out / PARTS).is_dir() else []
        if parts:  # their lines are copied: there may be more of them than files that may be open
            copy = tempfile.TemporaryFile()  # noqa: SIM115 (KeptResults closes it)
            files.append(copy)
            for path in sorted(parts, key=lambda path: path.stat().st_mtime_ns):
                with path.open("rb") as part:
                    for _, _, result in _scan(part):
                        text = line(result)
                        places[result.key] = (len(files) - 1, copy.tell(), len(text))
                        copy.write(text)
            copy.flush()
    except BaseException:
        _close(files)
        raise
    return KeptResults(tuple(files), places)


def _close(files: Iterable[BinaryIO]) -> None:
    for file in files:
        file.close()


def write_part(out: Path, result: Result) -> None:
    """Keep a result that no worker could write, as its process was ended. Raises OSError."""
    (out / PARTS / f"{time.time_ns():020d}-{uuid.uuid4().hex[:8]}.jsonl").write_bytes(line(result))


def merge(out: Path) -> None:
    """Put all results into one file and remove the parts. Raises OSError."""
    parts = list((out / PARTS).iterdir())
    if not parts:
        return
    fresh = out / f"{MERGED}.part"
    with fresh.open("wb") as file:
        file.writelines(read_results(out).lines())
    fresh.replace(out / MERGED)
    for path in parts:
        path.unlink()


def line(result: Result) -> bytes:
    """A result as it is written. Raises TypeError or ValueError where its value is nothing that JSON can hold."""
    return json.dumps(asdict(result), separators=(",", ":")).encode() + b"\n"


def read_lines(file: BinaryIO) -> list[Result]:
    """Results from where the file stands up to its last complete line; the file then stands behind that."""
    return [result for _, _, result in _scan(file)]


def _scan(file: BinaryIO) -> Iterator[tuple[int, int, Result]]:
    """The same one by one, each behind the place where its line begins, and the line's length."""
    while True:
        begin = file.tell()
        text = file.readline()
        if not text.endswith(b"\n"):  # its writer is at work on it, or was killed there
            file.seek(begin)
            return
        try:
            yield begin, len(text), Result(**json.loads(text))
        except (ValueError, TypeError):  # half a line that a later writer went on behind
            continue
