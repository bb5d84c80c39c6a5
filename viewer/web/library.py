"""The data set as the page sees it: clips re-read when their files change, list rows read in the background."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import Any

from viewer.clip import Clip
from viewer.dataset import Dataset
from viewer.web.rows_in_memory import Catalogue, row_of

_CLIPS_KEPT = 6


class Library:
    """A data set behind the routes. Its methods may be called from any thread."""

    def __init__(self, dataset: Dataset) -> None:
        self.dataset = dataset
        self._lock = threading.Lock()
        self._clips: OrderedDict[str, tuple[str, Clip]] = OrderedDict()
        self.catalogue = Catalogue(dataset)
        self.complete = False
        self._closed = False
        self._reader = threading.Thread(target=self._index, name="clip-list", daemon=True)

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

    def row(self, stem: str) -> dict[str, Any]:
        """The row of one clip, as its files are now."""
        return row_of(self.dataset.summary(stem))

    def refresh(self) -> bool:
        """Look again at what there is; returns whether anything is being indexed anew."""
        self.complete = False
        threading.Thread(target=self._index, name="clip-list", daemon=True).start()
        return True

    def _index(self) -> None:
        self.catalogue.update(cancelled=lambda: self._closed)
        self.complete = True
