"""The outermost layer of the web server: refuses strangers before Gradio's routes and our own alike.

A page on any other site can send requests to a server on 127.0.0.1, and a DNS name that is re-pointed to 127.0.0.1 can
even read the answers. Gradio's own checks do not cover routes beside it, so one middleware stands in front of both.
"""

from __future__ import annotations

import re
from urllib.parse import parse_qsl, quote, urlencode

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import cookie_parser
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from viewer.errors import UsageError
from viewer.web.access import Access, host_name
from viewer.web.refusals import ask_for_token, refuse
from viewer.web.token import KEPT_SECONDS

MAX_BODY_BYTES = 1_000_000
"""Far above anything the page sends."""

# What the page needs: its own routes, Gradio's document and static files, and these routes of Gradio's server. All else
# stays shut: uploads, the file and URL proxies, running functions by name, run history, log-in, monitoring.
_PAGE_ROUTES = frozenset(
    ("", "viewer", "config", "theme.css", "assets", "static", "svelte", "favicon.ico", "robots.txt", "manifest.json")
)
_GRADIO = "gradio_api"
_GRADIO_ROUTES = ("app_id", "heartbeat", "info", "queue", "startup-events", "theme.css")

_READS = ("GET", "HEAD")
_SAFE_METHODS = (*_READS, "OPTIONS")
# No file of ours is named so, and what one layer takes for two names another may join to one.
_ODD_PATH = re.compile(r"(?:^|/)\.{1,2}(?:/|$)|//|[\\\x00-\x1f\x7f]")
_PASTED = re.compile(r"[?&]token=([\w-]+)")

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
_HEADERS = {
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": _CONTENT_POLICY,
}


class Guard:
    """ASGI middleware: refuses strangers, then adds the headers that keep answers private.

    Takes the prefix of a proxy off the path, so that what is checked is what the application sees.
    """

    def __init__(self, app: ASGIApp, access: Access, *, root_path: str = "") -> None:
        """root_path: the proxy's prefix, such as `/proxy/7860`, whether it strips it or not.

        Raises UsageError for a prefix that begins as the routes themselves do: it could not be told from them.
        """
        self.app = app
        self.access = access
        self.root_path = checked_prefix(root_path)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        last = quote(scope["path"].rpartition("/")[2])
        scope = _without_prefix(scope, self.root_path)
        refusal = self._stranger(scope) or _closed(scope) or _odd(scope)
        refusal = refusal or _to_folder(scope, last) or self._token_answer(scope, last)
        if refusal is None:
            await self.app(scope, receive, _with_headers(send))
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
        else:
            await refusal(scope, receive, _with_headers(send))

    def _stranger(self, scope: Scope) -> Response | None:
        """The refusal of a request that another site caused, or that came under another site's name."""
        headers = Headers(scope=scope)
        hosts = headers.getlist("host")
        host = hosts[0] if len(hosts) == 1 else ""
        if not self.access.knows(host):
            name = host_name(host)
            told = "without a valid Host" if name is None else f"as {name!r}"
            return refuse(
                scope,
                421,
                f"This viewer does not answer when it is addressed {told}. If you reach it through a proxy or under "
                f"another name, start it with --allowed-host {name or 'NAME'}.",
            )
        method = scope.get("method", "GET")
        site = headers.get("sec-fetch-site", "none")
        opened = method in _READS and headers.get("sec-fetch-mode") == "navigate"
        if site not in ("same-origin", "none") and not (
            opened and headers.get("sec-fetch-dest", "document") == "document"
        ):
            return refuse(scope, 403, "Requests from other sites are refused.")
        origin = headers.get("origin")
        # A browser's word that it reads for a page of the same origin is enough: a proxy may have changed Host.
        reads = method in _READS and scope["type"] == "http" and site == "same-origin"
        if origin is not None and not reads and not self.access.trusts(origin, host):
            return refuse(
                scope,
                403,
                f"Requests from {origin[:200]!r} are refused. If that is the proxy you reach the viewer through, "
                "start it with --allowed-host and that name.",
            )
        return None

    def _token_answer(self, scope: Scope, last: str) -> Response | None:
        """`last` is the last part of the path as the browser knows it, which relative URLs replace."""
        headers = Headers(scope=scope)
        query = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
        rest = [(name, value) for name, value in query if name != "token"]
        brought = dict(query).get("token") if scope.get("method") in _READS else None
        if self.access.token is not None:
            kept = cookie_parser(headers.get("cookie", "")).get(self.access.cookie, "")
            scheme, _, bearer = headers.get("authorization", "").partition(" ")
            known = self.access.admits(kept) or (scheme.lower() == "bearer" and self.access.admits(bearer.strip()))
            if not known and (brought is None or not self.access.admits(_pasted(brought))):
                return ask_for_token(scope, rest, brought=brought is not None)
        if brought is None:
            return None
        # The token leaves the address bar, so that a copied link or a screenshot does not give it away.
        answer = RedirectResponse(f"./{last}" + (f"?{urlencode(rest)}" if rest else ""), status_code=303)
        answer.headers["Cache-Control"] = "no-store"
        if self.access.token is not None:
            # Without a path: the browser takes the folder it sees, which only it knows behind a proxy that strips its
            # prefix, so that the viewers of others beside it are not sent the token. Lax: links from elsewhere work.
            answer.set_cookie(
                self.access.cookie,
                self.access.token,
                max_age=KEPT_SECONDS,
                path=None,
                httponly=True,
                samesite="lax",
                secure=scope.get("scheme") in ("https", "wss"),
            )
        return answer


