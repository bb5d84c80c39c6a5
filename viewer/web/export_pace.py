"""How long an export takes and how large it becomes: roughly before it begins, and better as it goes on."""

from __future__ import annotations

import time
from collections.abc import Callable

from viewer.video import ExportSettings

_FEWEST = 3
"""Films after which a rate says anything."""


def expected_seconds(frames: float, settings: ExportSettings, *, processes: int) -> float:
    """Seconds for so many frames on a processor that draws them itself; `Pace.slowness` is for what draws here."""
    megapixels = settings.size[0] * settings.size[1] / 1e6
    each = 0.005 + megapixels * (0.03 if settings.fast else 0.055)
    return frames * each / processes


def expected_bytes(frames: float, settings: ExportSettings) -> float:
    """Bytes of films of so many frames with sound: talking heads that differ, so within a factor of two."""
    megapixels = settings.size[0] * settings.size[1] / 1e6
    return frames * (550 + megapixels * (17_500 if settings.fast else 3200))


class Pace:
    """Rate of a run, and what it teaches for the next estimate."""

    def __init__(self, *, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self.slowness = 1.0
        """How many times as long as expected films took."""
        self.weight = 1.0
        """How many times as large as expected they were."""
        self.begin()

    def begin(self) -> None:
        """A run begins."""
        self._first: tuple[float, int] | None = None
        self._last = (0.0, 0, 0)

    def note(self, done: int, total: int) -> None:
        """So many clips are through by now; those of the first call were so before."""
        now = self._now()
        if self._first is None:
            self._first = now, done
        if done != self._last[1] or total != self._last[2]:
            self._last = now, done, total

    @property
    def per_minute(self) -> float | None:
        """Clips a minute; None before there are some."""
        each = self._seconds_each()
        return None if each is None else round(60 / each, 1)

    @property
    def left_seconds(self) -> float | None:
        """Seconds until the end; None before that can be said."""
        each = self._seconds_each()
        return None if each is None else round(each * (self._last[2] - self._last[1]))

    def learn(self, *, seconds_per_film: float, bytes: float, expected: float) -> None:
        """Take what was found for the next estimate: films took `seconds_per_film` by that of now, and have `bytes`."""
        each = self._seconds_each()
        if each is not None and seconds_per_film:  # else nothing is known of the clips, such as where none can be read
            self.slowness = each / seconds_per_film
        if bytes and expected:
            self.weight = bytes / expected

    def _seconds_each(self) -> float | None:
        first = self._first  # once: another thread may begin a run
        if first is None:
            return None
        (begun, before), (last, done, _) = first, self._last
        return (last - begun) / (done - before) if done - before >= _FEWEST and last > begun else None
