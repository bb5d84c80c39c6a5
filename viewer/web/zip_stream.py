"""A zip archive that is written while it is read: nothing of it lies on the disk, and its size is known beforehand.

Members are stored as they are. Formats and numbers: PKWARE's APPNOTE.TXT 6.3, sections 4.3 and 4.5.3 (Zip64).
"""

from __future__ import annotations

import hashlib
import struct
import zlib
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from viewer.errors import VideoError

_CHUNK = 256 << 10
_LIMIT = _ELSEWHERE = 0xFFFF_FFFF
"""From here on a size or a place needs 64 bits; and what stands in its 32."""
_COUNT_LIMIT = 0xFFFF
_LATER, _UTF8 = 0x0008, 0x0800
"""Flags: the checksum follows the data; the name is UTF-8."""
_PLAIN, _ZIP64 = 20, 45
"""Versions of the format that a reader must know."""
_MADE_BY = 3 << 8 | _ZIP64  # Unix
_MODE = 0o100644 << 16
_DATE = (1 << 5) | 1  # the first day of 1980: when a film was made says nothing of it
_LOCAL, _CENTRAL = struct.Struct("<4s5H3I2H"), struct.Struct("<4s6H3I5H2I")
_END, _END64, _LOCATOR = struct.Struct("<4s4H2IH"), struct.Struct("<4sQ2H2I4Q"), struct.Struct("<4sIQI")


@dataclass(frozen=True)
class Member:
    """One file of an archive."""

    name: str
    """In the archive, with / between folders."""
    size: int
    """Bytes."""
    state: str
    """Stands for its content: another one where that may differ."""
    read: Callable[[], Iterator[bytes]]
    """Opens it and gives these bytes."""


def file_member(name: str, path: Path) -> Member:
    """A file as it is now. Raises VideoError where there is none; reading it does where it has changed since."""
    try:
        status = path.stat()
    except OSError as error:
        raise VideoError(f"cannot read {path}: {error.strerror}; export it again") from error

    def read() -> Iterator[bytes]:
        left = status.st_size
        try:
            with path.open("rb") as file:
                while chunk := file.read(_CHUNK):
                    left -= len(chunk)
                    if left < 0:
                        break
                    yield chunk
        except OSError as error:
            raise VideoError(f"cannot read {path}: {error.strerror}; download it again") from error
        if left:
            raise VideoError(f"{path} changed while it was downloaded; download it again")

    return Member(name, status.st_size, str(status.st_mtime_ns), read)


def text_member(name: str, data: bytes) -> Member:
    """A file from memory."""
    return Member(name, len(data), hashlib.sha256(data).hexdigest(), lambda: iter((data,)))


def zip_tag(members: Iterable[Member]) -> str:
    """A name for the archive's bytes, as an entity tag."""
    states = [(member.name, member.size, member.state) for member in members]
    return hashlib.sha256(repr(states).encode()).hexdigest()[:32]


def zip_size(members: Iterable[Member]) -> int:
    """Bytes of the archive of these members."""
    place = directory = count = 0
    for member in members:
        large = member.size >= _LIMIT
        directory += _CENTRAL.size + len(member.name.encode()) + len(_extra_of(member.size, place))
        place += _LOCAL.size + len(member.name.encode()) + (20 if large else 0) + member.size + (24 if large else 16)
        count += 1
    return place + directory + len(_end(count, directory, place))


def zip_chunks(members: Sequence[Member]) -> Generator[bytes]:
    """The archive, piece by piece. One file is open at a time, and closed when the generator is."""
    place, directory = 0, bytearray()
    for member in members:
        name = member.name.encode()
        large = member.size >= _LIMIT
        header = _local(name, member.size, large=large)
        yield header
        crc = 0
        for chunk in member.read():
            crc = zlib.crc32(chunk, crc)
            yield chunk
        after = struct.pack("<4sIQQ" if large else "<4sIII", b"PK\7\10", crc, member.size, member.size)
        yield after
        directory += _central(name, member.size, place, crc)
        place += len(header) + member.size + len(after)
    yield bytes(directory)
    yield _end(len(members), len(directory), place)


def zip_part(members: Sequence[Member], first: int, last: int) -> Generator[bytes]:
    """The bytes of the archive from `first` to `last`, both included.

    What lies before is read too, since the archive ends with checksums of it, and is an empty piece each.
    """
    place = 0
    chunks = zip_chunks(members)
    try:
        while place <= last:
            chunk = next(chunks)
            yield chunk[max(first - place, 0) : last + 1 - place]
            place += len(chunk)
    finally:
        chunks.close()


def _local(name: bytes, size: int, *, large: bool) -> bytes:
    extra = struct.pack("<HHQQ", 1, 16, size, size) if large else b""
    shown = _ELSEWHERE if large else 0  # which stand behind the data
    version = _ZIP64 if large else _PLAIN
    flags = _LATER | _UTF8
    head = _LOCAL.pack(b"PK\3\4", version, flags, 0, 0, _DATE, 0, shown, shown, len(name), len(extra))
    return head + name + extra


def _central(name: bytes, size: int, place: int, crc: int) -> bytes:
    extra = _extra_of(size, place)
    shown, at = _in_32_bits(size), _in_32_bits(place)
    sizes = (crc, shown, shown, len(name), len(extra), 0, 0, 0, _MODE, at)
    version = _ZIP64 if extra else _PLAIN
    return _CENTRAL.pack(b"PK\1\2", _MADE_BY, version, _LATER | _UTF8, 0, 0, _DATE, *sizes) + name + extra


def _extra_of(size: int, place: int) -> bytes:
    """What of the two needs 64 bits."""
    values = [size, size] if size >= _LIMIT else []
    values += [place] if place >= _LIMIT else []
    return struct.pack(f"<HH{len(values)}Q", 1, 8 * len(values), *values) if values else b""


def _end(count: int, directory: int, place: int) -> bytes:
    shown = min(count, _COUNT_LIMIT)
    end = _END.pack(b"PK\5\6", 0, 0, shown, shown, _in_32_bits(directory), _in_32_bits(place), 0)
    if count < _COUNT_LIMIT and max(directory, place) < _LIMIT:
        return end
    numbers = (_MADE_BY, _ZIP64, 0, 0, count, count, directory, place)
    end64 = _END64.pack(b"PK\6\6", _END64.size - 12, *numbers)
    return end64 + _LOCATOR.pack(b"PK\6\7", 0, place + directory, 1) + end


def _in_32_bits(value: int) -> int:
    return value if value < _LIMIT else _ELSEWHERE
