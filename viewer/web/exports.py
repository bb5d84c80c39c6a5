"""Films of the clips of the list, made in the background: one export at a time, the same for all tabs.

CACHE/exports/KEY/, a folder for each data set:
    export.json                         what was asked for last, so that a viewer that is started anew can go on
    STEM.KEY.mp4, manifest.parquet, …   as `viewer.video.batch` writes them
"""

from __future__ import annotations

import hashlib
import os
import shutil
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from viewer import jobs
from viewer.dataset import Dataset
from viewer.dataset.catalogue import Query
from viewer.errors import JobError, UsageError, VideoError
from viewer.flame import HeadChoice
from viewer.paths import why_not_written
from viewer.video import ExportSettings
from viewer.video.batch import export_films, kept_films
from viewer.web.background import BackgroundRun
from viewer.web.export_archive import Archive, archive_members, archive_name
from viewer.web.export_order import Order
from viewer.web.export_pace import Pace, expected_bytes, expected_seconds
from viewer.web.library import Library
from viewer.web.quality import Reopen
from viewer.web.quality_reader import NICENESS

_ORDER = "export.json"
_MOST_TOLD = 100
"""Failures that the page names; all are in the manifest."""


@dataclass(frozen=True)
class _Made:
    """What has become of an order so far."""

    films: int = 0
    bytes: int = 0
    failures: tuple[tuple[str, str], ...] = ()
    kept_bytes: int = 0
    """Of all films that are kept, those of earlier exports among them."""


