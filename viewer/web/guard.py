"""The outermost layer of the web server: who may talk to it, and what may be said.

A page on any other site can send requests to a server on 127.0.0.1, and a DNS name that is re-pointed to 127.0.0.1 can
even read the answers. Gradio's own checks do not cover routes beside it, so one middleware stands in front of both.
"""

from __future__ import annotations

import hmac
import ipaddress
import socket
from collections.abc import Iterable
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import cookie_parser
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

MAX_BODY_BYTES = 1_000_000
"""Far above anything the page sends."""

# What the page needs of Gradio's server. Everything else under its prefix (uploads, the file and URL proxies, running
# functions by name, run history) stays shut.
_GRADIO_PREFIX = "/gradio_api/"
_GRADIO_ROUTES = ("app_id", "heartbeat", "info", "queue", "startup-events", "theme.css")

_SAFE_METHODS = ("GET", "HEAD", "OPTIONS")

_CONTENT_POLICY = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self' 'unsafe-inline' 'unsafe-eval'",  # Gradio compiles its HTML templates in the browser
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "media-src 'self' blob:",
        "font-src 'self' data:",
        "connect-src 'self'",
        "object-src 'none'",
        "base-uri 'self'",
        "form-action 'self'",
        "frame-ancestors 'self'",
    )
)


@dataclass(frozen=True, kw_only=True)
class Access:
    """Who may talk to the server."""

    host: str
    """Address the server listens on."""
    port: int
    extra_hosts: tuple[str, ...] = ()
    """Further names that browsers reach it under, such as a proxy's."""
    token: str | None = None
    """Secret that every visitor must bring once, in the URL; None lets everybody on this machine in."""
    names: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        names = {"localhost", "127.0.0.1", "::1", self.host, *self.extra_hosts}
        if is_wildcard(self.host):
            names |= {socket.gethostname(), socket.getfqdn()}
        object.__setattr__(self, "names", frozenset(name.strip("[]").lower() for name in names))

    @property
    def cookie(self) -> str:
        """Name of the cookie that keeps the token; cookies are shared by all ports of a host."""
        return f"flame_viewer_{self.port}"

    def knows(self, host: str) -> bool:
        """Whether `host` (a Host header: name, optional port) is one of this server's names."""
        name = _host_name(host)
        if name in self.names:
            return True
        # A numeric address cannot be re-pointed by DNS, so it is safe where any address of the machine is meant.
        return is_wildcard(self.host) and is_address(name)


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach a server listening on `host`."""
    if host.lower() == "localhost":
        return True
    return is_address(host) and ipaddress.ip_address(host.strip("[]")).is_loopback


def is_wildcard(host: str) -> bool:
    """Whether `host` stands for all addresses of the machine."""
    return host.strip("[]") in ("0.0.0.0", "::", "")


def is_address(name: str) -> bool:
    """Whether `name` is a numeric IP address."""
    try:
        ipaddress.ip_address(name.strip("[]"))
    except ValueError:
        return False
    return True


class Guard:
    """ASGI middleware: refuses strangers, then adds the headers that keep answers private.

    Takes the prefix of a proxy off the path, so that what is checked is what the application sees.
    """

    def __init__(self, app: ASGIApp, access: Access, *, root_path: str = "") -> None:
        """root_path: the proxy's prefix, such as `/proxy/7860`, whether it strips it or not."""
        self.app = app
        self.access = access
        self.root_path = root_path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        last = quote(scope["path"].rpartition("/")[2])
        scope = _without_prefix(scope, self.root_path)
        refusal = self._refusal(scope)
        if refusal is None:
            refusal = self._token_answer(scope, last)
        if refusal is None and not scope["path"]:  # the bare prefix: the page's own URLs are relative to its folder
            query = scope["query_string"].decode("latin-1")
            refusal = RedirectResponse(f"./{last}/" + (f"?{query}" if query else ""), status_code=307)
        if refusal is not None:
            if scope["type"] == "websocket":
                await send({"type": "websocket.close", "code": 1008})
            else:
                await refusal(scope, receive, _with_headers(send))
            return
        await self.app(scope, receive, _with_headers(send))

    def _refusal(self, scope: Scope) -> Response | None:
        headers = Headers(scope=scope)
        host = headers.get("host", "")
        if not self.access.knows(host):
            return _refuse(
                421,
                f"This viewer does not answer to the name {_host_name(host)!r}. If you reach it through a proxy or "
                f"under another name, start it with --allow-host NAME.",
            )
        method = scope.get("method", "GET")
        navigation = (
            method in ("GET", "HEAD")
            and headers.get("sec-fetch-mode") == "navigate"
            and headers.get("sec-fetch-dest", "document") == "document"
        )
        if not navigation and headers.get("sec-fetch-site", "none") not in ("same-origin", "none"):
            return _refuse(403, "Requests from other sites are refused.")
        origin = headers.get("origin")
        writes = method not in _SAFE_METHODS or scope["type"] == "websocket"
        if writes and origin is not None and not self._own_origin(origin, host):
            return _refuse(403, f"Requests from {origin[:200]!r} are refused.")
        if method not in _SAFE_METHODS:
            if headers.get("content-type", "").split(";")[0].strip().lower() != "application/json":
                return _refuse(415, "Only application/json is accepted.")
            length = headers.get("content-length", "")
            if not length.isdecimal() or int(length) > MAX_BODY_BYTES:
                return _refuse(413, f"A request must state its length, at most {MAX_BODY_BYTES} bytes.")
        return _refuse_gradio(scope["path"])

    def _own_origin(self, origin: str, host: str) -> bool:
        try:
            address = urlsplit(origin)
            name = address.hostname or ""
        except ValueError:
            return False
        # Behind a proxy the origin is the proxy's name while Host is ours.
        extra = {extra.strip("[]").lower() for extra in self.access.extra_hosts}
        return address.netloc.lower() == host.lower() or name in extra

    def _token_answer(self, scope: Scope, last: str) -> Response | None:
        """`last` is the last part of the path as the browser knows it, which relative URLs replace."""
        token = self.access.token
        if token is None:
            return None
        headers = Headers(scope=scope)
        kept = cookie_parser(headers.get("cookie", "")).get(self.access.cookie, "")
        query = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
        brought = dict(query).get("token")
        if brought is not None and _same(brought, token):
            # The token leaves the address bar, so that a copied link or a screenshot does not give it away.
            rest = urlencode([(name, value) for name, value in query if name != "token"])
            answer = RedirectResponse(f"./{last}" + (f"?{rest}" if rest else ""), status_code=303)
            answer.set_cookie(self.access.cookie, token, httponly=True, samesite="strict")
            return answer
        if _same(kept, token):
            return None
        return _refuse(
            401, "This viewer is private: open the full URL, with its token, that it printed when it started."
        )


