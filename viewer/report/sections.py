"""The parts of the report."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from itertools import islice

import numpy as np

from viewer.errors import ClipError, RenderError
from viewer.quality import SEVERITIES, Check, ClipQuality, Finding, Severity
from viewer.quality.thresholds import Limit, Thresholds
from viewer.report.document import embedded
from viewer.report.histogram import histogram
from viewer.report.markup import Markup, badge, counted, linked, named, number, own, plain, seconds

WORST = 12
"""Clips that are shown with a picture."""
ROWS = 1000
"""Clips in the table: a browser takes seconds for many more."""
_PLACES = 3
_TILES: dict[Severity, str] = {
    "error": "with errors",
    "warn": "with warnings",
    "note": "with notes only",
    "ok": "without findings",
}
_COLUMNS = ("Rank", "Clip", "Severity", "Check", "Time", "Percentile", "Errors", "Warnings", "Finding")
_NUMBERS = ("Rank", "Time", "Percentile", "Errors", "Warnings")


class Shown:
    """What there is to show of a clip, besides its findings."""

    def __init__(
        self,
        checks: Mapping[str, Check],
        *,
        picture: Callable[[str, float], bytes] | None,
        link: Callable[[str, float], str] | None,
        transcript: Callable[[str], str | None] | None,
    ) -> None:
        self._checks = checks
        self._picture = picture
        self._link = link
        self._transcript = transcript
        self.no_pictures = ""
        """Why there are none from some clip on, as a sentence."""

    def title(self, finding: Finding) -> Markup:
        known = self._checks.get(finding.check)
        return plain(finding.check if known is None else known.title)

    def address(self, stem: str, at: float | None) -> str | None:
        return None if self._link is None else self._link(stem, at or 0.0)

    def message(self, clip: ClipQuality, finding: Finding) -> Markup:
        """What is wrong; where it is at a time, a link to it."""
        said = Markup(f'<bdi class="message">{plain(finding.message)}</bdi>')
        return said if finding.start is None else linked(said, self.address(clip.stem, finding.start))

    def image(self, stem: str, at: float) -> Markup:
        """A picture, or nothing. Where one cannot be drawn no other can: that is told once, and was the last try."""
        if self._picture is None or self.no_pictures:
            return Markup("")
        try:
            data = self._picture(stem, at)
        except RenderError as error:
            self.no_pictures = str(error)
            return Markup("")
        except ClipError:  # which is among the clip's findings
            return Markup("")
        image = embedded(data, alt=f"{stem} at {at:.2f} s")
        return linked(image, self.address(stem, at))

    def transcript(self, stem: str) -> Markup:
        said = None if self._transcript is None else self._transcript(stem)
        return Markup(f'<p class="said"><bdi>{plain(said)}</bdi></p>') if said else Markup("")


def heading(clips: Sequence[ClipQuality], dataset: str, model: str, how_to_watch: str) -> str:
    many = "1 clip" if len(clips) == 1 else f"{len(clips):,} clips"
    watch = f'<p class="note">{plain(how_to_watch)}</p>' if how_to_watch else ""
    return (
        f'<header><p class="kicker">Motion quality</p><h1>{named(dataset)}</h1>'
        f'<p class="about">{many} · head: {named(model)}</p>'
        f"{watch}</header>\n"
    )


def overview(clips: Sequence[ClipQuality]) -> str:
    """How many clips have errors, warnings, notes, nothing."""
    by_severity = Counter(clip.severity for clip in clips)
    bar, tiles, left = "", "", 0.0
    for severity, label in _TILES.items():
        percent = 100 * by_severity[severity] / max(len(clips), 1)
        bar += f'<rect class="bar {severity}" x="{left:.3f}" y="0" width="{percent:.3f}" height="10"/>'
        left += percent
        tiles += (
            f'<li class="{severity}"><strong>{by_severity[severity]:,}</strong> <span>{label}</span> '
            f"<em>{percent:.3g} %</em></li>"
        )
    return (
        '<section class="overview" aria-label="Overview"><svg class="shares" viewBox="0 0 100 10" '
        f'preserveAspectRatio="none" aria-hidden="true">{bar}</svg><ul class="tiles">{tiles}</ul></section>\n'
    )


def worst_clips(clips: Sequence[ClipQuality], shown: Shown) -> str:
    """Cards of the first clips that have errors or warnings, with a picture of the worst place."""
    worst = list(islice((clip for clip in clips if clip.severity in ("error", "warn")), WORST))
    if not worst:
        return "<section><h2>Worst clips</h2><p>No clip has errors or warnings.</p></section>\n"
    cards = "".join(_card(clip, shown) for clip in worst)
    note = f'<p class="note">No more pictures: {plain(shown.no_pictures)}</p>' if shown.no_pictures else ""
    return f'<section><h2>Worst clips</h2>{note}<div class="cards">{cards}</div></section>\n'


def _card(clip: ClipQuality, shown: Shown) -> str:
    bad = [finding for finding in clip.findings if finding.severity in ("error", "warn")]
    at = next((finding.start for finding in bad if finding.start is not None), 0.0)
    places = "".join(f'<li class="{finding.severity}">{shown.message(clip, finding)}</li>' for finding in bad[:_PLACES])
    more = len(bad) - _PLACES
    if more > 0:
        places += f"<li>and {more} more</li>"
    return (
        f'<article class="card">{shown.image(clip.stem, at)}<div><h3>{badge(clip.severity)} '
        f'{linked(named(clip.stem), shown.address(clip.stem, at))}</h3><ul class="findings">{places}</ul>'
        f"{shown.transcript(clip.stem)}</div></article>"
    )


def histograms(clips: Sequence[ClipQuality], checks: Sequence[Check], thresholds: Thresholds) -> str:
    """How the values of each check are spread, and how many clips it found something in."""
    worst: dict[str, Counter[Severity]] = {check.name: Counter() for check in checks}
    values: dict[str, list[float]] = {check.name: [] for check in checks}
    for clip in clips:
        for name, score in clip.scores.items():
            if score is not None and name in values:
                values[name].append(score)
        of_check: dict[str, Severity] = {}
        for finding in clip.findings:
            known = of_check.get(finding.check, "ok")
            of_check[finding.check] = min(known, finding.severity, key=SEVERITIES.index)
        for name, severity in of_check.items():
            if name in worst:
                worst[name][severity] += 1
    parts = "".join(
        _check(check, values[check.name], len(clips), worst[check.name], thresholds.of(check.name)) for check in checks
    )
    return (
        '<section><h2>Checks</h2><p class="note">How each value is spread over the clips. Dashed: from where it is a '
        "note, a warning or an error. Values far outside count in the outermost bar.</p>"
        f'<div class="checks">{parts}</div></section>\n'
    )


def _check(
    check: Check, values: Sequence[float], n_clips: int, found: Counter[Severity], limits: Sequence[Limit]
) -> str:
    chips = " ".join(
        f'<span class="chip {severity}">{counted(found[severity], severity)}</span>'
        for severity in SEVERITIES[:-1]
        if found[severity]
    )
    head = f"<h3>{plain(check.title)} <code>{plain(check.name)}</code></h3><p>{chips or 'nothing found'}</p>"
    if not values:
        return f'<article class="check">{head}<p class="facts">applies to no clip</p></article>'
    middle, high = (number(float(value), check.unit) for value in np.percentile(values, [50, 95]))
    facts = f"median {middle} · 95 % below {high}"
    if len(values) < n_clips:
        facts += f" · does not apply to {n_clips - len(values):,}"
    if min(values) == max(values):
        same = f"{number(values[0], check.unit)} in every clip that it applies to"
        return f'<article class="check">{head}<p class="facts">{own(same)}</p></article>'
    svg = histogram(values, limits, unit=check.unit, title=f"{check.title}: {facts}")
    return f'<article class="check">{head}{svg}<p class="facts">{own(facts)}</p></article>'


def ranking(clips: Sequence[ClipQuality], shown: Shown) -> str:
    """The table; it stands in the order of the clips until its script sorts it."""
    rows = "".join(_row(rank, clip, shown) for rank, clip in enumerate(clips[:ROWS], 1))
    heads = "".join(f'<th scope="col"{_kind(column)}>{column}</th>' for column in _COLUMNS)
    if len(clips) > ROWS:
        note = f"The {ROWS:,} worst of {len(clips):,} clips; <code>check --csv</code> lists all of them."
    else:
        note = "All clips, worst first."
    return (
        f'<section><h2>Ranking</h2><p class="note">{note}</p><table id="ranking" '
        f'data-hint="Filter by clip, check or words" data-choose="Severity"><thead><tr>{heads}</tr></thead>'
        f"<tbody>\n{rows}</tbody></table></section>\n"
    )


def _row(rank: int, clip: ClipQuality, shown: Shown) -> str:
    worst = next((finding for finding in clip.findings if finding.severity != "ok"), None)
    counts = Counter(finding.severity for finding in clip.findings)
    start = None if worst is None else worst.start
    percentile = None if worst is None else worst.percentile
    cells: dict[str, tuple[str, float | None]] = {
        "Rank": (f"{rank}", rank),
        "Clip": (linked(named(clip.stem), shown.address(clip.stem, start)), None),
        "Severity": (badge(clip.severity), SEVERITIES.index(clip.severity)),
        "Check": ("" if worst is None else shown.title(worst), None),
        "Time": (seconds(start), -1 if start is None else start),
        "Percentile": (number(percentile), -1 if percentile is None else percentile),
        "Errors": (f"{counts['error']}", counts["error"]),
        "Warnings": (f"{counts['warn']}", counts["warn"]),
        "Finding": ("" if worst is None else f'<bdi class="message">{plain(worst.message)}</bdi>', None),
    }
    return "<tr>" + "".join(_cell(column, *cells[column]) for column in _COLUMNS) + "</tr>\n"


def _cell(column: str, content: str, value: float | None) -> str:
    """value: what the column is sorted by; None for the text itself."""
    order = "" if value is None else f' data-value="{value:g}"'
    return f'<td data-label="{column}"{order}{_kind(column)}>{content}</td>'


def _kind(column: str) -> str:
    return ' class="number"' if column in _NUMBERS else ""
