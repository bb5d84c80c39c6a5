"""Numbers as English speakers say them."""

from __future__ import annotations

import re

_ONES = (
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"),
    *("thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"),
)
_TENS = ("", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_SCALES = ("thousand", "million", "billion", "trillion")
_LARGEST = 10**15 - 1
_ORDINALS = {
    "one": "first",
    "two": "second",
    "three": "third",
    "five": "fifth",
    "eight": "eighth",
    "nine": "ninth",
    "twelve": "twelfth",
}

Reading = tuple[str, ...]
"""Words in the order they are said."""


def readings(text: str) -> tuple[Reading, ...]:
    """The ways to say a number: "1995" as a year and as a count, "3.5", "1,000", "21st", "90s", "10:30".

    None for what is no number.
    """
    text = text.replace(",", "") if re.fullmatch(r"\d{1,3}(,\d{3})+(\.\d+)?", text) else text
    if found := re.fullmatch(r"(\d{1,2}):(\d\d)", text):
        return (_time(int(found[1]), found[2]),)
    if found := re.fullmatch(r"(\d*)\.(\d+)", text):
        whole = cardinal(int(found[1] or 0)) if len(found[1]) < 16 else _digits(found[1])
        return ((*whole, "point", *_digits(found[2])),)
    if found := re.fullmatch(r"(\d{1,15})(st|nd|rd|th)", text):
        return (ordinal(int(found[1])),)
    if found := re.fullmatch(r"(\d{1,4})'?s", text):
        return tuple((*reading[:-1], _plural(reading[-1])) for reading in readings(found[1]))
    return _whole_number(text) if re.fullmatch(r"\d{1,40}", text) else ()


def cardinal(number: int) -> Reading:
    """Words of a whole number from 0 to just below 10^15: (two, hundred, and, five)."""
    if not 0 <= number <= _LARGEST:
        raise ValueError(f"{number} is outside of 0 to {_LARGEST}")
    if number < 20:
        return (_ONES[number],)
    if number < 100:
        tens, ones = divmod(number, 10)
        return (_TENS[tens], *(cardinal(ones) if ones else ()))
    if number < 1000:
        hundreds, rest = divmod(number, 100)
        return (_ONES[hundreds], "hundred", *(("and", *cardinal(rest)) if rest else ()))
    power = (len(str(number)) - 1) // 3
    head, rest = divmod(number, 1000**power)
    joint = ("and",) if 0 < rest < 100 else ()
    return (*cardinal(head), _SCALES[power - 1], *joint, *(cardinal(rest) if rest else ()))


def ordinal(number: int) -> Reading:
    """Words of a rank: (twenty, first)."""
    *head, last = cardinal(number)
    if last in _ORDINALS:
        return (*head, _ORDINALS[last])
    return (*head, last[:-1] + "ieth" if last.endswith("y") else last.removesuffix("t") + "th")


def _whole_number(text: str) -> tuple[Reading, ...]:
    number = int(text)
    spelled = _digits(text)
    if len(text) > 15 or (text.startswith("0") and len(text) > 1):
        return (spelled, _digits(text, zero="oh"))
    found = [cardinal(number)]
    if "and" in found[0]:
        found.append(tuple(word for word in found[0] if word != "and"))
    if len(text) == 4 and number % 1000 >= 10:  # 2005 is rarely "twenty oh five", yet sometimes
        found.append(_year(number))
    if len(text) >= 3:
        found += [spelled, _digits(text, zero="oh")]
    return tuple(dict.fromkeys(found))


def _year(number: int) -> Reading:
    century, rest = divmod(number, 100)
    if rest == 0:
        return (*cardinal(century), "hundred")
    return (*cardinal(century), *(("oh",) if rest < 10 else ()), *cardinal(rest))


def _time(hours: int, minutes: str) -> Reading:
    if minutes == "00":
        return (*cardinal(hours), "o'clock")
    return (*cardinal(hours), *(("oh",) if minutes[0] == "0" else ()), *cardinal(int(minutes)))


def _digits(text: str, *, zero: str = "zero") -> Reading:
    return tuple(zero if digit == "0" else _ONES[int(digit)] for digit in text)


def _plural(word: str) -> str:
    if word.endswith("y"):
        return word[:-1] + "ies"
    return word + ("es" if word.endswith(("x", "s")) else "s")
