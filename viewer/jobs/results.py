"""Results on disk: one JSON object a line.

OUT/results.jsonl     everything up to the end of the last run
OUT/parts/*.jsonl     chunks that were finished since
OUT/parts/*.part      chunks at work; a line is added for each key, so that only the key at work can be lost
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, BinaryIO, Literal

Status = Literal["done", "failed", "crashed", "timeout"]
MERGED = "results.jsonl"
PARTS = "parts"


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


def read_results(out: Path) -> dict[str, Result]:
    """All results in a folder, the latest of each key; none where there is no such folder."""
    found: dict[str, Result] = {}
    parts = sorted((out / PARTS).glob("*"), key=lambda path: path.stat().st_mtime_ns) if (out / PARTS).is_dir() else []
    for path in (out / MERGED, *parts):
        if path.is_file():
            with path.open("rb") as file:
                found.update((result.key, result) for result in read_lines(file))
    return found


def write_merged(out: Path, results: Iterable[Result]) -> None:
    """Put all results into one file and remove the parts. Raises OSError."""
    fresh = out / f"{MERGED}.part"
    with fresh.open("wb") as file:
        file.writelines(line(result) for result in results)
    fresh.replace(out / MERGED)
    for path in (out / PARTS).iterdir():
        path.unlink()


def line(result: Result) -> bytes:
    """A result as it is written. Raises TypeError or ValueError where its value is nothing that JSON can hold."""
    return json.dumps(asdict(result), separators=(",", ":")).encode() + b"\n"


def read_lines(file: BinaryIO) -> list[Result]:
    """Results from where the file stands up to its last complete line; the file then stands behind that."""
    found: list[Result] = []
    while True:
        begin = file.tell()
        text = file.readline()
        if not text.endswith(b"\n"):  # its writer is at work on it, or was killed there
            file.seek(begin)
            return found
        try:
            found.append(Result(**json.loads(text)))
        except (ValueError, TypeError):  # half a line that a later writer went on behind
            continue
