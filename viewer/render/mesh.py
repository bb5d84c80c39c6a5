"""A frame's mesh as a file for Blender, MeshLab and the like."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Integer, UInt8

from viewer.errors import RenderError, UsageError
from viewer.paths import user_path, whole_file
from viewer.render.job import Head

SUFFIXES = (".obj", ".ply", ".glb")


def save_mesh(
    path: str | Path,
    vertices: Any,
    faces: Integer[np.ndarray, "F 3"],
    colors: UInt8[np.ndarray, "V 3"] | None = None,
) -> None:
    """Write one mesh as OBJ, PLY or GLB, by the suffix of `path`; vertices and faces keep their order.

    vertices: (V, 3) float, metres, y up; faces: (F, 3); colors: (V, 3) display-sRGB, written as linear into GLB,
    as glTF 2.0 wants them (3.7.2.1), and as they are elsewhere.

    Raises UsageError for another suffix, RenderError for bad arrays or a file that cannot be written.
    """
    import trimesh

    path = user_path(path)
    if path.suffix.lower() not in SUFFIXES:
        raise UsageError(f"Cannot tell the mesh format of {path.name!r}; expected it to end in {', '.join(SUFFIXES)}")
    head = Head.of(vertices, faces, colors)
    tint = head.colors
    if tint is not None and path.suffix.lower() == ".glb":
        tint = _linear(tint)
    mesh = trimesh.Trimesh(head.v_template, head.faces, vertex_colors=tint, process=False)
    with whole_file(path, error=RenderError) as part:
        mesh.export(part)


def _linear(srgb: UInt8[np.ndarray, "V 3"]) -> UInt8[np.ndarray, "V 3"]:
    """IEC 61966-2-1, display-sRGB to linear light."""
    s = srgb / 255
    light = np.where(s <= 0.04045, s / 12.92, ((s + 0.055) / 1.055) ** 2.4)
    return np.rint(light * 255).astype(np.uint8)
