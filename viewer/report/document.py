"""A report as one HTML file: it asks for nothing from outside, and reads well on paper and on a phone.

Styles and scripts stand in the file and are named by their hashes in its content security policy, so that whatever a
transcript might smuggle in would not run even if it were not escaped.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable
from pathlib import Path

from viewer.report.markup import Markup, plain, quoted


def document(
    title: str, body: Iterable[str], *, styles: Iterable[str] = (), script: str = "report.js", films: bool = False
) -> str:
    """The whole file, as text to be written in UTF-8.

    title: may come from the data. body: HTML. styles: files here besides the common ones; script: the one that runs.
    films: whether it shows pictures and films that lie beside it.
    """
    style = "".join(_asset(name) for name in ("report.css", *styles))
    run = _asset(script)
    beside = "'self' file:" if films else ""
    policy = (
        f"default-src 'none'; img-src data: {beside}; {f'media-src {beside}; ' if films else ''}"
        f"style-src '{_hash(style)}'; script-src '{_hash(run)}'; "
        "base-uri 'none'; form-action 'none'"
    )
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{quoted(policy)}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n<meta name="referrer" content="no-referrer">\n'
        f"<title>{plain(title)}</title>\n<style>{style}</style>\n</head>\n<body>\n"
        f"{''.join(body)}<script>{run}</script>\n</body>\n</html>\n"
    )


def embedded(picture: bytes, *, alt: str) -> Markup:
    """A PNG or JPEG that stands in the file. Raises ValueError for anything else."""
    kind = next((kind for magic, kind in _PICTURE_TYPES.items() if picture.startswith(magic)), None)
    if kind is None:
        raise ValueError("a picture is neither PNG nor JPEG")
    return Markup(f'<img src="data:{kind};base64,{base64.b64encode(picture).decode()}" alt="{quoted(alt)}">')


_PICTURE_TYPES = {b"\x89PNG": "image/png", b"\xff\xd8\xff": "image/jpeg"}


def _asset(name: str) -> str:
    return (Path(__file__).parent / name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
