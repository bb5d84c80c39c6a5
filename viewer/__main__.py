"""`python -m viewer`: the command line."""

from __future__ import annotations

import argparse
import io
import os
import sys
from collections.abc import Sequence

from viewer import __version__
from viewer.cli import export, info
from viewer.errors import UsageError, ViewerError

_EXAMPLES = """\
examples:
  python -m viewer info                                      what is installed, and the demo data
  python -m viewer export                                    the first demo clip into out/
  python -m viewer info --data WebTalk --list                stems, one a line
  python -m viewer export STEM STEM --data WebTalk --camera three-quarter --captions
  python -m viewer info --data WebTalk --list | head -20 | python -m viewer export --data WebTalk --stems -
  python -m viewer export STEM --frame 40 --format glb       one frame as a mesh

The page: python app.py [DATASET]
"""


def parser() -> argparse.ArgumentParser:
    """The parser of all commands."""
    root = argparse.ArgumentParser(
        prog="python -m viewer",
        description="Export and describe clips of FLAME facial animation.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    root.add_argument("--version", action="version", version=f"flame-viewer {__version__}")
    commands = root.add_subparsers(title="commands", dest="command", metavar="COMMAND", required=True)
    export.add_parser(commands)
    info.add_parser(commands)
    return root


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command; returns the exit code: 0, 1 failed, 2 wrong usage, 130 stopped with Ctrl-C."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a transcript may hold what the terminal's encoding cannot say
            stream.reconfigure(errors="backslashreplace")
    arguments = parser().parse_args(argv)
    try:
        return arguments.run(arguments)
    except ViewerError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2 if isinstance(error, UsageError) else 1
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        return 130
    except BrokenPipeError:
        # Whoever read our output, such as `head`, has enough. Python would complain once more when it flushes.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


if __name__ == "__main__":
    sys.exit(main())
