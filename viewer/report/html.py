"""What the checks found as one HTML file."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from viewer._version import VERSION
from viewer.quality import Check, ClipQuality
from viewer.quality.thresholds import Thresholds
from viewer.report import sections
from viewer.report.document import document
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
    parts = (
        sections.heading(clips, dataset, model, how_to_watch),
        sections.overview(clips),
        sections.worst_clips(clips, shown),
        sections.histograms(clips, checks, thresholds),
        sections.ranking(clips, shown),
        _FOOTER,
    )
    return document(f"Motion quality: {dataset}", parts)
