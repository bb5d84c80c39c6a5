"""Words and phones of a clip in time: the aligner, and all reasons not to believe it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from jaxtyping import Float32

from viewer.clip import Clip
from viewer.speech import sound
from viewer.speech.aligner import Heard, NotFoundError, SpeechError, english, find, mean_score
from viewer.speech.alignment import SILENCE, Alignment, Phone, SpokenWord
from viewer.speech.transcript import Token, tokens, why_not_english
from viewer.words import estimate_words

METHOD = 4
"""Version of all that decides what `align` returns: to be raised with every change of it."""
MAX_SECONDS = 900.0
"""Of sound; what is long takes more time a second, here twice as much as a short clip."""
LEAST_CONFIDENCE = -40.0
"""Right transcripts score -9 to -24 a step, those of other clips -46 to -79; hoarse voices come near to -40."""
NOT_FOUND = -100.0
"""Confidence where the words are nowhere in the sound: below all that is found."""
WEAK_SCORE = -45.0
"""A word that matches worse than this is weak: 1 in 50 of words that are said, 19 in 20 of words that are not."""
WORDS_PER_SECOND = (1.0, 6.0)
"""Of speech, pauses left out, that people say."""
_FEWEST_TO_COUNT = 4
_SHORTEST_SECONDS = 0.1
_MOST_WORDS, _MOST_WORDS_PER_SECOND = 10, 10
_LEAST_ENERGY_IN_WORDS, _SURE = 0.75, -25.0


def align(clip: Clip) -> Alignment:
    """Find the words of a clip's transcript in its sound.

    Whatever the clip holds, there is an answer: where the words cannot be found, or what was found is not credible,
    they are spread over the sound (`estimated`) and the message says why. Holds the GIL for about 0.05 s a second of
    sound. A crash inside pocketsphinx would take the process along: see `viewer.speech.apart` and `viewer.jobs`.
    """
    if not (clip.transcript or "").split():
        return Alignment("none", (), (), None, "This clip has no transcript.")
    if why := _why_not_tried(clip):
        return estimated(clip, why)
    assert clip.audio is not None
    samples = sound.mono(clip.audio)
    if sound.is_silent(samples):
        return estimated(clip, "The sound is silent.")
    try:
        return _aligned(clip, samples)
    except SpeechError as error:
        text = str(error)
        return estimated(clip, f"{text[0].upper()}{text[1:]}")


def worth_listening(clip: Clip) -> bool:
    """Whether `align` would have work to do."""
    return bool((clip.transcript or "").split()) and not _why_not_tried(clip)


def _why_not_tried(clip: Clip) -> str:
    """Why the words of a clip with a transcript are not even looked for; "" where they are."""
    if clip.audio is None:
        return "This clip has no sound: its words are spread over its length."
    seconds = clip.audio.seconds
    if seconds > MAX_SECONDS:
        return f"The sound lasts {seconds:,.0f} s; at most {MAX_SECONDS:.0f} s are aligned."
    if seconds < _SHORTEST_SECONDS:
        return f"The sound lasts {seconds * 1000:.0f} ms; nothing can be said in it."
    n_words = len((clip.transcript or "").split())
    if n_words > _MOST_WORDS + _MOST_WORDS_PER_SECOND * seconds:
        return f"{n_words:,} words cannot be said in {seconds:.1f} s."
    return ""


def estimated(clip: Clip, message: str, *, confidence: float | None = None) -> Alignment:
    """The words of a clip spread over its sound, and why."""
    words = tuple(SpokenWord(word.text, word.start, word.end, weak=True) for word in estimate_words(clip))
    return Alignment("estimated", words, (), confidence, message)


def _aligned(clip: Clip, samples: Float32[np.ndarray, " N"]) -> Alignment:
    known = english()
    transcript = clip.transcript or ""
    if why := why_not_english(transcript, known.__contains__):
        return estimated(clip, why)
    said = tokens(transcript)
    parts = [
        (index, pronunciations)
        for index, token in enumerate(said)
        for part in token.parts
        if (pronunciations := tuple(phones for reading in part for phones in known.reading(reading))[:8])
    ]
    if not parts:
        return estimated(clip, "The transcript has nothing that can be said.")
    try:
        heard = find([pronunciations for _, pronunciations in parts], sound.pcm(samples))
    except NotFoundError:
        return estimated(clip, "The words of the transcript could not be found in the sound.", confidence=NOT_FOUND)
    by_word: dict[int, list[Heard]] = {}
    for item in heard:
        if item.word is not None:
            by_word.setdefault(parts[item.word][0], []).append(item)
    spoken = [phone for items in by_word.values() for item in items for phone in item.phones]
    confidence = round(mean_score(spoken), 2)
    elsewhere = 1 - _energy_share(samples, spoken)
    if why := _why_not_credible(confidence, len(by_word), spoken, elsewhere):
        return estimated(clip, why, confidence=confidence)
    phones = tuple(phone for item in heard for phone in item.phones)
    return Alignment("aligned", _words(said, by_word), _joined_silence(phones), confidence, "")


def _energy_share(samples: Float32[np.ndarray, " N"], spoken: list[Phone]) -> float:
    """Share of the sound's energy that is within the phones."""
    energy = (samples - samples.mean()).astype(float) ** 2
    edges = [(round(phone.start * sound.RATE), round(phone.end * sound.RATE)) for phone in spoken]
    return sum(float(energy[start:end].sum()) for start, end in edges) / float(energy.sum() or 1)


def _why_not_credible(confidence: float, n_words: int, spoken: list[Phone], elsewhere: float) -> str:
    """elsewhere: share of the sound's energy that is not within words."""
    if confidence < LEAST_CONFIDENCE:
        return (
            f"The transcript does not match the sound (confidence {confidence:.0f}; right ones have -24 or more): "
            "it may belong to another clip, or something else drowns the voice."
        )
    if elsewhere > 1 - _LEAST_ENERGY_IN_WORDS and confidence < _SURE:
        return (
            f"{elsewhere:.0%} of the sound is not in words of the transcript, and the rest matches them poorly "
            f"(confidence {confidence:.0f}): it may belong to another clip."
        )
    pace = n_words / sum(phone.end - phone.start for phone in spoken)
    low, high = WORDS_PER_SECOND
    if n_words >= _FEWEST_TO_COUNT and not low <= pace <= high:
        return (
            f"Found at {pace:.1f} words a second of speech, where people say {low:.0f} to {high:.0f}: "
            "the transcript may belong to another clip."
        )
    return ""


def _words(said: list[Token], by_word: dict[int, list[Heard]]) -> tuple[SpokenWord, ...]:
    """All words of the transcript; what is not said gets a moment between its neighbours."""
    words: list[SpokenWord] = []
    moment = 0.0
    for index, token in enumerate(said):
        items = by_word.get(index)
        if items is None:
            words.append(SpokenWord(token.text, moment, moment, weak=False))
            continue
        phones = [phone for item in items for phone in item.phones]
        words.append(SpokenWord(token.text, items[0].start, items[-1].end, weak=mean_score(phones) < WEAK_SCORE))
        moment = items[-1].end
    return tuple(words)


def _joined_silence(phones: tuple[Phone, ...]) -> tuple[Phone, ...]:
    """The phones, with one silence in the place of several in a row."""
    joined: list[Phone] = []
    for phone in phones:
        if joined and joined[-1].label == phone.label == SILENCE:
            score = round(mean_score((joined[-1], phone)), 2)
            joined[-1] = replace(joined[-1], end=phone.end, score=score)
        else:
            joined.append(phone)
    return tuple(joined)
