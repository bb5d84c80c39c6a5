"""Where in a file the parts of a track are, and reading a file by such a plan.

Every built-in format is a function that makes a plan from a file's keys and shapes, and so is a user's map. Header and
values are then read by one rule.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NoReturn

import numpy as np

from viewer.clip import MAX_FPS, MIN_FPS, Flag
from viewer.dataset.layout import FRAME_RATE
from viewer.dataset.tracks.file import TrackFile
from viewer.dataset.tracks.rotation import WIDTHS, known_form, to_axis_angle
from viewer.dataset.tracks.track import NO_SHAPE, VERTICES_ONLY, Track, TrackHeader
from viewer.errors import ClipError

FRAME_RATE_KEYS = ("mocap_frame_rate", "mocap_framerate", "fps", "frame_rate")
"""Under which files keep their frame rate: the data set and AMASS, its older files, and what people write."""
_LARGEST_HEAD_METRES = 5.0
_SMALLEST_HEAD_METRES = 0.02
_ROTATIONS = ("global rotation", "jaw")


@dataclass(frozen=True)
class Part:
    """One part of a track: columns of an array. Dimensions behind the first are one row."""

    key: str
    columns: tuple[int, ...] | None = None
    """None for all."""
    scale: float = 1.0
    """Multiplies the values: metres or radians in one of the file's units."""
    rotation: str = "axis-angle"
    """Form of a rotation, see `rotation.WIDTHS`."""


@dataclass(frozen=True)
class Plan:
    """Where the parts of a track are: `exp` and rotations, or `vertices`."""

    exp: Part | None = None
    global_rotation: Part | None = None
    jaw: Part | None = None
    shape: Part | None = None
    vertices: Part | None = None
    fps: float | None = None
    """Frame rate whatever the file says."""
    fps_keys: tuple[str, ...] = FRAME_RATE_KEYS
    usual_fps: float | None = None
    """Frame rate of a file that does not say, where the format has one."""
    expression_space: str | None = None
    flags: tuple[Flag, ...] = field(default=())

    @cached_property
    def parts(self) -> dict[str, Part]:
        """Parts by their names, the one that counts the frames first."""
        every = {
            "vertices": self.vertices,
            "exp": self.exp,
            "global rotation": self.global_rotation,
            "jaw": self.jaw,
            "shape": self.shape,
        }
        return {name: part for name, part in every.items() if part is not None}


def header_by_plan(file: TrackFile, plan: Plan) -> TrackHeader:
    """Frames, frame rate and flags, by headers alone. Raises ClipError where the file does not fit the plan."""
    frames: dict[str, int] = {}
    for name, part in plan.parts.items():
        rows, _ = _rows(file, name, part)
        if name != "shape" or rows != 1:  # one identity for all frames
            frames[part.key] = rows
    if len(set(frames.values())) > 1:
        found = ", ".join(f"{key} {rows}" for key, rows in frames.items())
        raise ClipError(f"{file.name}: arrays differ in their number of frames: {found}")
    key, count = next(iter(frames.items()))
    if count == 0:
        raise ClipError(f"{file.name}: {key} has no frames (shape {file.header(key).shape})")
    fps, fps_flags = _frame_rate(file, plan)
    return TrackHeader(
        frames=count,
        fps=fps,
        kind="coefficients" if plan.vertices is None else "vertices",
        has_shape=plan.shape is not None,
        expression_space=plan.expression_space,
        flags=(*_part_flags(plan), *plan.flags, *fps_flags),
    )


def read_by_plan(file: TrackFile, plan: Plan) -> Track:
    """The track. Raises ClipError where the file does not fit the plan."""
    header = header_by_plan(file, plan)
    arrays = {part.key: file.array(part.key) for part in plan.parts.values()}
    common: dict[str, Any] = {
        "fps": header.fps,
        "expression_space": header.expression_space,
        "flags": header.flags,
    }
    if plan.vertices is not None:
        return Track(vertices=_vertices(file, plan.vertices, arrays), **common)
    rotations = [
        np.zeros((header.frames, 3)) if part is None else _rotation(file, name, part, arrays)
        for name, part in zip(_ROTATIONS, (plan.global_rotation, plan.jaw), strict=True)
    ]
    return Track(
        exp=np.zeros((header.frames, 1)) if plan.exp is None else _values(file, "exp", plan.exp, arrays),
        pose=np.concatenate(rotations, axis=1),
        shape=None if plan.shape is None else _values(file, "shape", plan.shape, arrays),
        **common,
    )


