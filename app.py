"""Open the viewer's page: python app.py [DATASET …]. The same as `python -m viewer serve`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from viewer.terminal import run_command


def main(arguments: Sequence[str] | None = None) -> int:
    """Check the arguments, then serve the page until Ctrl-C. Returns the exit status."""
    return run_command(_parsed, arguments)


def _parsed(arguments: Sequence[str] | None) -> argparse.Namespace:
    from viewer.web.command import page_parser

    return page_parser("python app.py").parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
