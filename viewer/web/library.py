"""The data set as the page sees it: clips re-read when their files change, and the catalogue kept up to date."""

from __future__ import annotations

import threading
from collections import OrderedDict
from pathlib import Path
from typing import Any

from viewer.clip import Clip
from viewer.dataset import Dataset
from viewer.dataset.catalogue import Catalogue
from viewer.dataset.catalogue.columns import row, stored

_CLIPS_KEPT = 6
_BYTES_KEPT = 256 << 20
"""Of those clips together, but for the one that was asked for last: the page asks for it four times."""


class Library:
    """A data set behind the routes. Its methods may be called from any thread."""

    def __init__(self, dataset: Dataset, *, cache: Path) -> None:
        """cache: the folder that the catalogue is kept in."""
        self.dataset = dataset
        self.catalogue = Catalogue.open(dataset, cache=cache)
        self._lock = threading.Lock()
        self._clips: OrderedDict[str, tuple[str, Clip]] = OrderedDict()

    def start(self) -> None:
        """Begin to bring the catalogue up to date, in the background."""
        self.catalogue.start()

    def close(self) -> None:
        """Stop that."""
        self.catalogue.close()

    @property
    def complete(self) -> bool:
        """Whether the catalogue knows all clips as they were last looked at."""
        progress = self.catalogue.progress
        return self.dataset.complete and not progress.running and progress.total is not None

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
            while len(self._clips) > 1 and not self._small_enough():
                self._clips.popitem(last=False)
        return clip

    def _small_enough(self) -> bool:
        kept = [clip for _, clip in self._clips.values()]
        return len(kept) <= _CLIPS_KEPT and sum(clip.nbytes for clip in kept) <= _BYTES_KEPT

    def row(self, stem: str) -> dict[str, Any]:
        """The row of one clip, as its files are now, without scores. Raises DatasetError for an unknown stem."""
        return row(stored(self.dataset.summary(stem)))

    def refresh(self) -> None:
        """Look for new, changed and lost files, then bring the catalogue up to date in the background."""
        self.dataset.refresh()
        self.catalogue.start()
