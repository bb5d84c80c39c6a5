"""The data set as the page sees it: clips re-read when their files change, list rows read in the background."""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict
from typing import Any

from viewer.clip import Clip
from viewer.dataset import ClipSummary, Dataset

EXCERPT_CHARACTERS = 160
_CLIPS_KEPT = 6

_log = logging.getLogger(__name__)


class Library:
    """A data set behind the routes. Its methods may be called from any thread."""

    def __init__(self, dataset: Dataset) -> None:
        self.dataset = dataset
        self._lock = threading.Lock()
        self._clips: OrderedDict[str, tuple[str, Clip]] = OrderedDict()
        self._rows: list[dict[str, Any]] = []
        self._closed = False
        self._reader = threading.Thread(target=self._read_rows, name="clip-list", daemon=True)

    def start(self) -> None:
        """Begin to read the rows of the clip list."""
        self._reader.start()

    def close(self) -> None:
        """Stop reading."""
        self._closed = True

    def clip(self, stem: str) -> Clip:
        """The clip as its files are now: they are looked at on every call, and read again when they changed.

        Raises DatasetError for an unknown stem and ClipError for data that cannot be used.
        """
        fingerprint = self.dataset.fingerprint(stem)
        with self._lock:
            kept = self._clips.get(stem)
            if kept is not None and kept[0] == fingerprint:
                self._clips.move_to_end(stem)
                return kept[1]
        clip = self.dataset[stem]
        with self._lock:
            self._clips[stem] = (fingerprint, clip)
            self._clips.move_to_end(stem)
            while len(self._clips) > _CLIPS_KEPT:
                self._clips.popitem(last=False)
        return clip

    def rows(self, start: int, count: int) -> list[dict[str, Any]]:
        """Rows `start` to at most `start + count` of the list, as far as they have been read; in the order of stems."""
        return self._rows[start : start + count]

    def row(self, stem: str) -> dict[str, Any]:
        """The row of one clip, as its files are now."""
        return _row(self.dataset.summary(stem))

    def _read_rows(self) -> None:
        for stem in self.dataset.stems:
            if self._closed:
                return
            try:
                row = self.row(stem)
            except Exception as error:  # a bug in reading one clip must not cut the list off there
                _log.exception("reading the list entry of %r failed", stem)
                row = {"stem": stem, "splits": [], "seconds": None, "text": "", "playable": False}
                row["flags"] = [{"code": "unreadable", "message": f"Reading it failed: {error}"}]
            self._rows.append(row)


def _row(summary: ClipSummary) -> dict[str, Any]:
    text = " ".join((summary.transcript or "").split())
    return {
        "stem": summary.stem,
        "splits": list(summary.splits),
        "seconds": summary.seconds,
        "text": text if len(text) <= EXCERPT_CHARACTERS else text[:EXCERPT_CHARACTERS].rstrip() + "…",
        "flags": [{"code": flag.code, "message": flag.message} for flag in summary.flags],
        "audio_format": summary.audio_format,
        "playable": summary.playable,
    }
