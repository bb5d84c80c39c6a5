"""Bounded reading of text files: transcripts, split lists, dataset.json."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass

from viewer.dataset.entry import Entry

MAX_TRANSCRIPT_BYTES = 1 << 18
MAX_LIST_BYTES = 1 << 28

# Control characters and the non-characters, except line feed and tab.
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ufeff\ufffe\uffff]")


@dataclass(frozen=True)
class Text:
    """Text of a file, fit to be shown."""

    text: str
    """Line feeds as line ends, no other control characters, no white space around it."""
    encoding: str
    """How the bytes were read: "utf-8", "utf-16", "cp1252" or "latin-1"."""
    cleaned: bool
    """Whether control characters or undecodable bytes were removed."""
    cut: bool
    """Whether the file goes on after the bytes that were read."""


def read_text(entry: Entry, *, max_bytes: int = MAX_TRANSCRIPT_BYTES) -> Text:
    """Read at most `max_bytes` of a text file.

    UTF-8 (with or without byte order mark), UTF-16 with byte order mark, otherwise cp1252 (Western European), which
    never fails but may guess wrong: see `encoding`. Raises ClipError where the file cannot be read.
    """
    with entry.open(max_bytes=1 << 40) as file:
        return clean_text(file.read(max_bytes + 1), max_bytes=max_bytes)


def clean_text(data: bytes, *, max_bytes: int) -> Text:
    """The first `max_bytes` of a text, read and cleaned as `read_text` does."""
    cut = len(data) > max_bytes
    text, encoding = _decode(data[:max_bytes], cut)
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    clean = _CONTROL.sub("", text)
    return Text(clean.strip(), encoding, cleaned=clean != text or "\ufffd" in clean, cut=cut)


def _decode(data: bytes, cut: bool) -> tuple[str, str]:
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return data.decode("utf-16", errors="replace"), "utf-16"
    data = data.removeprefix(codecs.BOM_UTF8)
    try:
        # A cut may fall inside a character: then the incremental decoder leaves its first bytes out.
        return codecs.getincrementaldecoder("utf-8")().decode(data) if cut else data.decode(), "utf-8"
    except UnicodeDecodeError:
        pass
    try:
        return data.decode("cp1252"), "cp1252"
    except UnicodeDecodeError:
        return data.decode("latin-1"), "latin-1"
