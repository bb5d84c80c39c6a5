"""`python -m viewer info`: what is in a data set or a clip, and what it would be shown with."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from viewer.cli import arguments as options
from viewer.cli.arguments import printable
from viewer.dataset import Dataset
from viewer.errors import UsageError, ViewerError

_DESCRIPTION = """\
Describe a data set, the head that plays it and the OpenGL device that would draw it; or, with STEM, one clip.
--json prints the same as one JSON object on standard output; docs/cli.md describes its keys.
The exit code is 1 if a part cannot be told, such as OpenGL that does not work; the rest is still printed.
"""


def add_parser(commands: argparse._SubParsersAction) -> None:
    parser = commands.add_parser(
        "info",
        help="describe a data set, a clip, the heads and OpenGL",
        description=_DESCRIPTION,
        formatter_class=options.HelpFormatter,
    )
    parser.add_argument("stem", metavar="STEM", nargs="?", help="describe this clip")
    parser.add_argument("--list", action="store_true", help="print the stems of all clips with motion, one a line")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument(
        "--regions-picture",
        metavar="FILE",
        type=Path,
        help="write a PNG of the head with its lips, eyelids, brows, upper face and jaw in colours",
    )
    options.add_data_options(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Print what was asked for; returns the exit code."""
    if arguments.list and (arguments.json or arguments.stem is not None):
        raise UsageError("--list prints stems and nothing else; leave out STEM and --json")
    dataset = Dataset.open(arguments.data) if arguments.data else Dataset.demo()
    if arguments.list:
        return _print_stems(dataset)
    # Imported here so that `--help` and `--list` do not wait for SciPy.
    from viewer.cli import facts, tables

    if arguments.stem is not None:
        found: dict[str, Any] = {
            "viewer": facts.viewer_facts(),
            "clip": facts.clip_facts(dataset[arguments.stem], dataset.summary(arguments.stem)),
        }
        complete = True
    else:
        found, complete = _overview(dataset, arguments)
    print(json.dumps(found, indent=2, ensure_ascii=False) if arguments.json else tables.text(found))
    if arguments.regions_picture is not None:
        _save_regions_picture(dataset, arguments)
    return 0 if complete else 1


def _overview(dataset: Dataset, arguments: argparse.Namespace) -> tuple[dict[str, Any], bool]:
    from viewer.cli import facts
    from viewer.flame import choose_head

    def head() -> Any:
        return choose_head(arguments.model, expression_space=dataset.expression_space, layer=arguments.flame_layer)

    parts: dict[str, Callable[[], Any]] = {
        "viewer": facts.viewer_facts,
        "dataset": lambda: facts.dataset_facts(dataset),
        "model": lambda: facts.model_facts(head()),
        "regions": lambda: facts.regions_facts(head()),
        "heads": facts.heads_facts,
        "gl": lambda: facts.gl_facts(arguments.gl),
    }
    found: dict[str, Any] = {}
    for name, tell in parts.items():
        try:
            found[name] = tell()
        except ViewerError as error:
            found[name] = {"error": str(error)}
    return found, not any("error" in part for part in found.values())


def _save_regions_picture(dataset: Dataset, arguments: argparse.Namespace) -> None:
    from viewer.cli.pictures import save_regions_picture
    from viewer.flame import choose_head
    from viewer.render import Renderer

    head = choose_head(arguments.model, expression_space=dataset.expression_space, layer=arguments.flame_layer)
    with Renderer(gl=arguments.gl) as renderer:
        save_regions_picture(arguments.regions_picture, model=head.model, renderer=renderer)
    print(f"wrote {arguments.regions_picture}", file=sys.stderr)


def _print_stems(dataset: Dataset) -> int:
    left_out = [stem for stem in dataset.playable if printable(stem) != stem]
    for stem in dataset.playable:
        if stem not in left_out:
            print(stem)
    if left_out:
        print(f"note: {len(left_out)} stems with control characters left out of the list", file=sys.stderr)
    return 0
