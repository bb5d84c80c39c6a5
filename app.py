"""Open the viewer's page: python app.py [DATASET]."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from viewer import looks
from viewer.cli.arguments import gl, printable
from viewer.dataset import DEMO_DATASET, Dataset
from viewer.errors import UsageError, ViewerError
from viewer.flame import choose_head
from viewer.render import Renderer
from viewer.video import ExportSettings
from viewer.web.cache import default_folder
from viewer.web.view import View


def main(arguments: list[str] | None = None) -> int:
    """Check the arguments, then serve the page until Ctrl-C. Returns the exit status."""
    try:
        options = make_parser().parse_args(arguments)
        settings = ExportSettings(look=options.look, camera=options.camera, size=(options.size, options.size))
        dataset = Dataset.open(options.dataset)
        head = choose_head(options.model, expression_space=dataset.expression_space, layer=options.flame_layer)
        for warning in [*head.warnings, *dataset.warnings]:
            print(f"warning: {printable(warning)}", file=sys.stderr)

        # Gradio takes seconds to import: only now, when nothing can be wrong with the arguments any more.
        from viewer.web.server import Options, serve

        serve(
            Options(
                dataset=dataset,
                head=head,
                view=View(settings.look, settings.camera, options.size),
                renderer=Renderer(gl=options.gl),
                cache=options.cache,
                host=options.host,
                port=options.port,
                extra_hosts=tuple(options.allow_host),
                token=options.token,
                root_path=options.root_path,
                open_browser=options.open,
            )
        )
    except ViewerError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2 if isinstance(error, UsageError) else 1
    return 0


def make_parser() -> argparse.ArgumentParser:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="python app.py", description="Browse, play and export the clips of a data set in the browser."
    )
    parser.add_argument(
        "dataset", nargs="?", type=Path, default=DEMO_DATASET, help="data set folder (default: the demo data set)"
    )
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
        "--gl", type=gl, default="auto", help="auto, software, or the number of a GPU (default: %(default)s)"
    )
    show.add_argument(
        "--cache",
        type=Path,
        default=default_folder(),
        help="folder for rendered films, at most 2 GB (default: %(default)s)",
    )
    where = parser.add_argument_group("where it is served")
    where.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    where.add_argument("--port", type=_port, default=7860, help="default: %(default)s; 0 takes a free one")
    where.add_argument(
        "--allow-host", action="append", default=[], metavar="NAME", help="further name browsers reach it under"
    )
    where.add_argument(
        "--token", action="store_true", help="demand a secret token on this machine too, where others have accounts"
    )
    where.add_argument(
        "--root-path", default="", metavar="PATH", help="prefix that a proxy strips, such as /proxy/7860"
    )
    where.add_argument("--open", action="store_true", help="open the page in a browser")
    return parser


def _port(text: str) -> int:
    if text.isdecimal() and int(text) < 65536:
        return int(text)
    raise UsageError(f"{text!r} is no port; expected a number from 0 to 65535")


if __name__ == "__main__":
    sys.exit(main())
