"""Walking over a tar: what is found, against the standard library, and what is said of damage."""

import io
import tarfile
import tracemalloc

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.dataset.archives import info, numbered, scan, scan_file, tar_bytes
from viewer.dataset.tar import scan_tar

MEMBER = 512 + 1024  # bytes of one member of `numbered`: header, 700 bytes of data, padding
FORMATS = {"ustar": tarfile.USTAR_FORMAT, "gnu": tarfile.GNU_FORMAT, "pax": tarfile.PAX_FORMAT}


def names(found):
    return [member.name for member in found.members]


def checks(found):
    return [damage.check for damage in found.damages]


def content(data, member):
    return data[member.offset : member.offset + member.size]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(
    members=st.lists(
        st.tuples(
            st.text(st.characters(exclude_characters="\0/", codec="utf-8"), min_size=1, max_size=150), st.binary()
        )
    ),
    format=st.sampled_from([tarfile.GNU_FORMAT, tarfile.PAX_FORMAT]),
    folder=st.sampled_from(["", "audios/", "a/b/", "./"]),
)
def test_finds_what_the_standard_library_finds(tmp_path, members, format, folder):
    data = tar_bytes([(folder + name, content) for name, content in members], format=format)
    with tarfile.open(fileobj=io.BytesIO(data)) as tar:
        expected = [(member.name, member.offset_data, member.size) for member in tar]
    found = scan(data, tmp_path / "a.tar")
    assert [(member.name.rstrip("/"), member.offset, member.size) for member in found.members] == expected
    assert found.damages == []
    assert found.position == len(data)


@pytest.mark.parametrize("format", FORMATS)
def test_long_and_foreign_names(tmp_path, format):
    name = "d" * 90 + "/" + "n" * 90 if format == "ustar" else "Zoë/" + "你好" * 200
    found = scan(tar_bytes([(name, b"x"), ("b", b"y")], format=FORMATS[format]), tmp_path / "a.tar")
    assert names(found) == [name, "b"]
    assert found.damages == []


def test_names_in_latin_1_are_read_and_told(tmp_path):
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w", format=tarfile.GNU_FORMAT, encoding="latin-1") as tar:
        tar.addfile(info("café", 0))
    found = scan(stream.getvalue(), tmp_path / "a.tar")
    assert names(found) == ["café"]
    assert checks(found) == ["member-encoding"]


def test_members_without_data_and_special_ones_are_told_apart(tmp_path):
    stream = io.BytesIO()
    kinds = {
        "folder": tarfile.DIRTYPE,
        "hard link": tarfile.LNKTYPE,
        "symbolic link": tarfile.SYMTYPE,
        "device": tarfile.CHRTYPE,
        "pipe": tarfile.FIFOTYPE,
    }
    with tarfile.open(fileobj=stream, mode="w") as tar:
        for kind, flag in kinds.items():
            tar.addfile(info(f"a {kind}", type=flag, linkname="target"))
        tar.addfile(info("last", 3), io.BytesIO(b"abc"))
    found = scan(stream.getvalue(), tmp_path / "a.tar")
    assert [(member.name.rstrip("/"), member.kind) for member in found.members] == [
        *((f"a {kind}", kind) for kind in kinds),
        ("last", "file"),
    ]
    assert found.damages == []


@pytest.mark.parametrize("pax", [False, True])
def test_sparse_files_are_told_apart_and_what_follows_is_found(tmp_path, pax):
    if pax:
        sparse = info("sparse", 1024, pax_headers={"GNU.sparse.major": "1", "GNU.sparse.minor": "0"})
        head = sparse.tobuf(tarfile.PAX_FORMAT)
    else:  # a header that says that one more block of its map follows
        block = bytearray(info("sparse", 1024, type=b"S").tobuf(tarfile.GNU_FORMAT))
        block[482] = 1
        head = with_checksum(block) + bytes(512)
    found = scan(head + b"x" * 1024 + tar_bytes(numbered(2)), tmp_path / "a.tar")
    assert [(member.name, member.kind) for member in found.members] == [
        ("sparse", "sparse file"),
        ("a_0.bin", "file"),
        ("a_1.bin", "file"),
    ]
    assert found.damages == []


