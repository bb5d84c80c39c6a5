"""Which head a clip is played on: the heads that are installed, and the choice between them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
from jaxtyping import Float32

from viewer import looks
from viewer.clip import FLAME_2020, Clip
from viewer.errors import ClipError, ModelFileError, UsageError
from viewer.flame.model import FlameModel
from viewer.flame.version import ARKIT, FLAME_2023, FLAME_2023_OPEN, expression_space_of_name, name_of_space
from viewer.paths import is_dir, is_file, user_path

AUTO = "auto"
LAYERS = ("numpy", "smplx")
DEMO_HEAD = "demo_head.npz"
N_FLAME_VERTICES = 5023
"""Of every release."""
_FRAMES_PER_BLOCK = 256
# Names in the downloads and of copies that people commonly make of them. Others in the same folders hold masks,
# landmarks and textures.
_MODEL_NAMES = (
    "generic_model",
    "flame2023",
    "flame2023_no_jaw",
    "flame2023_open",
    "flame_neutral",
    "flame2020",
    "flame",
)
_SUFFIXES = (".pkl", ".npz")


class InstalledHead(NamedTuple):
    path: Path
    version: str
    """Guess from the file's name; the file is not opened."""


@dataclass(frozen=True, eq=False)
class HeadChoice:
    """A head, and how clips of one expression space are to be played on it."""

    model: FlameModel
    zero_expression: bool
    """The head cannot make these expressions: jaw and head pose play, expressions stay neutral."""
    warnings: tuple[str, ...]

    def vertex_blocks(self, clip: Clip) -> Iterator[Float32[np.ndarray, "n V 3"]]:
        """Vertices of a clip in metres, some frames at a time; those of a track as they are.

        Raises ClipError, at the call, as `check`.
        """
        self.check(clip)
        if clip.vertices is not None:
            return _split(clip.vertices, _FRAMES_PER_BLOCK)
        # Identity bases differ between heads as expressions do.
        zeroed = self.zero_expression
        return self.model.vertex_blocks(
            exp=None if zeroed else clip.exp,
            shape=None if zeroed else clip.shape,
            pose=clip.pose,
            frames_per_block=_FRAMES_PER_BLOCK,
        )

    def check(self, clip: Clip) -> None:
        """Raises ClipError for a clip with more coefficients than the head has, or a track of something else."""
        if clip.vertices is not None:
            self._check_track(clip.stem, clip.vertices)
        elif not self.zero_expression:
            self._check_widths(clip)

    def warnings_for(self, clip: Clip) -> tuple[str, ...]:
        """Those of `warnings` that hold for a clip: they are about coefficients, and a track has none."""
        return () if clip.vertices is not None else self.warnings

    def _check_track(self, stem: str, vertices: Float32[np.ndarray, "T V 3"]) -> None:
        model, n_vertices = self.model, vertices.shape[1]
        if n_vertices == len(model.v_template):
            framing = looks.frame_head(model.v_template)
            if (np.linalg.norm(vertices[0] - framing.target, axis=1) > framing.radius).all():
                raise ClipError(
                    f"{stem}: nothing of the track would be in the picture: its first frame lies in "
                    f"{_extent(vertices[0])} m, the head in {_extent(model.v_template)} m. Tracks are in metres, "
                    "around the origin of the head model"
                )
            return
        advice = (
            f"That is FLAME's number: {_how_to_install_flame()}"
            if n_vertices == N_FLAME_VERTICES
            else "Name the model that the track was made with: --model FILE"
        )
        raise ClipError(
            f"{stem}: the track has {n_vertices:,} vertices a frame, {model.version} ({model.path.name}) has "
            f"{len(model.v_template):,}. {advice}"
        )

    def _check_widths(self, clip: Clip) -> None:
        for name, array, known in (("exp", clip.exp, self.model.n_exp), ("shape", clip.shape, self.model.n_shape)):
            if array[:, known:].any():
                raise ClipError(
                    f"{clip.stem}: {name} has {array.shape[1]} coefficients, not all 0 beyond the {known} of "
                    f"{self.model.version} ({self.model.path.name}). Keep the first {known} columns of {name}, or name "
                    "a model that has them all: --model FILE"
                )


def _extent(vertices: Float32[np.ndarray, "V 3"]) -> str:
    low, high = vertices.min(axis=0), vertices.max(axis=0)
    return " × ".join(f"{a:.3g}..{b:.3g}" for a, b in zip(low, high, strict=True))


def _split(vertices: Float32[np.ndarray, "T V 3"], n: int) -> Iterator[Float32[np.ndarray, "n V 3"]]:
    for start in range(0, len(vertices), n):
        yield vertices[start : start + n]


def asset_folders() -> tuple[Path, ...]:
    """Folders that models are looked for in: FLAME_ASSETS, this repository's flame_assets, the working folder's.

    Raises ModelFileError if FLAME_ASSETS names no folder.
    """
    named = _path_in_environment("FLAME_ASSETS")
    if named and not is_dir(named):
        raise ModelFileError(f"FLAME_ASSETS is {named}, which is no folder; name the folder that holds the models")
    folders = [named] if named else []
    folders += [Path(__file__).resolve().parents[2] / "flame_assets", Path("flame_assets")]
    return tuple(dict.fromkeys(folder.absolute() for folder in folders if is_dir(folder)))


