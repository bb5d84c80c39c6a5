"""From what was measured to what is said. Limits and percentiles come in here: new ones need no new measuring."""

from __future__ import annotations

from dataclasses import replace

from viewer.quality.finding import SEVERITIES, ClipQuality, Finding
from viewer.quality.measure import Measurement
from viewer.quality.population import Population, Reference
from viewer.quality.registry import CHECKS, Check, Measured
from viewer.quality.thresholds import Thresholds


def judge(measurement: Measurement, *, thresholds: Thresholds, population: Population | None = None) -> ClipQuality:
    """Findings of one clip, worst first, then in the order of the checks."""
    reference = Reference() if population is None else population.reference
    findings: list[Finding] = []
    scores: dict[str, float | None] = {}
    for name, check in CHECKS.items():
        if name in measurement.failed:
            message = f"{check.title} could not be checked: {measurement.failed[name]}"
            findings.append(Finding(name, "warn", None, check.unit, None, None, None, message))
            scores[name] = None
        elif name in measurement.found:
            measured = settled(check, measurement.found[name], reference)
            scores[name] = measured.value
            findings += _findings(check, measured, thresholds, population)
    order = {name: number for number, name in enumerate(CHECKS)}
    findings.sort(key=lambda finding: (SEVERITIES.index(finding.severity), -finding.weight, order[finding.check]))
    return ClipQuality(measurement.stem, measurement.motion_hash, tuple(findings), scores, measurement.features)


def settled(check: Check, measured: Measured, reference: Reference) -> Measured:
    """The measured value with all that the rest of the data set says to it."""
    if check.settle is None or measured.value is None:
        return measured
    return check.settle(measured, reference)


def unreadable(stem: str, why: str) -> ClipQuality:
    """Of a clip that could not be measured at all."""
    message = f"The clip could not be checked: {why}"
    return ClipQuality(stem, "", (Finding("integrity", "error", None, "frames", None, None, None, message),), {})


def _findings(check: Check, measured: Measured, thresholds: Thresholds, population: Population | None) -> list[Finding]:
    """One for each place beyond a limit; one for the whole clip where it has none, or none is."""
    severity = thresholds.severity(check.name, measured.value)
    whole = Finding(
        check.name,
        severity,
        measured.value,
        check.unit,
        None if population is None else population.percentile(check.name, measured.value),
        None,
        None,
        _sentence(check, measured, None),
    )
    found = []
    for start, end, value in measured.spans:
        of_place = thresholds.severity(check.name, value)
        if of_place != "ok":
            percentile = None if population is None else population.percentile(check.name, value)
            sentence = _sentence(check, measured, (start, end, value))
            found.append(Finding(check.name, of_place, value, check.unit, percentile, start, end, sentence))
    if severity == "ok" or not measured.spans:
        return [whole]
    if not found:  # no place by itself is beyond a limit, all together are
        start, end, _ = measured.spans[0]
        return [replace(whole, start=start, end=end)]
    return found


def _sentence(check: Check, measured: Measured, place: tuple[float, float, float] | None) -> str:
    told = place is None or len(measured.spans) == 1  # several places need sentences of their own
    if measured.value is None or (measured.message and told):
        return measured.message
    start, end, value = place or (0.0, 0.0, measured.value)
    text = (check.whole if place is None else check.place).format(
        title=check.title, unit=check.unit, value=value, size=abs(value), start=start, end=end, seconds=end - start
    )
    return text if text.endswith(".") else f"{text.rstrip()}."
