"""Fonts that have the letters of a figure."""

from __future__ import annotations

from pathlib import Path

from viewer.errors import UsageError

_FIRST = "DejaVu Sans"
"""Comes with matplotlib: Latin, Greek, Cyrillic, Arabic, Hebrew and more, the same everywhere."""

_LAST_RESORT = "Last Resort"
"""Has a box for every letter."""


def families(text: str) -> list[str]:
    """Names of font families that have all letters of `text` between them, the usual one first.

    Raises UsageError for letters that no installed font has.
    """
    from matplotlib import font_manager

    missing = _wanted(text) - _letters(font_manager.findfont(_FIRST))
    found = [_FIRST]
    fonts = [font for font in font_manager.fontManager.ttflist if missing and not font.name.startswith(_LAST_RESORT)]
    for font in sorted(fonts, key=lambda font: (font.style != "normal", font.weight != 400, font.name, font.fname)):
        if not missing:
            break
        if (has := missing & _letters(font.fname)) and font.name not in found:
            found.append(font.name)
            missing -= has
    if missing:
        letters = "".join(chr(code) for code in sorted(missing)[:20])
        raise UsageError(
            f"no installed font has the letters {letters!r}; install one that has them (on Debian: apt-get install "
            "fonts-noto-core fonts-noto-cjk), or use other names: --labels A,B"
        )
    return found


def _wanted(text: str) -> set[int]:
    return {ord(letter) for letter in text if letter.isprintable() and not letter.isspace()}


def _letters(path: str | Path) -> set[int]:
    """Code points that a font has; none where its file cannot be read."""
    from matplotlib.ft2font import FT2Font

    try:
        return set(FT2Font(path).get_charmap())
    except (OSError, RuntimeError):
        return set()
