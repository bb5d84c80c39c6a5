"""Puts the page together and serves it until it is told to stop."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import logging
import os
import signal
import socket
import sys
import threading
import webbrowser
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import uvicorn
from fastapi import FastAPI
from starlette.types import ASGIApp

from viewer.errors import UsageError
from viewer.render import Renderer
from viewer.review import Reviews
from viewer.terminal import printable
from viewer.web.access import Access, allow
from viewer.web.alive import alive_router
from viewer.web.announce import page_url, summary, warnings, ways_in
from viewer.web.cache import VideoCache
from viewer.web.compare import CompareSource
from viewer.web.compare_routes import compare_router
from viewer.web.connections import BACKLOG, PatientProtocol, Pieces
from viewer.web.data_sets import Refused, Shown
from viewer.web.graphics import Graphics
from viewer.web.guard import Guard
from viewer.web.library import Library
from viewer.web.opening import Opening, opening_tags
from viewer.web.reach import Proxy, proxy_of
from viewer.web.renders import RenderJobs
from viewer.web.routes import PREFIX, STATIC_FOLDER, add_routes, install
from viewer.web.services import Services
from viewer.web.sets_routes import sets_router
from viewer.web.token import default_folder, new_secret, token_of
from viewer.web.view import View

GRACE_SECONDS = 1
"""How long open connections may go on after Ctrl-C; the page's event streams would never end by themselves."""


@dataclass(frozen=True, kw_only=True)
class Options:
    """What the command line decides."""

    shown: Sequence[Shown]
    """The first is what a URL without a data set means."""
    refused: Sequence[Refused] = ()
    view: View
    renderer: Renderer
    cache: Path
    host: str = "127.0.0.1"
    port: int = 7860
    extra_hosts: tuple[str, ...] = ()
    token: bool = True
    """Whether visitors must bring the token of the printed URL."""
    root_path: str = ""
    open_browser: bool = False
    reviews: Reviews | None = None
    """Where verdicts are kept; None is the user's own file."""
    to_review: tuple[str, ...] = ()
    """Stems that the user named as a queue."""
    thresholds: Path | None = None
    """File of limits of the checks, in the place of the viewer's."""
    scores: Path | None = None
    """CSV file of scores by stem, which become columns of every list."""


def make_app(
    shown: Mapping[str, Services], access: Access, *, refused: Sequence[Refused] = (), root_path: str = ""
) -> ASGIApp:
    """The application: own routes, Gradio's page, and the guard in front of both.

    shown: the data sets by key; the first has the routes without a key too. They share `graphics` and `jobs`.
    """
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"  # read when Gradio is imported
    import gradio as gr

    from viewer.web.page import make_page, make_theme

    first = next(iter(shown.values()))

    @contextlib.asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        first.warm_up()
        for services in shown.values():
            services.library.start()
            services.quality.start()
        yield
        for services in shown.values():
            services.listener.close()
            services.quality.close()
            services.exports.close()
            services.library.close()
            services.sheet.close()
        first.jobs.close()
        first.graphics.close()

    app = FastAPI(lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url=None)
    install(app, first)
    for key, services in shown.items():
        add_routes(app, services, prefix=f"{PREFIX}/@{key}")
        compared = _compared(key, shown, refused)
        for prefix in (PREFIX, f"{PREFIX}/@{key}") if services is first else (f"{PREFIX}/@{key}",):
            app.include_router(compare_router(compared, prefix=prefix))
    app.include_router(sets_router(shown, refused, prefix=PREFIX))
    app.include_router(alive_router(PREFIX))
    gr.mount_gradio_app(
        app,
        make_page(first.view, {key: services.data_facts for key, services in shown.items()}, title="FLAME viewer"),
        path="/",
        footer_links=[],
        run_history=False,
        ssr_mode=False,
        enable_monitoring=False,
        theme=make_theme(),
        root_path=root_path or None,
    )
    tags = opening_tags(STATIC_FOLDER, url="viewer/static", entry="page.js", style="page.css")
    return Guard(Opening(app, tags), access, root_path=root_path)


def _compared(key: str, shown: Mapping[str, Services], refused: Sequence[Refused]) -> CompareSource:
    """The data set of this key beside all others."""
    here = shown[key]
    return CompareSource(
        here.library,
        here.head,
        {other: services.library for other, services in shown.items() if other != key},
        head_key=lambda: here.player.packed_head().key,
        refused=refused,
    )


def serve(options: Options) -> None:
    """Serve the page until Ctrl-C or SIGTERM. Raises UsageError when the address or the cache folder is no good."""
    with listen(options.host, options.port) as listener:
        _serve(options, listener)


