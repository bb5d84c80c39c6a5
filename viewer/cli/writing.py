"""Results to a file or to standard output, as options such as `--json FILE` say."""

from __future__ import annotations

import sys
from collections.abc import Iterable

from viewer.errors import UsageError
from viewer.paths import user_path, whole_file
from viewer.terminal import say


def write_to(where: str, text: str | Iterable[str]) -> None:
    """Write to a file, which is then named on standard error; `-` is standard output.

    text: may come as lines, of which one is in memory at a time.

    Raises UsageError for a file that cannot be written, OutputError where standard output cannot.
    """
    lines = [text] if isinstance(text, str) else text
    if where == "-":
        for line in lines:
            say(line)
        return
    path = user_path(where)
    with whole_file(path, error=UsageError) as part, part.open("w", encoding="utf-8") as file:
        file.writelines(f"{line}\n" for line in lines)
    print(f"wrote {path}", file=sys.stderr)
