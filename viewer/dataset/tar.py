"""Finding the members of a tar without unpacking it, and everything that is wrong with it.

The headers alone are read. Where one is damaged or missing the walk says at which byte, looks for the next valid header
and goes on there: what follows is not lost. Memory does not grow with the archive.
"""

from __future__ import annotations

import time
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import islice

from viewer.dataset import tar_header
from viewer.dataset.problem import Severity
from viewer.dataset.tar_bytes import Search, TarBytes
from viewer.dataset.tar_header import BLOCK, ZERO_BLOCK, Header, HeaderError, parse_header

MAX_EXTENDED_BYTES = 1 << 20
"""Largest extended header (a long name, pax records) that is read."""
MAX_SIZE = 1 << 62
"""Stands for all sizes above it, so that they fit 64 bits."""

_BATCH_SECONDS = 0.2
_FIRST_STEPS = 16


@dataclass(frozen=True, slots=True)
class Member:
    """A member as its headers describe it."""

    name: str
    kind: str
    """ "file", or what else it is: "symbolic link", "sparse file" and so on."""
    offset: int
    """Byte of the archive at which its data begins; its header stands in the 512 bytes before."""
    size: int
    header_crc: int
    """CRC-32 of that header."""


@dataclass(frozen=True, slots=True)
class Damage:
    """Something wrong with an archive."""

    check: str
    """Short and stable, such as `archive-cut-off`."""
    severity: Severity
    message: str
    """Names the byte; goes on from the archive's name."""
    member: str | None = None
    """The member it is about."""


@dataclass
class Batch:
    """What was found since the batch before."""

    members: list[Member] = field(default_factory=list)
    damages: list[Damage] = field(default_factory=list)
    position: int = 0
    """Bytes of the archive that lie behind."""


def scan_tar(fd: int, *, cancelled: Callable[[], bool] | None = None) -> Iterator[Batch]:
    """Walk the archive open at `fd`, which stays open. About five batches a second, the first one sooner;
    the last comes at the end.

    Bytes that hold no header anywhere give the damage `archive-unknown`. Raises OSError where they cannot be read.
    """
    walk = _Walk(fd)
    due = time.monotonic() + _BATCH_SECONDS / 10
    for _ in walk.steps():
        if time.monotonic() >= due:
            yield walk.take()
            if cancelled is not None and cancelled():
                return
            due = time.monotonic() + _BATCH_SECONDS
    yield walk.take()


def first_members(fd: int) -> list[Member]:
    """Some members from the beginning of the archive open at `fd`; none where it is damaged there. Takes no time."""
    walk = _Walk(fd)
    for _ in islice(walk.steps(), _FIRST_STEPS):  # a member each, or a mebibyte in which none is found
        continue
    return walk.take().members


