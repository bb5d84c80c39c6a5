"""How much of a data set is read."""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass

from viewer.errors import UsageError


@dataclass(frozen=True)
class Depth:
    """The share of the clips of which every byte is read; of the others the headers are."""

    share: float = 0.0
    """0 to 1."""

    @classmethod
    def parse(cls, text: str) -> Depth:
        """From "5%". Raises UsageError for what is no percentage above 0."""
        found = re.fullmatch(r"(\d{1,3}(?:\.\d{1,6})?)%", text.strip())
        share = float(found[1]) / 100 if found else 0.0
        if not 0 < share <= 1:
            raise UsageError(f"{text!r} is no share of the clips; expected a percentage such as 5%")
        return cls(share)

    def reads(self, stem: str) -> bool:
        """Whether this clip is in the share: always the same ones, those of a smaller share among those of a larger."""
        return zlib.crc32(stem.encode()) < self.share * 2**32


HEADERS = Depth(0.0)
EVERYTHING = Depth(1.0)