def with_checksum(block):
    block = bytearray(block)
    block[148:156] = b" " * 8
    block[148:156] = b"%06o\0 " % sum(block)
    return bytes(block)


def test_checksums_of_signed_bytes_count(tmp_path):
    block = bytearray(info("a", 0).tobuf(tarfile.GNU_FORMAT))
    block[265:270] = b"\xe9" * 5  # in the name of the owner
    block[148:156] = b" " * 8
    block[148:156] = b"%06o\0 " % sum(byte - 256 * (byte > 127) for byte in block)
    assert names(scan(bytes(block) + bytes(1024), tmp_path / "a.tar")) == ["a"]


class TestCutOff:
    @pytest.mark.parametrize(("at", "there"), [(3 * MEMBER + 512 + 100, 100), (3 * MEMBER + 512, 0)])
    def test_inside_data(self, tmp_path, at, there):
        found = scan(tar_bytes(numbered())[:at], tmp_path / "a.tar")
        assert names(found) == [f"a_{i}.bin" for i in range(4)]
        assert [(damage.check, damage.severity, damage.member) for damage in found.damages] == [
            ("archive-cut-off", "error", "a_3.bin")
        ]
        assert f"is cut off at byte {at:,}: {there} of the 700 bytes of a_3.bin are there" == found.damages[0].message

    def test_inside_a_header(self, tmp_path):
        at = 3 * MEMBER + 200
        found = scan(tar_bytes(numbered())[:at], tmp_path / "a.tar")
        assert names(found) == [f"a_{i}.bin" for i in range(3)]
        assert checks(found) == ["archive-cut-off"]
        assert f"inside the header at byte {3 * MEMBER:,}" in found.damages[0].message

    def test_inside_an_extended_header(self, tmp_path):
        data = tar_bytes([*numbered(1), ("n" * 300, b"x")])
        found = scan(data[: MEMBER + 512 + 100], tmp_path / "a.tar")
        assert names(found) == ["a_0.bin"]
        assert found.damages[0].severity == "error"
        assert f"byte {MEMBER:,}" in found.damages[0].message

    @pytest.mark.parametrize("padding", [0, 324])
    def test_between_members(self, tmp_path, padding):
        at = 3 * MEMBER - padding  # the padding of the last member does not matter
        found = scan(tar_bytes(numbered())[:at], tmp_path / "a.tar")
        assert names(found) == [f"a_{i}.bin" for i in range(3)]
        assert checks(found) == ["archive-no-end"]
        assert f"ends at byte {at:,} without the two blocks of zeros" in found.damages[0].message

    def test_inside_the_end(self, tmp_path):
        found = scan(tar_bytes(numbered())[: 5 * MEMBER + 512], tmp_path / "a.tar")
        assert len(found.members) == 5
        assert checks(found) == ["archive-no-end"]


