"""Forced alignment by pocketsphinx: when the words of a text, and their phones, are heard in a sound.

https://github.com/cmusphinx/pocketsphinx; its wheel brings the acoustic model of US English and the dictionary.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from importlib import import_module
from itertools import pairwise
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
from jaxtyping import Int16

from viewer.errors import ViewerError
from viewer.speech.alignment import SILENCE, Phone
from viewer.speech.pronunciation import Dictionary, Phones, dictionary
from viewer.speech.sound import RATE

STEP = 0.01
"""Seconds that a step of the alignment lasts."""
PIECE_SECONDS = 30.0
"""The longest sound whose phones are found at once."""
_PAD_SECONDS = 0.25
"""Of silence on both sides, which the model needs."""
_HISS = 10
"""Of 32,767: -70 dB of full scale, as a quiet room has it."""
# The default pruning loses whole clips.
_BEAM = 1e-120
_FILLERS = ("<", "[", "+", "(")


class SpeechError(ViewerError):
    """Speech cannot be looked at: a package is missing."""


class AlignerLostError(SpeechError):
    """The process that listened came to no answer; another time it may."""


class NotFoundError(Exception):
    """The words are nowhere in the sound."""


@dataclass(frozen=True)
class Heard:
    """A word, by its place in the text, and its phones; a pause where `word` is None."""

    word: int | None
    phones: tuple[Phone, ...]

    @property
    def start(self) -> float:
        return self.phones[0].start

    @property
    def end(self) -> float:
        return self.phones[-1].end

    def moved(self, words: int, seconds: float) -> Heard:
        """The same in a longer text and sound, of which so much comes before."""
        phones = (replace(p, start=round(p.start + seconds, 4), end=round(p.end + seconds, 4)) for p in self.phones)
        return Heard(None if self.word is None else self.word + words, tuple(phones))


def mean_score(phones: Sequence[Phone]) -> float:
    """Mean score of the steps of some phones."""
    return sum(p.score * (p.end - p.start) for p in phones) / sum(p.end - p.start for p in phones)


def english() -> Dictionary:
    """The dictionary of the model. Raises SpeechError without pocketsphinx."""
    return dictionary(Path(_pocketsphinx().get_model_path("en-us/cmudict-en-us.dict")))


def find(words: Sequence[Sequence[Phones]], sound: Int16[np.ndarray, " N"]) -> list[Heard]:
    """Find words, each given by its pronunciations, one after the other in 16 kHz sound.

    There may be pauses between them. The times go from 0 to the end of the sound without a gap. Holds the GIL all the
    while. Raises NotFoundError, and SpeechError without pocketsphinx.
    """
    # Memory for phones grows with the square of the length, that for words hardly: words say where to cut.
    cuts = _cuts(words, sound) if len(sound) > PIECE_SECONDS * RATE else []
    edges = [(0, 0), *cuts, (len(words), len(sound))]
    found: list[Heard] = []
    for (word, start), (next_word, end) in pairwise(edges):
        piece = sound[start:end]
        if next_word == word:
            found.append(Heard(None, (Phone(SILENCE, start / RATE, end / RATE, 0.0),)))
            continue
        with _decoded(words[word:next_word], piece) as decoder:
            decoder.set_alignment()
            _listen(decoder, piece)
            heard = _heard(decoder, next_word - word, len(piece) / RATE)
        found += [item.moved(word, start / RATE) for item in heard]
    return found


def _cuts(words: Sequence[Sequence[Phones]], sound: Int16[np.ndarray, " N"]) -> list[tuple[int, int]]:
    """Where to cut a long sound, (words before, samples before), in its longest pauses as far as there are any."""
    pauses = _pauses(words, sound)
    cuts: list[tuple[int, int]] = []
    step, last, most = 0, round(len(sound) / RATE / STEP), round(PIECE_SECONDS / STEP)
    while last - step > most:
        # Each pause, its length, and where a cut would lie in it: in the middle, or as far as a piece goes.
        near = [
            (end - start, word, min((max(start, step) + end) // 2, step + most))
            for word, start, end in pauses
            if start <= step + most and end > step + 1
        ]
        if not near:
            raise NotFoundError  # nobody says a word that long
        _, word, step = max([place for place in near if place[2] > step + most / 2] or near)
        cuts.append((word, round(step * STEP * RATE)))
    return cuts


def _pauses(words: Sequence[Sequence[Phones]], sound: Int16[np.ndarray, " N"]) -> list[tuple[int, int, int]]:
    """What lies before, between and after the words: (words before it, first step, step after it); it may be empty."""
    pad, count, start = round(_PAD_SECONDS / STEP), 0, 0
    found = []
    with _decoded(words, sound) as decoder:
        for part in decoder.seg():
            if not part.word.startswith(_FILLERS):
                found.append((count, start, part.start_frame - pad))
                count, start = count + 1, part.end_frame + 1 - pad
    return [*found, (count, start, round(len(sound) / RATE / STEP))]


@contextmanager
def _decoded(words: Sequence[Sequence[Phones]], sound: Int16[np.ndarray, " N"]) -> Iterator[Any]:
    """A decoder that has found the words. Raises NotFoundError where it, or what is done with it, fails."""
    # Decoders adapt to what they heard, so that a clip's times would depend on the clips before: each gets a new one.
    # Without a dictionary and a language model it is made in some milliseconds.
    decoder = _pocketsphinx().Decoder(
        samprate=RATE, dict=None, lm=None, loglevel="FATAL", bestpath=False, beam=_BEAM, pbeam=_BEAM, wbeam=_BEAM
    )
    names: dict[tuple[Phones, ...], str] = {}
    for pronunciations in dict.fromkeys(map(tuple, words)):
        names[pronunciations] = name = f"w{len(names)}"
        for number, phones in enumerate(pronunciations, 1):
            decoder.add_word(name if number == 1 else f"{name}({number})", " ".join(phones), True)
    try:
        decoder.set_align_text(" ".join(names[tuple(pronunciations)] for pronunciations in words))
        _listen(decoder, sound)
        if decoder.hyp() is None:
            raise NotFoundError
        yield decoder
    except RuntimeError as error:  # its only sign that no path through the words survived
        raise NotFoundError from error


def _listen(decoder: Any, sound: Int16[np.ndarray, " N"]) -> None:
    padded = np.pad(sound, round(_PAD_SECONDS * RATE))
    # Digital silence, as in the stops of synthetic voices and where noise was gated, is unlike any the model knows.
    hiss = np.random.default_rng(0).integers(-_HISS, _HISS + 1, len(padded)).astype(np.int16)
    decoder.start_utt()
    decoder.process_raw((np.clip(padded, _HISS - 32767, 32767 - _HISS) + hiss).tobytes(), full_utt=True)
    decoder.end_utt()


def _heard(decoder: Any, n_words: int, seconds: float) -> list[Heard]:
    alignment = decoder.get_alignment()  # has to outlive what is read from it
    if alignment is None:
        raise NotFoundError
    found: list[Heard] = []
    count = 0
    for entry in alignment:
        is_word = not entry.name.startswith(_FILLERS)
        phones = tuple(
            phone for part in entry if (phone := _phone(part, seconds, said=is_word)).end > phone.start
        )  # of the silence that was put around the sound nothing is left
        if phones:
            found.append(Heard(count if is_word else None, phones))
        count += is_word
    if count != n_words or sum(heard.word is not None for heard in found) != n_words:
        raise NotFoundError
    return found


def _phone(entry: Any, seconds: float, *, said: bool) -> Phone:
    first = entry.start * STEP - _PAD_SECONDS
    start, end = (round(min(max(time, 0.0), seconds), 4) for time in (first, first + entry.duration * STEP))
    return Phone(entry.name if said else SILENCE, start, end, round(entry.score / max(entry.duration, 1), 2))


def _pocketsphinx() -> ModuleType:
    try:
        return import_module("pocketsphinx")
    except ImportError:
        raise SpeechError(
            "words are not aligned without the package pocketsphinx (there are wheels for Python 3.11 to 3.13); "
            "type: pip install --only-binary :all: pocketsphinx"
        ) from None
