import pytest
from hypothesis import given
from hypothesis import strategies as st

from viewer.dataset.entry import FileEntry
from viewer.dataset.text import read_text


def read(tmp_path, data, **options):
    path = tmp_path / "a.txt"
    path.write_bytes(data)
    return read_text(FileEntry(path), **options)


@pytest.mark.parametrize(
    ("data", "text", "encoding"),
    [
        ("Zoë – 你好 🙂".encode(), "Zoë – 你好 🙂", "utf-8"),
        (b"\xef\xbb\xbfhello", "hello", "utf-8"),
        ("Zoë".encode("utf-16"), "Zoë", "utf-16"),
        (b"\xfe\xff" + "Zoë".encode("utf-16-be"), "Zoë", "utf-16"),
        ("Zoë – “hi”".encode("cp1252"), "Zoë – “hi”", "cp1252"),
        (b"\x81caf\xe9", "café", "latin-1"),
        (b"", "", "utf-8"),
    ],
)
def test_encodings(tmp_path, data, text, encoding):
    found = read(tmp_path, data)
    assert (found.text, found.encoding) == (text, encoding)


@pytest.mark.parametrize("text", ["</script><b>x</b>", "a --> b", "=1+1", 'it\'s "quoted"', "a\tb", "سلام", "👩‍👩‍👧"])
def test_text_that_would_be_markup_elsewhere_is_left_alone(tmp_path, text):
    found = read(tmp_path, text.encode())
    assert found.text == text
    assert not found.cleaned


def test_line_ends_and_control_characters(tmp_path):
    found = read(tmp_path, b"\r\none\r\ntwo\rthr\x00ee\x1b[31m\x7f\n")
    assert found.text == "one\ntwo\nthree[31m"
    assert found.cleaned


def test_a_long_file_is_cut_between_characters(tmp_path):
    found = read(tmp_path, "ä".encode() * 100, max_bytes=101)
    assert found.text == "ä" * 50
    assert found.cut
    assert found.encoding == "utf-8"
    assert not read(tmp_path, "ä".encode() * 100, max_bytes=200).cut


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("text")


@given(data=st.binary(max_size=200))
def test_any_bytes_give_text_that_can_be_shown(folder, data):
    text = read(folder, data).text
    text.encode()
    assert all(character in "\n\t" or character >= " " for character in text)
