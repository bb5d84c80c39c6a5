"""A transcript as it is said: its words, their readings, and whether they can be English."""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass

from viewer.speech import numbers

Part = tuple[numbers.Reading, ...]
"""A stretch without a pause, and the ways to say it."""

_TAG = re.compile(r"<[A-Za-z/!][^<>]{0,200}>|\[[^\[\]]{0,80}\]")  # [laughter] is no word either
_SYMBOLS = {"&": "and", "%": "percent", "@": "at", "+": "plus", "=": "equals", "°": "degrees"}
_MONEY = {"$": "dollars", "€": "euros", "£": "pounds"}
_PIECES = re.compile(r"[$€£]?\d[\d,.:]*\d(?:st|nd|rd|th|'?s)?|[$€£]?\d(?:st|nd|rd|th|'?s)?|[a-z']+|[&%@+=°]")
_DASHES = re.compile(r"[-‐‑‒–—―/_]+|\.{2,}|…")

_MOST_FOREIGN_LETTERS = 0.2
_LEAST_WORDS_TO_JUDGE = 4
_MOST_UNKNOWN_WORDS = 0.5
# Frequent little words that English has not, or not as often: a text in such a language has several.
_LITTLE_WORDS = {
    "Spanish": "el los las una que de del en es por para con como pero más muy está y su se lo yo esto son al este",
    "French": "le les des une et est que qui dans pour pas je vous nous il elle avec sur ce mais du au cette sont très",
    "German": "der die das und ist nicht ich ein eine mit auf für von zu den dem sie wir es im auch wie dass sich",
    "Italian": "il lo gli una che di è per non con sono questo questa come anche ma della del nel più molto e si ho",
    "Portuguese": "o os as uma que de do da em é para com não por mais como mas eu isso está muito são ao e se na",
    "Dutch": "de het een en van is dat niet ik zijn op te met voor er maar ook aan naar wat deze wij heeft hij",
    "Swedish": "och att det som en är inte jag på med för av den till har ett om men var vi så kan",
    "Polish": "i w nie się na to jest że z do jak co o po ale za tak czy dla być był są mnie",
    "Turkish": "ve bir bu da de için çok ne ama gibi daha var ben o sen ile kadar şey değil mi",
}
_ENGLISH = (
    "the of and a to in is you that it he was for on are as with his they i at be this have from or one had by but not "
    "what all were we when your can said there an each which she do how their if will up about out many then them so "
    "me my no just know get go like don't it's i'm yeah right well would could him her been has who did more very us"
)
_SETS = {language: frozenset(text.split()) for language, text in ({"English": _ENGLISH} | _LITTLE_WORDS).items()}


@dataclass(frozen=True)
class Token:
    """A word of the transcript as it is written, and how it is said."""

    text: str
    parts: tuple[Part, ...]
    """Between them there may be a pause; none where nothing is said, such as for a dash."""


def tokens(transcript: str) -> list[Token]:
    """The transcript, cut at its blanks; tags as of HTML and remarks in brackets are not said."""
    silent = [found.span() for found in _TAG.finditer(transcript)]
    found: list[Token] = []
    at = 0  # the first tag that may matter
    for match in re.finditer(r"\S+", transcript):
        while at < len(silent) and silent[at][1] <= match.start():
            at += 1
        said, start = "", match.start()
        for left, right in silent[at:]:
            if left >= match.end():
                break
            said += transcript[start : max(left, start)] + " "
            start = max(start, right)
        said += transcript[start : max(match.end(), start)]
        found.append(Token(match[0], _parts(said)))
    return found


def _parts(text: str) -> tuple[Part, ...]:
    text = _folded(html.unescape(text))
    return tuple(part for piece in _DASHES.split(text) if (part := _readings(piece)))


def _folded(text: str) -> str:
    """In small Latin letters without accents, where it has some; other letters stay."""
    plain = unicodedata.normalize("NFKD", text.replace("’", "'").replace("‘", "'")).lower()
    return "".join(letter for letter in plain if not unicodedata.combining(letter)).replace("ß", "ss")


def _readings(piece: str) -> Part:
    """The ways to say a piece of text: those of its numbers, multiplied."""
    found: list[numbers.Reading] = [()]
    for text in _PIECES.findall(piece):
        money = _MONEY.get(text[0])
        ways = numbers.readings(text[1:] if money else text) if any(map(str.isdigit, text)) else ((_word(text),),)
        if not ways:  # such as "1.2.3"
            ways = (tuple(word for number in re.findall(r"\d+", text) for word in numbers.readings(number)[0]),)
        found = [
            (*before, *(word for word in way if word), *((money,) if money else ())) for before in found for way in ways
        ][:8]
    return tuple(reading for reading in dict.fromkeys(found) if reading)


def _word(text: str) -> str:
    return _SYMBOLS.get(text) or text.rstrip("'")


def why_not_english(transcript: str, known: Callable[[str], bool]) -> str:
    """Why a transcript is taken for none in English, one sentence; "" where it may be.

    known: whether a word, in small letters, is in the dictionary.
    """
    letters = [letter for letter in transcript if letter.isalpha()]
    foreign = [letter for letter in letters if "LATIN" not in unicodedata.name(letter, "")]
    if letters and len(foreign) > _MOST_FOREIGN_LETTERS * len(letters):
        script = unicodedata.name(foreign[0], "another").split()[0].capitalize()
        return f"The transcript is not English ({script} letters); only English can be aligned."
    words = re.findall(r"[^\W\d_]+(?:['’][^\W\d_]+)?", transcript.lower().replace("’", "'"))
    if len(words) < _LEAST_WORDS_TO_JUDGE:
        return ""
    counts = {language: sum(word in little for word in words) for language, little in _SETS.items()}
    language = max(counts, key=lambda name: counts[name])
    if language != "English" and counts[language] >= max(counts["English"] + 2, 0.15 * len(words)):
        return f"The transcript looks like {language}; only English can be aligned."
    unknown = sum(not known(_folded(word)) for word in words)
    if unknown > _MOST_UNKNOWN_WORDS * len(words):
        return (
            f"{unknown:,} of {len(words):,} words of the transcript are not in the English dictionary; "
            "only English can be aligned."
        )
    return ""
