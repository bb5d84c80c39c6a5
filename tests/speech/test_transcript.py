import pytest
from hypothesis import given
from hypothesis import strategies as st

from viewer.speech.numbers import cardinal, ordinal, readings
from viewer.speech.pronunciation import Dictionary
from viewer.speech.transcript import tokens, why_not_english


@pytest.mark.parametrize(
    ("text", "spoken"),
    [
        ("7", "seven"),
        ("42", "forty two"),
        ("105", "one hundred and five"),
        ("105", "one hundred five"),
        ("1995", "nineteen ninety five"),
        ("1995", "one thousand nine hundred and ninety five"),
        ("1905", "nineteen oh five"),
        ("1900", "nineteen hundred"),
        ("2005", "two thousand and five"),
        ("1,000,000", "one million"),
        ("12,345", "twelve thousand three hundred and forty five"),
        ("3.14", "three point one four"),
        (".5", "zero point five"),
        ("21st", "twenty first"),
        ("40th", "fortieth"),
        ("12th", "twelfth"),
        ("90s", "nineties"),
        ("6's", "sixes"),
        ("10:30", "ten thirty"),
        ("10:05", "ten oh five"),
        ("9:00", "nine o'clock"),
        ("007", "oh oh seven"),
        ("0", "zero"),
    ],
)
def test_numbers_as_they_are_said(text, spoken):
    assert tuple(spoken.split()) in readings(text)


@pytest.mark.parametrize("text", ["", "a", "1.2.3", "1st2", "--"])
def test_what_is_no_number(text):
    assert readings(text) == ()


@given(st.integers(0, 10**15 - 1))
def test_cardinals_can_be_read_back(number):
    assert _value(cardinal(number)) == number


@given(st.integers(0, 10**15 - 1))
def test_ordinals_differ_in_the_last_word_only(number):
    assert ordinal(number)[:-1] == cardinal(number)[:-1]
    assert ordinal(number)[-1] != cardinal(number)[-1]
    assert ordinal(number)[-1].endswith(("th", "first", "second", "third"))


def _value(words):
    ones = [cardinal(n)[0] for n in range(20)]  # which the table above has tested
    tens = [cardinal(n)[0] for n in range(20, 100, 10)]
    scales = {"thousand": 10**3, "million": 10**6, "billion": 10**9, "trillion": 10**12}
    total = group = 0
    for word in words:
        if word in ones:
            group += ones.index(word)
        elif word in tens:
            group += 10 * (tens.index(word) + 2)
        elif word == "hundred":
            group *= 100
        elif word in scales:
            total += group * scales[word]
            group = 0
        else:
            assert word == "and"
    return total + group


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("Hello,", ["hello"]),
        ("“Don’t!”", ["don't"]),
        ("well-known", ["well", "known"]),
        ("yes—no", ["yes", "no"]),
        ("café", ["cafe"]),
        ("R&B", ["r and b"]),
        ("50%", ["fifty percent"]),
        ("$5", ["five dollars"]),
        ("<b>bold</b>", ["bold"]),
        ("&amp;", ["and"]),
        ("AT&amp;T", ["at and t"]),
        ("...", []),
        ("—", []),
        ("[laughs]", []),
        ("<br>", []),
        ("MP3", ["mp three"]),
    ],
)
def test_how_a_word_is_said(text, parts):
    (token,) = tokens(text)
    assert token.text == text
    assert [" ".join(part[0]) for part in token.parts] == parts


def test_tags_and_remarks_with_blanks_are_not_said():
    found = tokens('say <a href="x y">this</a> [door slams shut] now')
    assert [(token.text, [" ".join(part[0]) for part in token.parts]) for token in found] == [
        ("say", ["say"]),
        ("<a", []),
        ('href="x', []),
        ('y">this</a>', ["this"]),
        ("[door", []),
        ("slams", []),
        ("shut]", []),
        ("now", ["now"]),
    ]


@given(st.text(max_size=200))
def test_any_text_becomes_its_own_words(text):
    found = tokens(text)
    assert [token.text for token in found] == text.split()
    for token in found:
        for part in token.parts:
            assert part
            assert all(reading and all(reading) for reading in part)


WORDS = Dictionary(
    {
        "walk": (("W", "AO", "K"),),
        "bake": (("B", "EY", "K"),),
        "stop": (("S", "T", "AA", "P"),),
        "need": (("N", "IY", "D"),),
        "wish": (("W", "IH", "SH"),),
        "read": (("R", "EH", "D"), ("R", "IY", "D")),
        "key": (("K", "IY"),),
        "board": (("B", "AO", "R", "D"),),
        "john": (("JH", "AA", "N"),),
    }
)


@pytest.mark.parametrize(
    ("word", "phones"),
    [
        ("walk", "W AO K"),
        ("Walk", "W AO K"),
        ("walks", "W AO K S"),
        ("keys", "K IY Z"),
        ("john's", "JH AA N Z"),
        ("wishes", "W IH SH IH Z"),
        ("walked", "W AO K T"),
        ("needed", "N IY D IH D"),
        ("baked", "B EY K T"),
        ("baking", "B EY K IH NG"),
        ("stopped", "S T AA P T"),
        ("keyboard", "K IY B AO R D"),
        ("fnord", "F N AO R D"),
        ("zyptic", "Z IH P T IH K"),
        ("blate", "B L EY T"),
        ("knash", "N AE SH"),
        ("hgtv", "EY CH JH IY T IY V IY"),
    ],
)
def test_pronunciations(word, phones):
    assert tuple(phones.split()) in WORDS.pronunciations(word)


def test_all_pronunciations_that_are_listed():
    assert len(WORDS.pronunciations("read")) == 2
    assert len(WORDS.reading(["read", "read"])) == 4
    assert WORDS.pronunciations("42") == ()
    assert "walks" in WORDS
    assert "fnord" not in WORDS


VOWELS = {"AA", "AE", "AH", "AO", "AW", "AY", "EH", "ER", "EY", "IH", "IY", "OW", "OY", "UH", "UW"}
CONSONANTS = {"B", "CH", "D", "DH", "F", "G", "HH", "JH", "K", "L", "M", "N", "NG", "P", "R", "S", "SH", "T", "TH"}
ARPABET = VOWELS | CONSONANTS | {"V", "W", "Y", "Z", "ZH"}


@given(st.text("abcdefghijklmnopqrstuvwxyz'", min_size=1, max_size=30))
def test_guesses_are_made_of_phones(word):
    found = WORDS.pronunciations(word)
    assert bool(found) == bool(word.strip("'"))
    for phones in found:
        assert phones
        assert set(phones) <= ARPABET


ENGLISH = [
    "he was not an ill disposed young man",
    "Amélie and José met in Málaga",
    "go forward ten meters",
    "yes",
    "the die is cast and the war is over",
    "la la la la la la",
    "in 1995 we had 40 people in the big old house",
]


@pytest.mark.parametrize("text", ENGLISH)
def test_english_is_let_through(text):
    assert why_not_english(text, lambda word: word not in {"amelie"}) == ""
