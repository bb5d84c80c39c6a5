"""Names in a data set folder: the WebTalk-Synthetic layout.

    DATASET/
      FLAME_coeffs_25/<stem>.npz     exp (T, 100), shape (T, 100), pose (T, 6), mocap_frame_rate
      audios/<stem>.wav
      transcripts/<stem>.txt
      audios_token_glm/<stem>.npy    (N,) int64: tokens of the sound, optional
      train.txt val.txt test.txt     stems, one a line
      dataset.json                   ours, optional: {"name": …, "expression_space": …}

Each of the folders may also be shipped as `<folder>.tar`.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass


@dataclass(frozen=True)
class Modality:
    """One kind of file that a clip may have."""

    folder: str
    suffix: str
    noun: str
    """What it is called in messages."""

    @property
    def archive(self) -> str:
        return f"{self.folder}.tar"

    def stem(self, file_name: str) -> str | None:
        """Stem of a file, given its name without folders; None for a file of another kind, or a hidden one.

        Hidden are among others the `._NAME` files that macOS leaves in folders and archives.
        """
        if not file_name.lower().endswith(self.suffix) or file_name.startswith("."):
            return None
        return normal_form(file_name[: -len(self.suffix)])


def normal_form(stem: str) -> str:
    """The form in which stems are compared and shown: macOS and some archives decompose letters."""
    return unicodedata.normalize("NFC", stem)


MOTION = Modality("FLAME_coeffs_25", ".npz", "motion")
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
