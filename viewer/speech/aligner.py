"""Forced alignment by pocketsphinx: when the words of a text, and their phones, are heard in a sound.

https://github.com/cmusphinx/pocketsphinx; its wheel brings the acoustic model of US English and the dictionary.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
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

    @property
    def score(self) -> float:
        """Mean of the steps."""
        return mean_score(self.phones)


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
    padded = np.pad(sound, round(_PAD_SECONDS * RATE))
    # Digital silence, as in the stops of synthetic voices and where noise was gated, is unlike any the model knows.
    hiss = np.random.default_rng(0).integers(-_HISS, _HISS + 1, len(padded))
    data = np.clip(padded + hiss, -32768, 32767).astype(np.int16).tobytes()
    try:
        decoder.set_align_text(" ".join(names[tuple(pronunciations)] for pronunciations in words))
        _listen(decoder, data)
        if decoder.hyp() is None:
            raise NotFoundError
        decoder.set_alignment()
        _listen(decoder, data)
        return _heard(decoder, len(words), len(sound) / RATE)
    except RuntimeError as error:  # its only sign that no path through the words survived
        raise NotFoundError from error


def _listen(decoder: Any, data: bytes) -> None:
    decoder.start_utt()
    decoder.process_raw(data, full_utt=True)
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
