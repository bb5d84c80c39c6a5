"""The folder as a whole: what its modalities were found as, and which clips lack a file."""

from __future__ import annotations

from viewer.dataset.dataset import Dataset
from viewer.dataset.doctor.finding import Finding
from viewer.dataset.doctor.rules import ARCHIVE_PROBLEMS, MISSING, OPTIONAL, TOLD_ELSEWHERE
from viewer.dataset.layout import MODALITIES


def check_layout(dataset: Dataset) -> list[Finding]:
    """What was found wrong, or odd, while folders, archives and lists were listed."""
    findings = []
    for problem in dataset.problems:
        if problem.check in TOLD_ELSEWHERE:
            continue
        check = "archive" if problem.check.split("-")[0] in ARCHIVE_PROBLEMS else "layout"
        findings.append(Finding(check, problem.severity, f"{problem.message}.", problem.where, problem.stem))
    return findings


def check_missing(dataset: Dataset) -> list[Finding]:
    """Clips that lack a file of a kind that other clips have, and kinds that no clip has."""
    findings = []
    entries = {stem: dataset.parts(stem).entries for stem in dataset.stems}
    total = len(entries)
    for modality in MODALITIES:
        missing = [stem for stem, found in entries.items() if modality not in found]
        folder, severity = modality.folder, MISSING[modality.folder]
        if len(missing) < total:
            message = f"The clip has no file in {folder}; {total - len(missing):,} of {total:,} clips have one."
            findings += [Finding("missing", severity, message, folder, stem) for stem in missing]
        elif modality.folder not in OPTIONAL:
            message = f"No clip has {modality.noun}: there are no files in {folder}/ or {modality.archive}."
            findings.append(Finding("layout", severity, message, folder))
    return findings
