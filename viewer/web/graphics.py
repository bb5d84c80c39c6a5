"""The renderer of the page, started while everything else is still loading."""

from __future__ import annotations

import logging
import threading

from viewer.errors import ViewerError
from viewer.render import GlInfo, Renderer

_log = logging.getLogger(__name__)


class Graphics:
    """A renderer and what became of its start. Without OpenGL the page still opens and says why nothing is drawn."""

    def __init__(self, renderer: Renderer) -> None:
        self.renderer = renderer
        self._info: GlInfo | None = None
        self._error: str | None = None
        self._started = threading.Thread(target=self._start, name="graphics-start", daemon=True)

    def start(self) -> None:
        """Start the render process in the background."""
        self._started.start()

    def outcome(self) -> tuple[GlInfo | None, str | None]:
        """What draws, or why nothing does; waits until that is known."""
        self._started.join()
        return self._info, self._error

    def close(self) -> None:
        """End the render process."""
        self.renderer.close()

    def _start(self) -> None:
        try:
            self._info = self.renderer.info
        except ViewerError as error:
            self._error = str(error)
        except Exception as error:  # a bug must not be hidden from who waits for the outcome
            _log.exception("the renderer could not be started")
            self._error = f"the renderer could not be started ({type(error).__name__}: {error})"