class TestDamageInside:
    @pytest.mark.parametrize("blocks", [1, 2, 5])
    def test_zeros_are_told_and_members_behind_them_are_found(self, tmp_path, blocks):
        data = tar_bytes(numbered())
        at = 2 * MEMBER
        found = scan(data[:at] + bytes(512 * blocks) + data[at:], tmp_path / "a.tar")
        assert names(found) == [f"a_{i}.bin" for i in range(5)]
        assert checks(found) == ["archive-zero-block"]
        assert f"zeros at byte {at:,}" in found.damages[0].message
        assert f"go on at byte {at + 512 * blocks:,}" in found.damages[0].message

    def test_archives_one_after_another(self, tmp_path):
        data = tar_bytes(numbered(2)) + tar_bytes([("b.bin", b"b")])
        assert names(scan(data, tmp_path / "a.tar")) == ["a_0.bin", "a_1.bin", "b.bin"]

    @pytest.mark.parametrize("offset", [0, 100, 130, 150, 156, 300])
    def test_a_damaged_header_costs_its_member_alone(self, tmp_path, offset):
        data = bytearray(tar_bytes(numbered()))
        at = 2 * MEMBER
        data[at + offset] ^= 0x15
        found = scan(bytes(data), tmp_path / "a.tar")
        assert names(found) == ["a_0.bin", "a_1.bin", "a_3.bin", "a_4.bin"]
        assert checks(found) == ["archive-damaged"]
        assert f"at byte {at:,}" in found.damages[0].message
        assert f"go on at byte {3 * MEMBER:,}" in found.damages[0].message

    def test_a_damaged_first_header(self, tmp_path):
        data = bytearray(tar_bytes(numbered()))
        data[150] ^= 1
        found = scan(bytes(data), tmp_path / "a.tar")
        assert names(found) == [f"a_{i}.bin" for i in range(1, 5)]
        assert "at byte 0 (its checksum is wrong)" in found.damages[0].message

    def test_a_damaged_last_header(self, tmp_path):
        data = bytearray(tar_bytes(numbered()))
        data[4 * MEMBER + 150] ^= 1
        found = scan(bytes(data), tmp_path / "a.tar")
        assert names(found) == [f"a_{i}.bin" for i in range(4)]
        assert checks(found) == ["archive-damaged"]

    @pytest.mark.parametrize("removed", [1, 512, 700])
    def test_bytes_that_are_missing_cost_their_member_alone(self, tmp_path, removed):
        data = tar_bytes(numbered())
        at = MEMBER + 512 + 10
        found = scan(data[:at] + data[at + removed :], tmp_path / "a.tar")
        assert names(found) == ["a_0.bin", "a_2.bin", "a_3.bin", "a_4.bin"]
        assert found.damages[0].member == "a_1.bin"
        assert "another member begins at byte" in found.damages[0].message

    def test_bytes_too_many_are_passed_over(self, tmp_path):
        data = tar_bytes(numbered())
        at = 2 * MEMBER
        found = scan(data[:at] + b"x" * 77 + data[at:], tmp_path / "a.tar")
        assert names(found) == [f"a_{i}.bin" for i in range(5)]
        assert f"go on at byte {at + 77:,}" in found.damages[0].message

    @pytest.mark.parametrize(
        "size",
        [b"77777777777\0", b"\x80" + b"\0" * 3 + b"\x7f" * 8, b"\x80" + b"\xff" * 11],
    )
    def test_a_huge_size_costs_its_member_alone(self, tmp_path, size):
        data = bytearray(tar_bytes(numbered()))
        at = 2 * MEMBER
        data[at + 124 : at + 136] = size
        data[at : at + 512] = with_checksum(data[at : at + 512])
        found = scan(bytes(data), tmp_path / "a.tar")
        assert names(found) == ["a_0.bin", "a_1.bin", "a_3.bin", "a_4.bin"]
        assert found.damages[0].member == "a_2.bin"
        assert f"from byte {at + 512:,} on" in found.damages[0].message

    @pytest.mark.parametrize("size", [b"\xff" * 12, b"\xff" + b"\0" * 11, b"-0000000001\0", b"00000x00000\0"])
    def test_a_negative_size_or_none_at_all_costs_its_member_alone(self, tmp_path, size):
        data = bytearray(tar_bytes(numbered()))
        at = 2 * MEMBER
        data[at + 124 : at + 136] = size
        data[at : at + 512] = with_checksum(data[at : at + 512])
        found = scan(bytes(data), tmp_path / "a.tar")
        assert names(found) == ["a_0.bin", "a_1.bin", "a_3.bin", "a_4.bin"]
        assert f"at byte {at:,} (" in found.damages[0].message

    def test_large_members_beyond_what_octal_numbers_hold(self, tmp_path):
        path = tmp_path / "a.tar"
        size = 9 << 30
        head = info("large", size).tobuf(tarfile.GNU_FORMAT)
        tail = tar_bytes([("small", b"x")])
        with path.open("wb") as file:  # a file of holes takes no room
            file.write(head)
            file.seek(512 + size)
            file.write(tail)
        found = scan_file(path)
        assert [(member.name, member.offset, member.size) for member in found.members] == [
            ("large", 512, size),
            ("small", 512 + size + 512, 1),
        ]

    @pytest.mark.parametrize(
        "records",
        [b"x", b"9999999999 path=a\n", b"6 path=\n", b"12 size=-100\n", b"3 \n", b"11 path=a", b"\xff\xff"],
    )
    def test_damaged_pax_records(self, tmp_path, records):
        pax = info("pax", len(records), type=b"x").tobuf(tarfile.USTAR_FORMAT)
        data = pax + records.ljust(512, b"\0") + tar_bytes(numbered())
        found = scan(data, tmp_path / "a.tar")
        assert names(found) == [f"a_{i}.bin" for i in range(5)]
        assert checks(found) == ["archive-damaged"]

    def test_an_extended_header_of_a_gigabyte(self, tmp_path):
        data = info("long", 1 << 30, type=b"L").tobuf(tarfile.GNU_FORMAT) + tar_bytes(numbered())
        found = scan(data, tmp_path / "a.tar")
        assert names(found) == [f"a_{i}.bin" for i in range(5)]
        assert "extended header of 1,073,741,824 bytes" in found.damages[0].message

    def test_extended_headers_without_a_member(self, tmp_path):
        long_name = info("n" * 300, 0).tobuf(tarfile.GNU_FORMAT)[:1024]
        found = scan(tar_bytes(numbered(1))[:MEMBER] + long_name + bytes(1024), tmp_path / "a.tar")
        assert names(found) == ["a_0.bin"]
        assert checks(found) == ["archive-damaged"]

    def test_what_follows_the_end(self, tmp_path):
        data = tar_bytes(numbered())
        found = scan(data + b"junk" * 100, tmp_path / "a.tar")
        assert len(found.members) == 5
        assert checks(found) == ["archive-garbage"]
        assert f"the 400 bytes from byte {len(data):,} on are no tar" in found.damages[0].message


