"""Vertex normals of many frames at once."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float32, Integer
from scipy import sparse


class VertexNormals:
    """Area-weighted vertex normals for one set of faces.

    The cross product of two edges is twice a triangle's area times its normal, so the plain sum over the triangles
    around a vertex is the area-weighted mean. The sum is one sparse matrix product for a whole block of frames.
    """

    def __init__(self, faces: Integer[np.ndarray, "F 3"], n_vertices: int) -> None:
        n_faces = len(faces)
        self._corners = np.ascontiguousarray(faces.T, dtype=np.intp)
        self._incidence = sparse.csr_matrix(
            (np.ones(3 * n_faces, np.float32), (self._corners.ravel(), np.tile(np.arange(n_faces), 3))),
            shape=(n_vertices, n_faces),
        )

    def __call__(self, vertices: Float32[np.ndarray, "T V 3"]) -> Float32[np.ndarray, "T V 3"]:
        """Unit normals; a vertex without a triangle of any area gets (0, 0, 0)."""
        n_frames, n_vertices, _ = vertices.shape
        x, y, z = np.ascontiguousarray(vertices.transpose(2, 1, 0))  # frames last: long runs in memory
        a, b, c = self._corners
        ux, uy, uz = x[b] - x[a], y[b] - y[a], z[b] - z[a]
        vx, vy, vz = x[c] - x[a], y[c] - y[a], z[c] - z[a]
        cross = np.empty((len(a), 3, n_frames), np.float32)
        cross[:, 0] = uy * vz - uz * vy
        cross[:, 1] = uz * vx - ux * vz
        cross[:, 2] = ux * vy - uy * vx
        normals = (self._incidence @ cross.reshape(len(a), -1)).reshape(n_vertices, 3, n_frames)
        length = np.sqrt(np.einsum("vct,vct->vt", normals, normals))
        normals /= np.maximum(length, np.finfo(np.float32).tiny)[:, None]
        return normals.transpose(2, 0, 1)
