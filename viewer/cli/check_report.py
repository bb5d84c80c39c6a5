"""`check --html FILE`: the report of a run, with pictures of the worst clips."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from functools import lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlencode, urlsplit

from viewer import clock
from viewer.clip import Clip
from viewer.data_options import argument
from viewer.dataset import Dataset
from viewer.errors import ClipError, UsageError
from viewer.flame import HeadChoice
from viewer.paths import whole_file

if TYPE_CHECKING:
    from viewer.quality import QualityResults

DEFAULT_APP = "http://127.0.0.1:7860/"


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--app",
        metavar="URL",
        type=argument(app_address),
        default=DEFAULT_APP,
        help="where links of the HTML report lead, the viewer's page (default: %(default)s)",
    )


def app_address(text: str) -> str:
    """An address that a query can be added to. Raises UsageError for anything but http and https."""
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.netloc or parts.query or parts.fragment:
        raise UsageError(f"--app is {text!r}; expected an address such as {DEFAULT_APP}")
    return text


def write_report(path: Path, results: QualityResults, *, dataset: Dataset, head: HeadChoice, gl: str, app: str) -> None:
    """Write the HTML file, without pictures where none can be drawn. Raises UsageError where it cannot be written."""
    from viewer.quality import CHECKS
    from viewer.render import shared_renderer
    from viewer.report import picture, report

    read = lru_cache(maxsize=1)(dataset.__getitem__)  # the picture and the words of one clip after the other
    draw = partial(picture, head=head, renderer=shared_renderer(gl))
    text = report(
        results.ranked(),
        dataset=dataset.name,
        model=f"{head.model.version} ({head.model.path.name})",
        checks=CHECKS.values(),
        thresholds=results.thresholds,
        picture=lambda stem, seconds: draw(read(stem), seconds),
        link=lambda stem, seconds: f"{app}?{urlencode({'clip': stem, 't': _frame(results, stem, seconds)})}",
        transcript=lambda stem: _transcript(read, stem),
        how_to_watch=f"Links open the clip at the place in the viewer, while it runs at {app}: python app.py DATASET",
    )
    with whole_file(path, error=UsageError) as part:
        part.write_text(text, encoding="utf-8")


def _frame(results: QualityResults, stem: str, seconds: float) -> int:
    """The frame that is shown then; the first of a clip that could not be measured."""
    found = results.measurements.get(stem)
    return 0 if found is None or not found.frames else clock.frame_at(seconds, found.fps, found.frames)


def _transcript(read: Callable[[str], Clip], stem: str) -> str | None:
    try:
        return read(stem).transcript
    except ClipError:  # which is among its findings
        return None
