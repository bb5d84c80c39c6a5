"""What films a folder holds, as a table: `manifest.parquet`, a row a clip and settings."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from viewer import jobs
from viewer._version import VERSION
from viewer.errors import VideoError
from viewer.flame import HeadChoice
from viewer.jobs.results import MERGED
from viewer.paths import whole_file, why_not_written
from viewer.video.export import ExportSettings

if TYPE_CHECKING:
    import pyarrow

NAME = "manifest.parquet"
RESULTS = ".results"
"""Folder, in that of the films, for what is known of each clip: one folder for each kind of film."""
_SETTINGS = "settings.json"
_ROWS_AT_ONCE = 8192


def write_settings(folder: Path, settings: ExportSettings, head: HeadChoice, more: Mapping[str, Any]) -> None:
    """Say what the films are whose results are in `folder`, which is made if need be. Raises VideoError.

    more: what else they are made with, plain values for JSON.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise VideoError(f"cannot write into {folder}: {why_not_written(error)}") from error
    with whole_file(folder / _SETTINGS, error=VideoError) as part:
        part.write_text(_told(settings, head, more), encoding="utf-8")


def write_manifest(out: Path) -> Path:
    """Put all that is known of the films in `out` into its manifest; returns where that is. Raises VideoError."""
    path = out / NAME
    while True:
        ended = _ended(out)
        _write_rows(path, out)
        if _ended(out) == ended:  # else a run came to its end meanwhile, whose manifest this one may have replaced
            return path


def _ended(out: Path) -> set[object]:
    """Other than before once another run has come to its end, and has put its results together."""
    folders = (out / RESULTS).glob("*")
    return {(folder, trace) for folder in folders for trace in jobs.traces(folder) if Path(trace[0]).name == MERGED}


def _write_rows(path: Path, out: Path) -> None:
    import pyarrow
    from pyarrow import parquet

    schema = _schema()
    with whole_file(path, error=VideoError) as part, parquet.ParquetWriter(part, schema) as writer:
        rows = _rows(out)
        while some := list(islice(rows, _ROWS_AT_ONCE)):
            writer.write_table(pyarrow.Table.from_pylist(some, schema=schema))


def manifest_of(results: Mapping[str, jobs.Result], *, settings: ExportSettings, head: HeadChoice) -> bytes:
    """The manifest of these films alone, in the order of `results`, as the bytes of a file."""
    import pyarrow
    from pyarrow import parquet

    told = _told(settings, head, {})
    rows = [_row(stem, result, told) for stem, result in results.items()]
    sink = pyarrow.BufferOutputStream()
    parquet.write_table(pyarrow.Table.from_pylist(rows, schema=_schema()), sink)
    return bytes(sink.getvalue())


def _told(settings: ExportSettings, head: HeadChoice, more: Mapping[str, Any]) -> str:
    made_with = {"model": head.model.version, "model_hash": head.model.hash, "version": VERSION}
    return json.dumps({**asdict(settings), **made_with, **more})


def _schema() -> pyarrow.Schema:
    import pyarrow

    text, whole = pyarrow.string(), pyarrow.int64()
    return pyarrow.schema(
        [
            ("stem", text),
            ("path", text),  # in the folder of the manifest
            ("frames", whole),
            ("seconds", pyarrow.float64()),
            ("bytes", whole),
            ("sha256", text),
            ("settings", text),  # JSON
            ("status", text),  # as of viewer.jobs.Result
            ("error", text),
        ]
    )


def _rows(out: Path) -> Iterator[dict[str, Any]]:
    for folder in sorted((out / RESULTS).glob("*")):
        try:
            settings = (folder / _SETTINGS).read_text(encoding="utf-8")
        except (FileNotFoundError, NotADirectoryError):
            continue
        results = jobs.read_results(folder)
        for stem in sorted(results):
            yield _row(stem, results[stem], settings)


def _row(stem: str, result: jobs.Result, settings: str) -> dict[str, Any]:
    film = result.value if result.ok else {}
    return {
        "stem": stem.encode(errors="backslashreplace").decode(),  # of a name that is no Unicode
        **{name: film.get(name) for name in ("path", "frames", "seconds", "bytes", "sha256")},
        "settings": settings,
        "status": result.status,
        "error": result.error,
    }
