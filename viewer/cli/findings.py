"""What doctor found as text for people."""

from __future__ import annotations

import shutil
import textwrap
from collections.abc import Sequence
from itertools import groupby
from typing import Any

from viewer.dataset.doctor import CHECKS, Diagnosis, Finding
from viewer.dataset.problem import counted
from viewer.terminal import printable

EXAMPLES = 5
"""Findings of a check that are printed unless all are asked for."""

_LABEL = 8
_NOUNS = {"error": "error", "warn": "warning", "note": "note"}


def report(diagnosis: Diagnosis, *, complete: bool) -> str:
    """A summary, then the findings by check, worst first; `complete`: every one of them."""
    blocks = [_summary(diagnosis.summary)]
    left_out = 0
    for check, found in groupby(diagnosis.findings, key=lambda finding: finding.check):
        findings = list(found)
        shown = findings if complete else findings[:EXAMPLES]
        left_out += len(findings) - len(shown)
        blocks.append(_check(check, findings, shown))
    if left_out:
        blocks.append(f"{counted(left_out, 'finding')} left out above: --all prints all, --json for programs.")
    return "\n\n".join(blocks)


def _summary(summary: dict[str, Any]) -> str:
    clips, read = summary["clips"], summary["read"]
    if read == clips:
        depth = "every byte of every file"
    elif read:
        depth = f"every byte of {counted(read, 'clip')}, headers of the others; --read-data reads all"
    else:
        depth = "headers; --read-data reads every byte"
    if summary["unchanged"]:
        depth += f" ({counted(summary['unchanged'], 'clip')} unchanged since an earlier run)"
    lines = {
        "files": ", ".join(f"{source['folder']} ({source['found']})" for source in summary["sources"]),
        "clips": f"{clips:,}, {summary['seconds'] / 3600:.2f} h of motion",
        "read": depth,
        "found": _counts(summary["findings"]) or "nothing wrong",
    }
    title = printable(f"Data set {summary['name']}: {summary['path']}")
    return "\n".join([title, *(_filled(label, text) for label, text in lines.items())])


def _check(check: str, findings: Sequence[Finding], shown: Sequence[Finding]) -> str:
    counts = {severity: sum(finding.severity == severity for finding in findings) for severity in _NOUNS}
    lines = [_wrapped(f"{check}: {_counts(counts)} ({CHECKS[check]})", "", "  ")]
    lines += [_line(finding) for finding in shown]
    if len(findings) > len(shown):
        lines.append(f"  … and {len(findings) - len(shown):,} more")
    return "\n".join(lines)


def _line(finding: Finding) -> str:
    # A place that contains the stem, such as its file, says it all; so does a message that begins with the place.
    place = finding.where
    if finding.stem is not None and finding.stem not in finding.where:
        place = f"{finding.stem} ({finding.where})" if finding.where else finding.stem
    told = not place or finding.message.startswith(finding.where or place)
    return _filled(_NOUNS[finding.severity], finding.message if told else f"{place}: {finding.message}")


def _filled(label: str, text: str) -> str:
    return _wrapped(printable(text), f"  {label:{_LABEL}}", " " * (2 + _LABEL))


def _wrapped(text: str, first: str, others: str) -> str:
    return textwrap.fill(
        text,
        width=max(shutil.get_terminal_size().columns, 60),
        initial_indent=first,
        subsequent_indent=others,
        break_long_words=False,  # paths can be copied
        break_on_hyphens=False,
    )


def _counts(counts: dict[str, int]) -> str:
    return ", ".join(counted(counts[severity], noun) for severity, noun in _NOUNS.items() if counts[severity])
