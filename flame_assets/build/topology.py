"""From MakeHuman's body to a head: cut above the chest, finer where the face moves.

Both steps only mix source vertices linearly, so one sparse matrix turns every character and every target of the
source into the head's.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import scipy.sparse as sp
from jaxtyping import Bool, Float, Int
from scipy.sparse import csgraph

Field = Callable[[Float[np.ndarray, "N 3"]], Float[np.ndarray, " N"]]
"""Above 0 inside."""


def cut(
    vertices: Float[np.ndarray, "N 3"], quads: Int[np.ndarray, "Q 4"], field: Field
) -> tuple[sp.csr_matrix, Int[np.ndarray, "K 4"]]:
    """Keep the quads with a corner where `field` > 0 and pull their outer corners onto its zero surface.

    Returns the (N, N) matrix that does the pulling for any character, and the kept quads (largest piece only).
    """
    inside = field(vertices)
    touched = (inside[quads] > 0).any(axis=1)
    quads = quads[touched]
    n = len(vertices)
    edges = np.concatenate([quads[:, [i, (i + 1) % 4]] for i in range(4)])
    edges = np.unique(np.sort(np.concatenate([edges, quads[:, [0, 2]], quads[:, [1, 3]]]), axis=1), axis=0)
    crossing = edges[(inside[edges] > 0).sum(axis=1) == 1]
    neighbours: dict[int, list[int]] = {}
    for a, b in crossing:
        outer, inner = (a, b) if inside[a] <= 0 else (b, a)
        neighbours.setdefault(int(outer), []).append(int(inner))
    pull = sp.lil_matrix(sp.identity(n))
    for outer, inner in neighbours.items():
        reach = np.array([inside[i] / (inside[i] - inside[outer]) for i in inner])
        pull[outer, outer] = reach.mean()
        for i, t in zip(inner, reach, strict=True):
            pull[outer, i] = (1 - t) / len(inner)
    graph = sp.coo_matrix((np.ones(quads.size), (quads.ravel(), np.roll(quads, 1, axis=1).ravel())), shape=(n, n))
    piece = csgraph.connected_components(graph, directed=False)[1][quads[:, 0]]
    return pull.tocsr(), quads[piece == np.bincount(piece).argmax()]


def compact(quads: Int[np.ndarray, "Q 4"]) -> tuple[Int[np.ndarray, " U"], Int[np.ndarray, "Q 4"]]:
    """Sorted indices of the used vertices, and the quads renumbered onto them."""
    used, renumbered = np.unique(quads, return_inverse=True)
    return used, renumbered.reshape(quads.shape)


def edge_loop(quads: Int[np.ndarray, "Q 4"], start: int, second: int) -> list[int]:
    """Vertices of the closed loop that runs straight on from `start` over `second`."""
    faces: dict[frozenset[int], set[int]] = {}
    neighbours: dict[int, set[int]] = {}
    for q, quad in enumerate(quads.tolist()):
        for a, b in zip(quad, quad[1:] + quad[:1], strict=True):
            faces.setdefault(frozenset((a, b)), set()).add(q)
            neighbours.setdefault(a, set()).add(b)
            neighbours.setdefault(b, set()).add(a)
    loop = [start, second]
    while True:
        before, here = loop[-2:]
        beside = faces[frozenset((before, here))]
        (onwards,) = (v for v in neighbours[here] if v != before and not faces[frozenset((here, v))] & beside)
        if onwards == start:
            return loop
        loop.append(onwards)


def subdivide(
    vertices: Float[np.ndarray, "N 3"], quads: Int[np.ndarray, "Q 4"], chosen: Bool[np.ndarray, " Q"]
) -> tuple[sp.csr_matrix, Int[np.ndarray, "F 3"]]:
    """Split the `chosen` quads once by Catmull and Clark's rules; the surface is unchanged where none is split.

    Returns the (M, N) matrix, whose first N rows are the old vertices, and the (F, 3) triangles.
    """
    n = len(vertices)
    edge_of: dict[tuple[int, int], int] = {}
    faces_of_edge: list[list[int]] = []
    quad_edges = np.empty_like(quads)
    for q, quad in enumerate(quads):
        for i in range(4):
            a, b = int(quad[i]), int(quad[(i + 1) % 4])
            key = (min(a, b), max(a, b))
            if key not in edge_of:
                edge_of[key] = len(faces_of_edge)
                faces_of_edge.append([])
            quad_edges[q, i] = edge_of[key]
            faces_of_edge[edge_of[key]].append(q)
    ends = np.array(list(edge_of))
    split_edges = np.unique(quad_edges[chosen])
    whole = ~chosen & np.isin(quad_edges, split_edges).any(axis=1)  # keeps its corners, meets split edges
    centred = np.flatnonzero(chosen | whole)
    centre_of = np.full(len(quads), -1)
    centre_of[centred] = n + np.arange(len(centred))
    middle_of = np.full(len(ends), -1)
    middle_of[split_edges] = n + len(centred) + np.arange(len(split_edges))

    identity = sp.identity(n, format="csr")
    corner = _averages(quads, n)
    middle = _averages(ends, n)
    both_split = np.array([len(faces) == 2 and chosen[faces].all() for faces in faces_of_edge])[split_edges]
    faces_beside = sp.csr_matrix(
        (
            np.full(2 * both_split.sum(), 0.5),
            (
                np.repeat(np.flatnonzero(both_split), 2),
                [q for e in split_edges[both_split] for q in faces_of_edge[e]],
            ),
        ),
        shape=(len(split_edges), len(quads)),
    )
    share = sp.diags(np.where(both_split, 0.5, 0.0))
    edge_points = (sp.identity(len(split_edges)) - share) @ middle[split_edges] + share @ (faces_beside @ corner)

    valence = np.bincount(quads.ravel(), minlength=n)
    split_around = np.bincount(quads[chosen].ravel(), minlength=n)
    edge_valence = np.bincount(ends.ravel(), minlength=n)
    smooth = (split_around == valence) & (edge_valence == valence) & (valence >= 3)
    faces_at = sp.csr_matrix(
        (np.ones(quads.size), (quads.ravel(), np.repeat(np.arange(len(quads)), 4))), (n, len(quads))
    )
    edges_at = sp.csr_matrix((np.ones(ends.size), (ends.ravel(), np.repeat(np.arange(len(ends)), 2))), (n, len(ends)))
    k = np.maximum(valence, 3).astype(float)
    rule = (
        sp.diags(1 / k**2) @ (faces_at @ corner)
        + sp.diags(2 / k**2) @ (edges_at @ middle)
        + sp.diags((k - 3) / k) @ identity
    )
    keep = sp.diags((~smooth).astype(float))
    vertex_points = keep @ identity + sp.diags(smooth.astype(float)) @ rule
    matrix = sp.vstack([vertex_points, corner[centred], edge_points]).tocsr()

    points = matrix @ vertices
    triangles: list[tuple[int, ...]] = []
    for q, quad in enumerate(quads):
        ring = []
        for i in range(4):
            ring.append(quad[i])
            if middle_of[quad_edges[q, i]] >= 0:
                ring.append(middle_of[quad_edges[q, i]])
        if chosen[q]:
            pieces = [(ring[i - 1], ring[i], ring[(i + 1) % 8], centre_of[q]) for i in range(0, 8, 2)]
            triangles += [face for piece in pieces for face in _halves(points, piece)]
        elif whole[q]:
            triangles += [(ring[i], ring[(i + 1) % len(ring)], centre_of[q]) for i in range(len(ring))]
        else:
            triangles += _halves(points, tuple(quad))
    return matrix, np.array(triangles)


def _averages(index: Int[np.ndarray, "R K"], n: int) -> sp.csr_matrix:
    """(R, n) matrix that averages the vertices listed in each row of `index`."""
    rows = np.repeat(np.arange(len(index)), index.shape[1])
    return sp.csr_matrix((np.full(index.size, 1 / index.shape[1]), (rows, index.ravel())), shape=(len(index), n))


def _halves(points: Float[np.ndarray, "M 3"], quad: tuple[int, ...]) -> list[tuple[int, ...]]:
    """A quad as two triangles along its shorter diagonal."""
    a, b, c, d = quad
    if np.linalg.norm(points[a] - points[c]) <= np.linalg.norm(points[b] - points[d]) + 1e-9:
        return [(a, b, c), (a, c, d)]
    return [(a, b, d), (b, c, d)]
