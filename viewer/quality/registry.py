"""The checks there are; `@check` adds to them."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np
from jaxtyping import Float

from viewer.errors import UsageError

if TYPE_CHECKING:
    from viewer.quality.inputs import Inputs
    from viewer.quality.population import Reference

NOT_APPLICABLE = "not applicable"
Worse = Literal["high", "low", "away"]
"""Which values are worse: high ones, low ones, or those away from the usual on either side."""
Stage = Literal["motion", "speech"]
"""What a check needs: motion and sound as they are, or words and voice, which take some hundred times as long."""
STAGES: tuple[Stage, ...] = get_args(Stage)
"""In the order in which they run; each has a folder of results."""


@dataclass(frozen=True, eq=False, slots=True)
class Measured:
    """What a check finds in one clip, before anybody judges it."""

    value: float | None
    """Of the clip as a whole, finite; None where the check does not apply, and `message` says why."""
    spans: tuple[tuple[float, float, float], ...] = ()
    """The places to look at, worst first: (start, end, value) in seconds of the clip."""
    curve: Float[np.ndarray, " T"] | None = None
    """What the check looks at, a value a frame: it becomes a curve of the timeline."""
    message: str = ""
    """Replaces the sentence that the check makes of its value, and that of its place where there is only one."""
    data: Mapping[str, Any] = field(default_factory=dict)
    """Plain values, for a check with `settle`."""

    def __post_init__(self) -> None:
        # A NaN would be no JSON, and would rank nowhere.
        if self.value is not None and not math.isfinite(self.value):
            raise ValueError(f"value is {self.value}; expected a finite number, or None")
        if not all(math.isfinite(number) for span in self.spans for number in span):
            raise ValueError(f"a span is not finite: {self.spans}")


def not_applicable(reason: str) -> Measured:
    """The result of a check that has nothing to look at, such as lips without a mouth."""
    return Measured(None, message=f"{NOT_APPLICABLE}: {reason}")


@dataclass(frozen=True)
class Check:
    """A check, and how to speak of it."""

    name: str
    title: str
    unit: str
    measure: Callable[[Inputs], Measured]
    worse: Worse = "high"
    stage: Stage = "motion"
    place: str = "{title} at {start:.2f} s: {value:.3g} {unit}"
    """Sentence for one place; it may name value, size (value without its sign), unit, start, end, seconds and title."""
    whole: str = "{title}: {value:.3g} {unit}"
    """Sentence for the clip as a whole: the same but the times."""
    settle: Callable[[Measured, Reference], Measured] | None = None
    """Turns what was measured into the value, where that needs to know the rest of the data set; must be quick."""
    limits: Mapping[str, float] = field(default_factory=dict)
    """Of one's own check, as in thresholds.toml: {"warn_above": 3}."""
    own: bool = False
    """Whether it comes from a plugin: whatever it raises is a finding."""


CHECKS: dict[str, Check] = {}
"""By name, in the order of the report."""


def check(
    name: str, *, title: str, unit: str = "", own: bool = True, **options: Any
) -> Callable[[Callable[[Inputs], Measured]], Callable[[Inputs], Measured]]:
    """Register a function as a check; options are the fields of `Check`.

        @check("brow", title="Brow raise", unit="mm", limits={"warn_above": 12})
        def brow(inputs: Inputs) -> Measured:
            return Measured(value=3.0)

    Raises UsageError for a name that is taken or cannot be a column, and for a limit of an unknown kind.
    """

    def register(measure: Callable[[Inputs], Measured]) -> Callable[[Inputs], Measured]:
        if not name.isidentifier() or name != name.lower():
            raise UsageError(f"a check is named {name!r}; expected small letters, digits and underscores")
        if name in CHECKS:
            raise UsageError(f"there is a check {name!r} already; choose another name")
        made = Check(name, title, unit, measure, own=own, **options)
        unknown = [limit for limit in made.limits if limit not in LIMITS]
        if unknown:
            raise UsageError(f"check {name}: no limit {unknown[0]!r}; expected {', '.join(LIMITS)}")
        CHECKS[name] = made
        return measure

    return register


LIMITS = ("note_above", "warn_above", "error_above", "note_below", "warn_below", "error_below")
"""What a threshold may be called: the severity of values beyond it, and on which side."""


def of_stage(stage: Stage, checks: Iterable[Check] | None = None) -> list[Check]:
    return [known for known in (CHECKS.values() if checks is None else checks) if known.stage == stage]
