"""What commands say at the end of a job over many clips."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from itertools import islice

from viewer.jobs import Shard
from viewer.terminal import printable

_SHOWN = 20
_NAMED = 3


def tell_failures(failures: Mapping[str, str]) -> int:
    """List clips without a result on standard error, and why; returns how many there are.

    Of many, those whose reasons differ in names and numbers alone are told together, the most frequent reason first.
    """
    many = len(failures) > _SHOWN
    alike: dict[str, list[str]] = {}
    for stem, why in failures.items():
        kind = re.sub(r"\d+", "0", why.replace(stem, "")) if many else stem
        alike.setdefault(kind, []).append(stem)
    for first, *others in islice(sorted(alike.values(), key=len, reverse=True), _SHOWN):
        why = failures[first].removeprefix(f"{first}: ")
        print(f"error: {printable(first)}: {printable(why)}", file=sys.stderr)
        if others:
            named = ", ".join(map(printable, others[:_NAMED])) + (", …" if len(others) > _NAMED else "")
            print(f"error:   and {len(others):,} more like it: {named}", file=sys.stderr)
    if len(alike) > _SHOWN:
        print(f"error: and {len(alike) - _SHOWN:,} other reasons", file=sys.stderr)
    return len(failures)


def tell_shard(shard: Shard, clips: int, failures: Mapping[str, str]) -> int:
    """Say how a shard went; returns the exit code."""
    failed = tell_failures(failures)
    print(
        f"shard {shard}: {clips:,} clips, {failed:,} failed. When all {shard.of} are through, the same command without "
        "--shard reads what they found",
        file=sys.stderr,
    )
    return 1 if failed else 0
