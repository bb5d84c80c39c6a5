"""Which vertices are the lips, for metrics of them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Int64

from viewer.errors import CompareError, ModelFileError
from viewer.flame import FlameModel, regions
from viewer.flame.files import read_arrays
from viewer.flame.regions import DERIVED, LIPS
from viewer.paths import user_path

MAX_TEXT_BYTES = 1 << 20


@dataclass(frozen=True, eq=False)
class LipRegion:
    """The vertices that lip metrics are computed over."""

    indices: Int64[np.ndarray, " K"]
    """Sorted, each once."""
    derived: bool
    """From the head's geometry: names of metrics end in `_derived`, since no published number is of these vertices."""
    source: str
    remarks: tuple[str, ...] = ()


def lip_region(model: FlameModel, file: str | Path | None = None) -> LipRegion | None:
    """Lips as a file lists them, else as the head has them (docs/regions.md); None for a head without a mouth.

    Raises CompareError for a file that is no list of vertex numbers of this head, ModelFileError for mask files that
    cannot be used.
    """
    if file is not None:
        return read_lip_indices(file, n_vertices=len(model.v_template))
    found = regions(model)
    if not set(LIPS) <= found.masks.keys():
        return None
    sources = dict.fromkeys(found.sources[name] for name in LIPS)
    return LipRegion(found["lips"], DERIVED in sources, "; ".join(sources))


def read_lip_indices(file: str | Path, *, n_vertices: int) -> LipRegion:
    """Vertex numbers from 0, of a text (separated by lines, blanks or commas), .npy, .npz or .pkl.

    Of arrays by name, as in FLAME_masks.pkl, `lips` is taken. Nothing in a file is executed. What is named twice counts
    once, and is told. Raises CompareError.
    """
    path = user_path(file)
    found = _of_text(path)
    numbers = _of_arrays(path) if found is None else np.array(found, np.int64)
    if not len(numbers) or numbers.min() < 0 or numbers.max() >= n_vertices:
        what = f"holds numbers from {numbers.min()} to {numbers.max()}" if len(numbers) else "is empty"
        raise CompareError(f"{path} {what}; expected numbers of lip vertices from 0 to {n_vertices - 1}")
    indices = np.unique(numbers)
    twice = len(numbers) - len(indices)
    remarks = (f"{path.name} names {len(numbers):,} vertices, {twice:,} of them again: {len(indices):,} count.",)
    return LipRegion(indices, False, f"file {path}", remarks if twice else ())


def _of_text(path: Path) -> list[int] | None:
    """Numbers of a text; None for a file that is none."""
    try:
        with path.open("rb") as stream:
            data = stream.read(MAX_TEXT_BYTES + 1)
    except OSError as error:
        raise CompareError(f"{path} cannot be read: {error.strerror or error}") from error
    # No pickle is numbers alone: that of a list has letters.
    if len(data) > MAX_TEXT_BYTES or not re.fullmatch(rb"(?:[\s,\[\]]|-?\d{1,9}(?!\d)|#[^\n]*+)*+", data):
        return None
    return [int(text) for text in re.findall(rb"-?\d+", re.sub(rb"#[^\n]*", b"", data))]


def _of_arrays(path: Path) -> Int64[np.ndarray, " K"]:
    try:
        content: Any = read_arrays(path)
    except ModelFileError as error:
        raise CompareError(
            f"{path} is no list of vertex numbers; expected a text with one a line, or a list in .npy, .npz or .pkl"
        ) from error
    if isinstance(content, dict):
        if "lips" not in content and len(content) != 1:
            names = ", ".join(sorted(map(str, content))[:8])
            raise CompareError(f"{path} holds {names}; expected `lips`, or one list of vertex numbers")
        content = content["lips"] if "lips" in content else next(iter(content.values()))
    array = np.asarray(content)
    if array.dtype.kind not in "iuf" or not (array == np.rint(array)).all():
        raise CompareError(f"{path} holds {array.dtype} of shape {array.shape}; expected whole numbers of vertices")
    return array.ravel().astype(np.int64)