def _rows(file: TrackFile, name: str, part: Part) -> tuple[int, int]:
    """Frames and columns of a part, checked."""
    shape = file.header(part.key).shape
    where = f"{file.name}: {part.key}"
    if len(shape) == 1 and name == "shape":
        shape = (1, *shape)
    if len(shape) == _dimensions_of_a_row(name, part, shape) + 2 and shape[0] == 1:
        shape = shape[1:]  # a model's output for one clip
    if len(shape) < 2:
        raise ClipError(f"{where} has shape {shape}; expected two dimensions (frames, coefficients)")
    columns = width = math.prod(shape[1:])
    if part.columns is not None:
        columns = len(part.columns)
        if max(part.columns) >= width:
            raise ClipError(f"{where} has width {width}, so it has no column {max(part.columns)} ({name})")
    form = known_form(part.rotation)
    if name in _ROTATIONS and form is not None and columns != WIDTHS[form]:
        raise ClipError(f"{where} has width {columns}; expected {WIDTHS[form]} ({name}, {part.rotation})")
    if name == "vertices" and (columns == 0 or columns % 3):
        raise ClipError(f"{where} has width {columns}; expected a multiple of 3 (x, y, z of each vertex)")
    return shape[0], columns


def _dimensions_of_a_row(name: str, part: Part, shape: tuple[int, ...]) -> int:
    """2 where each frame is a table: (V, 3) vertices, (J, 3) joints of which one is taken, a 3 × 3 matrix."""
    of_threes = shape[-1:] == (3,) and (name == "vertices" or part.columns is not None)
    return 2 if of_threes or (part.rotation == "matrix" and shape[-2:] == (3, 3)) else 1


def _values(file: TrackFile, name: str, part: Part, arrays: dict[str, np.ndarray]) -> np.ndarray:
    """The values of a part, (T, K) or, of the identity, also (1, K)."""
    frames, _ = _rows(file, name, part)
    rows = arrays[part.key].reshape(frames, -1)
    if part.columns is not None:
        rows = rows[:, list(part.columns)]
    return rows if part.scale == 1 else rows * part.scale


def _rotation(file: TrackFile, name: str, part: Part, arrays: dict[str, np.ndarray]) -> np.ndarray:
    try:
        return to_axis_angle(_values(file, name, part, arrays), part.rotation)
    except ValueError as error:
        raise ClipError(f"{file.name}: {part.key} ({name}, {part.rotation}): {error}") from error


def _vertices(file: TrackFile, part: Part, arrays: dict[str, np.ndarray]) -> np.ndarray:
    with np.errstate(over="ignore"):  # what overflows is infinite, which Clip reports
        rows = _values(file, "vertices", part, arrays).astype(np.float32)
    vertices = rows.reshape(len(rows), -1, 3)
    finite = np.isfinite(rows).all(axis=1)
    if finite.any():
        first = vertices[finite.argmax()]
        size = float((first.max(axis=0) - first.min(axis=0)).max())
        if size > _LARGEST_HEAD_METRES:
            _refuse_size(file, part, size, 'not metres. Name their unit in a map: [vertices] units = "mm"')
        if size < _SMALLEST_HEAD_METRES:
            _refuse_size(file, part, size, "perhaps offsets from a template: add the template to them first")
    return vertices


def _refuse_size(file: TrackFile, part: Part, size: float, reason: str) -> NoReturn:
    raise ClipError(f"{file.name}: {part.key} makes a head of {size:.3g} m; it holds {reason}")


def _frame_rate(file: TrackFile, plan: Plan) -> tuple[float, list[Flag]]:
    if plan.fps is not None:
        return plan.fps, []
    key = file.first(plan.fps_keys)
    if key is None and plan.usual_fps is not None:
        return plan.usual_fps, []
    if key is None:
        message = f"The file has no frame rate ({plan.fps_keys[0]}): {FRAME_RATE:g} is taken."
        return FRAME_RATE, [Flag("no-frame-rate", message)]
    value = file.array(key)
    if value.size != 1:
        raise ClipError(f"{file.name}: {key} has shape {value.shape}; expected one number")
    fps = float(value.item())
    if not MIN_FPS <= fps <= MAX_FPS:
        raise ClipError(
            f"{file.name}: {key} is {fps:g}; expected {MIN_FPS} to {MAX_FPS} frames per second (25 in this data)"
        )
    return fps, []


def _part_flags(plan: Plan) -> list[Flag]:
    if plan.vertices is not None:
        return [VERTICES_ONLY]
    flags = []
    if plan.shape is None:
        flags.append(NO_SHAPE)
    missing = [name for name, part in (("global", plan.global_rotation), ("jaw", plan.jaw)) if part is None]
    if missing:
        flags.append(Flag("no-pose", f"The file has no {' and no '.join(missing)} rotation: it stays at rest."))
    if plan.exp is None:
        flags.append(Flag("no-exp", "The file has no expressions: they stay neutral."))
    return flags