def _without_prefix(scope: Scope, prefix: str) -> Scope:
    """The scope with `prefix` taken off its path as often as it stands there: Gradio would take off a second one."""
    path = scope["path"]
    while prefix and (path + "/").startswith(prefix + "/"):
        path = path[len(prefix) :]
    return scope if path == scope["path"] else {**scope, "path": path, "raw_path": quote(path).encode("ascii")}


def _host_name(host: str) -> str:
    if host.startswith("["):
        return host[1:].partition("]")[0].lower()
    return host.rpartition(":")[0].lower() if host.count(":") == 1 else host.lower()


def _same(left: str, right: str) -> bool:
    return hmac.compare_digest(left.encode(), right.encode())


def _refuse(status: int, message: str) -> Response:
    return PlainTextResponse(message + "\n", status_code=status)


def _refuse_gradio(path: str) -> Response | None:
    if not path.startswith(_GRADIO_PREFIX):
        return None
    first = path.removeprefix(_GRADIO_PREFIX).partition("/")[0]
    if first in _GRADIO_ROUTES:
        return None
    return JSONResponse({"error": "This viewer takes no uploads and serves no files this way."}, status_code=403)


def _with_headers(send: Send) -> Send:
    async def send_with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            headers["Cross-Origin-Resource-Policy"] = "same-origin"
            headers["X-Content-Type-Options"] = "nosniff"
            headers["Referrer-Policy"] = "no-referrer"
            headers["Content-Security-Policy"] = _CONTENT_POLICY
            # Gradio answers some origins with permission to read; nobody but the page itself may.
            del headers["Access-Control-Allow-Origin"]
        await send(message)

    return send_with_headers


def allow(hosts: Iterable[str]) -> tuple[str, ...]:
    """Host names as given on the command line, without scheme or port."""
    return tuple(_host_name(urlsplit(host).netloc if "://" in host else host) for host in hosts)
