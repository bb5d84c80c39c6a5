"""Lips that meet at rest and lids that meet in a blink: the source leaves the lips ajar and lets the lids overlap."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from jaxtyping import Float, Int

LIDS_OVERLAP = 0.0007
"""Metres by which closed lids press into each other."""
LIP_REACH = 0.007
"""Metres over which closing the lips fades out."""


@dataclass(frozen=True)
class Opening:
    """Two edges that meet, as vertex indices from one corner to the other in order of x."""

    upper: Int[np.ndarray, " U"]
    lower: Int[np.ndarray, " L"]

    @classmethod
    def of_loop(cls, loop: list[int], points: Float[np.ndarray, "V 3"]) -> Opening:
        """Split a closed loop of vertices at its leftmost and rightmost."""
        ring = np.array(loop)
        ring = np.roll(ring, -int(points[ring, 0].argmin()))
        turn = int(points[ring, 0].argmax())
        halves = [ring[: turn + 1], np.r_[ring[turn:], ring[0]][::-1]]
        halves.sort(key=lambda half: points[half, 1].mean())
        return cls(upper=halves[1], lower=halves[0])

    def gap(self, points: Float[np.ndarray, "V 3"]) -> Float[np.ndarray, " U"]:
        """(upper,) metres by which each upper vertex lies above the lower edge; negative where they overlap."""
        return points[self.upper, 1] - interpolation(points, points[self.upper, 0], self.lower) @ points[:, 1]


def interpolation(
    points: Float[np.ndarray, "V 3"], x: Float[np.ndarray, " R"], edge: Int[np.ndarray, " E"]
) -> sp.csr_matrix:
    """(len(x), V) matrix that reads a value of the vertices off an edge at the given x, held beyond its ends."""
    order = edge[np.argsort(points[edge, 0], kind="stable")]
    along = points[order, 0]
    right = np.clip(np.searchsorted(along, x), 1, len(order) - 1)
    share = np.clip((x - along[right - 1]) / np.maximum(along[right] - along[right - 1], 1e-9), 0, 1)
    rows = np.tile(np.arange(len(x)), 2)
    columns = np.r_[order[right - 1], order[right]]
    return sp.csr_matrix((np.r_[1 - share, share], (rows, columns)), shape=(len(x), len(points)))


def lip_closing(points: Float[np.ndarray, "V 3"], opened: Float[np.ndarray, "V 3"], lips: Opening) -> sp.csr_matrix:
    """(V, V) matrix: times the vertices' y, it is the y to add so that upper and lower lip meet half-way.

    opened: (V, 3) with the jaw down, where it is plain which lip a vertex belongs to.
    """
    distance = [distance_to(opened, opened[edge]) for edge in (lips.upper, lips.lower)]
    near = np.flatnonzero(np.minimum(*distance) < 2.5 * LIP_REACH)
    strength = np.exp(-((np.minimum(*distance)[near] / LIP_REACH) ** 2))
    side = np.tanh((distance[1] - distance[0])[near] / 0.0006)  # 1 upper lip, -1 lower lip, smooth in the corners
    x = points[near, 0]
    gap = interpolation(points, x, lips.upper) - interpolation(points, x, lips.lower)
    half = sp.diags(-0.5 * side * strength) @ gap
    spread = sp.csr_matrix((np.ones(len(near)), (near, np.arange(len(near)))), shape=(len(points), len(near)))
    return (spread @ half).tocsr()


def closed_blink(
    rest: Float[np.ndarray, "V 3"],
    blink: Float[np.ndarray, "V 3"],
    lids: Opening,
    centre: Float[np.ndarray, "3"],
    lift: float,
) -> Float[np.ndarray, "V 3"]:
    """The displacements `blink` (V, 3) of one eye, scaled so that the upper lid stops at the lower one.

    Every vertex keeps its distance from the eyeball's `centre`, so that lids slide over the eye, and ends up to `lift`
    metres further out, so that half-closed lids, which move along a straight line, do not cut it.
    """
    moves = np.linalg.norm(blink, axis=1) > 1e-6
    radius = np.linalg.norm(rest - centre, axis=1)
    end = np.linalg.norm(rest + blink - centre, axis=1)
    wide = np.flatnonzero(lids.gap(rest) > 0.003)  # near the corners there is nothing to close
    scale = np.ones(len(wide))
    for _ in range(6):
        each = np.interp(rest[:, 0], rest[lids.upper[wide], 0], scale)
        delta = each[:, None] * blink
        arms = rest + delta - centre
        travel = np.linalg.norm(delta, axis=1)
        want = radius + (end - radius) * each + lift * np.clip(travel / 0.006, 0, 1)
        arms *= np.where(moves, want / np.linalg.norm(arms, axis=1), 1)[:, None]
        delta = np.where(moves[:, None], centre + arms - rest, 0)
        drop = -delta[lids.upper[wide], 1]
        scale *= (drop + lids.gap(rest + delta)[wide] + LIDS_OVERLAP) / drop
    return delta


def distance_to(points: Float[np.ndarray, "V 3"], edge: Float[np.ndarray, "E 3"]) -> Float[np.ndarray, " V"]:
    """(V,) distances of points (V, 3) from a polyline (E, 3)."""
    a, b = edge[:-1], edge[1:]
    along = b - a
    t = ((points[:, None] - a) * along).sum(axis=2) / np.maximum((along**2).sum(axis=1), 1e-12)
    nearest = a + np.clip(t, 0, 1)[..., None] * along
    return np.linalg.norm(points[:, None] - nearest, axis=2).min(axis=1)
