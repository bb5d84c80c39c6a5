"""How English words are pronounced: pocketsphinx's dictionary, and a guess for what it does not have."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import lru_cache
from pathlib import Path

Phones = tuple[str, ...]
"""ARPAbet without stress."""

_MOST_PRONUNCIATIONS = 8
_SHORTEST_OF_COMPOUND = 3
_UNVOICED = frozenset(["P", "T", "K", "F", "TH"])
_HISSES = frozenset(["S", "Z", "SH", "ZH", "CH", "JH"])

# Spellings with the sound they have most often; the longest that fits counts.
_SOUNDS = {
    "tion": "SH AH N", "sion": "ZH AH N", "ture": "CH ER", "ough": "AO", "augh": "AO", "eigh": "EY", "igh": "AY",
    "tch": "CH", "dge": "JH", "sch": "SH", "que": "K", "ch": "CH", "sh": "SH", "th": "TH", "ph": "F", "wh": "W",
    "ck": "K", "ng": "NG", "nk": "NG K", "qu": "K W", "gh": "G", "ee": "IY", "ea": "IY", "oo": "UW", "ou": "AW",
    "ow": "OW", "oi": "OY", "oy": "OY", "ai": "EY", "ay": "EY", "au": "AO", "aw": "AO", "ie": "IY", "ei": "EY",
    "ey": "IY", "ue": "UW", "ui": "UW", "eu": "Y UW", "ew": "UW", "oa": "OW", "ar": "AA R", "er": "ER", "ir": "ER",
    "ur": "ER", "or": "AO R", "a": "AE", "b": "B", "c": "K", "d": "D", "e": "EH", "f": "F", "g": "G", "h": "HH",
    "i": "IH", "j": "JH", "k": "K", "l": "L", "m": "M", "n": "N", "o": "AA", "p": "P", "q": "K", "r": "R", "s": "S",
    "t": "T", "u": "AH", "v": "V", "w": "W", "x": "K S", "y": "IH", "z": "Z",
}  # fmt: skip
_AT_THE_BEGINNING = {"kn": "N", "wr": "R", "ps": "S", "x": "Z", "y": "Y", "gn": "N"}
_AT_THE_END = {"y": "IY", "o": "OW", "a": "AH", "i": "IY", "e": "", "es": "Z", "mb": "M"}
_LONG = {"a": "EY", "e": "IY", "i": "AY", "o": "OW", "u": "UW", "y": "AY"}
_SOFT = {"c": "S", "g": "JH"}
_LETTERS = {
    "a": "EY", "b": "B IY", "c": "S IY", "d": "D IY", "e": "IY", "f": "EH F", "g": "JH IY", "h": "EY CH", "i": "AY",
    "j": "JH EY", "k": "K EY", "l": "EH L", "m": "EH M", "n": "EH N", "o": "OW", "p": "P IY", "q": "K Y UW",
    "r": "AA R", "s": "EH S", "t": "T IY", "u": "Y UW", "v": "V IY", "w": "D AH B AH L Y UW", "x": "EH K S",
    "y": "W AY", "z": "Z IY",
}  # fmt: skip


class Dictionary:
    """Words in small letters with their pronunciations."""

    def __init__(self, entries: dict[str, tuple[Phones, ...]]) -> None:
        self._entries = entries

    @classmethod
    def read(cls, path: Path) -> Dictionary:
        """Read a dictionary in CMU's format: `word PHONE PHONE`, further pronunciations as `word(2) …`."""
        entries: dict[str, list[Phones]] = {}
        with path.open(encoding="utf-8") as file:
            for line in file:
                word, *phones = line.split()
                entries.setdefault(word.partition("(")[0] or word, []).append(tuple(phones))
        return cls({word: tuple(found) for word, found in entries.items()})

    def __contains__(self, word: str) -> bool:
        """Whether the word is listed, as it is or as a form of one that is."""
        return word in self._entries or bool(self._inflected(word))

    def pronunciations(self, word: str) -> tuple[Phones, ...]:
        """All that are listed, else one or more guesses; none for what has no letters."""
        word = re.sub(r"[^a-z'.]", "", word.lower())
        return self._entries.get(word) or self._inflected(word) or self._compound(word) or _guessed(word)

    def reading(self, words: Iterable[str]) -> tuple[Phones, ...]:
        """Pronunciations of words that are said without a pause."""
        found: list[Phones] = [()]
        for word in words:
            ways = self.pronunciations(word)
            if ways:
                found = [before + way for before in found for way in ways][:_MOST_PRONUNCIATIONS]
        return tuple(phones for phones in dict.fromkeys(found) if phones)

    def _inflected(self, word: str) -> tuple[Phones, ...]:
        """Of possessives, plurals, past tenses and the like of words that are listed."""
        if word.startswith("'") or word.endswith("'"):
            return self._entries.get(word.strip("'"), ())
        for ending, add in (("'s", _with_s), ("es", _with_s), ("s", _with_s), ("ed", _with_d), ("ing", _with("IH NG")),
                            ("er", _with("ER")), ("ly", _with("L IY")), ("ness", _with("N AH S"))):  # fmt: skip
            if not word.endswith(ending) or len(word) - len(ending) < _SHORTEST_OF_COMPOUND:
                continue
            stem = word.removesuffix(ending)
            stems = [stem, stem + "e"] if ending in ("ed", "ing", "er") else [stem]
            if ending in ("ed", "ing", "er") and stem[-1] == stem[-2]:
                stems.append(stem[:-1])
            for base in stems:
                if base in self._entries:
                    return tuple(add(phones) for phones in self._entries[base])
        return ()

    def _compound(self, word: str) -> tuple[Phones, ...]:
        """Of two listed words that are written as one."""
        for cut in range(len(word) - _SHORTEST_OF_COMPOUND, _SHORTEST_OF_COMPOUND - 1, -1):
            head, tail = word[:cut], word[cut:]
            if head in self._entries and tail in self._entries:
                return (self._entries[head][0] + self._entries[tail][0],)
        return ()


