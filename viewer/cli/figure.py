"""`python -m viewer figure`: some frames of a clip, and of predictions, on one page for a paper."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from viewer.cli import arguments as options
from viewer.cli.side_by_side import add_compare_options, open_compared
from viewer.paths import user_path
from viewer.terminal import printable, say

_DESCRIPTION = """\
Write some frames of a clip as one picture: columns are frames, with their times and words, rows are the clip, its
predictions and their errors, with a scale in mm. The background is transparent; text in a PDF stays text.

Frames, separated by commas: 12 (the first is 0), 1.5s, word:people (in the middle of it), word:people#2 (where it is
spoken again), worst (with --compare: where the lips are furthest off).

A figure that the viewer made is replaced; other files only with --force.
"""


def add_parser(commands: argparse._SubParsersAction) -> None:
    parser = commands.add_parser(
        "figure",
        help="some frames of a clip, and of predictions, as one picture",
        description=_DESCRIPTION,
        formatter_class=options.HelpFormatter,
    )
    parser.add_argument("stem", metavar="STEM", help="clip to show")
    parser.add_argument("--frames", metavar="A,B,…", required=True, help="such as 12,40,word:people,worst")
    parser.add_argument(
        "-o",
        "--out",
        metavar="FILE",
        type=options.argument(user_path),
        required=True,
        help="a .png or .pdf, outside the data set",
    )
    options.add_data_options(parser)
    options.add_view_options(parser)
    parser.add_argument("--width", metavar="N", type=int, default=2400, help="pixels (default: %(default)s)")
    parser.add_argument(
        "--dpi", metavar="N", type=int, default=300, help="pixels an inch; decides how large text is (default: 300)"
    )
    parser.add_argument("--font-size", metavar="PT", type=float, default=8.0, help="in points (default: 8)")
    parser.add_argument(
        "--ink",
        metavar="COLOUR",
        type=options.argument(options.colour),
        default=(26, 26, 26),
        help="of text, written like --background of export; white is for dark slides (default: almost black)",
    )
    add_compare_options(parser)
    parser.add_argument("--force", action="store_true", help="replace any file")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Make the figure; returns the exit code."""
    # Imported here so that `--help` does not wait for SciPy.
    from viewer import heat
    from viewer.figures import FigureSettings, make_figure
    from viewer.flame import choose_head
    from viewer.render import Renderer

    settings = FigureSettings(
        look=arguments.look,
        camera=arguments.camera,
        width=arguments.width,
        dpi=arguments.dpi,
        font_points=arguments.font_size,
        ink=arguments.ink,
        heat_top_mm=heat.TOP_MM if arguments.heat_top is None else arguments.heat_top,
    )
    compared = open_compared(arguments)
    dataset = options.open_dataset(arguments) if compared is None else compared.reference
    out: Path = arguments.out
    dataset.check_outside(out, option="--out")
    if compared is not None:
        compared.check_outside(out, option="--out")
    clip = dataset[arguments.stem]
    predictions = () if compared is None else compared.clips(arguments.stem)
    with Renderer(gl=arguments.gl) as renderer:
        head = choose_head(arguments.model, expression_space=dataset.expression_space, layer=arguments.flame_layer)
        receipt = make_figure(
            clip,
            out,
            frames=arguments.frames,
            predictions=predictions,
            head=head,
            settings=settings,
            force=arguments.force,
            renderer=renderer,
        )
    say(str(out))
    for note in dict.fromkeys([*dataset.warnings, *receipt.altered, *receipt.notes]):
        print(f"note: {printable(note)}", file=sys.stderr)
    return 0
