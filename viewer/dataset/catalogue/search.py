"""What a search finds: the one definition of words, used for what is indexed and for what is asked.

Texts are folded (case, diacritics) and cut into words here and not by SQLite, whose tokenizers cannot do all of this at
once; FTS5 gets words separated by spaces. A clip is found when each term of the search

- begins a word of its transcript: `art` finds "article", `don't` finds "don't"; or,
- where its script writes no spaces between words (Chinese, Japanese, Thai …), stands anywhere in the transcript; or
- stands anywhere in its stem, if it has three characters or more; a shorter one must begin a word of the stem.
"""

from __future__ import annotations

import re
import unicodedata

MAX_WORD = 64
"""Characters of a word that count; a longer "word" is no word, but base64 or the like."""
TRIGRAM = 3

_DIACRITICS = re.compile("[\u0300-\u036f]")
# Scripts without spaces between words: CJK, kana, Thai, Lao, Myanmar, Khmer. Each of their characters is a word.
_UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\u2fdf\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf"
    "\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
)
_WORD = re.compile(f"[{_UNSPACED}]|[^\\W_{_UNSPACED}]+")
_PRIVATE_USE = 0xE000


def fold(text: str) -> str:
    """The text without what a search should not care for: case, Latin diacritics, width of characters."""
    text = text.encode("utf-8", "replace").decode()  # half a surrogate pair cannot be stored
    text = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    return unicodedata.normalize("NFKC", _DIACRITICS.sub("", text))


def words(text: str) -> list[str]:
    """Words of a text, folded, in its order."""
    return [word[:MAX_WORD] for word in _WORD.findall(fold(text))]


def terms(search: str) -> list[str]:
    """What has to be found, folded; without punctuation that stands alone."""
    return [term for term in fold(search).split() if _WORD.search(term)]


def document(stem: str, transcript: str | None) -> tuple[str, str]:
    """What FTS5 is to index of a clip, for its columns `words` and `stem`."""
    # The word between them keeps a phrase from reaching from the stem into the transcript; no search can contain it.
    found = [*words(stem), chr(_PRIVATE_USE), *words(transcript or "")]
    return " ".join(found), " ".join(_trigrams(fold(stem)))


def match_expression(search: str) -> str | None:
    """The search as an FTS5 expression; None where it asks for nothing. All that the user typed is in quotes."""
    alternatives = []
    for term in terms(search):
        found = f'words : "{" ".join(words(term))}" *'
        if len(term) >= TRIGRAM:
            found += f' OR stem : "{" ".join(_trigrams(term))}"'
        alternatives.append(f"({found})")
    return " AND ".join(alternatives) or None


def _trigrams(text: str) -> list[str]:
    """Each three characters of `text` that follow on each other: substrings become phrases."""
    # FTS5's tokenizer "ascii" splits at ASCII punctuation and at nothing else: that is moved out of its way.
    text = "".join(c if c.isalnum() or ord(c) > 127 else chr(_PRIVATE_USE + ord(c)) for c in text)
    return [text[i : i + TRIGRAM] for i in range(len(text) - TRIGRAM + 1)]
