"""Two tracks as vertices of one head, so that what is left between them is the motion of the face."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import cached_property

import numpy as np
from jaxtyping import Float32, Int64

from viewer.clip import Clip
from viewer.clip_arrays import readonly
from viewer.compare.formulas import distances_mm
from viewer.compare.pairing import Pair
from viewer.errors import CompareError
from viewer.flame import HeadChoice, Regions, regions
from viewer.flame.points import FlamePoints
from viewer.motion.curves import (
    FACE_POINTS,
    FACE_REGIONS,
    STILL_POINTS,
    face_vertices,
    spread,
    still_vertices,
    without_head_motion,
)

_ROWS_AT_ONCE = 256


class Faces:
    """Vertices of pairs on one head. Made once a head: its regions take about a second to find, when first needed."""

    def __init__(self, head: HeadChoice, *, head_pose: bool = False, own_identity: bool = False) -> None:
        """head_pose: whether to leave it in; own_identity: whether the prediction keeps its own."""
        self.head = head
        self.head_pose = head_pose
        self.own_identity = own_identity

    @cached_property
    def regions(self) -> Regions:
        """Of the head. Raises ModelFileError where its mask files cannot be used."""
        return regions(self.head.model)

    @cached_property
    def face(self) -> Int64[np.ndarray, " K"]:
        """Numbers of all vertices of the face and the lips; none where the head has no such regions."""
        return face_vertices(self.regions)

    @cached_property
    def face_sources(self) -> tuple[str, ...]:
        """Where the regions of the face come from, as `Regions.sources`."""
        return tuple(dict.fromkeys(self.regions.sources[name] for name in FACE_REGIONS if name in self.regions.masks))

    @cached_property
    def some_of_face(self) -> FlamePoints | None:
        """Points spread evenly over the face, which cost next to nothing to pose."""
        chosen = spread(self.head.model.v_template, self.face, FACE_POINTS)
        return FlamePoints(self.head.model, chosen) if len(chosen) else None

    def why_not(self, pair: Pair) -> str | None:
        """Why the vertices of a pair say nothing, one sentence; None where they can be compared."""
        clips = pair.reference, pair.prediction
        if not self.head.zero_expression or all(clip.vertices is not None for clip in clips):
            return None
        return (
            f"Faces cannot be compared: {self.head.model.version} does not make these expressions "
            f"({pair.reference.expression_space}), so only jaw rotations are. Install the FLAME model of the data "
            "(flame_assets/README.md), or name it: --model FILE."
        )

    def compared(self, pair: Pair) -> tuple[Clip, Clip]:
        """Reference and prediction as they are compared: clips to be played on the head just as they are.

        Head pose is zeroed and the prediction has the reference's identity, unless asked. Tracks of vertices are laid,
        frame by frame, with their skull over that of the other's identity, or of the head where both are tracks.
        """
        reference, prediction = pair.reference, pair.prediction
        both = reference.vertices is None and prediction.vertices is None
        if both and not self.own_identity:
            prediction = replace(prediction, shape=reference.shape)
        if self.head_pose:
            return reference, prediction
        return self._still(reference, pair), self._still(prediction, pair)

    def vertices(self, pair: Pair) -> Iterator[tuple[Float32[np.ndarray, "n V 3"], Float32[np.ndarray, "n V 3"]]]:
        """Vertices of both in metres, some frames at a time.

        On a head that cannot make the expressions faces stay neutral: see `why_not`. Raises ClipError, at the call,
        where a clip does not fit the head, as `HeadChoice.check` does.
        """
        reference, prediction = self.compared(pair)
        return zip(self.head.vertex_blocks(reference), self.head.vertex_blocks(prediction), strict=True)

    def errors_mm(self, pair: Pair) -> Float32[np.ndarray, "T V"]:
        """Distance in mm of each vertex from where the reference has it; NaN in bad frames.

        Raises CompareError where faces cannot be compared (`why_not`), ClipError where a clip does not fit the head.
        """
        if (why := self.why_not(pair)) is not None:
            raise CompareError(f"{pair.stem}: {why}")
        blocks = [distances_mm(*block) for block in self.vertices(pair)]
        errors = np.concatenate(blocks)
        errors[pair.bad_frames] = np.nan
        return errors

    def template(self, pair: Pair) -> Float32[np.ndarray, "V 3"] | None:
        """The subject's face at rest in metres; None where both are tracks, which do not tell."""
        coefficients = next((clip for clip in (pair.reference, pair.prediction) if clip.vertices is None), None)
        return None if coefficients is None else self._neutral(coefficients)

    def _neutral(self, clip: Clip) -> Float32[np.ndarray, "V 3"]:
        if self.head.zero_expression:
            return self.head.model.v_template
        return self.head.model.vertices(shape=clip.shape[0])[0]

    def _still(self, clip: Clip, pair: Pair) -> Clip:
        """A clip whose head keeps its place."""
        if clip.vertices is None:
            pose = np.array(clip.pose)
            pose[:, :3] = 0
            return replace(clip, pose=readonly(pose))
        self.head.check(clip)
        template = self.template(pair)
        target = (self.head.model.v_template if template is None else template)[self._skull]
        aligned = np.empty_like(clip.vertices)
        for start in range(0, len(clip), _ROWS_AT_ONCE):
            rows = slice(start, start + _ROWS_AT_ONCE)
            aligned[rows] = laid_over(clip.vertices[rows], clip.vertices[rows][:, self._skull], target)
        return replace(clip, vertices=readonly(aligned))

    @cached_property
    def _skull(self) -> Int64[np.ndarray, " K"]:
        """Numbers of vertices that move with the head and in no other way."""
        model = self.head.model
        return spread(model.v_template, still_vertices(model, self.regions), STILL_POINTS)


def laid_over(
    points: Float32[np.ndarray, "T K 3"], skull: Float32[np.ndarray, "T N 3"], target: Float32[np.ndarray, "N 3"]
) -> Float32[np.ndarray, "T K 3"]:
    """Points turned and shifted frame by frame so that the points of the skull lie over `target` (least squares)."""
    # `without_head_motion` lays every frame over the first one: that one is the target.
    first = np.zeros((1, *points.shape[1:]), points.dtype)
    return without_head_motion(np.concatenate([first, points]), np.concatenate([target[None], skull]))[1:]
