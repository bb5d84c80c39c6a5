"""The clip list alone on a page, on a catalogue of a synthetic data set."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from fastapi import FastAPI
from fastapi.responses import HTMLResponse
from fastapi.staticfiles import StaticFiles

from tests.browser.serving import STATIC, serving
from tests.web.synthetic import SyntheticDataset
from viewer.web.answers import as_json
from viewer.web.data_facts import DataFacts
from viewer.web.library import Library
from viewer.web.list_routes import list_router

PAGE = f"""<!doctype html><meta charset="utf-8"><title>list</title>
<style>{(STATIC / "page.css").read_text("utf-8")}
body {{ margin: 0; background: var(--fv-page); }} #fv-columns {{ height: 100vh; }}</style>
<script>document.documentElement.classList.toggle("dark", matchMedia("(prefers-color-scheme: dark)").matches);</script>
<script type="module" src="viewer/static/list/clip-list.js"></script>
<body class="gradio-container">
<div id="fv-columns">
<div id="fv-list" class="column"><clip-list></clip-list></div><div id="fv-stage" class="column"></div>
</div>"""


def list_app(library: Library) -> FastAPI:
    """The application: the list's routes, and just enough of the others for the page's store."""
    app = FastAPI()
    app.include_router(list_router(library, DataFacts(library)))
    app.mount("/viewer/static", StaticFiles(directory=STATIC))

    @app.get("/")
    def page() -> HTMLResponse:
        return HTMLResponse(PAGE)

    @app.get("/viewer/about")
    def about():
        first = next(iter(library.dataset.stems), None)
        defaults = {"look": "artalk", "camera": "front", "size": 512}
        return as_json({"dataset": {"name": "synthetic", "first": first}, "defaults": defaults, "data": None})

    return app


@contextmanager
def listed(folder: Path, clips: int) -> Iterator[tuple[str, Library]]:
    """URL of the list on a data set of so many clips, all of them indexed, and its library."""
    library = Library(SyntheticDataset(folder / "data", clips), cache=folder / "cache")
    library.catalogue.update()
    with serving(list_app(library)) as url:
        yield url, library
    library.close()
