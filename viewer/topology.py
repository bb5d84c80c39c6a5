"""Connected pieces of a surface."""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool, Int32, Integer


def connected(edges: Integer[np.ndarray, "E 2"], n_vertices: int) -> Int32[np.ndarray, " V"]:
    """For each vertex, the number of the connected part that it belongs to; one without an edge is a part alone."""
    from scipy.sparse import coo_matrix  # takes 0.3 s to import, and most runs that load a head need no pieces
    from scipy.sparse.csgraph import connected_components

    graph = coo_matrix((np.ones(len(edges), bool), (edges[:, 0], edges[:, 1])), shape=(n_vertices, n_vertices))
    return connected_components(graph, directed=False)[1]


def pieces(faces: Integer[np.ndarray, "F 3"], n_vertices: int) -> Int32[np.ndarray, " V"]:
    """For each vertex, the number of the piece of the mesh that it belongs to."""
    return connected(np.concatenate([faces[:, :2], faces[:, 1:]]), n_vertices)


def largest_piece(faces: Integer[np.ndarray, "F 3"], n_vertices: int) -> Bool[np.ndarray, " V"]:
    """Which vertices belong to the largest piece: of a head, the skin."""
    piece = pieces(faces, n_vertices)
    return piece == np.bincount(piece).argmax()
