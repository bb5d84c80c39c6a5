"""The parts of the report on data sets without common clips."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from viewer.compare.naming import figure, interval
from viewer.compare.unpaired import CURVES, LEVELS, CheckRate, CurveSpread, Level, Rate, Unpaired
from viewer.quality import CHECKS
from viewer.report.compare_figures import curves as density_lines
from viewer.report.compare_figures import swatch, whisker
from viewer.report.markup import named, own, plain


def heading(comparisons: Sequence[Unpaired], names: Sequence[str]) -> str:
    sides = [comparisons[0].reference, *(found.prediction for found in comparisons)]
    sets = ""
    for number, (name, side) in enumerate(zip(names, sides, strict=True)):
        failed = sum(not clip.scores for clip in side.clips.values())
        bad = f'<p class="bad">{failed:,} of them could not be read</p>' if failed else ""
        sets += (
            f'<article class="set"><h2>{swatch(number)}{named(name)}</h2><p>{len(side):,} clips</p>{bad}'
            f'<p class="about">{named(side.dataset)}</p><p class="about">head: {named(side.model)}</p></article>'
        )
    return (
        f'<header><p class="kicker">Data sets beside</p><h1>{named(names[0])}</h1>'
        '<p class="estimated">Not clip by clip: how the motion is spread as a whole. Two sets may agree in all of this '
        f'and still say other things with the face.</p><div class="sets">{sets}</div></header>\n'
    )


def sections(comparisons: Sequence[Unpaired], names: Sequence[str]) -> Iterator[str]:
    """Two for each prediction: its curves and its checks beside those of the reference."""
    for number, (found, name) in enumerate(zip(comparisons, names[1:], strict=True), 1):
        both = (names[0], name)
        cards = "".join(_curve(curve, both, (0, number)) for curve in found.curves)
        yield (
            f"<section><h2>Curves of {named(name)}</h2>"
            '<p class="note">Share of frames at each value, and percentiles with their 95 % intervals over clips. '
            "Bold: that of the difference does not hold 0.</p>"
            f'{_legend(both, (0, number))}<div class="checks wide">{cards}</div></section>\n'
        )
        rows = "".join(_rate(rate, both, (0, number)) for rate in found.rates)
        heads = "".join(
            f'<th scope="col"{kind}>{own(head)}</th>'
            for head, kind in (
                ("Check", ""),
                ("Data set", ""),
                ("Clips", _NUMBER),
                ("Share", _NUMBER),
                ("95 %", _NUMBER),
                ("", ""),
                ("Difference, 95 %", _NUMBER),
            )
        )
        yield (
            f"<section><h2>Checks of {named(name)}</h2>"
            '<p class="note">Share of clips with a warning or an error. Bold: the interval of the difference does not '
            'hold 0.</p><div class="scroll"><table class="pooled"><thead><tr>'
            f"{heads}</tr></thead><tbody>\n{rows}</tbody></table></div></section>\n"
        )


_NUMBER = ' class="number"'
_SAME = ' class="same"'


def _legend(names: Sequence[str], numbers: Sequence[int]) -> str:
    entries = "".join(
        f"<span>{swatch(number)}{named(name)}</span>" for number, name in zip(numbers, names, strict=True)
    )
    return f'<p class="legend">{entries}</p>'


def _curve(curve: CurveSpread, names: Sequence[str], numbers: tuple[int, int]) -> str:
    label, unit = CURVES[curve.name]
    picture = density_lines(curve.grid, curve.shares, numbers=numbers, unit=unit, title=f"{label} in both data sets")
    heads = "".join(f'<th scope="col"{_NUMBER}>{plain(head)}</th>' for head in ("", *names, "Difference"))
    rows = "".join(
        f"<tr><td>{level} %</td>{_level(curve.reference[level])}{_level(curve.prediction[level])}"
        f"{_level(curve.difference[level], differs=_differs(curve.difference[level]))}</tr>"
        for level in LEVELS
    )
    return (
        f'<article class="check"><h3>{plain(label)} <code>{plain(curve.name)}</code></h3>{picture}'
        f'<table class="levels"><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table></article>'
    )


def _level(level: Level, *, differs: bool = False) -> str:
    value = own(figure(level.value))
    between = f"<span>{own(interval(level.low, level.high))}</span>"
    return f"<td{_NUMBER}>{f'<b>{value}</b>' if differs else value}{between}</td>"


def _differs(level: Level) -> bool:
    return level.low is not None and level.high is not None and not level.low <= 0 <= level.high


def _rate(rate: CheckRate, names: Sequence[str], numbers: tuple[int, int]) -> str:
    check = CHECKS[rate.check]
    rows = ""
    for second, (side, name, number) in enumerate(zip((rate.reference, rate.prediction), names, numbers, strict=True)):
        apart = ""
        if second and rate.difference is not None:
            low, high = (100 * end for end in rate.difference)
            said = own(f"{interval(low, high)} %")
            apart = f"<b>{said}</b>" if _differs(Level(None, low, high)) else said
        first = "" if second else f"<code>{plain(check.name)}</code><span>{plain(check.title)}</span>"
        rows += (
            f"<tr{_SAME if second else ''}>"
            f'<td class="metric">{first}</td><td class="series">{swatch(number)}{named(name)}</td>'
            f"<td{_NUMBER}>{side.found:,} of {side.of:,}</td>{_share(side, number)}"
            f"<td{_NUMBER}>{apart}</td></tr>\n"
        )
    return rows


def _share(side: Rate, number: int) -> str:
    if side.share is None:
        return f"<td{_NUMBER}>–</td><td{_NUMBER}>–</td><td></td>"
    low, high = side.interval
    return (
        f"<td{_NUMBER}>{own(figure(100 * side.share))} %</td><td{_NUMBER}>{own(interval(100 * low, 100 * high))}</td>"
        f"<td>{whisker(side.share, low, high, span=(0.0, 1.0), number=number)}</td>"
    )
