"""How far the checks can be trusted on clips like these: defects are planted in them, and looked for again."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from viewer.clip import Clip
from viewer.errors import Cancelled
from viewer.flame import HeadChoice
from viewer.quality.defects import DEFECTS, SIZES, CannotPlant, Defect, Material, Planted
from viewer.quality.geometry import Geometry
from viewer.quality.inputs import Inputs
from viewer.quality.judge import settled
from viewer.quality.measure import Measurement, measure
from viewer.quality.population import Reference
from viewer.quality.registry import CHECKS, Check, Measured
from viewer.quality.ruler import Ruler
from viewer.quality.thresholds import Thresholds
from viewer.quality.usual import compare
from viewer.speech import Alignment, Voice, detect_voice

ALARMS = ("warn", "error")
"""Severities that count as found, and as a false alarm; a note asks nobody to look."""
_NEAR_SECONDS = 0.1
"""A place is right when it is so close to that of the defect."""
_CHANGED_SPEECH = ("av_shift", "swapped_transcript", "swapped_audio", "missing_words")
"""Defects after which words and phones lie elsewhere."""


@dataclass(frozen=True, eq=False)
class Sample:
    """A clip as it is, and what is known of its speech."""

    clip: Clip
    alignment: Alignment | None = None
    voice: Voice | None = None


@dataclass(frozen=True)
class Detection:
    """How often a defect of one size was found."""

    defect: Defect
    size: str
    """One of `defects.SIZES`."""
    planted: int
    found: int
    """Of those planted, the clips in which the check warned."""
    placed: int | None
    """Of those found, the ones whose worst place is where the defect lies; None where it lies everywhere."""
    auc: float | None
    """Probability that the check finds a clip with the defect worse than a clean one; None where none was planted."""

    @property
    def magnitude(self) -> float:
        return self.defect.magnitudes[SIZES.index(self.size)]


@dataclass(frozen=True)
class FalseAlarms:
    """How often a check warned of clips as they are; some of these may deserve it."""

    check: Check
    clips: int
    """Clips that the check applies to."""
    warned: int


@dataclass(frozen=True)
class SelfTest:
    """What became of all that was planted."""

    clips: int
    detections: tuple[Detection, ...]
    false_alarms: tuple[FalseAlarms, ...]

    def as_json(self) -> dict[str, Any]:
        """One object of plain values."""
        return {
            "clips": self.clips,
            "detections": [
                {
                    "defect": found.defect.name,
                    "check": found.defect.check,
                    "size": found.size,
                    "magnitude": found.magnitude,
                    "unit": found.defect.unit,
                    "planted": found.planted,
                    "found": found.found,
                    "placed": found.placed,
                    "auc": found.auc,
                }
                for found in self.detections
            ],
            "false_alarms": [
                {"check": alarms.check.name, "clips": alarms.clips, "warned": alarms.warned}
                for alarms in self.false_alarms
            ],
        }


def self_test(
    samples: Sequence[Sample],
    *,
    head: HeadChoice,
    align: Callable[[Clip], Alignment] | None = None,
    thresholds: Thresholds | None = None,
    seam_period: int | None = None,
    defects: Sequence[Defect] = DEFECTS,
    repeats: int = 1,
    seed: int = 0,
    progress: Callable[[int, int], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> SelfTest:
    """Plant defects, by default all kinds, in every size into every clip, `repeats` times, and see what finds them.

    align: finds words and phones again after sound or transcript changed; without it such defects are left out.
    seam_period: frames, None: as the clips show, else 4 s. The same seed plants the same. progress: called with (done,
    total). Raises Cancelled when `cancelled` says so, ClipError for a head without a face or clips that do not fit it.
    """
    trial = _Trial(samples, head, align, thresholds or Thresholds.load(), seam_period, seed)
    total, done = len(samples) * (1 + len(defects) * len(SIZES)), 0

    def step() -> None:
        nonlocal done
        done += 1
        if progress is not None:
            progress(done, total)
        if cancelled is not None and cancelled():
            raise Cancelled("the self-test was stopped")

    trial.measure_clean(step)
    detections = [trial.detection(defect, size, repeats, step) for defect in defects for size in SIZES]
    return SelfTest(len(samples), tuple(detections), tuple(trial.false_alarms()))


def auc(clean: Sequence[float], defective: Sequence[float]) -> float | None:
    """Area under the ROC curve: how often a defective score is above a clean one, ties half (Mann and Whitney 1947)."""
    if not len(clean) or not len(defective):
        return None
    order = np.sort(np.asarray(clean, float))
    below, up_to = np.searchsorted(order, defective, "left"), np.searchsorted(order, defective, "right")
    return float((below + up_to).mean() / 2 / len(order))


class _Trial:
    """Clean clips, measured once, and what defects make of them."""

    def __init__(
        self,
        samples: Sequence[Sample],
        head: HeadChoice,
        align: Callable[[Clip], Alignment] | None,
        thresholds: Thresholds,
        seam_period: int | None,
        seed: int,
    ) -> None:
        self._samples = samples
        self._geometry = Geometry(head)
        self._ruler = Ruler(head)
        self._align = align
        self._thresholds = thresholds
        self._seam_period = seam_period
        self._seed = seed
        self._clean: list[Measurement] = []
        self._reference = Reference()

    def measure_clean(self, step: Callable[[], None]) -> None:
        """The clips as they are; with them it is known what is usual."""
        for sample in self._samples:
            inputs = Inputs(sample.clip, geometry=self._geometry, alignment=sample.alignment, voice=sample.voice)
            self._clean.append(measure(inputs, features=False))
            step()
        self._reference = compare(self._clean, seam_period=self._seam_period).reference

    def detection(self, defect: Defect, size: str, repeats: int, step: Callable[[], None]) -> Detection:
        check = CHECKS[defect.check]
        clean, defective, found, placed = [], [], 0, 0
        local = False
        for number, sample in enumerate(self._samples):
            as_is = self._clean_value(check, number)
            if as_is is not None:
                clean.append(_score(check, as_is))
            for repeat in range(repeats):
                planted = None if as_is is None else self._plant(defect, size, number, repeat)
                if planted is not None:
                    measured = self._measured(check, defect, planted, sample)
                    defective.append(-np.inf if measured.value is None else _score(check, measured.value))
                    local = local or not _everywhere(planted)
                    if self._warned(check, measured.value):
                        found += 1
                        placed += _near(planted, measured)
                step()
        return Detection(defect, size, len(defective), found, placed if local else None, auc(clean, defective))

    def false_alarms(self) -> list[FalseAlarms]:
        counted = []
        for check in CHECKS.values():
            values = [self._clean_value(check, number) for number in range(len(self._samples))]
            known = [value for value in values if value is not None]
            counted.append(FalseAlarms(check, len(known), sum(self._warned(check, value) for value in known)))
        return counted

    def _clean_value(self, check: Check, number: int) -> float | None:
        measured = self._clean[number].found.get(check.name)
        return None if measured is None else settled(check, measured, self._reference).value

    def _plant(self, defect: Defect, size: str, number: int, repeat: int) -> Planted | None:
        if defect.name in _CHANGED_SPEECH and self._align is None:
            return None
        sample = self._samples[number]
        key = (self._seed, zlib.crc32(defect.name.encode()), SIZES.index(size), number, repeat)
        rng = np.random.default_rng(key)
        others = [other.clip for other in self._samples if other.clip.transcript != sample.clip.transcript]
        material = Material(
            self._ruler,
            others[int(rng.integers(len(others)))] if others else None,
            sample.alignment,
            self._reference.seam_period,
        )
        try:
            return defect.plant(sample.clip, defect.magnitudes[SIZES.index(size)], rng, material)
        except CannotPlant:
            return None

    def _measured(self, check: Check, defect: Defect, planted: Planted, sample: Sample) -> Measured:
        alignment = sample.alignment
        if defect.name in _CHANGED_SPEECH and self._align is not None:
            alignment = self._align(planted.clip)
        voice = sample.voice
        if voice is not None and planted.clip.audio is not None and planted.clip.audio is not sample.clip.audio:
            voice = detect_voice(planted.clip.audio)
        inputs = Inputs(planted.clip, geometry=self._geometry, alignment=alignment, voice=voice)
        return settled(check, check.measure(inputs), self._reference)

    def _warned(self, check: Check, value: float | None) -> bool:
        return self._thresholds.severity(check.name, value) in ALARMS


def _score(check: Check, value: float) -> float:
    """Larger is worse."""
    return {"high": value, "low": -value, "away": abs(value)}[check.worse]


def _everywhere(planted: Planted) -> bool:
    return planted.spans == ((0.0, planted.clip.seconds),)


def _near(planted: Planted, measured: Measured) -> bool:
    """Whether the worst place that the check names is one of those where the defect lies."""
    if not measured.spans:
        return False
    start, end, _ = measured.spans[0]
    return any(start < last + _NEAR_SECONDS and end > first - _NEAR_SECONDS for first, last in planted.spans)
