"""A small server for tests of the player: its routes and static files, on clips that are made in memory."""

from __future__ import annotations

import contextlib
import random
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import numpy as np
import uvicorn
from fastapi import FastAPI
from fastapi.responses import HTMLResponse
from fastapi.staticfiles import StaticFiles

from viewer.clip import Clip
from viewer.errors import DatasetError
from viewer.flame import HeadChoice
from viewer.web.player_routes import PlayerSource, player_router

STATIC = Path(__file__).resolve().parents[2] / "viewer" / "web" / "static"
PAGE = """<!doctype html><meta charset="utf-8"><title>player</title>
<style>html, body {{ margin: 0; height: 100%; }} flame-player {{ width: {width}; height: {height}; }}</style>
<script type="module" src="viewer/static/player/flame-player.js"></script>
<flame-player {attributes}></flame-player>"""
RATE = 16000


def lookup(clips: Mapping[str, Clip]) -> Callable[[str], Clip]:
    """A function that finds clips by stem, as a data set does."""

    def find(stem: str) -> Clip:
        if stem not in clips:
            raise DatasetError(f"no clip {stem!r}")
        return clips[stem]

    return find


def player_app(clips: Mapping[str, Clip], head: HeadChoice, *, find: Callable[[str], Clip] | None = None) -> FastAPI:
    """The application; `find` takes the place of looking stems up in `clips`."""
    app = FastAPI()
    app.state.source = PlayerSource(find or lookup(clips), head)
    app.include_router(player_router(app.state.source))
    app.mount("/viewer/static", StaticFiles(directory=STATIC))

    @app.get("/")
    def page(attributes: str = "", width: str = "100%", height: str = "100%") -> HTMLResponse:
        return HTMLResponse(PAGE.format(attributes=attributes, width=width, height=height))

    return app


def lasting_port() -> int:
    """A port that stays free while its server is away: systems give those from 32768 on to whoever asks for any."""
    for port in random.sample(range(20_000, 32_000), 100):
        with contextlib.suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port
    raise OSError("none of 100 ports is free")


@contextlib.contextmanager
def serving(app: FastAPI, port: int = 0) -> Iterator[str]:
    """Serve from a thread; gives the URL."""
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_level="warning", timeout_graceful_shutdown=1))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        while not server.started:
            if not thread.is_alive():
                raise RuntimeError("the server did not start")
            thread.join(0.01)
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}/"
    finally:
        server.should_exit = True
        thread.join(10)


def speaking_clip(
    head: HeadChoice,
    stem: str = "clip",
    *,
    frames: int = 100,
    seed: int = 0,
    sound: bool = True,
    fps: float = 25,
    **options,
) -> Clip:
    """A clip whose every frame looks different: the head turns steadily while jaw and expressions move."""
    rng = np.random.default_rng(seed)
    time = np.arange(frames) / fps
    n_exp = min(head.model.n_exp, 52)
    speed = rng.uniform(0.5, 3, n_exp)
    strength = 0.3 if head.model.expression_space == "arkit52" else 1.0
    exp = strength * np.sin(2 * np.pi * time[:, None] * speed + rng.uniform(0, 6, n_exp)) ** 2
    pose = np.zeros((frames, 6))
    pose[:, 1] = np.linspace(-0.5, 0.5, frames)
    pose[:, 0] = 0.06 * np.sin(5 * time)
    pose[:, 3] = 0.12 * np.sin(9 * time) ** 2
    if sound:
        t = np.arange(round(frames / fps * RATE)) / RATE
        options.setdefault("audio", 0.3 * np.sin(2 * np.pi * 180 * t) * np.sin(9 * t) ** 2)
    options.setdefault("shape", rng.normal(size=40))
    options.setdefault("transcript", "Every word here is followed by another one until the clip has been told")
    return Clip.from_arrays(
        stem=stem, exp=exp, pose=pose, fps=fps, expression_space=head.model.expression_space, **options
    )