class _Walk:
    """One pass over the headers."""

    def __init__(self, fd: int):
        self._bytes = TarBytes(fd)
        self._size = self._bytes.size
        self._at = 0
        self._batch = Batch()
        # The last member. It counts when the next header stands where it should.
        self._pending: Member | None = None
        self._found_any = False

    def take(self) -> Batch:
        batch, self._batch = self._batch, Batch()
        batch.position = min(self._at, self._size)
        return batch

    def steps(self) -> Iterator[None]:
        """Walk to the end; yields after every member, and every mebibyte where headers are looked for."""
        at: int | None = 0
        while at is not None:
            self._at = at
            yield
            if at >= self._size:
                at = yield from self._at_end(at)
                continue
            block = self._bytes.read(at, BLOCK)
            if block == ZERO_BLOCK:
                at = yield from self._after_zeros(at)
                continue
            try:
                at = self._member(at, block)
            except HeaderError as error:
                at = yield from self._after_bad_header(at, error)
        self._at = self._size

    def _member(self, at: int, block: bytes) -> int:
        """Take up the member whose headers begin at `at`; returns where the next one should."""
        name: bytes | None = None
        size: int | None = None
        sparse = False
        header = parse_header(block)
        while header.type in tar_header.EXTENDED:
            data = self._extended(at, header)
            if header.type == tar_header.LONG_NAME:
                name = data.split(b"\0", 1)[0]
            elif header.type == tar_header.PAX:
                records = tar_header.parse_pax(data)
                name = records.get(b"path", name)
                size = tar_header.pax_size(records)
                sparse = any(key.startswith(b"GNU.sparse.") for key in records)
            at = _padded(at + BLOCK, header.size)
            block = self._bytes.read(at, BLOCK)
            header = parse_header(block)
        begin = at + BLOCK
        if header.type == tar_header.SPARSE:
            sparse = True
            begin = self._after_sparse_maps(begin, block)
        n_bytes = header.size if size is None or header.type in tar_header.WITHOUT_DATA else size
        self._confirm()
        self._pending = Member(
            name=self._text(header.name if name is None else name),
            kind="sparse file" if sparse else _kind(header),
            offset=begin,
            size=min(n_bytes, MAX_SIZE),
            header_crc=zlib.crc32(block),
        )
        self._bytes.stride = n_bytes
        return _padded(begin, n_bytes)

    def _extended(self, at: int, header: Header) -> bytes:
        if header.size > MAX_EXTENDED_BYTES:
            raise HeaderError(f"it claims an extended header of {header.size:,} bytes")
        data = self._bytes.read(at + BLOCK, header.size)
        if len(data) < header.size:
            raise HeaderError("its extended header is cut off")
        return data

    def _after_sparse_maps(self, at: int, block: bytes) -> int:
        """Where the data of one of GNU's sparse files begins: further blocks may list more of its holes."""
        more = block[482]
        while more:
            block = self._bytes.read(at, BLOCK)
            if len(block) < BLOCK:
                raise HeaderError("its list of holes is cut off")
            more = block[504]
            at += BLOCK
        return at

    def _text(self, name: bytes) -> str:
        try:
            return name.decode()
        except UnicodeDecodeError:
            text = name.decode("latin-1")
            self._damage(
                "member-encoding", "note", f"has a name that is not UTF-8, read as Latin-1: {text[:200]}", text
            )
            return text

    def _confirm(self) -> None:
        """Nothing speaks against the last member."""
        if self._pending is not None:
            self._batch.members.append(self._pending)
            self._pending = None
        self._found_any = True

    def _damage(self, check: str, severity: Severity, message: str, member: str | None = None) -> None:
        self._batch.damages.append(Damage(check, severity, message, member))

    def _at_end(self, at: int) -> Search:
        """The archive ends where a member, or zeros, should begin, or inside the last member."""
        last = self._pending
        if last is not None and (missing := last.offset + last.size - self._size) > 0:
            found = yield from self._bytes.find_header(last.offset)
            if found is not None:
                self._contradict(last, found)
                return found
            self._confirm()
            there = max(last.size - missing, 0)
            message = (
                f"is cut off at byte {self._size:,}: {there:,} of the {last.size:,} bytes of {last.name} are there"
            )
            self._damage("archive-cut-off", "error", message, last.name)
        elif self._size == 0:
            self._damage("archive-empty", "error", "is empty: it has no bytes")
        else:
            self._confirm()
            message = f"ends at byte {self._size:,} without the two blocks of zeros that close a tar: it may be cut off"
            self._damage("archive-no-end", "warn", message)
        return None

    def _after_zeros(self, at: int) -> Search:
        """What follows a block of zeros at `at`: nothing but zeros, or members that other readers never reach."""
        self._confirm()
        content = yield from self._bytes.find_content(at)
        if content is None:
            if self._size - at < 2 * BLOCK:
                message = f"ends with one block of zeros, at byte {at:,}, in place of two: it may be cut off"
                self._damage("archive-no-end", "warn", message)
            return None
        found = yield from self._bytes.find_header(at + 1)
        if found is None:
            message = f"ends at byte {at:,}; the {self._size - content:,} bytes from byte {content:,} on are no tar"
            self._damage("archive-garbage", "warn", message)
        else:
            message = f"has zeros at byte {at:,}, where other programs stop; its members go on at byte {found:,}"
            self._damage("archive-zero-block", "error", message)
        return found

    def _after_bad_header(self, at: int, error: HeaderError) -> Search:
        """Where the walk goes on after `at`, where a header should stand."""
        last = self._pending
        # The size of the last member may be what is wrong: then the next one begins inside it.
        found = yield from self._bytes.find_header(at + 1 if last is None else last.offset, other_than=at)
        if last is not None and found is not None and found < at:
            self._contradict(last, found)
            return found
        if not self._found_any and last is None and found is None:
            self._damage("archive-unknown", "error", "is no tar")
            return None
        self._confirm()
        if found is not None:
            message = f"is damaged at byte {at:,} ({error}); its members go on at byte {found:,}"
            self._damage("archive-damaged", "error", message)
        elif self._size - at < BLOCK:
            self._damage("archive-cut-off", "error", f"is cut off inside the header at byte {at:,}")
        else:
            message = f"is damaged at byte {at:,} ({error}); no member is found in the {self._size - at:,} bytes behind"
            self._damage("archive-damaged", "error", message)
        return found

    def _contradict(self, member: Member, found: int) -> None:
        """The member's data would reach over the header at `found`: it is damaged."""
        claim = f"{member.name[:200]} claims {member.size:,} bytes from byte {member.offset:,} on"
        message = f"is damaged: {claim}, but another member begins at byte {found:,}"
        self._damage("archive-damaged", "error", message, member.name)
        self._pending = None
        self._found_any = True


def _padded(begin: int, size: int) -> int:
    """Where the block after `size` bytes of data begins."""
    return begin + -(-size // BLOCK) * BLOCK


def _kind(header: Header) -> str:
    if header.type in tar_header.REGULAR:
        return "file"
    return tar_header.WITHOUT_DATA.get(header.type, f"member of type {chr(header.type)!r}")
