import string
import unicodedata
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from viewer.filenames import MAX_BYTES, FileNames, file_name

stems = st.one_of(
    st.text(max_size=30), st.text(alphabet="./\\% ~-ä\n\0", max_size=12), st.text(min_size=150, max_size=250)
)


@given(stems)
def test_a_name_is_one_component_that_every_file_system_takes(stem):
    name = file_name(stem)
    assert name
    assert not set(name) & set('/\\:*?"<>|') and name.isprintable()
    assert name[0] not in ".-~ "
    assert name[-1] not in ". "
    assert len(name.encode()) <= MAX_BYTES


@pytest.mark.parametrize("stem", ["con", "NUL", "Aux.x", "com1 .y", "LPT9", "COM²"])
def test_no_name_is_a_device_of_windows(stem):
    name = file_name(stem)
    assert unquote(name) == stem
    assert name[0] == "%"
    assert file_name(f"{stem[:3]}s") == f"{stem[:3]}s"


@given(stems, stems)
def test_different_stems_have_different_names(a, b):
    assert (file_name(a) == file_name(b)) == (a == b)


@given(st.text(alphabet=string.ascii_letters + string.digits + "_", min_size=5, max_size=100))
def test_plain_stems_are_their_own_names(stem):
    assert file_name(stem) == stem


@pytest.mark.parametrize(
    ("stem", "name"),
    [
        ("../../etc/passwd", "%2E.%2F..%2Fetc%2Fpasswd"),
        ("-rf", "%2Drf"),
        ("~root", "%7Eroot"),
        ("a b", "a b"),
        ("a.", "a%2E"),
        ("100%", "100%25"),
        ("line\nbreak", "line%0Abreak"),
        (unicodedata.normalize("NFC", "Zoë_你好"), "Zoë_你好"),
        ("", "%"),
    ],
)
def test_examples(stem, name):
    assert file_name(stem) == name


def test_a_long_name_keeps_its_beginning():
    name = file_name("ä" * 200)
    assert name.startswith("ä" * 80)
    assert MAX_BYTES - 1 <= len(name.encode()) <= MAX_BYTES


@given(st.lists(stems, max_size=8), st.sampled_from([str.upper, str.lower, str.swapcase, str.title]))
def test_names_of_a_data_set_differ_on_any_file_system(some, change):
    forms = [unicodedata.normalize(form, stem) for stem in some for form in ("NFC", "NFD")]
    every = {*some, *forms, *map(change, some)}
    names = FileNames(every)
    for fold in (str.casefold, str.lower, str.upper):
        assert len({unicodedata.normalize("NFC", fold(names[stem])) for stem in every}) == len(every)


def test_only_clips_that_are_alike_have_a_hash_in_their_names():
    names = FileNames(["Take_0", "take_0", "caf\u00e9", "cafe\u0301", "plain"])
    assert names["plain"] == "plain"
    assert names["Take_0"].startswith("Take_0~")
    assert names["take_0"].startswith("take_0~")