@pytest.mark.parametrize(
    ("data", "check"),
    [
        (b"", "archive-empty"),
        (b"x", "archive-unknown"),
        (b"<!DOCTYPE html>" * 500, "archive-unknown"),
        (b"ustar" * 10_000, "archive-unknown"),
        (bytes(range(1, 256)) * 100, "archive-unknown"),
    ],
)
def test_what_is_no_tar(tmp_path, data, check):
    found = scan(data, tmp_path / "a.tar")
    assert found.members == []
    assert checks(found) == [check]


def test_an_archive_without_members(tmp_path):
    found = scan(tar_bytes([]), tmp_path / "a.tar")
    assert (found.members, found.damages) == ([], [])


def test_memory_does_not_grow_with_the_archive(tmp_path, monkeypatch):
    monkeypatch.setattr("viewer.dataset.tar._BATCH_SECONDS", 0)  # as many batches as members
    (tmp_path / "a.tar").write_bytes(tar_bytes(numbered(1, 0)[:1])[:512] * 20_000 + bytes(1024))
    with (tmp_path / "a.tar").open("rb") as file:
        next(scan_tar(file.fileno()))
        tracemalloc.start()
        count = sum(len(batch.members) for batch in scan_tar(file.fileno()))
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert count == 20_000
    assert peak < 3_000_000


def test_a_scan_can_be_given_up(tmp_path, monkeypatch):
    monkeypatch.setattr("viewer.dataset.tar._BATCH_SECONDS", 0)
    (tmp_path / "a.tar").write_bytes(tar_bytes(numbered()))
    with (tmp_path / "a.tar").open("rb") as file:
        batches = list(scan_tar(file.fileno(), cancelled=lambda: True))
    assert len(batches) == 1


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(
    cuts=st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), max_size=3),
    flips=st.lists(st.tuples(st.floats(0, 0.9999), st.integers(1, 255)), max_size=5),
    format=st.sampled_from(list(FORMATS.values())),
)
def test_no_damage_makes_it_fail_or_give_wrong_names(tmp_path, cuts, flips, format):
    """Splices and flipped bits: what is found lies in the archive, and a header that is lost to a flip is told."""
    members = numbered(6) if format == tarfile.USTAR_FORMAT else [("long" * 40, b"long"), *numbered(5)]
    data = bytearray(tar_bytes(members, format=format))
    for begin, end in cuts:
        low, high = sorted((int(begin * len(data)), int(end * len(data))))
        data = data[:low] + data[high:]
    for position, value in flips:
        if data:
            data[int(position * len(data))] ^= value
    found = scan(bytes(data), tmp_path / "a.tar")
    offsets = [member.offset for member in found.members]
    assert offsets == sorted(set(offsets))
    assert all(member.size >= 0 and member.offset >= 512 for member in found.members)
    assert found.position == len(data)
    if not cuts and len(found.members) < 6:
        assert found.damages
    if not cuts and not flips:
        assert names(found) == [name for name, _ in members]
        assert not found.damages
