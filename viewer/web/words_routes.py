"""The words of a clip in time, under /viewer: found in its sound where that is possible."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Literal
from urllib.parse import quote

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from viewer.clip import Clip
from viewer.speech import SpeechCache, alignment_as_json
from viewer.speech.formats import vtt
from viewer.web.answers import Turns, as_json

PREFIX = "/viewer"


def words_router(clip: Callable[[str], Clip], speech: SpeechCache, *, prefix: str = PREFIX) -> APIRouter:
    """The route; include it before a catch-all mount.

    clip: returns the clip of a stem as its files are now; raises DatasetError for an unknown stem.
    speech: should align in another process, or the page stands still meanwhile.
    """
    router = APIRouter(prefix=prefix)
    turns = Turns(2)  # one that listens, and one that may know its answer

    @router.api_route("/words", methods=["GET", "HEAD"])
    async def words(
        request: Request,
        stem: Annotated[str, Query(alias="clip")],
        form: Annotated[Literal["json", "vtt"], Query(alias="format")] = "json",
    ) -> Response:
        """Words and phones of a clip; the answer may take a second or two, and is kept. vtt: a file to download."""

        def answer() -> Response:
            found = clip(stem)
            alignment = speech.alignment(found)
            if form == "vtt":
                return _file(f"{found.stem}.vtt", vtt(alignment))
            return as_json({"stem": found.stem} | alignment_as_json(alignment))

        return await turns.guarded(request, answer)

    return router


def _file(name: str, text: str) -> Response:
    """WebVTT to download; what UTF-8 cannot carry is escaped, as in the files of `words --out`."""
    headers = {
        "Cache-Control": "no-store",
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(name, safe='', errors='replace')}",
    }
    return Response(text.encode("utf-8", "backslashreplace"), media_type="text/vtt", headers=headers)
