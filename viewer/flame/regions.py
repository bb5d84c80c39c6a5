"""Named regions and landmarks of a head, for curves, metrics and pictures."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from jaxtyping import Bool, Float, Float32, Int64, UInt8

from viewer.errors import UsageError
from viewer.flame.heads import asset_folders
from viewer.flame.model import FlameModel
from viewer.flame.region_files import LANDMARK_FILES, MASK_FILES, find_file, read_landmarks, read_masks
from viewer.flame.regions_geometry import Geometry
from viewer.flame.version import N_FLAME_VERTICES

LIPS = ("lip_upper_outer", "lip_upper_inner", "lip_lower_outer", "lip_lower_inner")
DERIVED = "derived from geometry"
# Later ones are painted over earlier ones. Display-sRGB.
_COLORS = {
    "upper_face": (152, 193, 217),
    "jaw": (244, 211, 150),
    "nose": (163, 206, 155),
    "brow_left": (120, 90, 70),
    "brow_right": (120, 90, 70),
    "eyelid_upper_left": (126, 87, 194),
    "eyelid_upper_right": (126, 87, 194),
    "eyelid_lower_left": (186, 155, 224),
    "eyelid_lower_right": (186, 155, 224),
    "lip_upper_outer": (214, 69, 80),
    "lip_lower_outer": (232, 124, 96),
    "lip_upper_inner": (140, 25, 50),
    "lip_lower_inner": (170, 60, 30),
}
_REST = (225, 225, 228)
_LANDMARK = (20, 20, 20)


@dataclass(frozen=True, eq=False)
class Landmark:
    """A point that moves with the surface: the weighted mean of some vertices."""

    vertices: Int64[np.ndarray, " K"]
    weights: Float32[np.ndarray, " K"]
    source: str

    def of(self, vertices: Float[np.ndarray, "*batch V 3"]) -> Float[np.ndarray, "*batch 3"]:
        """Where it is on a posed head, (V, 3), or on many, (T, V, 3)."""
        return np.einsum("...kc,k->...c", vertices[..., self.vertices, :], self.weights)


@dataclass(frozen=True, eq=False)
class Regions:
    """Regions (boolean masks over vertices) and landmarks of one model; `left` is the subject's left.

    Regions may overlap: lids and brows lie within `upper_face`. What a model has no place for is absent.
    """

    masks: dict[str, Bool[np.ndarray, " V"]]
    landmarks: dict[str, Landmark]
    sources: dict[str, str]
    """Where each region comes from: a file, the model's own parts, or its geometry."""
    n_vertices: int

    def __getitem__(self, name: str) -> Int64[np.ndarray, " K"]:
        """Vertex numbers of a region, or of "lips", all four lip regions together. Raises UsageError."""
        names = LIPS if name == "lips" else (name,)
        missing = [part for part in names if part not in self.masks]
        if missing:
            known = ", ".join(["lips", *self.masks])
            raise UsageError(f"this model has no region {', '.join(missing)}; it has {known}")
        return np.flatnonzero(np.any([self.masks[part] for part in names], axis=0))

    def landmark(self, name: str) -> Landmark:
        """Raises UsageError that lists the landmarks there are."""
        if name not in self.landmarks:
            raise UsageError(f"this model has no landmark {name}; it has {', '.join(self.landmarks) or 'none'}")
        return self.landmarks[name]

    @property
    def source(self) -> str:
        """All sources in one line, such as "FLAME masks file flame_assets/FLAME_masks.pkl; derived from geometry"."""
        used = [*self.sources.values(), *(landmark.source for landmark in self.landmarks.values())]
        return "; ".join(dict.fromkeys(used)) or "no region found"

    def colors(self) -> UInt8[np.ndarray, "V 3"]:
        """A colour for each vertex, display-sRGB: one a region, landmarks dark."""
        colors = np.full((self.n_vertices, 3), _REST, np.uint8)
        for name, color in _COLORS.items():
            if name in self.masks:
                colors[self.masks[name]] = color
        for landmark in self.landmarks.values():
            colors[landmark.vertices[landmark.weights.argmax()]] = _LANDMARK
        return colors

    def legend(self) -> dict[str, tuple[int, int, int]]:
        """Colour of each region that `colors` shows, RGB 0…255."""
        shown = {name: color for name, color in _COLORS.items() if name in self.masks}
        return shown | ({"landmarks": _LANDMARK} if self.landmarks else {})


def regions(model: FlameModel) -> Regions:
    """Regions and landmarks of a model, each with its source.

    For FLAME's own mesh the user's `FLAME_masks.pkl` and landmark embedding are used where they lie in flame_assets or
    beside the model; whatever they do not define is derived from the model's geometry (docs/regions.md).

    Raises ModelFileError if such a file is there but cannot be used.
    """
    masks_file = landmarks_file = None
    if len(model.v_template) == N_FLAME_VERTICES:
        folders = list(dict.fromkeys([model.path.resolve().parent, *asset_folders()]))
        masks_file, landmarks_file = find_file(MASK_FILES, folders), find_file(LANDMARK_FILES, folders)
    return _regions(model, masks_file, landmarks_file)


@lru_cache(maxsize=4)
def _regions(model: FlameModel, masks_file: Path | None, landmarks_file: Path | None) -> Regions:
    known, known_source = _known_masks(model, masks_file)
    geometry = Geometry(model, known.pop("lips", None))
    masks = geometry.regions() | known
    lips_known = geometry.lips is not None and bool(known_source)
    sources = {name: known_source if name in known or (name in LIPS and lips_known) else DERIVED for name in masks}
    landmarks = {
        name: Landmark(np.array([vertex]), np.ones(1, np.float32), DERIVED)
        for name, vertex in geometry.landmarks().items()
    }
    if landmarks_file is not None:
        source = f"FLAME landmarks file {landmarks_file}"
        for name, (vertices, weights) in read_landmarks(landmarks_file, model.faces).items():
            landmarks[name] = Landmark(vertices, weights, source)
    return Regions(masks, landmarks, sources, len(model.v_template))


def _known_masks(model: FlameModel, masks_file: Path | None) -> tuple[dict[str, np.ndarray], str]:
    """Masks that need no derivation, and where they come from."""
    if masks_file is not None:
        return read_masks(masks_file), f"FLAME masks file {masks_file}"
    if model.part is not None and "lips" in model.part_names:
        return {"lips": model.part == model.part_names.index("lips")}, "parts named in the model file"
    return {}, ""
