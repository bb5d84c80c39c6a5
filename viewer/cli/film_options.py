"""Options of `export` that say what kind of file a clip becomes, and which of them go together."""

from __future__ import annotations

import argparse
import re
from fractions import Fraction

from viewer.data_options import argument
from viewer.errors import UsageError

PICTURES = "png-sequence"
FORMATS = ("png", "obj", "ply", "glb", PICTURES)
LAYOUTS = ("auto", "row", "grid")
_SLOWEST = 100


def add_film_options(parser: argparse.ArgumentParser) -> None:
    """`--fast`, `--frame`, `--format`, `--alpha`, `--speed`, `--layout`."""
    parser.add_argument(
        "--fast", action="store_true", help="for previews: edges are not smoothed, files are larger; half the time"
    )
    parser.add_argument("--frame", metavar="N", type=int, help="write only this frame; the first is 0")
    parser.add_argument(
        "--format",
        choices=FORMATS,
        help=f"with --frame: a picture or a mesh in metres (default: png); {PICTURES}: a folder of all frames",
    )
    parser.add_argument("--alpha", action="store_true", help="pictures without background, with straight alpha")
    parser.add_argument(
        "--speed",
        metavar="S",
        dest="hold",
        type=argument(frames_held),
        default=1,
        help="slow motion without sound, such as 0.25 or 1/4: each frame is shown that much longer",
    )
    parser.add_argument(
        "--layout", choices=LAYOUTS, help="with --compare: errors beside the predictions, or below (default: auto)"
    )


def frames_held(text: str) -> int:
    """How often each frame is shown at a speed of 1, 1/2, 0.25, …"""
    if re.fullmatch(r"\d{1,3}/\d{1,3}|\d{0,3}\.?\d{1,9}", text) and not text.endswith("/0"):
        speed = Fraction(text)
        if 0 < speed <= 1 and (1 / speed).denominator == 1 and 1 / speed <= _SLOWEST:
            return int(1 / speed)
        if Fraction(1, _SLOWEST) <= speed < 1:
            near = f"; try 1/{round(1 / speed)}"
            raise UsageError(f"at {text} of the speed frames would not be shown equally long{near}")
    raise UsageError(f"{text!r} is no speed; expected 1, 1/2, 0.25 or another 1/N, with N up to {_SLOWEST}")


def check_film_options(arguments: argparse.Namespace) -> None:
    """Raises UsageError for options that do not go together."""
    one_frame, sequence = arguments.frame is not None, arguments.format == PICTURES
    if arguments.format and one_frame == sequence:
        raise UsageError(
            f"--format {PICTURES} is for all frames; leave out --frame"
            if sequence
            else f"--format {arguments.format} is for one frame; add --frame N"
        )
    pictures = sequence or (one_frame and arguments.format in (None, "png"))
    if arguments.alpha and not pictures:
        raise UsageError(f"--alpha is for pictures; add --format {PICTURES}, or --frame N")
    if one_frame or sequence:
        films = {"--captions": arguments.captions, "--speed": arguments.hold > 1, "--fast": arguments.fast}
        for option, given in films.items():
            if given:
                raise UsageError(f"{option} is for films; leave out it, --frame and --format")
        if arguments.compare is not None:
            raise UsageError("--compare writes films; `python -m viewer figure` makes pictures of predictions")
    if arguments.layout is not None and arguments.compare is None:
        raise UsageError("--layout is for films with predictions; add --compare PRED")
