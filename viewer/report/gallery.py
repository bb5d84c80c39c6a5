"""A page that plays the films of a folder."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import quote

from viewer.dataset.problem import counted
from viewer.report.document import document
from viewer.report.markup import Markup, plain

GALLERY = "index.html"
"""Name of the file."""
MOST_FILMS = 20_000
"""That a page tells of: browsers read it as a whole."""


@dataclass(frozen=True)
class Film:
    """What the page tells of a film."""

    path: str
    """In the folder of the page."""
    thumb: str | None
    """A picture of it, in that folder."""
    stem: str
    seconds: float
    text: str
    """What is said in it; "" where that is not known."""

    @classmethod
    def of(cls, stem: str, made: Mapping[str, Any]) -> Film:
        """made: what `viewer.video.batch.FilmJob` returned."""
        return cls(made["path"], made["thumb"], stem, made["seconds"], made["text"])


def gallery(films: Iterable[Film], *, title: str, failed: int = 0) -> str:
    """The page, as text to be written in UTF-8 beside the films; it works from a disk as from a server.

    Of more than `MOST_FILMS` it has the first ones, and says so. title: such as the name of the data set; failed: clips
    that there is no film of.
    """
    every = list(films)
    entries = [
        asdict(film) | {"path": quote(film.path), "thumb": None if film.thumb is None else quote(film.thumb)}
        for film in every[:MOST_FILMS]
    ]
    seconds = sum(entry["seconds"] for entry in entries)
    told = f"{counted(len(entries), 'clip')}, {_duration(seconds)}"
    told += f", the first of {len(every):,} films" if len(every) > len(entries) else ""
    told += f", {failed:,} without a film" if failed else ""
    # "<" would end the script that holds the data.
    data = json.dumps(entries, ensure_ascii=True, separators=(",", ":")).replace("<", "\\u003c")
    body = (
        Markup(f'<header><h1>{plain(title)}</h1><p class="muted">{told}</p></header>'),
        Markup(
            '<div class="tools"><input type="search" placeholder="Words or part of a name" aria-label="Search">'
            '<label><input type="checkbox" name="autoplay"> Play one after the other</label>'
            '<span class="found muted" role="status"></span></div>'
        ),
        Markup('<main class="films"></main>'),
        Markup('<button type="button" class="more" hidden>Show more</button>'),
        Markup("<noscript><p>The films are in this folder; the page needs JavaScript to list them.</p></noscript>"),
        Markup(f'<script type="application/json" id="films">{data}</script>'),
    )
    return document(title, body, styles=("gallery.css",), script="gallery.js", films=True)


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s" if minutes else f"{rest} s"
