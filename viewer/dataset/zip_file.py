"""Bounded reading of zip archives, which is what npz files and those of PyTorch are: APPNOTE 6.3 of PKWARE.

`zipfile` of the standard library allocates what a directory claims, and takes more time for the headers of a clip than
everything else that a list of clips needs. Here claims are compared with the bytes that are there, and the ends of a
file, where most of its headers lie, are read once.
"""

from __future__ import annotations

import struct
import zlib
from typing import BinaryIO, NamedTuple

from viewer.errors import ClipError

STORED, DEFLATED = 0, 8
_ENCRYPTED, _UTF8 = 1, 1 << 11
_MAX_DIRECTORY_BYTES = 1 << 20
_HEAD_BYTES = 1 << 10
_TAIL_BYTES = 1 << 13
_PACKED_BYTES = 1 << 16

_END = struct.Struct("<4s4H2LH")
_END_64 = struct.Struct("<4sQ2H2L4Q")
_LOCATOR_64 = struct.Struct("<4sLQL")
_ENTRY = struct.Struct("<4s6H3L5H2L")
_LOCAL = struct.Struct("<4s5H3L2H")
_MAX_COMMENT_BYTES = (1 << 16) - 1
_IN_EXTRA = 0xFFFFFFFF
"""Stands for a number that is in the extra field, in 64 bits."""
_EXTRA_64 = 1


class ZipMember(NamedTuple):
    """A file in the archive, as the directory describes it."""

    name: str
    raw_name: bytes
    flags: int
    method: int
    crc: int
    """CRC-32 of the unpacked bytes."""
    packed: int
    """Bytes in the archive."""
    size: int
    """Bytes when unpacked."""
    offset: int
    """Where its own header begins."""


class ZipReader:
    """The archive in an open file. Whatever is wrong with it is a ValueError, or a struct.error."""

    def __init__(self, file: BinaryIO):
        """Reads the directory, if it is of a sane size."""
        self._file = file
        file.seek(0)
        head = file.read(_HEAD_BYTES)
        self._size = file.seek(0, 2)
        tail_at = max(self._size - _TAIL_BYTES, 0)
        file.seek(tail_at)
        tail = file.read(_TAIL_BYTES)
        # Where each begins and ends, and its bytes: the end, the beginning, what was read last.
        self._windows = [(tail_at, tail_at + len(tail), tail), (0, len(head), head), (0, 0, b"")]
        self._directory_at, n_bytes = self._find_directory()
        self.members = tuple(self._entries(self.read_at(self._directory_at, n_bytes)))
        """In the order of the directory."""

    def find(self, name: str) -> ZipMember | None:
        """The member of that name; of several the last."""
        return next((member for member in reversed(self.members) if member.name == name), None)

    def open(self, member: ZipMember, *, where: str) -> ZipStream:
        """The unpacked bytes of a member. Raises ClipError, which begins by `where`, for what is not read."""
        if member.flags & _ENCRYPTED or member.method not in (STORED, DEFLATED):
            raise ClipError(f"{where} is encrypted or compressed in a way that NumPy and PyTorch do not write")
        start = self.read_at(member.offset, _LOCAL.size + len(member.raw_name))
        magic, *_, name_bytes, extra_bytes = _LOCAL.unpack_from(start)
        if magic != b"PK\3\4" or name_bytes != len(member.raw_name) or start[_LOCAL.size :] != member.raw_name:
            raise ValueError(f"its header is not at byte {member.offset:,}, where the directory has it")
        begin = member.offset + _LOCAL.size + name_bytes + extra_bytes
        if begin + member.packed > self._directory_at:
            raise ValueError(f"it claims {member.packed:,} bytes and would reach into the directory")
        return ZipStream(self, member, begin)

    def read_at(self, at: int, n_bytes: int) -> bytes:
        """`n_bytes` of the file from byte `at` on; fewer at its end."""
        for begin, end, window in self._windows:
            if begin <= at and at + n_bytes <= end:
                return window[at - begin : at - begin + n_bytes]
        self._file.seek(at)
        data = self._file.read(max(n_bytes, _HEAD_BYTES))
        if n_bytes < _HEAD_BYTES:  # the header of a member: that of its array follows
            self._windows[-1] = at, at + len(data), data
        return data[:n_bytes]

    def _find_directory(self) -> tuple[int, int]:
        """Byte at which the directory begins, and its length."""
        at, _, tail = self._windows[0]
        found = tail.rfind(b"PK\5\6")
        if found < 0:  # a long comment follows
            n_bytes = min(self._size, _END.size + _MAX_COMMENT_BYTES)
            at, tail = self._size - n_bytes, self.read_at(self._size - n_bytes, n_bytes)
            found = tail.rfind(b"PK\5\6")
        if found < 0:
            raise ValueError("it has no directory")
        end = at + found
        *_, n_bytes, begin, _ = _END.unpack_from(tail, found)
        if found >= _LOCATOR_64.size and tail.startswith(b"PK\6\7", found - _LOCATOR_64.size):
            _, _, end, _ = _LOCATOR_64.unpack_from(tail, found - _LOCATOR_64.size)
            *_, n_bytes, begin = _END_64.unpack(self.read_at(end, _END_64.size))
        if n_bytes > _MAX_DIRECTORY_BYTES:
            raise ValueError(f"a directory of {n_bytes:,} bytes; expected at most {_MAX_DIRECTORY_BYTES:,}")
        if begin + n_bytes != end:
            raise ValueError(f"its directory should end at byte {end:,}, not {begin + n_bytes:,}")
        return begin, n_bytes

    def _entries(self, directory: bytes) -> list[ZipMember]:
        found = []
        at = 0
        while at < len(directory):
            entry = _ENTRY.unpack_from(directory, at)
            magic, _, _, flags, method, _, _, crc, packed, size, name_bytes, extra_bytes, comment_bytes = entry[:13]
            if magic != b"PK\1\2":
                raise ValueError(f"its directory is damaged at byte {self._directory_at + at:,}")
            offset = entry[-1]
            at += _ENTRY.size
            raw_name = directory[at : at + name_bytes]
            name = raw_name.decode("utf-8" if flags & _UTF8 or raw_name.isascii() else "cp437")
            at += name_bytes
            if _IN_EXTRA in (packed, size, offset):
                size, packed, offset = _in_64_bits(directory[at : at + extra_bytes], (size, packed, offset))
            if offset + _LOCAL.size + name_bytes + packed > self._directory_at:
                raise ValueError(f"{name[:200]} claims {packed:,} bytes from byte {offset:,} on")
            if method == STORED and packed != size:
                raise ValueError(f"{name[:200]} claims {size:,} bytes but has {packed:,}")
            at += extra_bytes + comment_bytes
            found.append(ZipMember(name, raw_name, flags, method, crc, packed, size, offset))
        return found


