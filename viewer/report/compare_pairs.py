"""The parts of the comparison's report that are about clips one by one."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import cv2
import numpy as np

from viewer import heat
from viewer.compare import Comparison, Measured
from viewer.compare.naming import figure, full_name, unit
from viewer.errors import RenderError, ViewerError
from viewer.report.compare_figures import swatch
from viewer.report.document import embedded
from viewer.report.markup import Markup, linked, named, own, plain, quoted

WORST = 12
"""Frames that are shown with pictures, of all predictions together; at least two of each."""
ROWS = 1000
"""Clips in the table, of all predictions together: a browser takes seconds for many more."""
_IN_TABLE = ("lve_max_l2_mm", "mve_mm", "opening_mae_mm", "jaw_error_deg", "velocity_error_mm_s")

Pictures = Callable[[str, str, int], tuple[bytes, bytes, bytes]]
"""Of (prediction, stem, frame): the reference, the prediction, the error on the face; PNG or JPEG."""


class Shown:
    """What there is to show of a pair, besides its numbers."""

    def __init__(
        self,
        *,
        pictures: Pictures | None,
        link: Callable[[str, str, int], str] | None,
        top_mm: float,
    ) -> None:
        self._pictures = pictures
        self._link = link
        self.top_mm = top_mm
        self.no_pictures = ""
        """Why there are none from some pair on, as a sentence."""

    def address(self, key: str, pair: Measured) -> str | None:
        return None if self._link is None else self._link(key, pair.stem, pair.worst_frame or 0)

    def triple(self, key: str, pair: Measured) -> Markup:
        """Three pictures, or nothing. Where none can be drawn that is told once, and was the last try."""
        if self._pictures is None or self.no_pictures or pair.worst_frame is None:
            return Markup("")
        try:
            pictures = self._pictures(key, pair.stem, pair.worst_frame)
        except RenderError as error:
            self.no_pictures = str(error)
            return Markup("")
        except ViewerError:  # the clip is gone, or was rewritten meanwhile
            return Markup("")
        figures = "".join(
            f"<figure>{embedded(data, alt=f'{label} of {pair.stem}, frame {pair.worst_frame}')}"
            f"<figcaption>{plain(label)}</figcaption></figure>"
            for data, label in zip(pictures, ("reference", key, "error"), strict=True)
        )
        return linked(Markup(f'<div class="triple">{figures}</div>'), self.address(key, pair))


def worst_frames(comparisons: Mapping[str, Comparison], shown: Shown, *, rank_by: str | None) -> str:
    """Cards of the worst clips of each prediction, at their worst frame."""
    each = max(WORST // len(comparisons), 2)
    cards = ""
    for number, (key, found) in enumerate(comparisons.items()):
        name = full_name(found, rank_by)
        ranked = [] if name is None else found.ranked(name)[:each]
        cards += "".join(_card(number, key, pair, str(name), shown) for pair in ranked)
    if not cards:
        return ""
    note = f'<p class="note">No more pictures: {plain(shown.no_pictures)}</p>' if shown.no_pictures else ""
    scale = _scale(shown.top_mm) if 'class="triple"' in cards else ""
    return f'<section><h2>Worst frames</h2>{note}{scale}<div class="frames">{cards}</div></section>\n'


def _card(number: int, key: str, pair: Measured, metric: str, shown: Shown) -> str:
    at = "" if pair.worst_frame is None else f" · frame {_place(pair)}"
    value = f"{figure(pair.values.get(metric))} {unit(metric)} over the clip"
    return (
        f'<article class="frame">{shown.triple(key, pair)}'
        f"<h3>{swatch(number)}{linked(named(pair.stem), shown.address(key, pair))}</h3>"
        f"<p>{named(key)}{own(at)}</p><p><code>{plain(metric)}</code> {own(value)}</p></article>"
    )


def _scale(top_mm: float) -> str:
    """The colours of errors, as a bar."""
    bar = np.ascontiguousarray(heat.table()[None, :, ::-1])
    done, data = cv2.imencode(".png", bar)
    if not done:
        raise RenderError("OpenCV cannot write PNG pictures; install the wheel of requirements.txt again")
    image = embedded(data.tobytes(), alt="Colours of the error on the face")
    return f'<p class="scale">error 0 {image} {top_mm:g} mm and more</p>'


def ranking(comparisons: Mapping[str, Comparison], shown: Shown, *, rank_by: str | None) -> str:
    """The table of all clips; it stands in the order of the ranking until its script sorts it."""
    several = len(comparisons) > 1
    first = next((name for found in comparisons.values() if (name := full_name(found, rank_by)) is not None), None)
    if first is None:
        return ""
    metrics = [first, *(name for short in _IN_TABLE if (name := _known(comparisons, short)) not in (None, first))]
    ranked = [
        (abs(value), number, key, pair)
        for number, (key, found) in enumerate(comparisons.items())
        for pair in found.pairs.values()
        if (value := pair.values.get(first)) is not None
    ]
    ranked.sort(key=lambda entry: (-entry[0], entry[1], entry[3].stem))
    rows = "".join(
        _row(rank, number, key, pair, [str(name) for name in metrics], shown, several=several)
        for rank, (_, number, key, pair) in enumerate(ranked[:ROWS], 1)
    )
    columns = ["Rank", "Clip", *(["Prediction"] if several else []), *map(str, metrics), "Worst frame", "Frames"]
    heads = "".join(f'<th scope="col"{_kind(column)}>{_breakable(column)}</th>' for column in (*columns, "Remarks"))
    many = f"The {ROWS:,} worst of {len(ranked):,}" if len(ranked) > ROWS else f"All {len(ranked):,}"
    choose = ' data-choose="Prediction"' if several else ""
    return (
        f'<section><h2>Ranking</h2><p class="note">{many} pairs, by <code>{plain(first)}</code>; '
        "<code>compare --csv</code> has all numbers of all.</p>"
        f'<div class="scroll"><table id="ranking" data-hint="Filter by clip or remark"{choose}>'
        f"<thead><tr>{heads}</tr></thead><tbody>\n{rows}</tbody></table></div></section>\n"
    )


def _known(comparisons: Mapping[str, Comparison], short: str) -> str | None:
    return next((name for found in comparisons.values() if (name := full_name(found, short)) is not None), None)


def _row(rank: int, number: int, key: str, pair: Measured, metrics: list[str], shown: Shown, *, several: bool) -> str:
    cells: list[tuple[str, Markup, float | None]] = [
        ("Rank", own(f"{rank}"), rank),
        ("Clip", linked(named(pair.stem), shown.address(key, pair)), None),
    ]
    if several:
        cells.append(("Prediction", Markup(f"{swatch(number)}{named(key)}"), None))
    for name in metrics:
        value = pair.values.get(name)
        cells.append((name, own(figure(value)), -1 if value is None else value))
    worst = pair.worst_frame
    cells += [
        ("Worst frame", own(_place(pair)), -1 if worst is None else worst),
        ("Frames", own(f"{pair.frames:,}"), pair.frames),
        ("Remarks", _remarks(pair), None),
    ]
    return "<tr>" + "".join(_cell(*cell) for cell in cells) + "</tr>\n"


def _place(pair: Measured) -> str:
    return "–" if pair.worst_frame is None else f"{pair.worst_frame} ({pair.worst_frame / pair.fps:.2f} s)"


def _remarks(pair: Measured) -> Markup:
    """Cut by the style where they are long; the tooltip has all."""
    said = " ".join(pair.remarks)
    return Markup(f'<span class="remarks" title="{quoted(said)}">{plain(said)}</span>') if said else Markup("")


def _cell(column: str, content: Markup, value: float | None) -> str:
    """value: what the column is sorted by; None for the text itself."""
    order = "" if value is None else f' data-value="{value:.9g}"'
    return f'<td data-label="{quoted(column)}"{order}{_kind(column)}>{content}</td>'


def _breakable(column: str) -> Markup:
    """A heading that may break behind underscores."""
    return Markup("_<wbr>".join(plain(part) for part in column.split("_")))


def _kind(column: str) -> str:
    return "" if column in ("Clip", "Prediction", "Remarks") else ' class="number"'