def checked_prefix(prefix: str) -> str:
    """A proxy's prefix. Raises UsageError for one that begins as the routes do: it could not be told from them."""
    first = prefix.removeprefix("/").partition("/")[0]
    if first and first in (*_PAGE_ROUTES, _GRADIO):
        raise UsageError(f"--root-path {prefix} begins like the viewer's own routes; let the proxy use another prefix")
    return prefix


def _pasted(text: str) -> str:
    """The token in what was typed for it, be it the whole URL."""
    match = _PASTED.search(text)
    return match[1] if match else text.strip()


def _without_prefix(scope: Scope, prefix: str) -> Scope:
    """The scope with `prefix` taken off its path as often as it stands there: Gradio would take off a second one."""
    path = scope["path"]
    while prefix and (path + "/").startswith(prefix + "/"):
        path = path[len(prefix) :]
    return scope if path == scope["path"] else {**scope, "path": path, "raw_path": quote(path).encode("ascii")}


def _odd(scope: Scope) -> Response | None:
    """The refusal of a path that could be read in two ways, of a body that is no JSON, or that is too long."""
    if _ODD_PATH.search(scope["path"]):
        return refuse(scope, 400, "This path is malformed.")
    if scope["type"] == "websocket" or scope["method"] in _SAFE_METHODS:
        return None
    headers = Headers(scope=scope)
    if headers.get("content-type", "").split(";")[0].strip().lower() != "application/json":
        return refuse(scope, 415, "Only application/json is accepted.")
    length = headers.get("content-length", "")
    if not length.isascii() or not length.isdecimal() or len(length) > 9 or int(length) > MAX_BODY_BYTES:
        return refuse(scope, 413, f"A request must state its length, at most {MAX_BODY_BYTES} bytes.")
    return None


def _to_folder(scope: Scope, last: str) -> Response | None:
    """From the bare prefix to the folder of that name: the page's own URLs are relative to it, and so is its cookie."""
    if scope["path"]:
        return None
    query = scope["query_string"].decode("latin-1")
    return RedirectResponse(f"./{last}/" + (f"?{query}" if query else ""), status_code=307)


def _closed(scope: Scope) -> Response | None:
    """The refusal of a route that the page does not need."""
    first, _, rest = scope["path"].removeprefix("/").partition("/")
    if first == _GRADIO:
        if rest.partition("/")[0] in _GRADIO_ROUTES:
            return None
        return refuse(scope, 403, "This viewer takes no uploads and serves no files this way.")
    return None if first in _PAGE_ROUTES else refuse(scope, 404, "There is nothing here; the page is at /.")


def _with_headers(send: Send) -> Send:
    async def send_with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            headers.update(_HEADERS)
            # Gradio answers some origins with permission to read; nobody but the page itself may.
            for name in [name for name in headers if name.lower().startswith("access-control-")]:
                del headers[name]
        await send(message)

    return send_with_headers