def _serve(options: Options, listener: socket.socket) -> None:
    cache = VideoCache(options.cache)
    address, port = listener.getsockname()[:2]
    proxy = None if options.root_path else proxy_of(os.environ, port)
    access = Access(
        host=options.host,
        address=address,
        port=port,
        extra_hosts=(*allow(options.extra_hosts), *(proxy.hosts if proxy else ())),
        token=_token(options, port) if options.token else None,
    )
    graphics = Graphics(options.renderer)
    graphics.start()  # while Gradio loads
    jobs = RenderJobs(cache)
    several = len(options.shown) + len(options.refused) > 1
    shown = {
        one.key: Services(
            library=Library(one.dataset, cache=options.cache),
            head=one.head,
            view=options.view,
            graphics=graphics,
            cache=cache,
            jobs=jobs,
            key=one.key if several else None,
            reopen=one.reopen,
            plugins=one.plugins,
            thresholds=options.thresholds,
            reviews=options.reviews,
            to_review=options.to_review,
        )
        for one in options.shown
    }
    try:
        if options.scores is not None:
            _load_scores([services.library for services in shown.values()], options.scores)
        root_path = options.root_path or (proxy and proxy.prefix) or ""
        app = make_app(shown, access, refused=options.refused, root_path=root_path)
        # The guard decides which names are answered; what a proxy claims about its client changes nothing here.
        config = uvicorn.Config(
            Pieces(app),
            http=PatientProtocol,
            backlog=BACKLOG,
            log_level="warning",
            timeout_graceful_shutdown=GRACE_SECONDS,
            server_header=False,
        )
        server = _Server(config, list(shown.values()), access, proxy)
        server.open_browser = options.open_browser
        with contextlib.suppress(KeyboardInterrupt):
            server.run(sockets=[listener])
    finally:
        jobs.close()
        graphics.close()


def _token(options: Options, port: int) -> str:
    """The token of this port; a new one where the port itself is new each time."""
    if options.port == 0:
        return new_secret()
    token = token_of(port, default_folder())
    if token.problem is not None:
        print(f"note: after a restart open the URL anew, its token cannot be kept: {token.problem}", file=sys.stderr)
    return token.secret


def _load_scores(libraries: Sequence[Library], path: Path) -> None:
    """The same table for all data sets of the page. Raises UsageError where it is none, or about none of them."""
    datasets = [library.dataset for library in libraries]
    warnings = [library.catalogue.load_scores(path, beside=datasets) for library in libraries]
    for warning in dict.fromkeys(chain.from_iterable(warnings)):
        print(f"note: {printable(warning)}", file=sys.stderr)


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens at the address. Raises UsageError that names a free port when this one is taken."""
    try:
        return _bind(host, port)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise UsageError(
                f"port {port} is in use, perhaps by another viewer; take another one: --port {_free_port(host, port)}"
            ) from None
        if error.errno == errno.EACCES:
            raise UsageError(f"port {port} is reserved for the system; take one above 1023: --port 7860") from None
        raise UsageError(
            f"cannot listen on {host!r}: {error.strerror or error}; --host 127.0.0.1 always works"
        ) from None


def _bind(host: str, port: int) -> socket.socket:
    family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    listener = socket.socket(family, kind, protocol)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(128)
    except OSError:
        listener.close()
        raise
    return listener


def _free_port(host: str, taken: int) -> int:
    for port in range(taken + 1, min(taken + 100, 65536)):
        with contextlib.suppress(OSError):
            _bind(host, port).close()
            return port
    listener = _bind(host, 0)
    with listener:
        return int(listener.getsockname()[1])


class _Server(uvicorn.Server):
    """uvicorn, which says what is shown where as soon as it is."""

    def __init__(self, config: uvicorn.Config, shown: Sequence[Services], access: Access, proxy: Proxy | None) -> None:
        super().__init__(config)
        logging.getLogger("uvicorn.error").addFilter(_worth_telling)
        self.shown = shown
        self.access = access
        self.proxy = proxy
        self.open_browser = False

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        in_charge = threading.current_thread() is threading.main_thread()
        if in_charge and signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:  # a terminal that is closed is a good end
            signal.signal(signal.SIGHUP, self.handle_exit)
        url = page_url(self.access)
        print(f"{url}  ·  {summary(self.shown)}", flush=True)
        for line in ways_in(self.access, self.proxy, os.environ):
            print(line, flush=True)
        for warning in warnings(self.access, [one.head.model for one in self.shown]):
            print(f"warning: {printable(warning)}", file=sys.stderr, flush=True)
        if self.open_browser:
            webbrowser.open(url)


_EXPECTED = ("timeout graceful shutdown exceeded", "Invalid HTTP request received", "Unsupported upgrade request")


def _worth_telling(record: logging.LogRecord) -> bool:
    """Keep out of the log that event streams were cut off at the end, which is what GRACE_SECONDS is for, and each
    request that is none: whoever can reach the port could fill the terminal."""
    cut = record.exc_info is not None and isinstance(record.exc_info[1], asyncio.CancelledError)
    return not cut and not any(text in record.getMessage() for text in _EXPECTED)
