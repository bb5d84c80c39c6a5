"""What <clip-timeline> fetches, under /viewer/timeline: curves, words and pictures of the sound of a clip."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable
from typing import Any

import numpy as np
from fastapi import APIRouter, Request
from fastapi.responses import Response

from viewer.clip import Clip
from viewer.flame import HeadChoice
from viewer.held import spans
from viewer.motion import CurveMaker, spectrogram, waveform
from viewer.web.answers import ASK_AGAIN, Turns, not_modified, unchanged, whole
from viewer.web.wire.container import pack
from viewer.words import estimate_words

PREFIX = "/viewer/timeline"
_FORMAT = 2
"""Part of every entity tag: to be raised when the same clip is packed in another way."""


class TimelineSource:
    """What the route serves: the clips that `clip` finds by stem, on one head. Safe to use from many threads."""

    def __init__(self, clip: Callable[[str], Clip], head: HeadChoice) -> None:
        """clip: returns the clip of a stem as its files are now; raises DatasetError for an unknown stem."""
        self.clip = clip
        self._head = head
        self._lock = threading.Lock()
        self._maker: CurveMaker | None = None

    def prepare(self) -> CurveMaker:
        """What computes the curves; made on the first call, which takes a second or two."""
        with self._lock:
            if self._maker is None:
                self._maker = CurveMaker(self._head)
            return self._maker

    def tag(self, clip: Clip) -> str:
        """Entity tag of a clip's timeline."""
        parts = (_FORMAT, clip.stem, clip.content_hash, self.prepare().key)
        return hashlib.sha256(repr(parts).encode()).hexdigest()[:32]

    def pack(self, clip: Clip) -> bytes:
        """The timeline of a clip as it is sent; docs/timeline.md lists what is in it."""
        maker = self.prepare()
        curves = maker.curves(clip)
        arrays: dict[str, np.ndarray] = {curve.name: curve.values for curve in curves}
        header: dict[str, Any] = {
            "kind": "timeline",
            "stem": clip.stem,
            "frames": len(clip),
            "fps": clip.fps,
            "words": [[word.text, round(word.start, 4), round(word.end, 4)] for word in estimate_words(clip)],
            "curves": [
                {
                    "name": curve.name,
                    "label": curve.label,
                    "unit": curve.unit,
                    "least_range": curve.least_range,
                    "source": curve.source,
                }
                for curve in curves
            ],
            "notes": list(maker.notes(clip)),
            "bad_frames": spans(clip.bad_frames),
            "bad_values": clip.bad_values,
            "waveform": None,
            "spectrogram": None,
        }
        if clip.audio is not None:
            wave = waveform(clip.audio, len(clip), clip.fps)
            picture = spectrogram(clip.audio, len(clip), clip.fps)
            header["waveform"] = {"seconds": wave.seconds}
            header["spectrogram"] = {
                "seconds": picture.seconds,
                "bands": picture.levels.shape[1],
                "low_db": round(picture.low_db, 2),
                "high_db": round(picture.high_db, 2),
                "top_hz": picture.top_hz,
            }
            arrays |= {"wave_low": wave.low, "wave_high": wave.high, "spectrogram": picture.levels}
        return pack(header, arrays)


def timeline_router(source: TimelineSource, *, prefix: str = PREFIX) -> APIRouter:
    """The timeline's route; include it before a catch-all mount: `app.include_router(timeline_router(source))`."""
    router = APIRouter(prefix=prefix)
    turns = Turns()

    @router.api_route("/clip.bin", methods=["GET", "HEAD"])
    async def clip(request: Request, stem: str) -> Response:
        def answer() -> Response:
            found = source.clip(stem)
            tag = source.tag(found)
            if unchanged(request, tag):  # before the work
                return not_modified(tag, ASK_AGAIN)
            return whole(request, source.pack(found), tag=tag, cache=ASK_AGAIN, media_type="application/octet-stream")

        return await turns.guarded(request, answer)

    return router