def _path_in_environment(variable: str) -> Path | None:
    value = os.environ.get(variable)
    try:
        return user_path(value) if value else None
    except UsageError as error:
        raise UsageError(f"{variable}: {error}") from None


def installed_heads() -> list[InstalledHead]:
    """Model files in the asset folders, best first: generic before female and male, the demo head last.

    Raises ModelFileError for an asset folder that cannot be listed.
    """
    found: list[tuple[tuple[bool, int, str], Path]] = []
    for folder in asset_folders():
        try:
            paths = [*folder.iterdir(), *folder.glob("[Ff][Ll][Aa][Mm][Ee]*/*"), *folder.glob("FLAME*/*/*")]
        except OSError as error:
            raise ModelFileError(f"{folder} cannot be read: {error.strerror}; see `ls -ld {folder}`") from error
        for path in paths:
            rank = _rank(path)
            if rank is not None and is_file(path):
                found.append(((path.name == DEMO_HEAD, rank, str(path)), path))
    best_first = dict.fromkeys(path for _, path in sorted(found))
    return [InstalledHead(path, name_of_space(expression_space_of_name(path))) for path in best_first]


def choose_head(model: str | Path = AUTO, *, expression_space: str, layer: str = "numpy") -> HeadChoice:
    """The head to play clips of `expression_space` on.

    "auto" takes the demo head for the demo data; for other data the file that FLAME_MODEL names, then an installed head
    of that expression space, then one of another FLAME release, then the demo head with neutral expressions. A path is
    taken as it is.

    Raises ModelFileError if a named file cannot be used, or no head is found; UsageError for an unknown layer.
    """
    if layer not in LAYERS:
        raise UsageError(f"no FLAME layer {layer!r}; expected one of {', '.join(LAYERS)}")
    if str(model) != AUTO:
        return _play_on(_load(user_path(model), layer), expression_space)
    named = _path_in_environment("FLAME_MODEL")
    if named and expression_space != ARKIT:
        return _play_on(_load(named, layer), expression_space)
    path = _best_installed(expression_space)
    choice = _play_on(_load(path, layer), expression_space)
    if not choice.zero_expression:
        return choice
    looked_in = ", ".join(str(folder) for folder in asset_folders())
    advice = (
        f"No FLAME model found (looked in {looked_in}), so this plays on the demo head: jaw and head move, expressions "
        f"and identity stay neutral. To see them, {_how_to_install_flame()}."
    )
    return HeadChoice(choice.model, True, (advice,))


def _play_on(model: FlameModel, expression_space: str) -> HeadChoice:
    if model.expression_space == expression_space:
        return HeadChoice(model, False, model.warnings)
    data = name_of_space(expression_space) if expression_space != ARKIT else "the demo data (ARKit's 52 expressions)"
    if ARKIT in (model.expression_space, expression_space):
        warning = (
            f"Expressions are made for {data}, not for {model.version}: they stay neutral, and so does identity. "
            "Jaw and head pose play. Use --model auto, or a model of that kind."
        )
        return HeadChoice(model, True, (*model.warnings, warning))
    if model.expression_space == FLAME_2023_OPEN:  # its own warning says it better
        return HeadChoice(model, False, model.warnings)
    warning = f"Expressions are made for {data} and play on {model.version} ({model.path.name}): they may look off."
    return HeadChoice(model, False, (*model.warnings, warning))


def _best_installed(expression_space: str) -> Path:
    """Path of the installed head to take; one of the right space, else another FLAME, else the demo head."""
    heads = installed_heads()
    if not heads:
        looked_in = ", ".join(str(folder) for folder in asset_folders()) or "no flame_assets folder exists"
        raise ModelFileError(
            f"no head model found, not even the demo head (looked in: {looked_in}). Clone the repository, which holds "
            "it, or set FLAME_ASSETS to the folder that holds your models, or use --model FILE"
        )
    spaces = {head.path: expression_space_of_name(head.path) or FLAME_2020 for head in heads}
    others = [FLAME_2020, FLAME_2023, FLAME_2023_OPEN] if expression_space != ARKIT else []
    for wanted in (expression_space, *others, ARKIT):
        for path, space in spaces.items():
            if space == wanted:
                return path
    return heads[0].path


def _rank(path: Path) -> int | None:
    if path.name == DEMO_HEAD:
        return len(_MODEL_NAMES)
    plain = path.stem.lower()
    return _MODEL_NAMES.index(plain) if path.suffix in _SUFFIXES and plain in _MODEL_NAMES else None


def _how_to_install_flame() -> str:
    folders = asset_folders()
    place = (folders[0] if folders else Path("flame_assets")) / "FLAME2020" / "generic_model.pkl"
    return f"put FLAME 2020 at {place} (flame_assets/README.md says how to get it), or use --model FILE"


def _load(path: Path, layer: str) -> FlameModel:
    try:
        stamp = path.stat().st_mtime_ns
    except OSError:
        stamp = 0  # loading reports it
    return _load_cached(path, layer, stamp)


@lru_cache(maxsize=2)
def _load_cached(path: Path, layer: str, _mtime_ns: int) -> FlameModel:
    if layer == "smplx":
        from viewer.flame.smplx_layer import SmplxFlameModel  # needs torch, so only where asked for

        return SmplxFlameModel.load(path)
    return FlameModel.load(path)
