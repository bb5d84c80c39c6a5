"""Identities: principal components of random MakeHuman characters."""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np
from jaxtyping import Float
from makehuman import Character, MakeHuman

FOLDERS = ("cheek", "chin", "ears", "eyebrows", "eyes", "forehead", "head", "mouth", "nose", "neck")
OPPOSITES = {
    "decr": "incr",
    "down": "up",
    "in": "out",
    "backward": "forward",
    "concave": "convex",
    "compress": "uncompress",
}
LEFT_OUT = re.compile(
    r"trans-in|head-trans|head-square|neck-|measure|dimples|laugh|bag|age|cleft|double|pointed|wing-incr"
)
"""Asymmetric, boxy, or of the neck and bust that all heads share."""
Axis = tuple[tuple[str, ...], tuple[str, ...]]
"""Targets towards one end, targets towards the other."""
N_CHARACTERS = 700
N_MODES = 40
DETAIL_SIGMA = 0.17


def detail_axes(source: MakeHuman) -> list[Axis]:
    """Pairs (targets towards one end, targets towards the other); left and right move together."""
    axes: dict[str, tuple[list[str], list[str]]] = {}
    for folder in FOLDERS:
        for name in source.target_names(folder):
            stem, _, end = name.rpartition("-")
            if LEFT_OUT.search(name) or end not in {*OPPOSITES, *OPPOSITES.values()}:
                continue
            axis = axes.setdefault(re.sub(r"/[lr]-", "/", stem), ([], []))
            axis[end in OPPOSITES.values()].append(name)
    return [(tuple(low), tuple(high)) for _, (low, high) in sorted(axes.items())]


def random_character(axes: list[Axis], about: Character, rng: np.random.Generator) -> Character:
    """A plausible adult around `about`."""
    details = []
    for low, high in axes:
        amount = float(np.clip(rng.normal(0, DETAIL_SIGMA), -0.6, 0.6))
        details += [(name, abs(amount)) for name in (high if amount > 0 else low)]
    return Character(
        male=float(np.clip(rng.normal(about.male, 0.35), 0, 1)),
        ethnicity=tuple(rng.dirichlet([0.8, 0.8, 0.8])),
        old=float(np.clip(about.old + rng.normal(0, 0.15), 0, 0.6)),
        weight=float(np.clip(rng.normal(0, 0.3), -0.7, 0.7)),
        details=(*about.details, *details),
    )


def principal_components(
    source: MakeHuman,
    about: Character,
    points: Callable[[Float[np.ndarray, "N 3"]], Float[np.ndarray, "P 3"]],
    seed: int = 0,
) -> tuple[Float[np.ndarray, "P 3 modes"], float]:
    """Unit-variance directions (P, 3, N_MODES) around the character `about`, and the share of variance they keep.

    points: turns source displacements (N, 3) into the head's (P, 3).
    """
    rng = np.random.default_rng(seed)
    axes = detail_axes(source)
    neutral = source.displacement(about)
    samples = np.stack(
        [points(source.displacement(random_character(axes, about, rng)) - neutral).ravel() for _ in range(N_CHARACTERS)]
    )
    samples -= samples.mean(axis=0)
    # Eigenvectors of the small Gram matrix give the same components as an SVD of all samples.
    variance, vectors = np.linalg.eigh(samples @ samples.T)
    largest = np.argsort(variance)[::-1][:N_MODES]
    modes = samples.T @ vectors[:, largest] / np.sqrt(N_CHARACTERS)
    modes *= np.sign((modes**3).sum(axis=0))  # an eigenvector has no sign of its own
    return modes.reshape(-1, 3, N_MODES), float(variance[largest].sum() / variance.sum())
