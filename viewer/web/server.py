"""Puts the page together and serves it until it is told to stop."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import logging
import os
import secrets
import socket
import webbrowser
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import uvicorn
from fastapi import FastAPI
from starlette.types import ASGIApp

from viewer.dataset import Dataset
from viewer.errors import UsageError
from viewer.flame import HeadChoice
from viewer.render import Renderer
from viewer.web.cache import VideoCache
from viewer.web.graphics import Graphics
from viewer.web.guard import Access, Guard, allow, is_loopback, is_wildcard
from viewer.web.library import Library
from viewer.web.renders import RenderJobs
from viewer.web.routes import Services, install
from viewer.web.view import View

GRACE_SECONDS = 1
"""How long open connections may go on after Ctrl-C; the page's event streams would never end by themselves."""


@dataclass(frozen=True, kw_only=True)
class Options:
    """What the command line decides."""

    dataset: Dataset
    head: HeadChoice
    view: View
    renderer: Renderer
    cache: Path
    host: str = "127.0.0.1"
    port: int = 7860
    extra_hosts: tuple[str, ...] = ()
    token: bool = False
    """Demand the token on this machine too; elsewhere it always is."""
    root_path: str = ""
    open_browser: bool = False


def make_app(services: Services, access: Access, *, root_path: str = "") -> ASGIApp:
    """The application: own routes, Gradio's page, and the guard in front of both."""
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"  # read when Gradio is imported
    import gradio as gr

    from viewer.web.page import HEAD, make_page, make_theme

    @contextlib.asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        services.warm_up()
        services.library.start()
        yield
        services.library.close()
        services.jobs.close()
        services.graphics.close()

    app = FastAPI(lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url=None)
    install(app, services)
    gr.mount_gradio_app(
        app,
        make_page(services.view, title="FLAME viewer"),
        path="/",
        footer_links=[],
        run_history=False,
        ssr_mode=False,
        enable_monitoring=False,
        theme=make_theme(),
        head=HEAD,
        root_path=root_path or None,
    )
    return Guard(app, access, root_path=root_path)


def serve(options: Options) -> None:
    """Serve the page until Ctrl-C or SIGTERM. Raises UsageError when the address or the cache folder is no good."""
    with listen(options.host, options.port) as listener:
        _serve(options, listener)


def _serve(options: Options, listener: socket.socket) -> None:
    cache = VideoCache(options.cache)
    port = listener.getsockname()[1]
    token = secrets.token_urlsafe(18) if options.token or not is_loopback(options.host) else None
    access = Access(host=options.host, port=port, extra_hosts=allow(options.extra_hosts), token=token)
    graphics = Graphics(options.renderer)
    graphics.start()  # while Gradio loads
    services = Services(
        library=Library(options.dataset),
        head=options.head,
        view=options.view,
        graphics=graphics,
        cache=cache,
        jobs=RenderJobs(cache),
    )
    try:
        app = make_app(services, access, root_path=options.root_path)
        # The guard decides which names are answered; what a proxy claims about its client changes nothing here.
        config = uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=GRACE_SECONDS, server_header=False)
        server = _Server(config, options, services, access)
        with contextlib.suppress(KeyboardInterrupt):
            server.run(sockets=[listener])
    finally:
        services.jobs.close()
        graphics.close()


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
    """uvicorn, which says in one line what is shown where as soon as it is."""

    def __init__(self, config: uvicorn.Config, options: Options, services: Services, access: Access) -> None:
        super().__init__(config)
        logging.getLogger("uvicorn.error").addFilter(_told_to_stop)
        self.options = options
        self.services = services
        self.access = access

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        url = page_url(self.access)
        print(f"{url}  ·  {summary(self.services)}", flush=True)
        if not is_loopback(self.options.host):
            print(
                f"warning: everybody who can reach {self.options.host} and knows this URL with its token sees the data."
                " The connection is not encrypted; over SSH prefer: ssh -L 7860:127.0.0.1:7860 HOST",
                flush=True,
            )
        if self.options.open_browser:
            webbrowser.open(url)


def _told_to_stop(record: logging.LogRecord) -> bool:
    """Keep out of the log that event streams were cut off at the end: that is what GRACE_SECONDS is for."""
    cut = record.exc_info is not None and isinstance(record.exc_info[1], asyncio.CancelledError)
    return not cut and "timeout graceful shutdown exceeded" not in record.getMessage()


def page_url(access: Access) -> str:
    """URL to open, with the token where one is needed."""
    host = socket.gethostname() if is_wildcard(access.host) else access.host
    host = f"[{host}]" if ":" in host else host
    return f"http://{host}:{access.port}/" + (f"?token={access.token}" if access.token else "")


def summary(services: Services) -> str:
    """What is shown, on which head, drawn by what."""
    dataset, model = services.library.dataset, services.head.model
    gl, error = services.graphics.outcome()
    if gl is None:
        drawn = f"nothing can be rendered: {error}"
    else:
        drawn = f"{'software' if gl.software else 'GPU'} rendering ({gl.renderer})"
    clips = "1 clip" if len(dataset) == 1 else f"{len(dataset):,} clips"
    return f"{dataset.name}: {clips} on {model.version}, {drawn}"
