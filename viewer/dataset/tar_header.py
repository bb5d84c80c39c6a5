"""What the 512-byte headers of a tar say: ustar, GNU and pax, as in POSIX.1-2017 (pax) and GNU tar's manual.

`tarfile` of the standard library stops in silence at the first header it cannot read, so an archive is walked with
these instead: they tell a header that is damaged from one that is not there.
"""

from __future__ import annotations

from dataclasses import dataclass

BLOCK = 512
"""Headers begin at multiples of this, and data is padded to them."""
ZERO_BLOCK = bytes(BLOCK)
MAGIC = b"ustar"
MAGIC_AT = 257
"""Where `MAGIC` stands in a header."""

REGULAR = frozenset(b"07\0")
LONG_NAME, LONG_LINK, PAX, GLOBAL_PAX, SPARSE = b"LKxgS"
EXTENDED = frozenset((LONG_NAME, LONG_LINK, PAX, GLOBAL_PAX))
"""Types of headers that tell more of the member behind them."""
WITHOUT_DATA = {
    ord("1"): "hard link",
    ord("2"): "symbolic link",
    ord("3"): "device",
    ord("4"): "device",
    ord("5"): "folder",
    ord("6"): "pipe",
}
"""Types of members that never have data, whatever their header says of its size."""

_CHECKSUM = slice(148, 156)
_SPACES = 8 * ord(" ")


class HeaderError(Exception):
    """A block that is no header, or one that is damaged; the text says how."""


@dataclass(frozen=True, slots=True)
class Header:
    """One header block."""

    name: bytes
    size: int
    """Bytes of data behind the header, without padding."""
    type: int
    """The type flag, a byte."""


def parse_header(block: bytes) -> Header:
    """Read a block. Raises HeaderError where it is cut off, or its checksum or a number in it is wrong."""
    if len(block) < BLOCK:
        raise HeaderError("the archive ends inside it")
    stored = _number(block[_CHECKSUM])
    total = sum(block) - sum(block[_CHECKSUM]) + _SPACES
    # Some old systems added the bytes up as signed numbers.
    if stored != total and stored != total - 256 * sum(byte > 127 for byte in block[:148] + block[156:]):
        raise HeaderError("its checksum is wrong")
    name = block[:100].partition(b"\0")[0]
    kind = block[156]
    if block[MAGIC_AT : MAGIC_AT + 6] == b"ustar\0":  # GNU has other things where POSIX has the prefix
        prefix = block[345:500].partition(b"\0")[0]
        if prefix:
            name = prefix + b"/" + name
    if kind in REGULAR and name.endswith(b"/"):  # as archives before POSIX marked folders
        kind = ord("5")
    size = 0 if kind in WITHOUT_DATA else _number(block[124:136])
    if size < 0:
        raise HeaderError(f"it claims a size of {size:,} bytes")
    return Header(name, size, kind)


def _number(field: bytes) -> int:
    """Number in a header: octal digits, or in GNU's form for large ones, base 256 behind a byte 0x80 or 0xff."""
    if field[0] in (0x80, 0xFF):
        value = int.from_bytes(field[1:], "big")
        return value if field[0] == 0x80 else value - (1 << 8 * (len(field) - 1))
    digits = field.partition(b"\0")[0].strip()
    if digits.strip(b"01234567"):
        raise HeaderError(f"{digits!r} stands where an octal number should")
    return int(digits or b"0", 8)


def parse_pax(data: bytes) -> dict[bytes, bytes]:
    """Records `LENGTH KEY=VALUE\\n` of a pax header. Raises HeaderError where they are damaged."""
    records = {}
    at = 0
    while at < len(data) and data[at]:  # some writers pad with zeros
        digits, space, _ = data[at : at + 20].partition(b" ")
        end = at + int(digits) if space and digits.isdigit() else at
        record = data[at + len(digits) + 1 : end - 1]
        key, equals, value = record.partition(b"=")
        if not equals or end > len(data) or data[end - 1 : end] != b"\n":
            raise HeaderError(f"its extended header is damaged at byte {at}")
        records[key] = value
        at = end
    return records


def pax_size(records: dict[bytes, bytes]) -> int | None:
    """Size of the member that pax records tell, which goes before that in its header. Raises HeaderError."""
    digits = records.get(b"size")
    if digits is None:
        return None
    if not digits.isdigit() or len(digits) > 20:
        raise HeaderError(f"{digits[:20]!r} stands where its size should")
    return int(digits)
