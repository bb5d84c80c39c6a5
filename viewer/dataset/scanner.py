"""Looking through the archives of a data set, at once or in a thread."""

from __future__ import annotations

import threading
from collections.abc import Callable

from viewer.dataset.locate import check_folder
from viewer.dataset.sources import Sources
from viewer.errors import Cancelled

_POLL_SECONDS = 0.05


class Scanner:
    """Looks through the archives of `sources`. Safe to use from many threads."""

    def __init__(self, sources: Sources):
        self._sources = sources
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._failure: BaseException | None = None

    def start(self) -> None:
        """Look through them in a thread."""
        self._thread = threading.Thread(target=self._run, name="archives", daemon=True)
        self._thread.start()

    def wait(
        self, *, progress: Callable[[int, int], None] | None = None, cancelled: Callable[[], bool] | None = None
    ) -> None:
        """Return when the thread, if there is one, has ended. What it failed with is raised here.

        progress: called with (bytes looked through, bytes in all). Raises Cancelled when `cancelled` says so, while the
        thread goes on.
        """
        while self._thread is not None and self._thread.is_alive():
            if cancelled is not None and cancelled():
                raise Cancelled(f"waiting for the archives of {self._sources.path} was cancelled")
            if progress is not None:
                progress(*self._sources.progress)
            self._thread.join(_POLL_SECONDS)
        if self._failure is not None:
            raise self._failure

    def look_again(self) -> bool:
        """Look for what is new or gone, after the thread has ended; returns whether there is anything.

        Raises DatasetError where the data set is gone; what was known then stays known.
        """
        with self._lock:
            if self._thread is not None:
                self._thread.join()
            check_folder(self._sources.path)
            changed = self._sources.look()
            self._sources.scan()
            return changed

    def _run(self) -> None:
        try:
            self._sources.scan()
        except BaseException as error:  # raised again by whoever waits
            self._failure = error
            raise
