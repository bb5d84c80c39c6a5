"""Which frames of a clip a figure shows, as a user writes them: `12,1.5s,word:people,worst`."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from viewer import clock
from viewer.clip import Clip
from viewer.errors import UsageError
from viewer.speech import Alignment, SpokenWord, align_apart

_WORDS_SHOWN = 60
_EXAMPLE = "12, 1.5s, word:people or worst"


@dataclass(frozen=True)
class Moment:
    """A frame, and why it is shown."""

    frame: int
    title: str = ""
    """What stands over it besides its time: the word that is spoken."""


class Moments:
    """Finds frames of one clip."""

    def __init__(self, clip: Clip, *, worst: Callable[[], int] | None = None) -> None:
        """worst: tells the frame with the largest error; None where nothing is compared."""
        self._clip = clip
        self._worst = worst
        self.notes: list[str] = []
        """What the user should know about the frames that were found."""

    def find(self, text: str) -> tuple[Moment, ...]:
        """The frames that `text` names, in its order.

        12: a frame, the first is 0. 1.5s: the one that is shown then. word:people: in the middle of that word;
        word:people#2 where it is spoken again. worst: where the lips are furthest from the reference.

        Raises UsageError for what the clip does not have, with what it has.
        """
        parts = [part.strip() for part in text.split(",")]
        if not all(parts):
            raise UsageError(f"{text!r} names no frames; expected some of {_EXAMPLE}, separated by commas")
        return tuple(self._one(part) for part in parts)

    def _one(self, part: str) -> Moment:
        clip = self._clip
        if part.casefold().startswith("word:"):
            return self._spoken(part[len("word:") :])
        if part == "worst":
            if self._worst is None:
                raise UsageError("worst is the frame with the largest error; name predictions with --compare")
            return Moment(self._worst(), "largest error")
        if re.fullmatch(r"\d{1,9}", part):
            if int(part) >= len(clip):
                raise UsageError(f"there is no frame {part}; {clip.stem} has frames 0 to {len(clip) - 1}")
            return Moment(int(part))
        if re.fullmatch(r"\d{0,6}\.?\d{1,6}s", part):
            seconds = float(part[:-1])
            if seconds >= clip.seconds:
                raise UsageError(f"{clip.stem} ends at {clip.seconds:.2f} s; there is nothing at {part}")
            return Moment(clock.frame_at(seconds, clip.fps, len(clip)))
        raise UsageError(f"{part!r} names no frame; expected {_EXAMPLE}")

    def _spoken(self, asked: str) -> Moment:
        clip = self._clip
        words = self._alignment.words
        if not words:
            raise UsageError(f"{clip.stem} has no transcript, so no words can be found in it; name frames by number")
        name, _, number = asked.partition("#")
        found = [word for word in words if _plain(word.text) == _plain(name)] if _plain(name) else []
        if not found:
            listed = ", ".join(_plain(word.text) for word in words[:_WORDS_SHOWN])
            more = ", …" if len(words) > _WORDS_SHOWN else ""
            raise UsageError(f"no word {name!r} in {clip.stem}; its words are: {listed}{more}")
        if number:
            if not number.isdecimal() or not 1 <= int(number) <= len(found):
                raise UsageError(f"no {asked!r} in {clip.stem}: {_when(name, found)}")
            found = [found[int(number) - 1]]
        if len(found) > 1:
            choices = ", ".join(f"word:{name}#{i + 1}" for i in range(len(found)))
            raise UsageError(f"which {name!r}? In {clip.stem} {_when(name, found)}; write {choices}")
        (word,) = found
        if word.weak:
            why = f": {self._alignment.message}" if self._alignment.message else " (a poor match with the sound)"
            self.notes.append(f"when “{_trimmed(word.text)}” is spoken is only estimated{why}")
        frame = clock.frame_at((word.start + word.end) / 2, clip.fps, len(clip))
        return Moment(frame, f"“{_trimmed(word.text)}”")

    @cached_property
    def _alignment(self) -> Alignment:
        return align_apart(self._clip)


def _when(name: str, found: list[SpokenWord]) -> str:
    times = ", ".join(f"{word.start:.2f}" for word in found)
    return f"{_plain(name)!r} is spoken at {times} s"


def _trimmed(text: str) -> str:
    """A word without the punctuation around it."""
    return re.sub(r"^\W+|\W+$", "", text) or text


def _plain(text: str) -> str:
    return _trimmed(text.strip()).casefold()
