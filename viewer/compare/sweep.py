"""One walk over the vertices of a pair, that keeps what metrics need: memory does not grow with the mesh."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32, Float64, Int64

from viewer.compare.faces import Faces
from viewer.compare.formulas import lengths_mm
from viewer.compare.pairing import Pair

_FRAMES_IN_CACHE = 8
"""A few meshes at a time stay in the processor's cache: several times as fast as a block of hundreds."""

Sides = tuple[Float32[np.ndarray, "T K 3"], Float32[np.ndarray, "T K 3"]]


@dataclass(frozen=True, eq=False)
class FaceErrors:
    """Of every frame, bad ones included."""

    mean: Float64[np.ndarray, " T"]
    """Mean distance of all vertices, mm."""
    face: Float64[np.ndarray, " T"] | None
    """Of those of the face; None for a head without such regions."""
    velocity: Float64[np.ndarray, " T"]
    """Mean over all vertices of the difference of velocities from the frame before, mm/s; 0 at frame 0."""
    points: Mapping[str, Sides]
    """Positions in metres of the vertices that were kept, by part: reference and prediction."""


def face_errors(pair: Pair, faces: Faces, kept: Mapping[str, Int64[np.ndarray, " K"]]) -> FaceErrors:
    """kept: vertices by part. Raises ClipError where a clip does not fit the head."""
    n_frames = len(pair)
    mean, face, velocity = (np.zeros(n_frames) for _ in range(3))
    points = {
        part: tuple(np.empty((n_frames, len(numbers), 3), np.float32) for _ in range(2))
        for part, numbers in kept.items()
    }
    in_face = faces.face
    last = None
    start = 0
    for reference, prediction in faces.vertices(pair):
        for part, numbers in kept.items():
            for side, vertices in zip(points[part], (reference, prediction), strict=True):
                np.take(vertices, numbers, axis=1, out=side[start : start + len(vertices)], mode="clip")  # all exist
        for first in range(0, len(reference), _FRAMES_IN_CACHE):
            rows = slice(first, first + _FRAMES_IN_CACHE)
            apart = prediction[rows] - reference[rows]
            errors = lengths_mm(apart)
            at = slice(start + first, start + first + len(apart))
            mean[at] = errors.mean(axis=1)
            if len(in_face):
                face[at] = np.take(errors, in_face, axis=1).mean(axis=1)
            before = apart[:1] if last is None else last
            # How the difference of positions changes is the difference of velocities.
            steps = np.diff(apart, axis=0, prepend=before)
            velocity[at] = pair.fps * lengths_mm(steps).mean(axis=1)
            last = apart[-1:]
        start += len(reference)
    return FaceErrors(
        mean, face if len(in_face) else None, velocity, {part: (s[0], s[1]) for part, s in points.items()}
    )
