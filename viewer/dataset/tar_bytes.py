"""The bytes of an archive, and looking for headers and content among them."""

from __future__ import annotations

import os
from collections.abc import Generator

from viewer.dataset.tar_header import BLOCK, MAGIC, MAGIC_AT, HeaderError, parse_header

Search = Generator[None, None, int | None]
"""A search that yields after every mebibyte, so that it can be given up, and returns what it found."""

_CHUNK_BYTES = 1 << 20
# Headers that lie closer together than this are read many at a time; else with room for an extended header each.
_NEAR_BYTES = 1 << 15
_WINDOW_BYTES = 1 << 16
_HEADERS_BYTES = 4 * BLOCK
# So often may bytes that look like a header turn out not to be one: a file of nothing but "ustar" would take for ever.
_MAX_FALSE_HEADERS = 100_000


class TarBytes:
    """Random access to the archive open at `fd`."""

    def __init__(self, fd: int):
        self.size = os.fstat(fd).st_size
        self.stride = 0
        """Bytes between the last two headers."""
        self._fd = fd
        self._window = b""
        self._window_at = 0
        self._false_headers_left = _MAX_FALSE_HEADERS

    def read(self, at: int, n_bytes: int) -> bytes:
        """`n_bytes` from byte `at` on, fewer at the end."""
        skip = at - self._window_at
        if skip < 0 or skip + n_bytes > len(self._window):
            ahead = _WINDOW_BYTES if self.stride < _NEAR_BYTES else _HEADERS_BYTES
            self._window = os.pread(self._fd, max(n_bytes, ahead), at)
            self._window_at = at
            skip = 0
        return self._window[skip : skip + n_bytes]

    def find_content(self, at: int) -> Search:
        """The first byte from `at` on that is not zero."""
        while chunk := self.read(at, _CHUNK_BYTES):
            content = chunk.lstrip(b"\0")
            at += len(chunk) - len(content)
            if content:
                return at
            yield
        return None

    def find_header(self, start: int, *, other_than: int = -1) -> Search:
        """The first valid header at or after `start`, whether or not it stands at a multiple of 512."""
        at = start + MAGIC_AT
        while chunk := self.read(at, _CHUNK_BYTES):
            hit = chunk.find(MAGIC)
            while hit >= 0:
                candidate = at + hit - MAGIC_AT
                if candidate != other_than and self._is_header(candidate):
                    return candidate
                if self._false_headers_left == 0:
                    return None
                hit = chunk.find(MAGIC, hit + 1)
            at += max(len(chunk) - len(MAGIC) + 1, 1)
            yield
        return None

    def _is_header(self, at: int) -> bool:
        try:
            parse_header(os.pread(self._fd, BLOCK, at))
        except HeaderError:
            self._false_headers_left -= 1
            return False
        return True
