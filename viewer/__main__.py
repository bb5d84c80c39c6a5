"""`python -m viewer`: the command line."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from viewer import __version__
from viewer.terminal import run_command

_EXAMPLES = """\
examples:
  python -m viewer info                                      what is installed, and the demo data
  python -m viewer export                                    the first demo clip into out/
  python -m viewer info --data WebTalk --list                stems, one a line
  python -m viewer export STEM STEM --data WebTalk --camera three-quarter --captions
  python -m viewer info --data WebTalk --list | head -20 | python -m viewer export --data WebTalk --stems -
  python -m viewer export STEM --frame 40 --format glb       one frame as a mesh
  python -m viewer export STEM --data WebTalk --compare preds_a preds_b
  python -m viewer figure STEM --data WebTalk --frames 12,word:people,worst --compare preds -o figure.pdf
  python -m viewer serve WebTalk                             the page
  python -m viewer list --data WebTalk --search "good morning" --sort -seconds
  python -m viewer doctor --data WebTalk --read-data         what is wrong with a data set
  python -m viewer check --data WebTalk --no-speech          motion quality of all clips, worst first
  python -m viewer compare WebTalk preds                     predictions against their reference
  python -m viewer words --data WebTalk --format textgrid --out words    when each word is spoken
"""


def parser() -> argparse.ArgumentParser:
    """The parser of all commands."""
    from viewer.cli import check, compare, doctor, export, figure, index, info, list_clips, review, words
    from viewer.web import command as page

    root = argparse.ArgumentParser(
        prog="python -m viewer",
        description="Show, export and describe clips of FLAME facial animation.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    root.add_argument("--version", action="version", version=f"flame-viewer {__version__}")
    commands = root.add_subparsers(title="commands", dest="command", metavar="COMMAND", required=True)
    page.add_parser(commands)
    export.add_parser(commands)
    figure.add_parser(commands)
    info.add_parser(commands)
    list_clips.add_parser(commands)
    index.add_parser(commands)
    doctor.add_parser(commands)
    check.add_parser(commands)
    compare.add_parser(commands)
    review.add_parser(commands)
    words.add_parser(commands)
    return root


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command; returns the exit code: 0, 1 failed, 2 wrong usage, 130 stopped with Ctrl-C."""
    return run_command(_parsed, argv)


def _parsed(argv: Sequence[str] | None) -> argparse.Namespace:
    from viewer.cli.list_clips import join_sort

    return parser().parse_args(join_sort(sys.argv[1:] if argv is None else argv))


if __name__ == "__main__":
    sys.exit(main())
