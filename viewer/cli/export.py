"""`python -m viewer export`: clips to mp4, alone or beside predictions, to pictures, or one frame to a mesh."""

from __future__ import annotations

import argparse
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

from viewer.cli import arguments as options
from viewer.cli.export_many import add_many_options, choose_many, is_many, run_many
from viewer.cli.film_options import PICTURES, add_film_options, check_film_options
from viewer.cli.opening import open_complete
from viewer.cli.side_by_side import Compared, add_compare_options, open_compared
from viewer.data_options import read_stems
from viewer.dataset import Dataset
from viewer.errors import DatasetError, UsageError, ViewerError
from viewer.filenames import FileNames
from viewer.paths import user_path, why_not_written
from viewer.terminal import printable, say

if TYPE_CHECKING:
    from viewer.clip import Clip

_DESCRIPTION = """\
Write clips as mp4: H.264 with the clip's own sound, one file a clip, named after its stem.
Without STEM the first clip of the data set is written. `info --list` prints all stems. --all, --split, --search and
--stems write many clips in processes, with a manifest, and go on where they were stopped.

An mp4 of that name is replaced if the viewer made it; other files only with --force.
One line on standard error for each clip that fails; the exit code is then 1, and 2 for wrong usage.
"""


def add_parser(commands: argparse._SubParsersAction) -> None:
    parser = commands.add_parser(
        "export",
        help="write clips as mp4 or pictures, or one frame as a mesh",
        description=_DESCRIPTION,
        formatter_class=options.HelpFormatter,
    )
    parser.add_argument("stems", metavar="STEM", nargs="*", help="clips to write (default: the first one)")
    parser.add_argument(
        "--out",
        metavar="DIR",
        type=options.argument(user_path),
        default=Path("out"),
        help="default: out; made if missing",
    )
    options.add_data_options(parser)
    options.add_look_options(parser)
    parser.add_argument("--crf", metavar="N", type=int, default=20, help="0 lossless to 51 smallest (default: 20)")
    parser.add_argument("--captions", action="store_true", help="draw stem, time and transcript into the picture")
    add_film_options(parser)
    add_compare_options(parser)
    parser.add_argument("--force", action="store_true", help="replace any file")
    add_many_options(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Export what was asked for; returns the exit code."""
    # Imported here so that `--help` does not wait for FFmpeg and SciPy.
    from viewer.cli import outputs
    from viewer.flame import choose_head
    from viewer.render import Renderer
    from viewer.video import ExportSettings

    check_film_options(arguments)
    settings = ExportSettings(
        look=arguments.look,
        camera=arguments.camera,
        size=arguments.size,
        background=arguments.background,
        captions=arguments.captions,
        crf=arguments.crf,
        hold=arguments.hold,
        fast=arguments.fast,
    )
    many = is_many(arguments)
    compared = open_compared(arguments)
    if compared is not None:
        compared.check_outside(arguments.out, option="--out")
    if many:
        dataset = open_complete(arguments) if compared is None else compared.reference
        chosen = choose_many(dataset, arguments, compared=compared)
        out = _prepare_out(arguments.out, dataset)
        return run_many(arguments, dataset=dataset, stems=chosen, settings=settings, out=out, compared=compared)
    dataset = options.open_dataset(arguments) if compared is None else compared.reference
    stems = _choose(dataset, arguments)
    out = _prepare_out(arguments.out, dataset)
    names = FileNames(dataset.stems)
    failed = 0
    with ThreadPoolExecutor(1) as pool, Renderer(gl=arguments.gl) as renderer:
        # The render process starts while the head is loaded.
        draws = arguments.format not in outputs.MESH_FORMATS
        starting = pool.submit(lambda: renderer.info) if draws else None
        head = choose_head(arguments.model, expression_space=dataset.expression_space, layer=arguments.flame_layer)
        _note(*dataset.warnings, *head.warnings)
        if starting is not None and (gl := starting.result()).software:
            _note(f"OpenGL runs in software ({gl.renderer}): {gl.why}")
        for stem in stems:
            try:
                clip = dataset[stem]
                path, notes = _write(
                    clip,
                    out / names[clip.stem],
                    arguments,
                    compared=compared,
                    head=head,
                    settings=settings,
                    renderer=renderer,
                )
            except ViewerError as error:
                failed += 1
                print(f"error: {printable(stem)}: {printable(str(error))}", file=sys.stderr, flush=True)
            else:
                say(str(path))
                _note(*(f"{stem}: {note}" for note in notes))
    if failed and len(stems) > 1:
        print(f"{failed} of {len(stems)} clips failed", file=sys.stderr)
    return 1 if failed else 0


def _write(
    clip: Clip, base: Path, arguments: argparse.Namespace, *, compared: Compared | None, **drawn: Any
) -> tuple[Path, tuple[str, ...]]:
    """Write what was asked for of a clip; returns where it is and what the user should know.

    base: path of the file without its suffix. drawn: see `outputs`.
    """
    from viewer.cli import outputs

    if arguments.frame is not None:
        path = Path(f"{base}.frame{arguments.frame}.{arguments.format or 'png'}")
        return path, outputs.write_frame(clip, path, frame=arguments.frame, alpha=arguments.alpha, **drawn)
    drawn["force"] = arguments.force
    if arguments.format == PICTURES:
        path = Path(f"{base}.frames")
        return path, outputs.write_sequence(clip, path, alpha=arguments.alpha, **drawn)
    if compared is None:
        path = Path(f"{base}.mp4")
        return path, outputs.write_film(clip, path, **drawn)
    path = Path(f"{base}.compare.mp4")
    drawn |= {"heat_top_mm": compared.heat_top_mm, "layout": arguments.layout or "auto"}
    return path, outputs.write_comparison(clip, compared.clips(clip.stem), path, **drawn)


def _choose(dataset: Dataset, arguments: argparse.Namespace) -> list[str]:
    """Stems as they were given, each once; the first clip with motion if none was."""
    stems = list(arguments.stems)
    if arguments.list is not None:
        stems += read_stems(arguments.list)
    elif not stems:
        if not dataset.playable:
            raise DatasetError(
                f"no clip in {dataset.path} has motion; see `python -m viewer info --data {dataset.path}`"
            )
        stems = [dataset.playable[0]]
        _note(f"no STEM given: taking the first of {len(dataset.playable):,} clips, {stems[0]}")
    return list(dict.fromkeys(stems))


def _prepare_out(out: Path, dataset: Dataset) -> Path:
    """Make the folder, and find out now whether it can be written to."""
    dataset.check_outside(out, option="--out")
    try:
        out.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=out):
            pass
    except FileNotFoundError:  # in a file system that the system makes up, such as /proc
        raise UsageError(f"--out {out} cannot be written to: no folder can be made there; choose another") from None
    except OSError as error:
        raise UsageError(f"--out {out} cannot be written to: {why_not_written(error)}") from error
    return out


def _note(*lines: str) -> None:
    for line in lines:
        print(f"note: {printable(line)}", file=sys.stderr, flush=True)
