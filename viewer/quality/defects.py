"""The defects that are planted to see whether the checks find them: kinds and sizes.

Sizes are in what a viewer sees: millimetres that the face moves (mean over its front; 1 mm is about 1.5 pixels of a
picture of 512), seconds, frames. The middle size is what a careful viewer would just object to; the easy one is about
twice that or more, the hard one two thirds of it or less. They were fixed before any threshold and stay as they are:
thresholds that miss the middle one are to be changed, or the miss is published.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from viewer.clip import Clip
from viewer.quality import planting
from viewer.quality.planting import CannotPlant, Material, Planted

SIZES = ("easy", "middle", "hard")
Need = Literal["sound", "phones", "other"]


@dataclass(frozen=True)
class Defect:
    """A kind of defect, and its three sizes."""

    name: str
    check: str
    """The check that should find it."""
    magnitudes: tuple[float, float, float]
    """Easy, middle, hard."""
    unit: str
    what: str
    """One sentence for a reader."""
    why: str
    """Why a careful viewer would just object to the middle size."""
    needs: frozenset[Need]
    """What a clip, or the material, must have."""
    planted_by: Callable[[Clip, float, np.random.Generator, Material], Planted]

    def plant(self, clip: Clip, magnitude: float, rng: np.random.Generator, material: Material) -> Planted:
        """A new clip with the defect in it, and where it lies; the clip given stays as it is.

        Raises CannotPlant where the clip has no place for it, ClipError where it does not fit the head of the ruler.
        """
        return self.planted_by(clip, magnitude, rng, material)


DEFECTS = (
    Defect(
        "pop",
        "pop",
        (2.0, 1.0, 0.5),
        "mm",
        "One frame of the face stands elsewhere.",
        "Another face for 40 ms, brows and lids with it: a flash, though lips alone move as far in a fast syllable.",
        frozenset(),
        planting.pop,
    ),
    Defect(
        "seam",
        "seam",
        (1.6, 0.8, 0.4),
        "mm",
        "The face jumps every 4 s, where one decoded patch meets the next.",
        "A jump that stays is seen better than a flash that is over, and this one comes again at the same beat.",
        frozenset(),
        planting.seam,
    ),
    Defect(
        "jitter",
        "jitter",
        (0.6, 0.3, 0.15),
        "mm",
        "Every frame trembles, RMS.",
        "Half a pixel in every frame, with no motion to hide it in pauses: skin that shimmers.",
        frozenset(),
        planting.jitter,
    ),
    Defect(
        "freeze",
        "frozen",
        (0.48, 0.24, 0.12),
        "s",
        "The face stands still while the voice goes on.",
        "A quarter of a second is a syllable and more: the voice says one and the face does nothing.",
        frozenset({"sound"}),
        planting.freeze,
    ),
    Defect(
        "av_shift",
        "av_lag",
        (6.0, 3.0, 2.0),
        "frames",
        "Sound too late or too early by frames of 40 ms.",
        "120 ms: the limit for sound that lags (125 ms), far beyond that for sound that leads (45 ms); ITU-R BT.1359.",
        frozenset({"sound", "phones"}),
        planting.shift,
    ),
    Defect(
        "open_lips",
        "bilabial",
        (5.0, 3.0, 1.5),
        "mm",
        "Lips stay apart at every P, B and M.",
        "A dark slit between the lips, with teeth in it, where an M is heard: nobody can say it so.",
        frozenset({"sound", "phones"}),
        planting.open_lips,
    ),
    Defect(
        "swapped_transcript",
        "transcript",
        (1.0, 0.5, 0.25),
        "share",
        "Words of another clip in the place of this one's.",
        "Half of the words: whoever reads along is lost for seconds, not for a slip of one word.",
        frozenset({"sound", "other"}),
        planting.swap_words,
    ),
    Defect(
        "swapped_audio",
        "transcript",
        (1.0, 0.5, 0.25),
        "share",
        "Sound of another clip in the place of this one's.",
        "Half of the time the voice says something else than text and lips.",
        frozenset({"sound", "other"}),
        planting.swap_sound,
    ),
    Defect(
        "missing_words",
        "transcript",
        (6.0, 3.0, 1.0),
        "words",
        "Words on end that are said and not written.",
        "A phrase of about a second: whoever reads along has nothing to read; a word alone is soon forgiven.",
        frozenset({"sound", "phones"}),
        planting.leave_out_words,
    ),
    Defect(
        "identity_flicker",
        "identity",
        (0.5, 0.1, 0.02),
        "SD of people",
        "The head is another one in every frame.",
        "A tenth of the difference between people: cheeks and nose tremble by parts of a millimetre, as in jitter.",
        frozenset(),
        planting.flicker,
    ),
)
"""All of them, in the order of the tables."""

__all__ = ["DEFECTS", "SIZES", "CannotPlant", "Defect", "Material", "Planted"]
