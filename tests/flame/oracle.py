"""FLAME written down a second time, slowly: float64, one frame, one joint and one vertex after the other."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.spatial.transform import Rotation


def forward(arrays: dict[str, Any], *, shape: Any = (), exp: Any = (), rotations: Any = None) -> np.ndarray:
    """Vertices (V, 3) of one frame; rotations (5, 3): axis-angle of root, neck, jaw, left eye, right eye."""
    unposed = np.array(arrays["v_template"], np.float64)
    for column, coefficient in enumerate(shape):
        unposed += coefficient * arrays["shapedirs"][:, :, column].astype(np.float64)
    for column, coefficient in enumerate(exp):
        unposed += coefficient * arrays["shapedirs"][:, :, 300 + column].astype(np.float64)
    joints = arrays["J_regressor"].astype(np.float64) @ unposed
    matrices = [
        Rotation.from_rotvec(vector).as_matrix() for vector in (np.zeros((5, 3)) if rotations is None else rotations)
    ]
    corrected = unposed.copy()
    column = 0
    for joint in range(1, 5):
        for entry in (matrices[joint] - np.eye(3)).ravel():
            corrected += entry * arrays["posedirs"][:, :, column].astype(np.float64)
            column += 1
    world: list[np.ndarray] = []
    for joint, parent in enumerate([None, 0, 1, 1, 1]):
        local = np.eye(4)
        local[:3, :3] = matrices[joint]
        local[:3, 3] = joints[joint] if parent is None else joints[joint] - joints[parent]
        world.append(local if parent is None else world[parent] @ local)
    posed = np.zeros_like(corrected)
    for vertex, point in enumerate(corrected):
        for joint in range(5):
            turned = world[joint][:3, :3] @ (point - joints[joint]) + world[joint][:3, 3]
            posed[vertex] += arrays["weights"][vertex, joint] * turned
    return posed