class ZipStream:
    """The unpacked bytes of a member, from its beginning, never more than the directory declares."""

    __slots__ = ("_archive", "_at", "_crc", "_inflate", "_member", "_packed_at", "_packed_end")

    def __init__(self, archive: ZipReader, member: ZipMember, begin: int):
        self._archive = archive
        self._member = member
        self._packed_at = begin
        self._packed_end = begin + member.packed
        self._at = 0
        self._crc = 0
        self._inflate = zlib.decompressobj(-zlib.MAX_WBITS) if member.method == DEFLATED else None

    def tell(self) -> int:
        return self._at

    def read(self, n_bytes: int, /) -> bytes:
        """Fewer bytes at the end. Raises ValueError where all were read and their checksum is wrong, or zlib.error."""
        size = self._member.size
        n_bytes = min(n_bytes, size - self._at)
        data = self._packed(n_bytes) if self._inflate is None else self._unpacked(self._inflate, n_bytes)
        self._at += len(data)
        self._crc = zlib.crc32(data, self._crc)
        if self._at == size and self._crc != self._member.crc:
            raise ValueError("its checksum is wrong")
        return data

    def _unpacked(self, inflate: zlib._Decompress, n_bytes: int) -> bytes:
        parts = []
        while n_bytes and not inflate.eof:
            packed = inflate.unconsumed_tail or self._packed(_PACKED_BYTES)
            parts.append(inflate.decompress(packed, n_bytes))
            if not packed and not parts[-1]:  # zlib may hold back bytes of input that it has taken
                break
            n_bytes -= len(parts[-1])
        return b"".join(parts)

    def _packed(self, n_bytes: int) -> bytes:
        data = self._archive.read_at(self._packed_at, min(n_bytes, self._packed_end - self._packed_at))
        self._packed_at += len(data)
        return data


def _in_64_bits(extra: bytes, numbers: tuple[int, ...]) -> list[int]:
    """The numbers, of which those that stand in the extra field are taken from there, in their order."""
    at = 0
    while at + 4 <= len(extra):
        kind, n_bytes = struct.unpack_from("<2H", extra, at)
        at += 4
        if kind == _EXTRA_64:
            values = iter(struct.unpack_from(f"<{sum(number == _IN_EXTRA for number in numbers)}Q", extra, at))
            return [next(values) if number == _IN_EXTRA else number for number in numbers]
        at += n_bytes
    return list(numbers)
