"""What was asked for of an export, and the note of it from which a viewer that is started anew goes on."""

from __future__ import annotations

import json
import logging
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

from viewer.errors import UsageError, VideoError
from viewer.paths import whole_file
from viewer.video import ExportSettings

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Order:
    """What was asked for."""

    stems: tuple[str, ...]
    frames: int
    """Of all these clips."""
    settings: ExportSettings
    gallery: bool
    """Whether a page that plays the films is wanted, and a picture of each."""

    @classmethod
    def read(cls, path: Path) -> Self | None:
        """That of a note; None where there is none, or it is of another version of the viewer."""
        try:
            told = json.loads(path.read_text("ascii"))
            settings = ExportSettings(**told["settings"] | {"size": tuple(told["settings"]["size"])})
            return cls(tuple(told["stems"]), told["frames"], settings, told["gallery"])
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError, UsageError) as error:
            _log.warning("the export in %s cannot be gone on with: %s", path.parent, error)
            return None

    def write(self, path: Path) -> None:
        """Note it. Raises VideoError."""
        with whole_file(path, error=VideoError) as part:
            part.write_text(json.dumps(asdict(self)), "ascii")

    @property
    def told(self) -> dict[str, Any]:
        """Plain values for JSON."""
        settings = self.settings
        told = {"clips": len(self.stems), "look": settings.look, "camera": settings.camera, "size": settings.size[0]}
        return told | {"fast": settings.fast, "captions": settings.captions, "gallery": self.gallery}
