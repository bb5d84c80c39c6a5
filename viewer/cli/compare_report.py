"""`compare --html FILE`: the report of a comparison, with pictures of the worst frames."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from urllib.parse import urlencode

from viewer.cli.compare_sets import Opened
from viewer.compare import Comparison, Pair, pair
from viewer.compare.run import Options, make_faces
from viewer.dataset import Dataset
from viewer.errors import UsageError
from viewer.flame import HeadChoice
from viewer.paths import whole_file


def write_report(
    path: Path,
    comparisons: Mapping[str, Comparison],
    *,
    reference: Opened,
    predictions: Mapping[str, Opened],
    head: HeadChoice,
    options: Options,
    rank_by: str | None,
    gl: str,
    app: str,
) -> None:
    """Write the HTML file, without pictures where none can be drawn. Raises UsageError where it cannot be written."""
    from viewer.render import shared_renderer
    from viewer.report import compare_report
    from viewer.report.pictures import error_pictures

    faces = make_faces(head, options)
    renderer = shared_renderer(gl)

    def pictures(key: str, stem: str, frame: int) -> tuple[bytes, bytes, bytes]:
        there = comparisons[key].pairs[stem].prediction_stem
        pair = read_pair(reference.dataset, predictions[key].dataset, stem, there)
        return error_pictures(pair, frame, faces=faces, renderer=renderer)

    def link(key: str, stem: str, frame: int) -> str:
        asked = {"data": reference.key, "clip": stem, "t": frame, "with": key, "mode": "beside"}
        return f"{app}?{urlencode(asked)}"

    folders = " ".join([reference.key, *predictions])
    text = compare_report(
        comparisons,
        reference=reference.dataset.name,
        rank_by=rank_by,
        pictures=pictures,
        link=link,
        how_to_watch=f"Links open the frame in the viewer, while it shows these data sets at {app}: "
        f"python app.py {folders} --base {reference.key}",
    )
    with whole_file(path, error=UsageError) as part:
        part.write_text(text, encoding="utf-8")


@lru_cache(maxsize=1)
def read_pair(reference: Dataset, prediction: Dataset, stem: str, prediction_stem: str) -> Pair:
    """Two clips on common frames. Raises as reading them and `pair` do."""
    return pair(reference[stem], prediction[prediction_stem])
