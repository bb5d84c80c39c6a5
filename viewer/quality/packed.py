"""What the checks say of many clips, packed: a tenth of the memory that its objects take."""

from __future__ import annotations

import json
import zlib
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import fields
from operator import attrgetter
from typing import overload

from viewer.quality.finding import ClipQuality, Finding

_FINDING = attrgetter(*(field.name for field in fields(Finding)))
_LEVEL = 1
"""Of zlib: others take thrice as long for a tenth less."""


class PackedClips(Mapping[str, ClipQuality]):
    """Findings of clips by stem, in the order in which they were given; each is unpacked when it is asked for."""

    def __init__(self, clips: Iterable[tuple[str, ClipQuality]]) -> None:
        self._packed: dict[str, bytes] = {}
        self._badness = array("d")
        for stem, clip in clips:
            self._packed[stem] = _packed(clip)
            self._badness.append(clip.badness)

    @classmethod
    def of_packed(cls, packed: Mapping[str, bytes], badness: Iterable[float]) -> PackedClips:
        """The reverse of `packed` and `badness`."""
        clips = cls(())
        clips._packed, clips._badness = dict(packed), array("d", badness)
        return clips

    @property
    def packed(self) -> Mapping[str, bytes]:
        """The packed clips by stem, in their order."""
        return self._packed

    @property
    def badness(self) -> Sequence[float]:
        """What they are ranked by, in the same order."""
        return self._badness

    def __getitem__(self, stem: str) -> ClipQuality:
        return _unpacked(self._packed[stem])

    def __iter__(self) -> Iterator[str]:
        return iter(self._packed)

    def __len__(self) -> int:
        return len(self._packed)

    def __contains__(self, stem: object) -> bool:
        return stem in self._packed

    def worst_first(self) -> Ranking:
        """By badness; of equal ones in the order of stems."""
        badness = dict(zip(self._packed, self._badness, strict=True))
        return Ranking(self, sorted(badness, key=lambda stem: (-badness[stem], stem)))


class Ranking(Sequence[ClipQuality]):
    """Clips in an order of their own; each is unpacked when it is asked for."""

    def __init__(self, clips: Mapping[str, ClipQuality], stems: Sequence[str]) -> None:
        self._clips = clips
        self.stems = stems

    @overload
    def __getitem__(self, place: int) -> ClipQuality: ...
    @overload
    def __getitem__(self, place: slice) -> Ranking: ...
    def __getitem__(self, place: int | slice) -> ClipQuality | Ranking:
        if isinstance(place, slice):
            return Ranking(self._clips, self.stems[place])
        return self._clips[self.stems[place]]

    def __len__(self) -> int:
        return len(self.stems)


def _packed(clip: ClipQuality) -> bytes:
    findings = [_FINDING(finding) for finding in clip.findings]
    plain = (clip.stem, clip.motion_hash, findings, clip.scores, clip.features)
    return zlib.compress(json.dumps(plain, separators=(",", ":"), default=float).encode(), _LEVEL)


def _unpacked(packed: bytes) -> ClipQuality:
    stem, motion_hash, findings, scores, features = json.loads(zlib.decompress(packed))
    return ClipQuality(stem, motion_hash, tuple(Finding(*values) for values in findings), scores, tuple(features))