@lru_cache(maxsize=2)
def dictionary(path: Path) -> Dictionary:
    """The dictionary of a file, read once."""
    return Dictionary.read(path)


def _with(ending: str) -> Callable[[Phones], Phones]:
    return lambda phones: (*phones, *ending.split())


def _with_s(phones: Phones) -> Phones:
    if phones[-1] in _HISSES:
        return (*phones, "IH", "Z")
    return (*phones, "S" if phones[-1] in _UNVOICED else "Z")


def _with_d(phones: Phones) -> Phones:
    if phones[-1] in ("T", "D"):
        return (*phones, "IH", "D")
    return (*phones, "T" if phones[-1] in _UNVOICED | _HISSES - {"Z", "ZH", "JH"} else "D")


def _guessed(word: str) -> tuple[Phones, ...]:
    """By its spelling; letter by letter where it has no vowel or might be an abbreviation."""
    letters = re.sub(r"[^a-z]", "", word)
    if not letters:
        return ()
    spelled = tuple(phone for letter in letters for phone in _LETTERS[letter].split())
    if not re.search(r"[aeiouy]", letters):
        return (spelled,)
    return (_by_spelling(letters), spelled) if len(letters) <= 4 else (_by_spelling(letters),)


def _by_spelling(word: str) -> Phones:
    phones: list[str] = []
    at = 0
    while at < len(word):
        spelling, sound = _next_sound(word, at)
        new = sound.split()
        if not (phones and new and phones[-1] == new[0] and spelling == word[at - 1]):  # a doubled letter
            phones += new
        at += len(spelling)
    return tuple(phones) or tuple(_LETTERS[word[0]].split())


def _next_sound(word: str, at: int) -> tuple[str, str]:
    """The spelling that begins at a letter, and its sound."""
    rest = word[at:]
    for spelling, sound in _AT_THE_BEGINNING.items():
        if at == 0 and rest.startswith(spelling) and len(rest) > len(spelling):
            return spelling, sound
    if at > 1 and rest in _AT_THE_END:
        return rest, _AT_THE_END[rest]
    if re.match(r"[aeiouy][^aeiouywxr]e(s|d)?$", rest):
        return rest[0], _LONG[rest[0]]
    if re.match(r"[cg][eiy]", rest):
        return rest[0], _SOFT[rest[0]]
    for length in (4, 3, 2):
        if rest[:length] in _SOUNDS and len(rest) >= length:
            return rest[:length], _SOUNDS[rest[:length]]
    return rest[0], _SOUNDS[rest[0]]
