"""`python -m viewer info`: what is in a data set or a clip, and what it would be shown with."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from typing import Any

from viewer.cli import arguments as options
from viewer.clip import FLAME_2020
from viewer.dataset import Dataset
from viewer.errors import DatasetError, UsageError, ViewerError
from viewer.paths import user_path
from viewer.terminal import printable, say

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
        type=options.argument(user_path),
        help="write a PNG of the head with its lips, eyelids, brows, upper face and jaw in colours",
    )
    options.add_data_options(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Print what was asked for; returns the exit code."""
    if arguments.list and (arguments.json or arguments.regions_picture or arguments.stem is not None):
        raise UsageError("--list prints stems and nothing else; leave out STEM, --json and --regions-picture")
    if arguments.list:
        return _print_stems(options.open_dataset(arguments))
    # Imported here so that `--help` and `--list` do not wait for SciPy.
    from viewer.cli import facts, tables

    if arguments.stem is not None:
        dataset = options.open_dataset(arguments)
        space = dataset.expression_space
        found: dict[str, Any] = {
            "viewer": facts.viewer_facts(),
            "clip": facts.clip_facts(dataset[arguments.stem], dataset.summary(arguments.stem)),
        }
        complete = True
    else:
        described = _open_if_there(arguments)
        space = FLAME_2020 if described is None else described.expression_space
        found, complete = _overview(described, space, arguments)
    say(json.dumps(found, indent=2, ensure_ascii=False) if arguments.json else tables.text(found))
    if arguments.regions_picture is not None:
        _save_regions_picture(space, arguments)
    return 0 if complete else 1


def _open_if_there(arguments: argparse.Namespace) -> Dataset | None:
    """None where not even the demo data is installed: heads and OpenGL can be told all the same."""
    try:
        return options.open_dataset(arguments)
    except DatasetError:
        if arguments.data:
            raise
        return None


def _overview(dataset: Dataset | None, space: str, arguments: argparse.Namespace) -> tuple[dict[str, Any], bool]:
    from viewer.cli import facts
    from viewer.flame import choose_head

    def head() -> Any:
        return choose_head(arguments.model, expression_space=space, layer=arguments.flame_layer)

    # Where there is no data set, opening the demo data again tells why.
    parts: dict[str, Callable[[], Any]] = {
        "viewer": facts.viewer_facts,
        "dataset": lambda: facts.dataset_facts(Dataset.demo() if dataset is None else dataset),
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


def _save_regions_picture(space: str, arguments: argparse.Namespace) -> None:
    from viewer.cli.pictures import save_regions_picture
    from viewer.flame import choose_head
    from viewer.render import Renderer

    head = choose_head(arguments.model, expression_space=space, layer=arguments.flame_layer)
    with Renderer(gl=arguments.gl) as renderer:
        save_regions_picture(arguments.regions_picture, model=head.model, renderer=renderer)
    print(f"wrote {arguments.regions_picture}", file=sys.stderr)


def _print_stems(dataset: Dataset) -> int:
    stems = [stem for stem in dataset.playable if printable(stem) == stem]
    if stems:
        say("\n".join(stems))
    if left_out := len(dataset.playable) - len(stems):
        print(f"note: stems with control characters left out of the list: {left_out}", file=sys.stderr)
    return 0
