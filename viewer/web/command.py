"""`python -m viewer serve`, and `python app.py`: the page."""

from __future__ import annotations

import argparse
import sys
from functools import partial
from pathlib import Path

from viewer import looks
from viewer.data_options import (
    add_dataset_options,
    add_reviews_option,
    argument,
    cache_folder,
    each_dataset,
    keys_of,
    open_dataset,
    open_reviews,
    read_stems,
)
from viewer.dataset import DEMO_DATASET
from viewer.errors import DatasetError, UsageError, ViewerError
from viewer.paths import is_inside, user_path
from viewer.terminal import printable
from viewer.web.data_sets import Refused, Shown

_DESCRIPTION = "Browse, play and export the clips of data sets in the browser."


def add_parser(commands: argparse._SubParsersAction) -> None:
    """Add the command `serve`."""
    _add_options(commands.add_parser("serve", help="open the page in the browser", description=_DESCRIPTION))


def page_parser(prog: str) -> argparse.ArgumentParser:
    """The parser of a program that does nothing else."""
    parser = argparse.ArgumentParser(prog=prog, description=_DESCRIPTION)
    _add_options(parser)
    return parser


def run(options: argparse.Namespace) -> int:
    """Check the arguments, then serve the page until Ctrl-C; returns the exit code."""
    # Imported here so that `--help` does not wait for FFmpeg and SciPy.
    from viewer.render import Renderer
    from viewer.video import ExportSettings
    from viewer.web.view import View

    settings = ExportSettings(look=options.look, camera=options.camera, size=(options.size, options.size))
    renderer = Renderer(gl=options.gl)
    cache = cache_folder(options)
    to_review = () if options.stems is None else tuple(read_stems(options.stems))
    shown, refused = _open(options, cache)
    reviews = open_reviews(options, [one.dataset for one in shown])

    # Gradio takes seconds to import: only now, when nothing can be wrong with the arguments any more.
    from viewer.web.server import Options, serve

    serve(
        Options(
            shown=shown,
            refused=refused,
            view=View(settings.look, settings.camera, options.size),
            renderer=renderer,
            cache=cache,
            host=options.host,
            port=options.port,
            extra_hosts=tuple(options.allowed_host),
            token=options.token,
            root_path=options.root_path,
            open_browser=options.open,
            reviews=reviews,
            to_review=to_review,
            thresholds=options.thresholds,
            scores=None if options.scores is None else user_path(options.scores),
        )
    )
    return 0


def _open(options: argparse.Namespace, cache: Path) -> tuple[list[Shown], list[Refused]]:
    """All data sets that are named, with their heads, and those that cannot be opened beside them.

    Says in the terminal what is to be minded. Raises what the only one raised; DatasetError where all are refused;
    UsageError for a cache inside one of them.
    """
    from viewer.flame import HeadChoice, choose_head
    from viewer.quality import Thresholds
    from viewer.quality.plugins import for_dataset, load_check_plugins

    load_check_plugins(options.plugin)
    Thresholds.load(options.thresholds)  # what is wrong in the file is told now
    each = each_dataset(argparse.Namespace(**vars(options) | {"plugin": list(for_dataset(options.plugin))}))
    for one in each:  # before any is opened: that one of them is refused does not keep the others from using the cache
        if one.data is not None and is_inside(cache, one.data):
            raise UsageError(f"--cache {cache} is inside the data set {one.data}, which is never written to")
    keys = keys_of([one.data or DEMO_DATASET for one in each])
    shown: list[Shown] = []
    refused: list[Refused] = []
    heads: dict[str, HeadChoice] = {}
    for key, one in zip(keys, each, strict=True):
        try:
            dataset = open_dataset(one, wait=False)
            space = dataset.expression_space
            if space not in heads:
                heads[space] = choose_head(options.model, expression_space=space, layer=options.flame_layer)
        except ViewerError as error:
            if len(each) == 1:
                raise
            refused.append(Refused(key, one.data, str(error)))
            continue
        dataset.check_outside(cache, option="--cache")  # also of its base
        reopen = partial(open_dataset, one)
        shown.append(Shown(key, dataset, heads[space], reopen, options.plugin))
    if not shown:
        reasons = "\n".join(f"  {gone.path}: {gone.reason}" for gone in refused)
        raise DatasetError(f"none of these {len(refused)} data sets can be opened:\n{reasons}")
    warnings = [f"{gone.path} cannot be opened: {gone.reason}" for gone in refused]
    for head in heads.values():
        warnings.extend(head.warnings)
    for ready in shown:
        warnings.extend(ready.dataset.warnings)
    for warning in dict.fromkeys(warnings):
        print(f"warning: {printable(warning)}", file=sys.stderr)
    return shown, refused


def _add_options(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(run=run)
    add_dataset_options(parser, positional=True)
    show = parser.add_argument_group("what is shown")
    show.add_argument(
        "--model", default="auto", help="FLAME model file (default: the installed head that matches the data set)"
    )
    show.add_argument("--flame-layer", choices=["numpy", "smplx"], default="numpy", help="who computes the vertices")
    show.add_argument("--look", default=looks.DEFAULT_LOOK, help=f"{', '.join(looks.LOOKS)} (default: %(default)s)")
    show.add_argument(
        "--camera", default=looks.DEFAULT_CAMERA, help=f"{', '.join(looks.CAMERAS)} (default: %(default)s)"
    )
    show.add_argument(
        "--size", type=int, default=looks.DEFAULT_SIZE, help="pixels, an even number (default: %(default)s)"
    )
    show.add_argument(
        "--thresholds",
        metavar="FILE",
        type=argument(user_path),
        help="TOML of limits of the checks, as `check` takes it",
    )
    show.add_argument("--scores", metavar="FILE", type=Path, help="CSV of scores by stem: columns of the list")
    add_reviews_option(show)
    show.add_argument("--stems", metavar="FILE", help="stems to review, one a line: a queue of the page")
    show.add_argument("--gl", default="auto", help="auto, software, or the number of a GPU (default: %(default)s)")
    where = parser.add_argument_group("where it is served")
    where.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    where.add_argument("--port", type=_port, default=7860, help="default: %(default)s; 0 takes a free one")
    where.add_argument(
        "--allowed-host", action="append", default=[], metavar="NAME", help="further name browsers reach it under"
    )
    where.add_argument(
        "--no-token",
        dest="token",
        action="store_false",
        help="let in everybody who can reach the port, other users of this machine too",
    )
    where.add_argument(
        "--root-path", type=_root_path, default="", metavar="PATH", help="prefix of a proxy, such as /proxy/7860"
    )
    where.add_argument("--open", action="store_true", help="open the page in a browser")


def _port(text: str) -> int:
    if text.isdecimal() and int(text) < 65536:
        return int(text)
    raise UsageError(f"{text!r} is no port; expected a number from 0 to 65535")


def _root_path(text: str) -> str:
    if "://" in text:
        raise UsageError(f"{text!r} is no prefix; expected the path alone, such as /proxy/7860; names: --allowed-host")
    from viewer.web.guard import checked_prefix  # which takes Starlette along

    path = text.strip("/")
    return checked_prefix(f"/{path}" if path else "")
