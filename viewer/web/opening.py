"""What a browser is told to fetch at once, while Gradio's own scripts are still on their way.

Gradio mounts the page's elements only when it has started, and each script would then name the next: a chain as deep as
the import graph. So the page's HTML names all of them.
"""

from __future__ import annotations

import html
import re
from pathlib import Path, PurePosixPath

from starlette.types import ASGIApp, Message, Receive, Scope, Send

_IMPORT = re.compile(r"""^(?:import\s+|(?:import|export)\s+[\w$*{},\s]+?\s+from\s+)["'](\.[^"']+)["']""", re.MULTILINE)


def modules(folder: Path, entry: str) -> tuple[str, ...]:
    """Paths inside `folder` of a JavaScript module and of all that it imports, nearest first."""
    found = [entry]
    for name in found:  # which grows
        parent = PurePosixPath(name).parent
        for target in _IMPORT.findall((folder / name).read_text("utf-8")):
            path = _normal(parent / target)
            if path not in found:
                found.append(path)
    return tuple(found)


def opening_tags(folder: Path, *, url: str, entry: str, style: str) -> bytes:
    """HTML for the document's head. `url`: of the folder, relative to the page; `style`: file that no script brings."""
    names = modules(folder, entry)
    links = [f'<link rel="modulepreload" href="{html.escape(f"{url}/{name}")}">' for name in names]
    sheet = f"<style>{(folder / style).read_text('utf-8')}</style>"
    script = f'<script type="module" async src="{html.escape(f"{url}/{entry}")}"></script>'
    icon = '<link rel="icon" href="favicon.ico">'  # else browsers look outside a proxy's prefix
    return "\n".join([icon, sheet, *links, script]).encode()


class Opening:
    """Puts tags into the head of the page's HTML; all else goes through untouched."""

    def __init__(self, app: ASGIApp, tags: bytes) -> None:
        self.app = app
        self.tags = tags

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request; see the ASGI specification."""
        if scope["type"] != "http" or scope["path"] != "/":
            await self.app(scope, receive, send)
            return
        start: Message = {}
        body = b""

        async def add(message: Message) -> None:
            nonlocal start, body
            if message["type"] == "http.response.start":
                start = message
                return
            if message["type"] != "http.response.body":
                await send(message)
                return
            body += message.get("body", b"")
            if message.get("more_body"):
                return
            # At the head's end: Gradio's <base> must stand before everything that it applies to.
            body = body.replace(b"</head>", self.tags + b"</head>", 1)
            headers = [(name, value) for name, value in start["headers"] if name.lower() != b"content-length"]
            if body:  # else it answers HEAD
                headers.append((b"content-length", str(len(body)).encode()))
            await send({**start, "headers": headers})
            await send({**message, "body": body})

        await self.app(scope, receive, add)


def _normal(path: PurePosixPath) -> str:
    parts: list[str] = []
    for part in path.parts:
        if part == "..":
            parts.pop()
        elif part != ".":
            parts.append(part)
    return "/".join(parts)
