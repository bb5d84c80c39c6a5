"""What <flame-player> fetches, all under /viewer/player: set-up, head, clips and sound. `docs/player.md` lists it."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Callable
from functools import cached_property
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from viewer import heat, looks
from viewer.clip import Clip
from viewer.flame import HeadChoice
from viewer.web.answers import ASK_AGAIN, FOR_EVER, Turns, not_modified, part, refusal, unchanged, whole
from viewer.web.wire import PackedHead, pack_clip, pack_head, sound_key, wav_bytes
from viewer.web.wire.shaders import ATTRIBUTES, browser_shaders

PREFIX = "/viewer/player"
_BINARY = "application/octet-stream"
_METHODS = ["GET", "HEAD"]


class PlayerSource:
    """What the routes serve: the clips that `clip` finds by stem, on one head. Safe to use from many threads."""

    def __init__(self, clip: Callable[[str], Clip], head: HeadChoice) -> None:
        """clip: returns the clip of a stem as its files are now; raises DatasetError for an unknown stem."""
        self.clip = clip
        self.head = head
        self._lock = threading.Lock()
        self._packed: PackedHead | None = None
        self._sound: tuple[str | None, bytes] = (None, b"")

    def start(self) -> None:
        """Pack the head in the background, so that the first page need not wait for it."""
        threading.Thread(target=self.packed_head, name="pack-head", daemon=True).start()

    def packed_head(self) -> PackedHead:
        """The head as it is sent; made on the first call, which takes about two seconds."""
        with self._lock:
            if self._packed is None:
                self._packed = pack_head(self.head.model)
            return self._packed

    @cached_property
    def setup(self) -> bytes:
        """JSON: how to draw, and which head to fetch."""
        packed = self.packed_head()
        model = self.head.model
        facts: dict[str, Any] = {
            "head": {
                "key": packed.key,
                "url": f"head/{packed.key}.bin",
                "bytes": len(packed.data),
                "version": model.version,
                "warnings": list(self.head.warnings),
                "zero_expression": self.head.zero_expression,
            },
            "shaders": browser_shaders(),
            "attributes": ATTRIBUTES,
            **looks.as_json(),
            "heat": {"table": heat.table().tolist(), "no_data": heat.NO_DATA},
        }
        return json.dumps(facts, allow_nan=False, separators=(",", ":")).encode("ascii")

    def sound(self, clip: Clip, key: str) -> bytes:
        """Sound of a clip as a wav file; the last one is kept, since browsers fetch a long one in many parts."""
        kept, data = self._sound
        if kept != key:
            data = wav_bytes(clip)
            self._sound = (key, data)
        return data

    def clip_tag(self, clip: Clip) -> str:
        """Entity tag of a clip as it is sent."""
        parts = (clip.stem, clip.content_hash, clip.splits, clip.flags, self.packed_head().key)
        return hashlib.sha256(repr(parts).encode()).hexdigest()[:32]


def player_router(source: PlayerSource, *, prefix: str = PREFIX) -> APIRouter:
    """The player's routes; include them before a catch-all mount: `app.include_router(player_router(source))`."""
    router = APIRouter(prefix=prefix)
    turns = Turns()

    @router.api_route("/setup.json", methods=_METHODS)
    def setup(request: Request) -> Response:
        data = source.setup
        tag = hashlib.sha256(data).hexdigest()[:32]
        return whole(request, data, tag=tag, cache=ASK_AGAIN, media_type="application/json")

    @router.api_route("/head/{key}.bin", methods=_METHODS)
    def head(request: Request, key: str) -> Response:
        packed = source.packed_head()
        if key != packed.key:
            return refusal("The head model has changed; the page must be loaded again.", 404)
        zipped = "gzip" in request.headers.get("accept-encoding", "")
        data = packed.gzipped if zipped else packed.data
        answer = whole(request, data, tag=f"{key}-gzip" if zipped else key, cache=FOR_EVER, media_type=_BINARY)
        answer.headers["Vary"] = "Accept-Encoding"
        if zipped and answer.status_code == 200:
            answer.headers["Content-Encoding"] = "gzip"
        return answer

    @router.api_route("/clip.bin", methods=_METHODS)
    async def clip(request: Request, stem: str) -> Response:
        def answer() -> Response:
            found = source.clip(stem)
            tag = source.clip_tag(found)
            if unchanged(request, tag):  # before the work
                return not_modified(tag, ASK_AGAIN)
            data = pack_clip(found, source.head, head_key=source.packed_head().key)
            return whole(request, data, tag=tag, cache=ASK_AGAIN, media_type=_BINARY)

        return await turns.guarded(request, answer)

    @router.api_route("/sound/{key}.wav", methods=_METHODS)
    async def sound(request: Request, key: str, stem: str) -> Response:
        def answer() -> Response:
            found = source.clip(stem)
            if key != sound_key(found):
                return refusal("The sound of this clip has changed; open the clip again.", 404)
            return part(request, source.sound(found, key), tag=key, cache=FOR_EVER, media_type="audio/wav")

        return await turns.guarded(request, answer)

    return router
