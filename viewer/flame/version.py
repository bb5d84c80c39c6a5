"""Guess which FLAME a file is: the releases do not say, and their expression coefficients are not interchangeable.

Evidence, strongest first:

1. what the file states: `expression_space` (files made for this viewer), or `expr_source` naming SUPR (2023 Open);
2. the geometry: the joints of 2023 Open's mean face are published, and its eyes have no pose correctives;
3. the name of the file or of its folder, as in the downloads: `FLAME2020/generic_model.pkl`, `flame2023.pkl`,
   `flame2023_no_jaw.pkl`, `flame2023_Open.pkl`;
4. nothing: 5,023 vertices in FLAME's layout are taken for FLAME 2020, the release that this kind of data is made with,
   and the user is told.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float64

from viewer.clip import FLAME_2020
from viewer.flame.load import ModelArrays

FLAME_2023 = "flame2023"
FLAME_2023_OPEN = "flame2023open"
ARKIT = "arkit52"
UNKNOWN_SPACE = "unknown"

N_FLAME_VERTICES = 5023
# Root, neck, jaw, left eye of 2023 Open's mean face, metres, rounded to 1 mm.
_OPEN_JOINTS = np.array([[-0.002, -0.146, -0.082], [0, -0.009, -0.054], [0, -0.016, -0.058], [0.032, 0.023, 0.024]])
_REGISTERED = "FLAME licence (registration needed, no redistribution)"
_NAMES = {FLAME_2020: "FLAME 2020", FLAME_2023: "FLAME 2023", FLAME_2023_OPEN: "FLAME 2023 Open", ARKIT: "demo head"}
_OPEN_WARNING = (
    "This is FLAME 2023 Open. Its expressions come from another model (SUPR), so coefficients made for FLAME 2020 "
    "will probably look wrong on it; for faithful playback use FLAME 2020."
)


@dataclass(frozen=True)
class Version:
    name: str
    expression_space: str
    evidence: str
    licence: str
    warnings: tuple[str, ...] = ()


def expression_space_of_name(path: Path) -> str | None:
    """Expression space that the name of a file, or else of its folder, stands for; None if it stands for none."""
    for name in (path.stem, path.parent.name):
        plain = re.sub(r"[^a-z0-9]", "", name.lower())
        if "demohead" in plain:
            return ARKIT
        if "2023open" in plain:
            return FLAME_2023_OPEN
        if "2023" in plain:
            return FLAME_2023
        if "2020" in plain:
            return FLAME_2020
    return None


def name_of_space(space: str | None) -> str:
    """Name to show for a model of that expression space."""
    return _NAMES.get(space or "", "unknown FLAME-like model")


def guess_version(model: ModelArrays, joints: Float64[np.ndarray, "5 3"]) -> Version:
    """Best guess and what it rests on; see the head of this module."""
    space, evidence = _space(model, joints)
    warnings: tuple[str, ...] = ()
    if space == FLAME_2023_OPEN:
        warnings = (_OPEN_WARNING,)
    elif evidence == "vertex count":
        warnings = (
            f"{model.path.name} does not say which FLAME it is; taken for FLAME 2020. If it is another, rename it as "
            "in the download (flame2023.pkl, flame2023_Open.pkl).",
        )
    if not model.weights[:, 2].any():
        warnings += ("This model has no jaw: jaw rotations do nothing, and the mouth opens by expressions only.",)
    licence = {FLAME_2023_OPEN: "CC-BY-4.0", FLAME_2020: _REGISTERED, FLAME_2023: _REGISTERED}.get(space, "unknown")
    return Version(name_of_space(space), space, evidence, licence, warnings)


def _space(model: ModelArrays, joints: np.ndarray) -> tuple[str, str]:
    stated = model.metadata.get("expression_space")
    if stated:
        return stated, "stated in the file"
    if "supr" in model.metadata.get("expr_source", "").lower():
        return FLAME_2023_OPEN, "expr_source in the file"
    if len(model.v_template) != N_FLAME_VERTICES:
        return UNKNOWN_SPACE, "vertex count"
    eye_correctives = model.pose_dirs[:, :, 18:]
    if not eye_correctives.any() and np.abs(joints[:4] - _OPEN_JOINTS).max() < 0.0012:
        return FLAME_2023_OPEN, "joints of the mean face"
    named = expression_space_of_name(model.path)
    if named:
        return named, "file name"
    return FLAME_2020, "vertex count"
