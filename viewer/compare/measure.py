"""The metrics of one pair."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float32

from viewer.clip import Clip
from viewer.compare.compared import Compared
from viewer.compare.faces import Faces
from viewer.compare.lips import LipRegion, lip_region
from viewer.compare.metrics import DERIVED_SUFFIX, METRICS, Metric
from viewer.compare.pairing import Pair
from viewer.compare.pairing import pair as make_pair
from viewer.flame import choose_head

_NO_TEMPLATE = (
    "No FDD: it needs the subject's face at rest, which tracks of vertices do not tell; compare with coefficients."
)


@dataclass(frozen=True, eq=False)
class Measured:
    """Metrics of one pair, by full name: `lve_max_l2_mm`, or `lve_max_l2_mm_derived` where the lips are derived."""

    stem: str
    """Of the reference."""
    prediction_stem: str
    frames: int
    """That both tracks have."""
    values: Mapping[str, float | None]
    """None where a metric does not apply or cannot be known; `remarks` say why."""
    weights: Mapping[str, int]
    """How many frames, or steps from one to the next, each value is of."""
    reference_frames: int
    prediction_frames: int
    """Lengths of the whole tracks, each at its own rate."""
    fps: float
    prediction_fps: float
    bad_frames: int
    worst_frame: int | None
    """Where the lips, or else the face or the jaw, are furthest off."""
    remarks: tuple[str, ...] = ()
    curves: Mapping[str, Float32[np.ndarray, " T"]] = field(default_factory=dict)
    """lip_error, face_error, opening_difference (mm), jaw_error (°): those that are known; NaN in bad frames."""

    def as_json(self) -> dict[str, Any]:
        """Plain, finite values; the curves are left out."""
        found = asdict(self)
        del found["curves"]
        return {**found, "values": dict(self.values), "weights": dict(self.weights), "remarks": list(self.remarks)}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Measured:
        """The reverse of `as_json`. Raises KeyError or TypeError for what is no such object."""
        return cls(**{**value, "remarks": tuple(value["remarks"])})


def measure(pair: Pair, faces: Faces, lips: LipRegion | None = None, *, prediction_stem: str | None = None) -> Measured:
    """All metrics of a pair.

    lips: by default those of the head; prediction_stem: of the prediction, where it has another name.

    Where the head cannot make the clips' expressions, only rotations are compared: whatever is of faces is None, and a
    remark says so. Raises ClipError where a clip does not fit the head, ModelFileError for mask files that cannot be
    used. What a metric of a plugin raises becomes a remark.
    """
    lips = lip_region(faces.head.model) if lips is None else lips
    compared = Compared(pair, faces, lips)
    remarks = [*pair.remarks, *_about_faces(compared)]
    values: dict[str, float | None] = {}
    weights: dict[str, int] = {}
    for known in METRICS.values():
        name = known.name + (DERIVED_SUFFIX if compared.derived(known.region) else "")
        values[name] = _value(known, compared, remarks)
        weights[name] = int((compared.good_steps if known.per_step else compared.good).sum())
    curves = _curves(compared)
    return Measured(
        stem=pair.stem,
        prediction_stem=pair.stem if prediction_stem is None else prediction_stem,
        frames=len(pair),
        values=values,
        weights=weights,
        reference_frames=pair.reference_frames,
        prediction_frames=pair.prediction_frames,
        fps=pair.fps,
        prediction_fps=pair.prediction_fps,
        bad_frames=int(pair.bad_frames.sum()),
        worst_frame=_worst_frame(curves),
        remarks=tuple(dict.fromkeys(remarks)),
        curves=curves,
    )


def compare_clips(
    reference: Clip,
    prediction: Clip,
    *,
    model: str | Path = "auto",
    lip_indices: str | Path | None = None,
    head_pose: bool = False,
    own_identity: bool = False,
) -> Measured:
    """All metrics of two clips, and the curves of their differences.

    model: a FLAME file, or "auto" for the installed head that matches; lip_indices: file of lip vertices, see
    `read_lip_indices`; head_pose: count it as error; own_identity: do not give the prediction the reference's.

    Raises CompareError, ClipError or ModelFileError.
    """
    head = choose_head(model, expression_space=reference.expression_space)
    faces = Faces(head, head_pose=head_pose, own_identity=own_identity)
    lips = lip_region(head.model, lip_indices)
    return measure(make_pair(reference, prediction), faces, lips, prediction_stem=prediction.stem)


def _value(known: Metric, compared: Compared, remarks: list[str]) -> float | None:
    try:
        found = known.compute(compared)
        value = None if found is None else float(found)
        if value is not None and not math.isfinite(value):
            raise ValueError(f"it is {value}")
    except Exception as error:
        if not known.own:
            raise
        remarks.append(f"Metric {known.name} failed: {type(error).__name__}: {error}")
        return None
    return value


def _about_faces(compared: Compared) -> list[str]:
    """Sentences on the head, and on metrics that have no value."""
    if compared.why_not is not None:
        return [compared.why_not]
    missing = list(compared.faces.head.warnings_for(compared.pair.reference))
    if compared.lips is None:
        missing.append("No lip metrics: this head has no lips.")
    else:
        missing += compared.lips.remarks
    if compared.template is None:
        missing.append(_NO_TEMPLATE)
    return missing


def _curves(compared: Compared) -> dict[str, Float32[np.ndarray, " T"]]:
    found = {
        "lip_error": compared.lip_errors,
        "face_error": compared.face_errors,
        "opening_difference": compared.opening_difference,
        "jaw_error": compared.jaw_errors,
    }
    return {name: compared.spread_out(values) for name, values in found.items() if values is not None}


def _worst_frame(curves: Mapping[str, Float32[np.ndarray, " T"]]) -> int | None:
    for name in ("lip_error", "face_error", "jaw_error"):
        if name in curves:
            return int(np.nanargmax(curves[name]))
    return None
