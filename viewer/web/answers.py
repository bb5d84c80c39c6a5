"""HTTP answers from bytes in memory: entity tags, ranges, refusals in words, and HEAD through Starlette."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import anyio
from starlette.requests import Request
from starlette.responses import Response

from viewer.errors import ClipError, CompareError, DatasetError, UsageError, ViewerError

FOR_EVER = "private, max-age=31536000, immutable"
"""For URLs that contain the hash of their content."""
ASK_AGAIN = "private, no-cache"
"""Kept, but compared by its entity tag on every use."""
_RANGE = re.compile(r"bytes=(\d{0,15})-(\d{0,15})")


def as_json(value: Any, status: int = 200) -> Response:
    """A JSON answer that is never kept."""
    # Pure ASCII: file names that are no valid UTF-8 hold lone surrogates, which UTF-8 cannot carry.
    text = json.dumps(value, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    return Response(text, status, media_type="application/json", headers={"Cache-Control": "no-store"})


def refusal(message: str, status: int) -> Response:
    """What is wrong, in words for the user."""
    return as_json({"error": message}, status)


def guarded(answer: Callable[[], Response]) -> Response:
    """The answer, or the refusal that fits the error: 404 not in the data set, 422 unusable data, else 500."""
    try:
        return answer()
    except DatasetError as error:
        return refusal(str(error), 404)
    except (ClipError, CompareError, UsageError) as error:
        return refusal(str(error), 422)
    except ViewerError as error:
        return refusal(str(error), 500)


class Turns:
    """Answers that need a whole clip: few are made at a time, on threads that nothing else waits for.

    Else clips that are asked for in masses would fill the memory, and keep the list's answers waiting. One of these
    belongs to one application, for its event loop.
    """

    def __init__(self, at_a_time: int = 4) -> None:
        self._turn = anyio.Semaphore(at_a_time)
        self._threads = anyio.CapacityLimiter(at_a_time)

    async def guarded(self, request: Request, answer: Callable[[], Response]) -> Response:
        """As the function of this name, when it is the answer's turn; not made if nobody waits for it any more."""
        async with self._turn:
            if await request.is_disconnected():
                return Response(status_code=499)  # as nginx calls it; it is never sent
            return await anyio.to_thread.run_sync(guarded, answer, limiter=self._threads)


def unchanged(request: Request, tag: str) -> bool:
    """Whether the browser already has the content with this tag."""
    known = request.headers.get("if-none-match", "")
    return known.strip() == "*" or quoted(tag) in [part.strip().removeprefix("W/") for part in known.split(",")]


def quoted(tag: str) -> str:
    """A tag as it stands in headers."""
    return f'"{tag}"'


def not_modified(tag: str, cache: str) -> Response:
    """304: the browser's copy is still right."""
    return Response(status_code=304, headers={"ETag": quoted(tag), "Cache-Control": cache})


def whole(request: Request, data: bytes, *, tag: str, cache: str, media_type: str) -> Response:
    """200, or 304 where the browser has it already."""
    if unchanged(request, tag):
        return not_modified(tag, cache)
    return Response(data, media_type=media_type, headers={"ETag": quoted(tag), "Cache-Control": cache})


def part(request: Request, data: bytes, *, tag: str, cache: str, media_type: str) -> Response:
    """The asked range of `data` (206), or 416 where there is none such; without one as `whole`."""
    asked = asked_range(request, len(data), tag=tag)
    if asked is None:
        answer = whole(request, data, tag=tag, cache=cache, media_type=media_type)
        answer.headers["Accept-Ranges"] = "bytes"
        return answer
    first, last = asked
    if first > last:
        return no_such_range(len(data))
    headers = {"ETag": quoted(tag), "Cache-Control": cache, "Accept-Ranges": "bytes"}
    headers["Content-Range"] = f"bytes {first}-{last}/{len(data)}"
    return Response(data[first : last + 1], status_code=206, media_type=media_type, headers=headers)


def asked_range(request: Request, size: int, *, tag: str) -> tuple[int, int] | None:
    """First and last byte of the part that is asked for, both included; None for the whole.

    first > last where there is none such. tag: of the content as it is now.
    """
    asked = request.headers.get("range")
    condition = request.headers.get("if-range")
    match = None if asked is None else _RANGE.fullmatch(asked.strip())
    if match is None or match[0] == "bytes=-" or (condition is not None and condition != quoted(tag)):
        return None
    return _bounds(match[1], match[2], size)


def no_such_range(size: int) -> Response:
    """416: the content has but so many bytes."""
    return Response(status_code=416, headers={"Content-Range": f"bytes */{size}"})


def _bounds(first: str, last: str, size: int) -> tuple[int, int]:
    """First and last byte, both included; first > last where the range is empty."""
    if not first:  # the last n bytes
        return max(size - int(last), 0), size - 1
    return int(first), min(int(last), size - 1) if last else size - 1
