"""Predictions that films of many clips show beside each of them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from viewer.clip import Clip
from viewer.video.grid import Layout


class Predictions(Protocol):
    """Data sets of predictions, opened."""

    def clips(self, stem: str) -> Sequence[tuple[str, Clip]]:
        """The predictions of a clip, with labels. Raises CompareError where one is missing."""

    def fingerprint(self, stem: str) -> str:
        """Changes when a file of one of these does."""


@dataclass(frozen=True)
class Beside:
    """What stands beside the clips, and how."""

    reopen: Callable[[], Predictions]
    """Opens them in any process, so pickle must be able to send it."""
    folders: tuple[tuple[str, str], ...]
    """Labels and folders, in their order."""
    heat_top_mm: float
    """Error at which the colours of heat maps end."""
    layout: Layout = "auto"

    def told(self) -> dict[str, Any]:
        """Plain values for JSON."""
        compared = [{"label": label, "path": folder} for label, folder in self.folders]
        return {"compare": compared, "heat_top_mm": self.heat_top_mm, "layout": self.layout}

    def key(self, clip: str, predictions: Sequence[tuple[str, Clip]]) -> str:
        """As `render_key`, of a film with these predictions. clip: the key of one without."""
        shown = [(label, prediction.stem, prediction.content_hash) for label, prediction in predictions]
        return hashlib.sha256(repr((clip, shown, self.heat_top_mm, self.layout)).encode()).hexdigest()[:32]
