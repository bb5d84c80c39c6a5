"""What all commands share: text that any terminal can show, and how a command ends."""

from __future__ import annotations

import argparse
import io
import os
import select
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from types import FrameType
from typing import TextIO

from viewer.errors import UsageError, ViewerError
from viewer.paths import why_not_written


class OutputError(ViewerError):
    """Standard output takes no more."""


_CLEANING_SECONDS = 3.0
"""From a signal to the moment from which another one counts: until then what is half-written is put away."""


_STOPS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""Ctrl-C; a batch system; a terminal that was closed, or lost its connection."""


class _Stopped(KeyboardInterrupt):
    """One of these signals, handled so that nothing half-written stays behind."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.number = number


def printable(text: str) -> str:
    """Text on one line, without characters that would steer the terminal."""
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


def escape_the_unsayable() -> None:
    """From now on print what the terminal's encoding cannot say as an escape: a transcript may hold any letter."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def say(text: str) -> None:
    """Print a result to standard output at once. Raises OutputError where it cannot be written, as on a full disk."""
    try:
        print(text, flush=True)
    except BrokenPipeError:
        raise
    except OSError as error:
        raise OutputError(f"standard output cannot be written to: {why_not_written(error)}") from error


def run_command(parse: Callable[[Sequence[str] | None], argparse.Namespace], argv: Sequence[str] | None = None) -> int:
    """Parse the command line and call the `run` that the parser sets as a default.

    parse: imports what takes long to load, so that Ctrl-C is one line also then.

    Returns the exit code: what `run` returns, 1 failed, 2 wrong usage, 130 stopped with Ctrl-C, 143 with SIGTERM, 129
    with its terminal. A command for which 1 means something else sets `failed` as a default.
    """
    escape_the_unsayable()
    failed = 1
    try:
        with _signals_interrupt():
            options = parse(argv)
            failed = getattr(options, "failed", failed)
            return int(options.run(options))
    except OutputError as error:
        _give_up(sys.stdout)
        print(f"error: {error}", file=sys.stderr)
        return failed
    except ViewerError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2 if isinstance(error, UsageError) else failed
    except KeyboardInterrupt as stop:
        with suppress(OSError):  # the terminal may be gone
            print(f"stopped {stop}".rstrip(), file=sys.stderr)
        return 128 + getattr(stop, "number", signal.SIGINT)
    except BrokenPipeError:
        if _has_reader(sys.stdout):  # so it is standard error that nobody reads: what was begun is not finished
            _give_up(sys.stderr)
            return failed
        _give_up(sys.stdout)  # whoever read it, such as `head`, has enough
        return 0


def _has_reader(stream: TextIO) -> bool:
    poll = select.poll()
    poll.register(stream, 0)  # only for what is told unasked
    return not poll.poll(0)


def _give_up(stream: TextIO) -> None:
    """Python would complain once more when it flushes what is left at the end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


@contextmanager
def _signals_interrupt() -> Iterator[None]:
    last = float("-inf")

    def interrupt(number: int, _frame: FrameType | None) -> None:
        nonlocal last
        now = time.monotonic()
        if now >= last + _CLEANING_SECONDS:  # who presses Ctrl-C twice means it once
            last = now
            raise _Stopped(number)

    def lost(error: sys.UnraisableHookArgs) -> None:
        """Python forgets what is raised while an object is finalised, so the signal has to come once more."""
        nonlocal last
        if isinstance(error.exc_value, _Stopped):
            last = float("-inf")
            again.append(_later(signal.pthread_kill, threading.main_thread().ident, error.exc_value.number))
        else:
            told_before(error)

    if threading.current_thread() is not threading.main_thread():  # where Python sets no handlers
        yield
        return
    again: list[threading.Timer] = []
    told_before, sys.unraisablehook = sys.unraisablehook, lost
    before = {number: signal.getsignal(number) for number in _STOPS}
    for number, handler in before.items():
        if handler != signal.SIG_IGN:  # as under nohup
            signal.signal(number, interrupt)
    try:
        yield
    finally:
        for timer in again:
            timer.cancel()
        for number, handler in before.items():
            signal.signal(number, handler)
        sys.unraisablehook = told_before


def _later(do: Callable[..., object], *arguments: object) -> threading.Timer:
    """Call it from another thread as soon as this one is where it was before."""
    timer = threading.Timer(0.02, do, arguments)
    timer.daemon = True
    timer.start()
    return timer
