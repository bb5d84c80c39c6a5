"""Shares of the keys of a job, for runs that know nothing of each other, such as the tasks of a Slurm array."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass

from viewer.errors import UsageError


@dataclass(frozen=True)
class Shard:
    """One of several shares. Which keys are in it depends on nothing but the keys themselves."""

    number: int
    """From 1."""
    of: int

    def __post_init__(self) -> None:
        if not 1 <= self.number <= self.of:
            raise UsageError(f"there is no shard {self.number}/{self.of}; expected 1/{self.of} to {self.of}/{self.of}")

    @classmethod
    def parse(cls, text: str) -> Shard:
        """Of "3/8". Raises UsageError."""
        found = re.fullmatch(r"(\d{1,6})/([1-9]\d{0,5})", text)
        if found is None:
            raise UsageError(f"{text!r} is no shard; expected I/N such as 1/8, the first of eight")
        return cls(int(found[1]), int(found[2]))

    def __contains__(self, key: str) -> bool:
        digest = hashlib.blake2b(key.encode("utf-8", "surrogateescape"), digest_size=8).digest()
        return int.from_bytes(digest, "big") % self.of == self.number - 1

    def __str__(self) -> str:
        return f"{self.number}/{self.of}"

    @property
    def folder(self) -> str:
        """Its name as that of a folder."""
        return f"{self.number}-of-{self.of}"


def share(keys: Iterable[str], shard: Shard | tuple[int, int] | None) -> list[str]:
    """The keys of a shard, each once, in their order; all of them without one. Raises UsageError."""
    chosen = Shard(*shard) if isinstance(shard, tuple) else shard
    return [key for key in dict.fromkeys(keys) if chosen is None or key in chosen]
