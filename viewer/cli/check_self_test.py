"""`check --self-test`: how far the checks can be trusted on these clips."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from viewer.cli.opening import progress_bar
from viewer.dataset import Dataset
from viewer.errors import ClipError, UsageError
from viewer.flame import HeadChoice
from viewer.terminal import printable

if TYPE_CHECKING:
    from viewer.clip import Clip
    from viewer.quality import Thresholds
    from viewer.quality.self_test import SelfTest

CLIPS = 20
"""Clips that defects are planted in, unless a number is given."""
_SEED = 0


def clips_to_test(text: str) -> int:
    """Raises UsageError for what is no number of clips."""
    if not re.fullmatch(r"[1-9]\d{0,4}", text):
        raise UsageError(f"--self-test {text!r} is no number of clips; expected 1 or more")
    return int(text)


def run_self_test(
    dataset: Dataset,
    stems: Sequence[str],
    *,
    head: HeadChoice,
    n_clips: int,
    speech: bool,
    thresholds: Thresholds,
    seam_period: int | None,
) -> SelfTest:
    """Plant defects in a sample of the clips, always the same one, with a progress bar.

    Raises UsageError where none of the clips can be read.
    """
    from viewer.quality.self_test import Sample, self_test
    from viewer.speech import align, detect_voice

    chosen = np.random.default_rng(_SEED).permutation(len(stems))[:n_clips]
    clips = list(_read(dataset, [stems[number] for number in sorted(chosen)]))
    if not clips:
        raise UsageError("none of the clips can be read: python -m viewer doctor says why")
    samples = []
    with progress_bar("words and voice") as progress:
        for number, clip in enumerate(clips, 1):
            voice = detect_voice(clip.audio) if speech and clip.audio is not None else None
            samples.append(Sample(clip, align(clip) if speech else None, voice))
            progress(number, len(clips))
    with progress_bar("planting", "defect") as progress:
        return self_test(
            samples,
            head=head,
            align=align if speech else None,
            thresholds=thresholds,
            seam_period=seam_period,
            seed=_SEED,
            progress=progress,
        )


def _read(dataset: Dataset, stems: Sequence[str]) -> Iterator[Clip]:
    for stem in stems:
        try:
            yield dataset[stem]
        except ClipError as error:
            print(f"note: left out {printable(stem)}: {error}", file=sys.stderr)


def table(result: SelfTest) -> str:
    """What was found, defect by defect, then the false alarms."""
    lines = [
        f"Defects planted in {result.clips:,} clip{'s' if result.clips != 1 else ''}: how many of them the checks find",
        "",
        f"{'defect':20}{'check':12}{'size':>20}{'planted':>9}{'found':>7}{'':7}{'AUC':>6}",
    ]
    for item in result.detections:
        size = f"{item.size} {item.magnitude:g} {item.defect.unit}"
        head = f"{item.defect.name:20}{item.defect.check:12}{size:>20}"
        if not item.planted:
            lines.append(f"{head}{'–':>9}  no place for it in these clips")
            continue
        share = f"{100 * item.found / item.planted:.0f} %"
        area = "–" if item.auc is None else f"{item.auc:.3f}"
        lines.append(f"{head}{item.planted:>9,}{item.found:>7,}{share:>7}{area:>6}")
    lines += [
        "",
        "AUC: how often the check finds a clip with the defect worse than one without; 0.5 is guessing.",
        "",
        f"{'check':20}{'clips':>7}{'warned':>8}   of the clips as they are: false alarms, or defects they have",
    ]
    for alarms in result.false_alarms:
        share = f"{100 * alarms.warned / alarms.clips:.1f} %" if alarms.clips else "applies to none"
        lines.append(f"{alarms.check.name:20}{alarms.clips:>7,}{alarms.warned:>8,}   {share}")
    return "\n".join(lines)
