"""The parts of the comparison's report that are about all clips together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from viewer.compare import Comparison
from viewer.compare.differences import paired_differences, says
from viewer.compare.naming import figure, interval, title, unit
from viewer.compare.pooling import Pooled
from viewer.report.compare_figures import distributions, swatch, whisker
from viewer.report.compare_figures import parts as part_bars
from viewer.report.markup import Markup, named, own, plain

_ESTIMATED = (
    "The reference is itself estimated or synthesised, not measured on a person. What stands here is the distance to "
    "it, not to the truth: an error as small as its own means nothing."
)
_PARTS = {"part_head_mm": "Head pose", "part_jaw_mm": "Jaw", "part_expression_mm": "Expression"}
_NAMED_STEMS = 5


def heading(comparisons: Mapping[str, Comparison], reference: str, how_to_watch: str) -> str:
    """What was compared, how, and what is missing on which side."""
    first = next(iter(comparisons.values()))
    watch = f'<p class="note">{plain(how_to_watch)}</p>' if how_to_watch else ""
    sets = "".join(_set(number, key, found) for number, (key, found) in enumerate(comparisons.items()))
    about = " ".join(first.remarks)
    return (
        f'<header><p class="kicker">Comparison with</p><h1>{named(reference)}</h1>'
        f'<p class="about">head: {named(first.model)}</p><p class="about">{plain(about)}</p>'
        f'<p class="estimated">{own(_ESTIMATED)}</p>{watch}<div class="sets">{sets}</div></header>\n'
    )


def _set(number: int, key: str, found: Comparison) -> str:
    frames = sum(pair.frames for pair in found.pairs.values())
    pairs = "1 pair" if len(found.pairs) == 1 else f"{len(found.pairs):,} pairs"
    remarks = [remark for remark in found.notes if remark not in found.remarks]
    lines = [f"<li>{plain(remark)}</li>" for remark in remarks]
    for what, stems in (("Missing", found.missing), ("In it alone", found.extra)):
        if stems:
            lines.append(f"<li>{what}: {_some(stems)}</li>")
    return (
        f'<article class="set"><h2>{swatch(number)}{named(key)}</h2><p>{pairs}, {frames:,} frames</p>'
        f'<p class="about">{named(found.prediction)}</p><ul>{"".join(lines)}</ul></article>'
    )


def _some(stems: Iterable[str]) -> Markup:
    listed = list(stems)
    more = f", … ({len(listed) - _NAMED_STEMS:,} more)" if len(listed) > _NAMED_STEMS else ""
    return Markup(", ".join(named(stem) for stem in listed[:_NAMED_STEMS]) + more)


def legend(names: Iterable[str]) -> Markup:
    """Colours of the predictions; nothing where there is only one."""
    listed = list(names)
    if len(listed) < 2:
        return Markup("")
    entries = "".join(f"<span>{swatch(number)}{named(key)}</span>" for number, key in enumerate(listed))
    return Markup(f'<p class="legend">{entries}</p>')


def pooled(comparisons: Mapping[str, Comparison]) -> str:
    """A row for each metric and prediction."""
    rows = ""
    for name in _names(comparisons):
        known = {key: found.pooled[name] for key, found in comparisons.items() if name in found.pooled}
        span = _span(known.values())
        for number, (key, found) in enumerate(comparisons.items()):
            by_clip, by_frame = known.get(key, _NOTHING), found.pooled_by_frame.get(name, _NOTHING)
            rows += (
                f"<tr{_same(number)}>{_metric(name, number)}"
                f'<td class="series">{swatch(number)}{named(key)}</td>'
                f'<td class="number">{own(figure(by_clip.mean))}</td>'
                f'<td class="number">{own(interval(by_clip.low, by_clip.high))}</td>'
                f"<td>{whisker(by_clip.mean, by_clip.low, by_clip.high, span=span, number=number)}</td>"
                f'<td class="number">{own(figure(by_frame.mean))}</td>'
                f'<td class="number">{own(interval(by_frame.low, by_frame.high))}</td>'
                f"<td>{plain(unit(name))}</td></tr>\n"
            )
    heads = _heads(("Metric", "Prediction", "By clip*", "95 %*", "", "By frame*", "95 %*", "Unit"))
    note = (
        "By clip: mean over clips, each of which counts the same. By frame: over all frames, so that long clips count "
        "more. Compare numbers of one pooling only."
    )
    return _table("Pooled", note, heads, rows)


def differences(comparisons: Mapping[str, Comparison]) -> str:
    """Each prediction against the first; nothing where there is only one."""
    if len(comparisons) < 2:
        return ""
    (first_key, first), *others = comparisons.items()
    rows = ""
    found = [(key, paired_differences(first, other)) for key, other in others]
    for name in _names(comparisons):
        known = [(number, key, of[name]) for number, (key, of) in enumerate(found, 1) if name in of]
        span = _span([difference for _, _, difference in known], around_zero=True)
        for number, key, difference in known:
            verdict = says(difference)
            rows += (
                f"<tr{_same(number - 1)}>{_metric(name, number - 1)}"
                f'<td class="series">{swatch(number)}{named(key)}</td>'
                f'<td class="number">{own(figure(difference.mean))}</td>'
                f'<td class="number">{own(interval(difference.low, difference.high))}</td>'
                f"<td>{whisker(difference.mean, difference.low, difference.high, span=span, number=number)}</td>"
                f"<td>{plain(unit(name))}</td>"
                f'<td><span class="badge {verdict}">{verdict}</span></td>'
                f'<td class="number">{difference.clips:,}</td></tr>\n'
            )
    heads = _heads(("Metric", "Prediction", "Difference*", "95 %*", "", "Unit", "Says", "Clips*"))
    note = (
        "Mean over the clips that both have of the prediction's value minus the first one's. Lower or higher: the "
        "interval does not hold 0. Unclear: it does, so that the difference may be chance."
    )
    return _table(Markup(f"Against {named(first_key)}, clip by clip"), note, heads, rows)


def parts(comparisons: Mapping[str, Comparison]) -> str:
    """What head pose, jaw and expressions would do each alone."""
    bars = []
    for short, label in _PARTS.items():
        values = []
        for found in comparisons.values():
            name = next((name for name in found.names if name.removesuffix("_derived") == short), None)
            values.append(None if name is None else found.pooled[name].mean)
        bars.append((label, values))
    if all(value is None for _, values in bars for value in values):
        return ""
    note = (
        "How far the face would be off, on average, with one part alone taken from the prediction and all else from "
        "the reference. They do not add up, as parts may make up for each other. Head pose is shown even where metrics "
        "leave it out."
    )
    picture = part_bars(bars, unit="mm", title="Error by part")
    return (
        f'<section><h2>Where the error is</h2><p class="note">{own(note)}</p>{legend(comparisons)}'
        f'<div class="checks"><article class="check">{picture}</article></div></section>\n'
    )


def spreads(comparisons: Mapping[str, Comparison]) -> str:
    """Histograms of every metric over clips."""
    cards = ""
    for name in _names(comparisons):
        values = [
            [value for pair in found.pairs.values() if (value := pair.values.get(name)) is not None]
            for found in comparisons.values()
        ]
        if any(value for known in values for value in known):  # nothing is to be seen where all is 0
            picture = distributions(values, unit=unit(name), title=f"{title(name)} over clips")
            cards += (
                f'<article class="check"><h3>{plain(title(name))} <code>{plain(name)}</code></h3>{picture}</article>'
            )
    note = "Clips by value; the thin line is the median. Values far outside count in the outermost bar."
    return (
        f'<section><h2>Spread over clips</h2><p class="note">{note}</p>{legend(comparisons)}'
        f'<div class="checks">{cards}</div></section>\n'
    )


_NOTHING = Pooled(None, None, None, 0)


def _names(comparisons: Mapping[str, Comparison]) -> list[str]:
    return list(dict.fromkeys(name for found in comparisons.values() for name in found.names))


def _span(known: Iterable[Pooled], *, around_zero: bool = False) -> tuple[float, float]:
    """An axis that holds all means and intervals, and 0."""
    values = [value for one in known for value in (one.mean, one.low, one.high) if value is not None]
    low, high = min([0.0, *values]), max([0.0, *values])
    if around_zero:
        return -max(-low, high), max(-low, high)
    return low, high


def _metric(name: str, number: int) -> str:
    """The first cell of a row: the metric's name, once for all predictions."""
    if number:
        return '<td class="metric"></td>'
    return f'<td class="metric"><code>{plain(name)}</code><span>{plain(title(name))}</span></td>'


def _same(number: int) -> str:
    return ' class="same"' if number else ""


def _heads(names: Iterable[str]) -> str:
    """Of columns; those of numbers end in an asterisk."""
    return "".join(f'<th scope="col"{_kind(name)}>{own(name.rstrip("*"))}</th>' for name in names)


def _kind(name: str) -> str:
    return ' class="number"' if name.endswith("*") else ""


def _table(heading: str, note: str, heads: str, rows: str) -> str:
    return (
        f'<section><h2>{heading}</h2><p class="note">{own(note)}</p><div class="scroll"><table class="pooled">'
        f"<thead><tr>{heads}</tr></thead><tbody>\n{rows}</tbody></table></div></section>\n"
    )
