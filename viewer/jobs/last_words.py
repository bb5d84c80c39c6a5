"""What is said where native code ends this process, so that nobody here can say anything any more.

Ray does so when the head of its cluster is gone, or the part of it on this machine. Another process waits at a pipe and
speaks if that ends before it was told that all is well.
"""

from __future__ import annotations

import subprocess
import sys
from contextlib import suppress
from typing import IO

_ALL_IS_WELL = "."
_PROGRAM = """
import sys
said = sys.stdin.read().split()
if said[-1:] != [sys.argv[1]]:
    print(sys.argv[2].format(said[-1] if said else 0), file=sys.stderr)
"""


class LastWords:
    """A text for standard error, if this process ends before `take_back`, by whatever."""

    def __init__(self, text: str) -> None:
        """text: with {} for the number that was noted last, 0 before there is one."""
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-S", "-c", _PROGRAM, _ALL_IS_WELL, text],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            text=True,
            start_new_session=True,  # Ctrl-C is not for it
        )

    def note(self, number: int) -> None:
        self._tell(str(number))

    def take_back(self) -> None:
        """All is well, or somebody else tells."""
        self._tell(_ALL_IS_WELL)
        with suppress(OSError):
            self._pipe.close()
        self._process.wait()

    def _tell(self, word: str) -> None:
        with suppress(OSError):  # somebody ended it: then there are no last words
            self._pipe.write(f"{word}\n")
            self._pipe.flush()

    @property
    def _pipe(self) -> IO[str]:
        assert self._process.stdin is not None
        return self._process.stdin
