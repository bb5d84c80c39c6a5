"""Open the viewer's page: python app.py [DATASET …]. The same as `python -m viewer serve`."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from viewer.terminal import run_command
from viewer.web.command import page_parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Check the arguments, then serve the page until Ctrl-C. Returns the exit status."""
    return run_command(page_parser("python app.py"), arguments)


if __name__ == "__main__":
    sys.exit(main())
