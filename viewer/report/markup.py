"""Pieces of HTML. Whatever comes from a data set goes through `plain` or `quoted`, and through nothing else."""

from __future__ import annotations

import html
from typing import NewType

from viewer.quality import Severity
from viewer.spreadsheets import harmless
from viewer.terminal import printable

Markup = NewType("Markup", str)
"""Text that is HTML already."""
NOUNS: dict[Severity, tuple[str, str]] = {
    "error": ("error", "errors"),
    "warn": ("warning", "warnings"),
    "note": ("note", "notes"),
    "ok": ("ok", "ok"),
}


def plain(text: str) -> Markup:
    """A text of the data as content of an element: on one line, without letters that steer, and no formula.

    Rows are copied into spreadsheets, so what would be a formula there begins with an apostrophe.
    """
    return Markup(html.escape(str(harmless(printable(" ".join(text.split()))))))


def own(text: str) -> Markup:
    """A text of the report itself, such as a number: a minus at its beginning makes no formula."""
    return Markup(html.escape(text))


def quoted(text: str) -> Markup:
    """A text as the value of an attribute, in double quotes."""
    return Markup(html.escape(text))


def named(text: str) -> Markup:
    """A name of the data, which may run from right to left and may have no place to break."""
    return Markup(f'<bdi class="name">{plain(text)}</bdi>')


def linked(content: Markup, address: str | None) -> Markup:
    """A link to the app; without an address the content alone."""
    if address is None:
        return content
    return Markup(f'<a href="{quoted(address)}" target="_blank" rel="noopener noreferrer">{content}</a>')


def badge(severity: Severity) -> Markup:
    return Markup(f'<span class="badge {severity}">{NOUNS[severity][0]}</span>')


def counted(number: int, severity: Severity) -> str:
    return f"{number:,} {NOUNS[severity][number != 1]}"


def number(value: float | None, unit: str = "") -> str:
    """A value with its unit, to three digits; a dash where there is none."""
    if value is None:
        return "–"
    written = f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"
    return f"{written}{'' if unit in ('', '°', '%') else ' '}{unit}".strip()


def seconds(start: float | None) -> str:
    return "–" if start is None else f"{start:.2f} s"
