"""Reading zip archives, against zipfile of the standard library."""

import io
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.dataset.mutations import mutations
from viewer.dataset.npy import DAMAGE
from viewer.dataset.zip_file import ZipReader
from viewer.errors import ClipError

CONTENTS = st.lists(st.binary(max_size=20_000) | st.integers(0, 300_000).map(bytes), max_size=6)


class Unseekable(io.RawIOBase):
    """Where zipfile cannot go back: sizes then stand behind the data, and not before it."""

    def __init__(self):
        self.data = b""

    def writable(self):
        return True

    def write(self, data, /):
        self.data += bytes(data)
        return len(data)


def zip_bytes(contents, *, compression=zipfile.ZIP_STORED, comment=b"", force_zip64=False, names="{}", target=None):
    stream = io.BytesIO() if target is None else target
    with zipfile.ZipFile(stream, "w", compression) as archive:
        for number, data in enumerate(contents):
            with archive.open(names.format(number), "w", force_zip64=force_zip64) as member:
                member.write(data)
        archive.comment = comment
    return stream.getvalue() if target is None else target.data


def read_all(data, *, step=1 << 30):
    """Every member's bytes, read so many at a time."""
    archive = ZipReader(io.BytesIO(data))
    found = []
    for member in archive.members:
        stream = archive.open(member, where="a.npz")
        parts = []
        while part := stream.read(step):
            parts.append(part)
        found.append((member.name, b"".join(parts)))
        assert stream.tell() == len(found[-1][1]) <= member.size
        if stream.tell() < member.size:
            raise EOFError
    return found


def test_what_zlib_holds_back_at_the_end_is_read_too():
    content = bytes(281_001)  # 289 bytes packed, all of them taken long before all is unpacked
    data = zip_bytes([content], compression=zipfile.ZIP_DEFLATED)
    assert read_all(data, step=1000) == [("0", content)]


@given(
    contents=CONTENTS,
    compression=st.sampled_from([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED]),
    comment=st.binary(max_size=300) | st.just(b"-" * 65_535),
    force_zip64=st.booleans(),
    names=st.sampled_from(["{}", "folder/{}.npy", "ä{}", "你好 {}"]),
    step=st.sampled_from([1, 1000, 1 << 20]),
)
def test_reads_what_zipfile_writes(contents, compression, comment, force_zip64, names, step):
    contents = contents if step > 1 else [data[:200] for data in contents]
    data = zip_bytes(contents, compression=compression, comment=comment, force_zip64=force_zip64, names=names)
    assert read_all(data, step=step) == [(names.format(i), content) for i, content in enumerate(contents)]


def test_reads_what_was_written_without_going_back():
    data = zip_bytes([b"one", b"two"], target=Unseekable())
    assert read_all(data) == [("0", b"one"), ("1", b"two")]


def test_numbers_of_64_bits_in_the_directory(monkeypatch):
    monkeypatch.setattr(zipfile, "ZIP64_LIMIT", 100)  # makes zipfile write them for small files too
    data = zip_bytes([bytes(300), b"x" * 200, b"y"], force_zip64=True)
    assert b"PK\6\6" in data
    assert [content for _, content in read_all(data)] == [bytes(300), b"x" * 200, b"y"]


SOME = [b"one" * 100, bytes(900)]


@given(data=mutations(zip_bytes(SOME)) | mutations(zip_bytes(SOME, compression=zipfile.ZIP_DEFLATED)) | st.binary())
def test_damage_gives_the_same_bytes_or_an_error(data):
    try:
        found = read_all(data)
    except (*DAMAGE, ClipError):
        return
    assert all(content in SOME for _, content in found)


def test_a_checksum_that_is_wrong_is_noticed():
    data = zip_bytes([b"hello, world"]).replace(b"hello", b"hullo")
    with pytest.raises(ValueError, match="checksum"):
        read_all(data)


def test_members_that_claim_the_directory_are_refused():
    data = bytearray(zip_bytes([bytes(50)]))
    at = data.rindex(b"PK\1\2")
    data[at + 20 : at + 28] = (5000).to_bytes(4, "little") * 2
    with pytest.raises(ValueError, match="claims 5,000 bytes"):
        read_all(bytes(data))
