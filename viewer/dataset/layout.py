"""Names in a data set folder: the WebTalk-Synthetic layout.

    DATASET/
      FLAME_coeffs_25/<stem>.npz     exp (T, 100), shape (T, 100), pose (T, 6), mocap_frame_rate; also other tracks
      audios/<stem>.wav
      transcripts/<stem>.txt
      audios_token_glm/<stem>.npy    (N,) int64: tokens of the sound, optional
      train.txt val.txt test.txt     stems, one a line
      dataset.json                   ours, optional: {"name": …, "expression_space": …}

Each of the folders may also be shipped as `<folder>.tar`. A folder that holds tracks itself, `<stem>.npy` and the like,
is a data set too; sound and transcripts then lie beside them.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import cached_property


@dataclass(frozen=True)
class Modality:
    """One kind of file that a clip may have."""

    folder: str
    suffix: str
    noun: str
    """What it is called in messages."""
    more_suffixes: tuple[str, ...] = ()

    def __hash__(self) -> int:  # of one field alone, since it is a key of what is looked up for every clip
        return hash(self.folder)

    @property
    def archive(self) -> str:
        return f"{self.folder}.tar"

    @cached_property
    def suffixes(self) -> tuple[str, ...]:
        """All that its files may have, in small letters."""
        return (self.suffix, *self.more_suffixes)

    def stem(self, file_name: str, suffixes: tuple[str, ...] = ()) -> str | None:
        """Stem of a file, given its name without folders; None for a file of another kind, or a hidden one.

        Hidden are among others the `._NAME` files that macOS leaves in folders and archives. suffixes: further ones.
        """
        lowered = file_name.lower()
        suffix = next((known for known in (*self.suffixes, *suffixes) if lowered.endswith(known)), None)
        if suffix is None or file_name.startswith("."):
            return None
        return normal_form(file_name[: -len(suffix)])


def normal_form(stem: str) -> str:
    """The form in which stems are compared and shown: macOS and some archives decompose letters."""
    return unicodedata.normalize("NFC", stem)


MOTION = Modality("FLAME_coeffs_25", ".npz", "motion", more_suffixes=(".npy", ".pt", ".pth"))
AUDIO = Modality("audios", ".wav", "sound")
TRANSCRIPT = Modality("transcripts", ".txt", "transcripts")
TOKENS = Modality("audios_token_glm", ".npy", "audio tokens")
MODALITIES = (MOTION, AUDIO, TRANSCRIPT, TOKENS)
CLIP_MODALITIES = (MOTION, AUDIO)
"""What has one of these is a clip: text or tokens alone are nothing to see or hear."""

SPLITS = ("train", "val", "test")
DESCRIPTION = "dataset.json"

FRAME_RATE = 25.0
"""Frames per second of a file that does not say, as in the name of the motion folder."""
