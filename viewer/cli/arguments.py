"""Options that commands share, and how their values are written."""

from __future__ import annotations

import argparse
import re
import shutil

from viewer import looks
from viewer.data_options import add_dataset_options, argument, cache_folder, open_dataset
from viewer.errors import UsageError
from viewer.jobs import How, LocalEngine, RayEngine, Shard

__all__ = [
    "HelpFormatter",
    "add_data_options",
    "add_engine_options",
    "add_head_options",
    "add_look_options",
    "add_view_options",
    "argument",
    "cache_folder",
    "colour",
    "engine_options",
    "gl",
    "open_dataset",
    "size",
]

_COLOURS = {"white": (255, 255, 255), "black": (0, 0, 0)}


class HelpFormatter(argparse.RawDescriptionHelpFormatter):
    """Wide enough for one line an option, as far as the terminal is."""

    def __init__(self, prog: str) -> None:
        width = min(shutil.get_terminal_size().columns, 120)
        super().__init__(prog, max_help_position=32, width=width)


def add_engine_options(parser: argparse.ArgumentParser, *, does: str) -> None:
    """The options that say where many clips are worked on, for `engine_options`."""
    group = parser.add_argument_group("many clips, many processors", "docs/clusters.md: Slurm arrays and Ray clusters")
    group.add_argument(
        "--jobs", metavar="N", type=argument(_processes), help=f"processes that {does} (default: one a core)"
    )
    group.add_argument(
        "--shard",
        metavar="I/N",
        type=argument(Shard.parse),
        help="work on one of N shares of the clips, such as 1/8; the same command without it then finds all results",
    )
    group.add_argument(
        "--engine",
        choices=("local", "ray"),
        default="local",
        help="processes of this machine, or of Ray (default: local)",
    )
    group.add_argument(
        "--ray-address",
        metavar="HOST:PORT",
        help="head of a Ray cluster, or auto for the one of this machine (default: RAY_ADDRESS, else Ray of its own)",
    )


def engine_options(arguments: argparse.Namespace) -> How:
    """What `add_engine_options` was given, for `viewer.jobs.run`. Raises UsageError."""
    if arguments.ray_address is not None and arguments.engine != "ray":
        raise UsageError("--ray-address is for --engine ray; add it, or leave out the address")
    engine = RayEngine(arguments.ray_address) if arguments.engine == "ray" else LocalEngine()
    return How(engine=engine, shard=arguments.shard, processes=arguments.jobs)


def _processes(text: str) -> int:
    if not re.fullmatch(r"[1-9]\d{0,2}", text):
        raise UsageError(f"{text!r} is no number of processes; expected 1 to 999")
    return int(text)


def add_data_options(parser: argparse.ArgumentParser) -> None:
    """The options that name a data set, for `open_dataset`, and what its clips are played with."""
    add_dataset_options(parser)
    add_head_options(parser)


def add_head_options(parser: argparse.ArgumentParser) -> None:
    """`--model`, `--flame-layer`, `--gl`: what clips are played with."""
    parser.add_argument(
        "--model",
        metavar="FILE",
        default="auto",
        help="FLAME model file (default: auto, the installed head that matches the data; see flame_assets/README.md)",
    )
    parser.add_argument(
        "--flame-layer",
        choices=("numpy", "smplx"),
        default="numpy",
        help="what computes the vertices (default: numpy; smplx needs the packages smplx and torch)",
    )
    parser.add_argument(
        "--gl",
        metavar="auto|software|N",
        type=argument(gl),
        default="auto",
        help="OpenGL device; N as `python -m viewer info` lists them (default: auto)",
    )


def add_view_options(parser: argparse.ArgumentParser) -> None:
    """`--look` and `--camera`."""
    parser.add_argument("--look", choices=looks.LOOKS, default=looks.DEFAULT_LOOK, help="default: %(default)s")
    parser.add_argument("--camera", choices=looks.CAMERAS, default=looks.DEFAULT_CAMERA, help="default: %(default)s")


def add_look_options(parser: argparse.ArgumentParser) -> None:
    """How a picture looks, its size included."""
    add_view_options(parser)
    parser.add_argument(
        "--size",
        metavar="N|WxH",
        type=argument(size),
        default=(looks.DEFAULT_SIZE, looks.DEFAULT_SIZE),
        help=f"pixels, even numbers (default: {looks.DEFAULT_SIZE})",
    )
    parser.add_argument(
        "--background",
        metavar="COLOUR",
        type=argument(colour),
        help="white, black, R,G,B of 0 to 255, or #rrggbb (default: the look's own)",
    )


def gl(text: str) -> int | str:
    """ "auto", "software" or the number of a device."""
    if text in ("auto", "software"):
        return text
    if text.isdecimal():
        return int(text)
    raise UsageError(f"{text!r} is no device; expected auto, software or a number")


def size(text: str) -> tuple[int, int]:
    """(width, height) from "512" or "640x360"."""
    found = re.fullmatch(r"(\d{1,5})(?:[x×](\d{1,5}))?", text.strip().lower())
    if found is None:
        raise UsageError(f"{text!r} is no picture size; expected 512 or 640x360")
    return looks.picture_size((int(found[1]), int(found[2] or found[1])))


def colour(text: str) -> tuple[int, int, int]:
    """sRGB 0..255 from "white", "142,179,247" or "#8eb3f7"."""
    text = text.strip().lower()
    if text in _COLOURS:
        return _COLOURS[text]
    if re.fullmatch(r"#?[0-9a-f]{6}", text):
        return looks.rgb(tuple(bytes.fromhex(text.removeprefix("#"))))
    if re.fullmatch(r"\d{1,3},\d{1,3},\d{1,3}", text):
        return looks.rgb([int(part) for part in text.split(",")])
    raise UsageError(f"{text!r} is no colour; expected white, black, R,G,B of 0 to 255, or #rrggbb")