class Exports:
    """The exports of a data set. Its methods may be called from any thread."""

    def __init__(
        self, library: Library, head: HeadChoice, *, cache: Path, reopen: Callable[[], Dataset], gl: str | int
    ) -> None:
        """cache: the folder in which films are kept; reopen: opens the same data set in another process; gl: as
        `viewer.render.Renderer` takes it."""
        self._library = library
        self._head = head
        self._reopen = Reopen(reopen, NICENESS)
        self._gl = gl
        dataset = library.dataset
        name = f"{os.path.realpath(dataset.path)}|{dataset.identity}"
        self.folder = cache / "exports" / hashlib.sha256(os.fsencode(name)).hexdigest()[:24]
        self._lock = threading.RLock()
        self._readers = 0
        self._made = _Made()
        self._pace = Pace()
        self._waiting: str | None = None
        self.run = BackgroundRun(self._export, name="export", arrived=self._look)

    def close(self) -> None:
        """End a run; what is finished stays."""
        self.run.close()

    def estimate(self, query: Query, settings: ExportSettings) -> dict[str, Any]:
        """What films of the clips of a list would take, roughly; plain values for JSON. Raises UsageError."""
        rows = [row for row in self._library.catalogue.rows(query) if row["playable"]]
        frames = sum(row["frames"] or 0 for row in rows)
        return {
            "clips": len(rows),
            "seconds": sum(row["seconds"] or 0 for row in rows),
            "complete": self._library.complete,
            "needs_seconds": round(expected_seconds(frames, settings, processes=_processes()) * self._pace.slowness),
            "bytes": round(expected_bytes(frames, settings) * self._pace.weight),
            "free": _free(self.folder),
        }

    def start(self, query: Query, settings: ExportSettings, *, gallery: bool) -> None:
        """Begin an export of the clips of a list. Raises UsageError where one is at work, or no clip has motion."""
        with self._lock:
            self._refuse_while_running()
            rows = [row for row in self._library.catalogue.rows(query) if row["playable"]]
            if not rows:
                raise UsageError("no clip of the list has motion; search or filter otherwise")
            frames = sum(row["frames"] or 0 for row in rows)
            self._begin(Order(tuple(row["stem"] for row in rows), frames, settings, gallery))

    def resume(self) -> None:
        """Go on with the last one; what failed is tried again. Raises UsageError where one is at work or none was."""
        with self._lock:
            self._refuse_while_running()
            if self.order is None:
                raise UsageError("nothing was exported yet; choose clips in the list and start an export")
            self._begin(self.order)

    def delete(self) -> None:
        """Delete all films that are kept. Raises UsageError while they are made or downloaded, VideoError."""
        with self._lock:
            self._refuse_while_running()
            if self._readers:
                raise UsageError("somebody is downloading these films; wait for the end of that, and try again")
            try:
                if self.folder.exists():
                    shutil.rmtree(self.folder)
            except OSError as error:
                raise VideoError(f"cannot delete {self.folder}: {why_not_written(error)}") from error
            self.order = None
            self._made = _Made()

    def state(self) -> dict[str, Any]:
        """How far it is, and what is there; plain values for JSON."""
        with self._lock:
            order, made, run = self.order, self._made, self.run.state
        return asdict(run) | {
            "order": None if order is None else order.told,
            "films": made.films,
            "bytes": made.bytes,
            "failures": [{"stem": stem, "error": error} for stem, error in made.failures[:_MOST_TOLD]],
            "failed": run.failed if self.run.running else len(made.failures),
            "kept_bytes": made.kept_bytes,
            "waiting": self._waiting if self.run.running else None,
            "per_minute": self._pace.per_minute if self.run.running else None,
            "left_seconds": self._pace.left_seconds if self.run.running else None,
        }

    def archive(self) -> Archive | None:
        """The films of the last export that are there; None where there are none. Raises VideoError."""
        with self._lock:
            order = self.order
            self._readers += 1  # from now on nobody deletes them
        try:
            results = {} if order is None else self._results(order)
            if order is None or not any(result.ok for result in results.values()):
                self._released()
                return None
            title = self._library.dataset.name
            members = archive_members(order, results, folder=self.folder, head=self._head, title=title)
            return Archive(archive_name(order, title), members, closed=self._released)
        except BaseException:
            self._released()
            raise

    @cached_property
    def order(self) -> Order | None:
        """What was asked for last, also of a viewer before this one."""
        order = Order.read(self.folder / _ORDER)
        if order is not None:
            self._made = self._counted(order)
        return order

    def _begin(self, order: Order) -> None:
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise VideoError(f"cannot make {self.folder}: {why_not_written(error)}") from error
        order.write(self.folder / _ORDER)
        self.order = order
        self._made = self._counted(order)
        self._waiting = None
        self._pace.begin()
        self.run.start()

    def _export(self, *, progress: Callable[[int, int, int], None], cancelled: Callable[[], bool]) -> None:
        order = self.order
        assert order is not None

        def note(done: int, failed: int, total: int) -> None:
            self._waiting = None
            self._pace.note(done, total)
            progress(done, failed, total)

        dataset = self._library.dataset
        dataset.wait(cancelled=cancelled)
        try:
            export_films(
                dataset,
                order.stems,
                head=self._head,
                settings=order.settings,
                out=self.folder,
                reopen=self._reopen,
                gl=self._gl,
                thumbs=order.gallery,
                progress=note,
                cancelled=cancelled,
                waiting=self._wait,
                processes=_processes(),
            )
        except (JobError, VideoError) as error:
            if self.folder.is_dir():
                raise
            raise VideoError(f"{self.folder} was deleted meanwhile; go on, and its films are made anew") from error

    def _wait(self, why: str) -> None:
        self._waiting = why

    def _look(self) -> None:
        order = self.order
        assert order is not None
        made = self._counted(order)
        with self._lock:
            self._made = made
            each = order.frames / len(order.stems)
            self._pace.learn(
                seconds_per_film=expected_seconds(each, order.settings, processes=_processes()),
                bytes=made.bytes,
                expected=expected_bytes(each * made.films, order.settings),
            )

    def _counted(self, order: Order) -> _Made:
        results = self._results(order)
        films = [result.value for result in results.values() if result.ok]
        failures = tuple((stem, result.error or result.status) for stem, result in results.items() if not result.ok)
        return _Made(len(films), sum(film["bytes"] for film in films), failures, _bytes_of_films(self.folder))

    def _results(self, order: Order) -> dict[str, jobs.Result]:
        return kept_films(order.stems, head=self._head, settings=order.settings, out=self.folder, thumbs=order.gallery)

    def _refuse_while_running(self) -> None:
        if self.run.running:
            raise UsageError("films are being exported; wait for the end of that, or cancel it")

    def _released(self) -> None:
        with self._lock:
            self._readers -= 1


def _processes() -> int:
    return max(jobs.cores() - 1, 1)  # the page wants one as well


def _bytes_of_films(folder: Path) -> int:
    total = 0
    for place, folders, names in os.walk(folder):  # it minds nothing that vanishes meanwhile
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in names:
            if name.endswith(".mp4"):
                with suppress(FileNotFoundError):
                    total += (Path(place) / name).stat().st_size
    return total


def _free(folder: Path) -> int:
    """Bytes that may still be written where the folder is, or will be."""
    try:
        return shutil.disk_usage(folder).free
    except (FileNotFoundError, NotADirectoryError):  # not made yet, or deleted by another request
        return _free(folder.parent)
