"""Counts of the choices of a filter, from counts of values that hold several of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from viewer.dataset.catalogue.columns import MODALITY_NAMES, NONE, SEVERITIES, separated

Group = tuple[int | None, str | None, int]
"""Number of the worst severity, what is not in order (joined), clips that are so."""


def count_names(groups: Sequence[tuple[str | None, int]], facet: str) -> dict[str, int]:
    """Counts of single names from counts of joined ones."""
    counts: Counter[str] = Counter()
    for value, number in groups:
        names = separated(value)
        if facet == "modality":
            names += [f"no-{name}" for name in MODALITY_NAMES if name not in names]
        elif facet == "split" and not names:
            names = [NONE]
        counts.update(dict.fromkeys(names, number))
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def count_findings(
    groups: Iterable[Group], *, severities: Sequence[str], checks: Sequence[str], known: Sequence[str]
) -> dict[str, dict[str, int]]:
    """Clips by "severity" and "check", most first: how many would be left if that was chosen besides what is.

    severities, checks: what is chosen; each does not bear upon its own counts. known: all checks.
    """
    counts: dict[str, Counter[str]] = {"severity": Counter(), "check": Counter()}
    for worst, joined, number in groups:
        found = _severities_by_check(joined)
        clean = NONE if worst is None else SEVERITIES[0]
        if checks:
            choices = {severity for check in checks for severity in found.get(check, {clean})}
        else:
            choices = {NONE if worst is None else SEVERITIES[worst]}
        counts["severity"].update(dict.fromkeys(choices, number))
        passing = [check for check in known if _passes(found.get(check, set()), clean, severities)]
        counts["check"].update(dict.fromkeys(passing, number))
    return {facet: dict(sorted(c.items(), key=lambda item: (-item[1], item[0]))) for facet, c in counts.items()}


def _severities_by_check(joined: str | None) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for name in separated(joined):
        check, _, severity = name.rpartition(":")
        found.setdefault(check, set()).add(severity)
    return found


def _passes(found: set[str], clean: str, severities: Sequence[str]) -> bool:
    """Whether a check with these findings passes a choice of severities; without one, any finding does."""
    return bool(found) if not severities else bool((found or {clean}) & set(severities))
