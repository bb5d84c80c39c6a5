"""What commands say at the end of a job over many clips."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from itertools import islice

from viewer.jobs import Shard
from viewer.terminal import printable

_SHOWN = 20


def tell_failures(failures: Mapping[str, str]) -> int:
    """List clips without a result on standard error, and why, the first of them; returns how many there are."""
    for stem, why in islice(failures.items(), _SHOWN):
        print(f"error: {printable(stem)}: {printable(why)}", file=sys.stderr)
    if len(failures) > _SHOWN:
        print(f"error: and {len(failures) - _SHOWN:,} more", file=sys.stderr)
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
