"""How long a connection may take, and how many there may be: those that dawdle give way to those that ask.

uvicorn itself waits for ever for a request that comes a byte at a time, and for a reader that does not read.
"""

from __future__ import annotations

import asyncio
import resource
import time
from typing import cast

from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

REQUEST_SECONDS = 20.0
"""In which a request must have come whole; the page's are a few hundred bytes."""
READING_SECONDS = 30.0
"""In which a reader must have taken `PIECE` bytes of its answer."""
PIECE = 65_536
MOST_CONNECTIONS = 512
"""A page has seven at most."""
BACKLOG = 100
"""Connections that are taken at a time: so many may be open besides, until the first of them are closed."""


def most_connections() -> int:
    """Connections that may be open at once: files and pipes need descriptors too."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return MOST_CONNECTIONS if soft == resource.RLIM_INFINITY else max(min(MOST_CONNECTIONS, soft // 2), 16)


class PatientProtocol(H11Protocol):
    """uvicorn's connection, which is closed where a request does not come, or an answer is not read.

    Where there are too many, a new one takes the place of the one that has kept the server waiting longest, or else of
    the one whose request is oldest: who floods the server with connections closes those of the flood.
    """

    request_seconds = REQUEST_SECONDS
    reading_seconds = READING_SECONDS
    most = most_connections()

    _since = 0.0  # when it began to do what it does
    _waits = True  # for a request or for a reader
    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._wait(self.request_seconds)
        others = [cast(PatientProtocol, one) for one in self.connections if one is not self]
        if len(others) >= self.most:
            min(others, key=lambda one: (not one._waits, one._since))._drop()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_waiting()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self._has_request:
            if self._waits and not self.flow.write_paused:
                self._stop_waiting()
        elif not self._waits:
            self._wait(self.request_seconds)

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if not self._has_request and not self._waits:
            self._wait(self.request_seconds)

    def pause_writing(self) -> None:
        super().pause_writing()
        self._wait(self.reading_seconds)

    def resume_writing(self) -> None:
        super().resume_writing()
        if self._has_request:
            self._stop_waiting()
        else:
            self._wait(self.request_seconds)

    @property
    def _has_request(self) -> bool:
        """Whether a whole request is being answered."""
        return self.cycle is not None and not self.cycle.more_body and not self.cycle.response_complete

    def _wait(self, seconds: float) -> None:
        self._stop_waiting()
        self._waits = True
        self._deadline = self.loop.call_later(seconds, self._drop)

    def _stop_waiting(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None
        self._waits = False
        self._since = time.monotonic()

    def _drop(self) -> None:
        """Close at once: what is still to be sent would wait for the reader."""
        self.connections.discard(self)
        self.transport.abort()


class Pieces:
    """ASGI middleware that hands long answers to the connection piece by piece, as they are read.

    A connection copies what it has not sent yet, all of it.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request; see the ASGI specification."""

        async def in_pieces(message: Message) -> None:
            body = message.get("body", b"")
            if message["type"] != "http.response.body" or len(body) <= PIECE:
                await send(message)
                return
            last = (len(body) - 1) // PIECE * PIECE
            for start in range(0, last, PIECE):
                await send({**message, "body": body[start : start + PIECE], "more_body": True})
                await asyncio.sleep(0)  # others' turn; and a connection that is lost says so only now
            await send({**message, "body": body[last:]})

        await self.app(scope, receive, in_pieces if scope["type"] == "http" else send)
