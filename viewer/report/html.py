"""What the checks found as one HTML file: it asks for nothing from outside, and reads well on paper and on a phone.

Styles and the script that sorts the table stand in the file and are named by their hashes in its content security
policy, so that whatever a transcript might smuggle in would not run even if it were not escaped.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from viewer._version import VERSION
from viewer.quality import Check, ClipQuality
from viewer.quality.thresholds import Thresholds
from viewer.report import sections
from viewer.report.markup import plain, quoted
from viewer.report.sections import Shown

_FOOTER = f"""<footer><p>Ranked by the worst finding of each clip, not by a mean: one bad place is enough. A percentile
is the share of the data set's clips with a lower value. Checks find what is odd; a person says what is wrong.</p>
<p>flame-viewer {VERSION}</p></footer>
"""


def report(
    clips: Sequence[ClipQuality],
    *,
    dataset: str,
    model: str,
    checks: Iterable[Check],
    thresholds: Thresholds,
    picture: Callable[[str, float], bytes] | None = None,
    link: Callable[[str, float], str] | None = None,
    transcript: Callable[[str], str | None] | None = None,
    how_to_watch: str = "",
) -> str:
    """The whole file, as text to be written in UTF-8.

    clips: worst first. dataset, model: names for the heading. thresholds: drawn into the histograms. picture: PNG or
    JPEG of a clip at a time in seconds; where it raises RenderError the report says so and goes on without, where it
    raises ClipError that clip has none. link: address of a clip at a time, in the app; how_to_watch: what has to run
    for that, a sentence. transcript: what is said in a clip. Each of these may be left out.
    """
    checks = list(checks)
    shown = Shown({check.name: check for check in checks}, picture=picture, link=link, transcript=transcript)
    style, script = _asset("report.css"), _asset("report.js")
    policy = (
        f"default-src 'none'; img-src data:; style-src '{_hash(style)}'; script-src '{_hash(script)}'; "
        "base-uri 'none'; form-action 'none'"
    )
    parts = (
        sections.heading(clips, dataset, model, how_to_watch),
        sections.overview(clips),
        sections.worst_clips(clips, shown),
        sections.histograms(clips, checks, thresholds),
        sections.ranking(clips, shown),
        _FOOTER,
    )
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{quoted(policy)}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n<meta name="referrer" content="no-referrer">\n'
        f"<title>Motion quality: {plain(dataset)}</title>\n<style>{style}</style>\n</head>\n<body>\n"
        f"{''.join(parts)}<script>{script}</script>\n</body>\n</html>\n"
    )


def _asset(name: str) -> str:
    return (Path(__file__).parent / name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
