"""What `compare` found as one HTML file: predictions against their reference, with pictures of the worst frames."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from viewer import heat
from viewer._version import VERSION
from viewer.compare import Comparison
from viewer.compare.unpaired import Unpaired
from viewer.report import compare_pairs, compare_tables, compare_unpaired
from viewer.report.compare_pairs import Pictures, Shown
from viewer.report.document import document

_FOOTER = f"""<footer><p>Intervals are 95 % percentile bootstrap intervals over clips: they tell how far the mean would
move with other clips of the same kind, not whether the reference is right. Names of metrics tell their variant; those
that end in _derived are of vertices that were derived from the head's geometry and compare with no published number.
docs/metrics.md has every formula.</p><p>flame-viewer {VERSION}</p></footer>
"""
_FOOTER_UNPAIRED = f"""<footer><p>Percentiles are over all frames; intervals are 95 % percentile bootstrap intervals
over clips, those of shares Wilson's, those of their differences Newcombe's. All are judged by the limits of
<code>check</code>, and by what is usual in the first data set.</p><p>flame-viewer {VERSION}</p></footer>
"""


def compare_report(
    comparisons: Mapping[str, Comparison],
    *,
    reference: str,
    rank_by: str | None = None,
    pictures: Pictures | None = None,
    link: Callable[[str, str, int], str] | None = None,
    how_to_watch: str = "",
    top_mm: float = heat.TOP_MM,
) -> str:
    """The whole file, as text to be written in UTF-8.

    comparisons: with the same reference, by name of the prediction; reference: its name. rank_by: metric that clips are
    ranked by. pictures: PNG or JPEG of the reference, of the prediction and of the error on the face, from (prediction,
    stem, frame); where it raises RenderError the report says so and goes on without, where it raises another
    ViewerError that clip has none. link: address of such a frame in the app; how_to_watch: what has to run for that, a
    sentence. top_mm: where the colours of errors end.
    """
    shown = Shown(pictures=pictures, link=link, top_mm=top_mm)
    body = (
        compare_tables.heading(comparisons, reference, how_to_watch),
        compare_tables.pooled(comparisons),
        compare_tables.differences(comparisons),
        compare_pairs.worst_frames(comparisons, shown, rank_by=rank_by),
        compare_tables.parts(comparisons),
        compare_tables.spreads(comparisons),
        compare_pairs.ranking(comparisons, shown, rank_by=rank_by),
        _FOOTER,
    )
    return document(f"Comparison with {reference}", body, styles=["compare.css"])


def unpaired_report(comparisons: Sequence[Unpaired], *, names: Sequence[str]) -> str:
    """The file for data sets without common clips; names: of the reference, then of each prediction."""
    body = (compare_unpaired.heading(comparisons, names), *compare_unpaired.sections(comparisons, names))
    return document(f"Data sets beside {names[0]}", (*body, _FOOTER_UNPAIRED), styles=["compare.css"])
